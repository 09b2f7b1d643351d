"""The tutorial runs, and shows what its text says."""

from __future__ import annotations

import re

import nbformat
import pytest
from nbclient import NotebookClient
from support.docs_pages import DOCS

NOTEBOOK = DOCS / "tutorial.ipynb"


def test_the_notebook_is_stored_without_results():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    for cell in notebook.cells:
        assert not cell.get("outputs"), "clear the results before committing"
        assert cell.get("execution_count") is None


@pytest.mark.slow
def test_the_notebook_runs(tmp_path):
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=100, resources=resources).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output.get("name") == "stderr"]
    text = "".join(output.get("text", "") for output in outputs)
    units, error = re.search(r"(\d+) units, median error ([\d.]+)", text).groups()
    assert int(units) > 100 and float(error) < 10
    assert outputs[-1]["data"]["text/plain"] == "True"  # the file holds the responses

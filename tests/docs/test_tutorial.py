"""The tutorial is a first afternoon in fourteen lines; ``test_pages`` runs it."""

from __future__ import annotations

import ast
import io
import tokenize

import nbformat
import pytest
from support.docs_pages import DOCS
from support.pages.blocks import blocks_of

TUTORIAL = DOCS / "tutorial.ipynb"
MOST_LINES, WIDEST = 14, 88


@pytest.mark.parametrize(
    "page", sorted(DOCS.rglob("*.ipynb")), ids=lambda page: page.name
)
def test_notebooks_are_stored_without_results(page):
    notebook = nbformat.read(page, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert not cell.get("outputs"), "clear the results before committing"
        assert cell.get("execution_count") is None


def test_the_tutorial_is_fourteen_lines():
    code = "".join(block.code for block in blocks_of(TUTORIAL))
    statements = [n for n in ast.walk(ast.parse(code)) if isinstance(n, ast.stmt)]
    lines = [line for line in code.splitlines() if line.strip()]
    assert len(statements) <= MOST_LINES
    assert len(lines) <= MOST_LINES
    assert max(map(len, lines)) <= WIDEST
    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    assert ";" not in {token.string for token in tokens}


@pytest.mark.parametrize(
    "part",
    [
        'add_session("demo")',
        "drifting_gratings",
        '"direction tuning"',
        'plot.map(experiment, "pref_dir_measured")',
        "plot.raster",
        "plot.tuning",
        "plot.receptive_field",
        ".select(",
        ".export(",
    ],
)
def test_the_tutorial_has_every_part_of_an_afternoon(part):
    assert part in "".join(block.code for block in blocks_of(TUTORIAL))

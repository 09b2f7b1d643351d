"""The pages on NNPoisson, conditions and fitting run as they stand."""

from __future__ import annotations

import re

import pandas as pd
from support.docs_pages import DOCS


def code_of(page):
    text = (DOCS / "reference" / page).read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def test_the_examples_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INSILICO_LIBRARY", str(tmp_path / "library"))
    names = {}
    for block in code_of("nnpoisson.md"):
        exec(block, names)
    assert names["report"].complete
    assert names["neural"].shape == (2, 4)
    names = {}
    for block in code_of("conditions.md"):
        exec(block, names)
    assert names["responses"].dims == ("trial", "time", "unit")
    assert (tmp_path / "intensities.parquet").exists()
    assert list(pd.read_parquet("spikes.parquet")) == [
        "trial",
        "unit_id",
        "neuron",
        "time",
    ]
    assert names["curve"]["probability"].size == 3


def test_the_example_of_a_declared_fit():
    names = {}
    exec(code_of("fitting.md")[-1], names)
    assert names["mine"].name == "mine"
    assert [p.name for p in names["mine"].parameters] == ["epochs"]

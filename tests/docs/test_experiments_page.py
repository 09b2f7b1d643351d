"""The page on experiments runs as it stands."""

from __future__ import annotations

import re

from support.docs_pages import DOCS

import insilico_gui as ig


def test_the_example_runs_and_reruns(tmp_path, monkeypatch, capsys):
    text = (DOCS / "reference" / "experiments.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INSILICO_LIBRARY", str(tmp_path / "library"))
    found = {}
    exec(code, found)
    assert "ig.stimuli.drifting_gratings(" in capsys.readouterr().out
    opened = ig.Experiment.open("v1.insilico.yaml")
    assert opened.responses(selection="v1").sizes["unit"] > 0

"""The page on drives runs as it stands."""

from __future__ import annotations

import re

import numpy as np
from support.docs_pages import DOCS


def test_the_examples_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INSILICO_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setenv("INSILICO_CONNECTOMES", str(tmp_path / "connectomes"))
    text = (DOCS / "reference" / "drive.md").read_text(encoding="utf-8")
    names = {}
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(block, names)
    change = names["change"]
    assert (change.sel(time=slice(0, 0.19)) == 0).all()
    assert change.sel(unit_id="EB").mean() > 10
    found = names["difference"]["difference"]
    np.testing.assert_allclose(found, change, 1e-5, 1e-5)
    assert (tmp_path / "raster.parquet").exists()
    assert names["replay"].sizes["time"] == 10

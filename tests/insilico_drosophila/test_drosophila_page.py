"""The example of docs/reference/drosophila.md."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "drosophila.md"


def test_the_example_of_the_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = re.search(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    names: dict = {}
    exec(compile(code.group(1), str(PAGE), "exec"), names)
    assert names["run"].sizes["window"] == 4
    assert 1 < names["run"]["population_hz"] < 100
    change = names["both"]["difference_hz"]
    assert change.sel(neuropil="EB") == change.max() > 10

"""The example of docs/how_to_add_an_exporter.md, and exporters that do not work."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from export.make_responses import make_responses
from scipy.io import loadmat
from typer.testing import CliRunner

import insilico_gui as ig
from insilico_gui.cli import app
from insilico_gui.errors import ExportError
from insilico_gui.export import Kind, fitting_suffixes, load_suffixes, registry

PAGE = Path(__file__).parents[2] / "docs" / "how_to_add_an_exporter.md"


def block(language: str) -> str:
    return re.search(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)[1]


@pytest.fixture(autouse=True)
def _search_again(monkeypatch):
    """Formats are looked for before each test, and again after it."""
    registry.exporters.cache_clear()
    yield
    monkeypatch.undo()
    registry.exporters.cache_clear()
    sys.modules.pop("mat_file", None)
    sys.modules.pop("insilico_gui.export.mat_file", None)


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Put a module of another package on the path, with its entry points."""
    folder = tmp_path / "site"
    about = folder / "mat_file-1.0.dist-info"

    def put(code: str, points: dict[str, str]) -> None:
        about.mkdir(parents=True)
        (folder / "mat_file.py").write_text(code)
        (about / "METADATA").write_text("Name: mat_file\nVersion: 1.0\n")
        lines = [f"{name} = {value}" for name, value in points.items()]
        text = "\n".join([f"[{registry.ENTRY_POINT_GROUP}]", *lines])
        (about / "entry_points.txt").write_text(text)
        monkeypatch.syspath_prepend(folder)

    return put


def check_mat(path, responses):
    content = loadmat(path, squeeze_me=True)
    np.testing.assert_array_equal(content["responses"], responses.to_numpy())
    np.testing.assert_array_equal(content["time"], responses["time"])
    areas = content["units"]["area"].item().tolist()
    assert areas == responses["area"].to_numpy().tolist()
    about = {k: v for k, v in responses.attrs.items() if k != "trials"}
    assert json.loads(str(content["provenance"])).keys() == about.keys()


def check_works(tmp_path):
    responses = make_responses()
    assert ".mat" in fitting_suffixes(Kind.of_responses(responses))
    assert ig.export(responses, tmp_path / "x.mat") == tmp_path / "x.mat"
    check_mat(tmp_path / "x.mat", responses)
    with pytest.raises(ExportError, match="exists already"):
        ig.export(responses, tmp_path / "x.mat")
    with pytest.raises(ExportError, match=r"written for other programs"):
        ig.load_responses(tmp_path / "x.mat")
    huge = xr.DataArray(
        np.broadcast_to(np.float32(0), (2**15, 2**14, 2)),
        {"unit_id": ("unit", [1, 2])},
        ("trial", "repeat", "unit"),
    )
    with pytest.raises(ExportError, match="holds at most 2 GiB"):
        ig.export(huge, tmp_path / "y.mat")
    ig.export(responses, tmp_path / "in.npz")
    target = tmp_path / "z.mat"
    done = CliRunner().invoke(app, ["export", str(tmp_path / "in.npz"), str(target)])
    assert done.exit_code == 0, done.output
    check_mat(target, responses)


def test_the_example_as_a_package_of_its_own(tmp_path, install):
    groups = tomllib.loads(block("toml"))["project"]["entry-points"]
    install(block("python"), groups[registry.ENTRY_POINT_GROUP])
    check_works(tmp_path)
    assert ig.load_responses(tmp_path / "in.npz").sizes["unit"] == 6


def test_the_example_as_one_file_of_this_project(tmp_path, monkeypatch):
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "mat_file.py").write_text(block("python"))
    package = sys.modules["insilico_gui.export"]
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
    check_works(tmp_path)


BROKEN = {
    "no module": ("x = 1", "mat_file.nowhere:MatFile", "ModuleNotFoundError"),
    "no class": ("x = 1", "mat_file:x", "no subclass"),
    "no suffix": (
        "from insilico_gui.export import Exporter\nclass A(Exporter): pass",
        "mat_file:A",
        r"suffixes are \(\)",
    ),
    "no code": ("raise SystemError('half installed')", "mat_file:A", "half installed"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_one_is_one_sentence_in_the_log(tmp_path, install, caplog, case):
    code, value, said = BROKEN[case]
    before = registry.export_suffixes()
    registry.exporters.cache_clear()
    install(code, {"broken": value})
    with caplog.at_level(logging.WARNING):
        ig.export(make_responses(), tmp_path / "x.npz")
        ig.export(make_responses(), tmp_path / "y.npz")
    (record,) = caplog.records
    told = record.getMessage()
    assert re.search(rf"'broken' .*{said}.*; install its package again", told)
    assert "\n" not in told
    assert registry.export_suffixes() == before


def test_suffixes_of_this_project_stay(tmp_path, install):
    code = block("python").replace('(".mat",)', '(".npz", ".mat")')
    install(code, {"matlab": "mat_file:MatFile"})
    responses = make_responses()
    ig.export(responses, tmp_path / "x.npz")
    assert ig.load_responses(tmp_path / "x.npz").sizes == responses.sizes
    assert ".mat" not in load_suffixes()
    ig.export(responses, tmp_path / "x.mat")


def test_importing_does_not_import_exporters_of_others(tmp_path, install):
    install("raise SystemExit(3)", {"matlab": "mat_file:MatFile"})
    code = "import insilico_gui as ig, insilico_gui.cli; ig.list_sessions()"
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "site")}
    done = subprocess.run([sys.executable, "-c", code], check=False, env=environment)
    assert done.returncode == 0

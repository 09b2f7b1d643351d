"""The example of docs/how_to_add_an_analysis.md, and analyses that do not work."""

from __future__ import annotations

import logging
import re
import sys
import tomllib

import numpy as np
import pandas as pd
import pytest
from support.command_line import error_of, run
from support.docs_pages import DOCS

import insilico_gui as ig
from insilico_gui.errors import AnalysisError
from insilico_gui.experiment import analyses, declared
from insilico_gui.experiment.declared import registry

PAGE = (DOCS / "how_to_add_an_analysis.md").read_text(encoding="utf-8")
NAME = "modulation ratio"


def block(language: str) -> str:
    return re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)[1]


@pytest.fixture(autouse=True)
def _search_again(monkeypatch):
    """Analyses are looked for before each test, and again after it."""
    known = analyses.analyses()
    monkeypatch.setattr(analyses, "_ANALYSES", dict(known))
    registry.find_declarations.cache_clear()
    yield
    monkeypatch.undo()
    registry.find_declarations.cache_clear()
    for name in ("modulation", f"{declared.__name__}.modulation"):
        sys.modules.pop(name, None)


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Put a module of another package on the path, with its entry points."""
    folder = tmp_path / "site"
    about = folder / "modulation-1.0.dist-info"

    def put(code: str, points: dict[str, str]) -> None:
        about.mkdir(parents=True)
        (folder / "modulation.py").write_text(code)
        (about / "METADATA").write_text("Name: modulation\nVersion: 1.0\n")
        lines = [f"{name} = {value}" for name, value in points.items()]
        text = "\n".join([f"[{registry.ENTRY_POINT_GROUP}]", *lines])
        (about / "entry_points.txt").write_text(text)
        monkeypatch.syspath_prepend(folder)

    return put


def check_works(tmp_path):
    """Script and command line get the same numbers, and they are right."""
    experiment = ig.Experiment(library=None)
    experiment.add_session("demo")
    shown = ig.stimuli.drifting_gratings(
        n_directions=4, duration_s=0.5, temporal_frequency=4.0
    )
    experiment.add_stimulus(shown, name="gratings")
    experiment.select(areas=["LM"], fields=[1], name="some")
    responses = experiment.encode("demo", "gratings", selection="some")
    dataset = experiment.analyse(NAME, latency_s=0.1)
    with pytest.raises(AnalysisError, match="a number"):
        experiment.analyse(NAME, latency_s="soon")
    ratio = experiment.units()["modulation_ratio"].dropna().to_numpy()
    assert len(ratio) == responses.sizes["unit"] > 50
    # By hand: the best condition of the first unit
    best = dataset["f0"].to_numpy()[:, 0].argmax()
    assert ratio[0] == pytest.approx(
        float(dataset["f1"][best, 0] / dataset["f0"][best, 0]), rel=1e-6
    )
    file, out = tmp_path / "in.npz", tmp_path / "ratio.csv"
    ig.export(responses, file)
    done = run("modulation-ratio", file, "--latency-s", 0.1, "-o", out)
    assert done.exit_code == 0, done.output
    table = pd.read_csv(out)
    np.testing.assert_allclose(table["modulation_ratio"], ratio, rtol=1e-6)
    assert "Delay of the response window (s)." in " ".join(
        run("modulation-ratio", "--help").output.replace("│", " ").split()
    )
    refused = error_of("modulation-ratio", "demo", "-o", out, "--overwrite",
                       "--latency-s", 100, "--stimulus", "drifting-gratings")  # fmt: skip
    assert "holds no frame" in refused
    assert "no temporal frequency" in error_of(
        *("modulation-ratio", "demo", "-o", tmp_path / "no.csv"),
        *("--stimulus", "gaussian-dots"),
    )


def test_the_example_as_a_package_of_its_own(tmp_path, install):
    groups = tomllib.loads(block("toml"))["project"]["entry-points"]
    install(block("python"), groups[registry.ENTRY_POINT_GROUP])
    assert "insilico-gui modulation-ratio demo" in block("bash")
    check_works(tmp_path)


def test_the_example_as_one_file_of_this_project(tmp_path, monkeypatch):
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "modulation.py").write_text(block("python"))
    monkeypatch.setattr(declared, "__path__", [*declared.__path__, str(folder)])
    assert NAME in analyses.analyses()
    assert "modulation-ratio" in run("--help").output


REGISTER = "from insilico_gui.experiment.analyses import register\n"
BROKEN = {
    "no module": ("x = 1", "modulation.nowhere", "ModuleNotFoundError"),
    "a name that is taken": (
        f"{REGISTER}@register('mine')\ndef mine(data, tell): ...\n"
        "@register('tuning')\ndef tuning(data, tell): ...",
        "modulation",
        "an analysis 'tuning' already",
    ),
    "no code": ("1 / 0", "modulation", "ZeroDivisionError"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_one_is_one_sentence_in_the_log(install, caplog, case):
    code, value, said = BROKEN[case]
    before = analyses.analyses()
    registry.find_declarations.cache_clear()
    install(code, {"broken": value})
    with caplog.at_level(logging.WARNING):
        assert analyses.analyses() == before
        assert analyses.analyses() == before
    (record,) = caplog.records
    assert re.search(
        rf"'broken' .*{said}.*; install the package again", record.getMessage()
    )
    assert "\n" not in record.getMessage()


def test_a_cell_may_be_run_again():
    found = {}
    for _ in range(2):
        exec(block("python"), found)
    with pytest.raises(AnalysisError, match="already"):
        analyses.register(NAME)(lambda data, tell: None)

"""The example of docs/how_to_add_a_stimulus.md, as a package of somebody else."""

from __future__ import annotations

import inspect
import logging
import re
import sys
import tomllib
import typing
from pathlib import Path

import numpy as np
import pytest
from support.command_line import run

import insilico_gui as ig
from insilico_gui.errors import StimulusError
from insilico_gui.stimuli import FAMILIES, Display, load_spec, save_spec, spec_from_dict
from insilico_gui.stimuli.spec import registry

PAGE = Path(__file__).parents[2] / "docs" / "how_to_add_a_stimulus.md"
NAME = "checkerboard_reversals"


def block(language):
    """The first block of code of a language."""
    found = re.search(rf"```{language}\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    return found.group(1)


@pytest.fixture
def package(tmp_path, monkeypatch):
    """The package, installed together with one that is broken."""
    place = tmp_path / "site"
    points = tomllib.loads(block("toml"))["project"]["entry-points"]
    points = {**points[registry.ENTRY_POINT_GROUP], "broken": "not_there_at_all"}
    (place / "my_stimuli").mkdir(parents=True)
    (place / "my_stimuli" / "__init__.py").touch()
    (place / "my_stimuli" / f"{NAME}.py").write_text(block("python"), "utf-8")
    metadata = place / "my_stimuli-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Name: my-stimuli\nVersion: 1.0\n")
    lines = [f"{name} = {value}" for name, value in points.items()]
    (metadata / "entry_points.txt").write_text(
        "\n".join([f"[{registry.ENTRY_POINT_GROUP}]", *lines, ""])
    )
    monkeypatch.syspath_prepend(place)
    before = dict(registry._specs), dict(registry._functions)
    registry.load_added.cache_clear()
    yield
    registry._specs.clear()
    registry._functions.clear()
    registry._specs.update(before[0])
    registry._functions.update(before[1])
    registry.load_added.cache_clear()
    for module in [name for name in sys.modules if name.startswith("my_stimuli")]:
        del sys.modules[module]


def test_the_family_is_there_and_a_broken_one_is_told(package, caplog):
    assert "my_stimuli" not in sys.modules
    with caplog.at_level(logging.WARNING):
        assert list(FAMILIES)[-1] == "checkerboard reversals"
        assert len(FAMILIES) == 17
    (record,) = caplog.records
    said = record.getMessage()
    assert "'broken' (not_there_at_all) cannot be imported" in said
    assert "\n" not in said and said.endswith("or remove it.")


def test_the_function_tells_what_it_takes(package):
    function = ig.stimuli.checkerboard_reversals
    assert function is FAMILIES["checkerboard reversals"]
    hints = typing.get_type_hints(function)
    parameters = inspect.signature(function).parameters
    assert list(hints) == [*parameters, "return"]
    assert list(parameters)[:2] == ["square_deg", "contrast"]
    assert parameters["square_deg"].default == (10.0, 30.0)
    lines = inspect.getdoc(function).splitlines()
    assert lines[0] == "Make checkerboard reversals, with their trial table."
    assert "square_deg : float or sequence of float" in lines
    with pytest.raises(TypeError, match="unexpected keyword argument 'squares'"):
        function(squares=3)
    with pytest.raises(AttributeError, match="no attribute 'checkerboard_reversal'"):
        ig.stimuli.checkerboard_reversal  # noqa: B018


def test_specification_and_frames(package, tmp_path):
    small = Display(pixels=(36, 64))
    stimulus = ig.stimuli.checkerboard_reversals(
        square_deg=20, contrast=[0.5, 1], reversal_hz=5, duration_s=0.4, display=small
    )
    spec = stimulus.spec
    assert spec.square_deg == (20.0,)
    assert spec_from_dict(spec.to_dict()) == spec
    assert load_spec(save_spec(spec, tmp_path / "squares.yaml")) == spec
    assert stimulus.trials["contrast"].nunique() == 2
    for trial in stimulus.trials.itertuples():
        first = round(trial.onset * 30)
        shown = stimulus.frames(first, first + 12).astype(int) - 128
        peak = round(127 * trial.contrast)
        assert set(np.unique(shown)) == {-peak, peak}
        np.testing.assert_array_equal(shown[:6], np.repeat(shown[:1], 6, axis=0))
        np.testing.assert_array_equal(shown[6:], -shown[:6])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"square_deg": 0}, "square_deg is 0.0; give a number above 0"),
        ({"contrast": 2}, "contrast is 2.0; give a number from 0 to 1"),
        ({"reversal_hz": 40}, "more than the frame rate"),
        ({"duration_s": 0.001}, "less than a frame"),
    ],
)
def test_wrong_values_are_refused(package, options, message):
    with pytest.raises(StimulusError, match=message):
        ig.stimuli.checkerboard_reversals(**options)


def test_the_form_has_its_parameters(package, qapp):
    from insilico_gui.app.widgets.family_form import family_form, values_of

    form = family_form("checkerboard reversals")
    assert form["square_deg"].label == "square (deg)"
    assert form["reversal_hz"].max == 60
    assert form["reversal_hz"].tooltip == "How often the squares swap per second."
    form["square_deg"].value = (5, 20)
    spec = ig.stimuli.checkerboard_reversals(**values_of(form)).spec
    assert spec == ig.stimuli.checkerboard_reversals(square_deg=[5, 20]).spec


def test_the_command_line_has_it(package, tmp_path):
    told = run("stimulus").output.splitlines()
    assert told[-1] == (
        "checkerboard-reversals\tMake checkerboard reversals, with their trial table."
    )
    line = re.search(r"insilico-gui (stimulus .*)", PAGE.read_text("utf-8")).group(1)
    target = tmp_path / "squares.yaml"
    result = run(*line.split()[:-1], target)
    assert result.exit_code == 0, result.output
    expected = ig.stimuli.checkerboard_reversals(square_deg=[5, 20], repeats=3).spec
    assert load_spec(target) == expected


def test_a_name_that_is_taken_is_refused(package):
    code = block("python").replace(f'"{NAME}"', '"monet2"')
    with pytest.raises(StimulusError, match="has a family 'monet2' already"):
        exec(code, {"__name__": "somebody_else"})

"""Fits by entry point: declared, found, checked, and run in one call."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Annotated, Literal

import pytest
from support.falling import Falling
from typer.testing import CliRunner

import insilico_gui as ig
from insilico_gui.cli import app
from insilico_gui.errors import FitError, InsilicoError
from insilico_gui.fitting import declare, find_fit, fits, registry
from insilico_gui.parameters import About


@declare("falling", data="A folder of numbers.")
def falling(
    data: Path,
    *,
    rounds: Annotated[int, About("Rounds.")] = 4,
    rate: Annotated[float, About("Rate of a step.", "1")] = 0.1,
    kind: Annotated[Literal["a", "b"], About("Kind.")] = "a",
    quick: Annotated[bool, About("Fewer steps.")] = False,
    seed: Annotated[int | None, About("Seed; default none.")] = None,
) -> Falling:
    """Fall to the mean.

    More about it.
    """
    if data.name == "missing":
        raise FitError("There are no data in missing; give others.")
    return Falling(rounds, 2 if quick else 5, rate)


@declare("rising", data="Nothing.")
def rising(data: Path, *, height: Annotated[float, About("How high.", "m")]) -> Falling:
    """Rise."""
    return Falling()


@pytest.fixture(autouse=True)
def installed(monkeypatch):
    points = [
        EntryPoint(name, f"{__name__}:{name}", registry.ENTRY_POINT_GROUP)
        for name in ("rising", "falling")
    ]
    points.append(EntryPoint("broken", "no_such_package:fit", "insilico_gui.fits"))
    monkeypatch.setattr(registry, "entry_points", lambda group: points)


def test_declarations_are_found_by_name():
    assert list(fits()) == ["broken", "falling", "rising"]
    declared = find_fit("falling", {})
    assert declared.help == "Fall to the mean."
    assert [p.name for p in declared.parameters] == [
        "rounds",
        "rate",
        "kind",
        "quick",
        "seed",
    ]
    with pytest.raises(FitError, match="no fit 'other'; choose one of broken, falling"):
        find_fit("other", {})
    with pytest.raises(FitError, match=r"'broken'.*cannot be imported"):
        find_fit("broken", {})


def test_a_fit_may_be_known_by_its_parameters(tmp_path):
    assert find_fit(None, {"height": 1.0}).name == "rising"
    assert find_fit(None, {"rate": 0.1}).name == "falling"
    with pytest.raises(FitError, match="0 of the fits"):
        find_fit(None, {"rate": 0.1, "height": 1})
    report = ig.fitting.fit("data", out=tmp_path / "run", rounds=2)
    assert report.task == "falling" and report.complete


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"rounds": 1.5}, "rounds of falling is '1.5'; give a whole number"),
        ({"rate": "much"}, "give a number"),
        ({"kind": "c"}, "one of a, b"),
        ({"speed": 1}, "no parameter 'speed'"),
    ],
)
def test_parameters_are_checked(given, says, tmp_path):
    with pytest.raises(FitError, match=says):
        ig.fitting.fit("data", out=tmp_path / "run", twin="falling", **given)
    assert not (tmp_path / "run").exists()
    with pytest.raises(FitError, match="rising needs height"):
        ig.fitting.fit("data", out=tmp_path / "run", twin="rising")


def invoke(*arguments):
    return CliRunner().invoke(app, ["fit", *map(str, arguments)])


def test_the_command_of_a_fit(tmp_path):
    done = invoke("falling", "data", "--out", tmp_path / "a", "--rounds", 2, "--quick")
    assert done.exit_code == 0, done.output
    assert "2 of 2 rounds, complete" in done.output
    again = invoke(
        *("falling", "data", "--out", tmp_path / "a", "--rounds", 3),
        *("--quick", "--resume"),
    )
    assert "Going on with round 2." in again.output
    python = ig.fitting.fit(
        "data", out=tmp_path / "b", twin="falling", rounds=3, quick=True
    )
    assert python.rounds_done == 3
    for name in ("result.txt", "rows.csv", "best.txt"):
        one, other = ((tmp_path / k / name).read_bytes() for k in "ab")
        assert one == other


def test_what_a_command_refuses(tmp_path):
    for arguments, says in (
        (("falling", "missing", "--out", tmp_path / "a"), "no data in missing"),
        (("falling", "d", "--out", tmp_path / "a", "--kind", "c"), "kind"),
        (("rising", "d", "--out", tmp_path / "a"), "rising needs height"),
    ):
        done = invoke(*arguments)
        assert done.exit_code != 0
        said = done.output + str(done.exception)
        assert says in said
        assert isinstance(done.exception, InsilicoError | SystemExit)
    assert invoke("nothing", "d").exit_code != 0
    assert not (tmp_path / "a").exists()


def test_help_names_every_parameter_with_its_unit():
    listed = invoke("--help")
    assert "Fall to the mean" in listed.output and "broken" not in listed.output
    done = invoke("falling", "--help")
    for word in ("--rounds", "--rate", "--kind", "--quick", "--seed", "--resume"):
        assert word in done.output

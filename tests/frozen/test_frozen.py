"""Numbers, specifications, files and options are those that were frozen."""

from __future__ import annotations

import json

import numpy as np
import pytest
from frozen import battery, commands, exported, shown
from frozen.freeze import DATA, arrays, plain
from typer.testing import CliRunner

from insilico_gui.cli import app

RTOL = 1e-5


def load(name):
    return json.loads((DATA / name).read_text(encoding="utf-8"))


def stored(file, name):
    with np.load(DATA / file) as found:
        return {
            key.split("|")[1]: found[key]
            for key in found.files
            if key.split("|")[0] == name
        }


def check(actual, wanted):
    assert actual.keys() == wanted.keys()
    for name, values in wanted.items():
        assert actual[name].shape == values.shape, name
        if values.dtype.kind in "fc":
            # Of a fit, the last digits depend on the processor
            scale = np.nanmax(np.abs(values), initial=0.0)
            np.testing.assert_allclose(
                actual[name], values, rtol=1e-4, atol=RTOL * scale, err_msg=name
            )
        else:
            np.testing.assert_array_equal(actual[name], values, err_msg=name)


@pytest.mark.parametrize("name", battery.ANALYSES)
def test_analysis(name):
    result = battery.ANALYSES[name]()
    result = result if isinstance(result, dict) else battery.flat(result)
    result.pop("display", None)
    made = {k.split("|")[1]: v for k, v in arrays({name: result}).items()}
    check(made, stored("analyses.npz", name))


@pytest.fixture(scope="module")
def stimuli():
    return shown.stimuli()


@pytest.fixture(scope="module")
def frames():
    with np.load(DATA / "frames.npz") as found:
        return {name: found[name] for name in found.files}


@pytest.mark.parametrize("name", load("stimuli.json"))
def test_stimulus(name, stimuli, frames):
    wanted, stimulus = load("stimuli.json")[name], stimuli[name]
    assert plain(stimulus.spec.to_dict()) == wanted["specification"]
    assert stimulus.spec.hash == wanted["hash"]
    assert stimulus.n_frames == wanted["n_frames"]
    assert plain(shown.trial_columns(stimulus)) == wanted["trials"]
    digest, means = shown.seen(stimulus)
    if digest != wanted["frames"]:
        # Another processor may round the level of a pixel the other way
        np.testing.assert_allclose(means, frames[name], atol=0.02)


def test_every_stimulus_is_frozen(stimuli):
    assert stimuli.keys() == load("stimuli.json").keys()


@pytest.mark.parametrize("name", exported.EXPORTS)
def test_export(name, tmp_path):
    assert plain(exported.contents(tmp_path, name)) == load("exports.json")[name]


def test_options_of_the_command_line():
    assert plain(commands.options()) == load("options.json")


@pytest.mark.parametrize("name", commands.RUN)
def test_command(name, tmp_path):
    target = tmp_path / "table.csv"
    done = CliRunner().invoke(app, [*commands.RUN[name], "-o", str(target)])
    assert done.exit_code == 0, done.output
    made = arrays({name: commands.table(target)})
    check({k.split("|")[1]: v for k, v in made.items()}, stored("commands.npz", name))

"""What an analysis will refuse is said before anything is encoded."""

from __future__ import annotations

import logging
import re

import numpy as np
import pandas as pd
import pytest
from support.command_line import run
from typer.testing import CliRunner

import insilico_gui as ig
from insilico_gui.analysis.trials.dry_run import rehearse, silent_responses
from insilico_gui.analysis.trials.windows import trial_responses, trial_table
from insilico_gui.analysis.tuning.registry import parameters, tune
from insilico_gui.cli import app, sources
from insilico_gui.stimuli.families.registry import FAMILIES
from insilico_gui.stimuli.spec.files import save_spec

GRATINGS = ("--duration-s", 1, "--blank-s", 0.5)


@pytest.fixture
def nothing_is_encoded(monkeypatch):
    def encode(*_):
        pytest.fail("something was encoded")

    monkeypatch.setattr(sources, "encode_with_bar", encode)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("tuning", *GRATINGS, "--window-s", 2), "A window of 2 s holds several"),
        (("tuning", *GRATINGS, "--window-s", -1), "The window is -1.0 s long"),
        (("tuning", *GRATINGS, "--latency-s", -0.1), "The latency is -0.1 s"),
        (("tuning", *GRATINGS, "--latency-s", 5), "With a latency of 5 s the window"),
        (("sparseness", "--latency-s", 5), "With a latency of 5 s the window"),
        (("tuning", *GRATINGS, "--latency-s", 900), "None of the 16 trials"),
        (("tuning", *GRATINGS, "--burn-in-frames", -1), "A burn-in of -1 frames"),
        (("tuning", "-p", "size_deg"), "do not vary 'size_deg'"),
        (("tuning", "--directions", 3), "3 directions; show more"),
        (("tuning", "--n-permutations", 50), "only once"),
        (("tuning", "--directions", 4, "--n-permutations", 50), "only once"),
        (("tuning", "--trials", "no.csv"), "no.csv"),
        (("tuning", "--trials", "onsets.csv"), "no column 'duration'"),
        (("tuning", "--stimulus", "clip.npy"), "has no trial table"),
        (("sparseness", "--window-s", 2), "A window of 2 s holds several"),
        (("sparseness", "--over", "x"), "no column 'x'"),
        (("sparseness", "--over", "contrast"), "show two or more"),
        (("signal-correlations", "--window-s", 2), "A window of 2 s holds several"),
        (("signal-correlations", "--set", "directions=2"), "at least 3 conditions"),
        (
            ("receptive-fields", "--method", "sparse-noise", "--window-s", 0),
            "0.0 s long",
        ),
        (("receptive-fields", "--method", "contrast-sta", "--latency-s", -1), "-1.0 s"),
        (("receptive-fields", "--method", "x"), "There is no method 'x'"),
        (
            ("receptive-fields", "--stimulus", "flash.yaml"),
            "show Gaussian dots, sparse",
        ),
        (("retinotopy", "--latency-s", -1), "The latency is -1.0 s"),
    ],
)
def test_wrong_parameters(
    arguments, message, tmp_path, monkeypatch, nothing_is_encoded
):
    monkeypatch.chdir(tmp_path)
    pd.DataFrame({"onset": [0.0, 1.0]}).to_csv("onsets.csv", index=False)
    flash = ig.stimuli.full_field_flashes(repeats=1)
    np.save("clip.npy", np.zeros((40, 9, 16), np.uint8))
    save_spec(flash.spec, tmp_path / "flash.yaml")
    command, *options = map(str, arguments)
    result = CliRunner().invoke(app, [command, "demo", "-o", "x.csv", *options])
    assert isinstance(result.exception, ig.InsilicoError), result.output
    assert re.search(message, str(result.exception))
    assert not (tmp_path / "x.csv").exists()


def refusal(responses, parameter):
    try:
        tune(responses, parameter)
    except ig.InsilicoError as error:
        return str(error)
    return None


@pytest.mark.parametrize(
    "name", [name for name in FAMILIES if name != "natural images"]
)
def test_a_silent_unit_can_be_tuned_wherever_another_can(name):
    """A rehearsal refuses what an analysis of responses refuses, and nothing else."""
    silent = silent_responses(FAMILIES[name]())
    rng = np.random.default_rng(0)
    noisy = silent + rng.exponential(size=silent.shape).astype(np.float32)
    noisy.attrs = silent.attrs
    for parameter in parameters(trial_table(silent)):
        assert refusal(silent, parameter) == refusal(noisy, parameter)


def test_warnings_come_when_it_counts(caplog):
    shown = FAMILIES["drifting gratings"](blank_s=0.5)
    silent = silent_responses(shown).isel(time=slice(0, -20))
    rehearse(trial_responses, silent)
    assert not caplog.records
    trial_responses(silent)
    (record,) = caplog.records
    assert "1 cut off" in record.getMessage()
    assert logging.getLogger("insilico_gui.analysis").level == logging.NOTSET


def test_what_was_assumed_of_a_stimulus_is_said(tmp_path):
    """An extra sample that no one declared is left out, and so the command says."""
    from pathlib import Path

    stack = Path(__file__).parents[1] / "stimuli" / "data" / "rgb_unspec.tif"
    result = run("encode", "demo", stack, "-o", tmp_path / "out.npz")
    assert result.exit_code == 0, result.output
    assert "Warning: rgb_unspec.tif: an extra sample of no declared" in result.stderr

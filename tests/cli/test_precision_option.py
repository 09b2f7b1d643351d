"""``insilico-gui encode --precision``: offered or refused, and the difference told."""

from __future__ import annotations

import numpy as np
import pytest
from support.rounded import LeakyTwin
from typer.testing import CliRunner

import insilico_gui as ig
from insilico_gui.cli import app


@pytest.fixture
def twin(monkeypatch, tmp_path, clip):
    made = LeakyTwin()
    monkeypatch.setattr("insilico_gui.opening.twins", lambda: {"leaky": made})
    monkeypatch.chdir(tmp_path)
    np.save("clip.npy", clip)
    return made


def encode(*options):
    arguments = ["encode", "leaky", "clip.npy", "--device", "cpu", *options]
    return CliRunner().invoke(app, arguments)


@pytest.mark.parametrize("output", ["out.npz", "out.zarr"])
def test_the_difference_is_told_in_one_line(twin, output):
    result = encode("-o", output, "--precision", "bf16")
    assert result.exit_code == 0, result.output
    responses = ig.load_responses(output)
    largest = responses.attrs["precision_error"]["largest_relative_difference"]
    line = f"bf16: responses differ from float32 by at most {100 * largest:.2g} %"
    assert result.output.count(line) == 1
    assert f"on the first {len(responses)} frames." in result.output


def test_nothing_is_told_of_float32(twin):
    result = encode("-o", "out.npz")
    assert result.exit_code == 0 and "float32" not in result.output
    assert ig.load_responses("out.npz").attrs["precision"] == "float32"


def test_a_precision_that_is_not_offered_is_refused(twin):
    result = encode("-o", "out.npz", "--precision", "fp16")
    assert result.exit_code != 0
    assert "choose one of those" in str(result.exception)
    assert twin.opened == []

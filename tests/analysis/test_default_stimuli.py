"""Stimuli as they are by default hold the responses that analyses read by default."""

from __future__ import annotations

import pytest
from support.command_line import run

SOME = ("--area", "V1", "--field", 1, "--device", "cpu")


@pytest.mark.parametrize(
    "command",
    [
        ("receptive-fields", "demo"),
        ("receptive-fields", "demo", "--method", "sparse-noise"),
        ("retinotopy", "demo"),
        ("tuning", "demo"),
        ("sparseness", "demo"),
    ],
    ids=" ".join,
)
def test_no_trial_of_a_default_stimulus_is_lost(command, tmp_path, caplog):
    result = run(*command, "-o", tmp_path / "table.csv", *SOME)
    assert result.exit_code == 0, result.output
    assert "have no response" not in caplog.text + result.output

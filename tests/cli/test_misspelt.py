"""A word that is nearly a command, and the version."""

from __future__ import annotations

from importlib.metadata import version

import pytest
from support.command_line import error_of, run


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("encod", "encode"),
        ("Encode", "encode"),
        ("tunning", "tuning"),
        ("receptive_fields", "receptive-fields"),
        ("compair", "compare"),
    ],
)
def test_the_nearest_command_is_named(word, meant):
    assert f"did you mean {meant!r}" in error_of(word, "demo")


def test_a_session_whose_name_is_nearly_a_command_is_a_session(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "compares").mkdir()
    assert "did you mean" not in error_of("compares", "--size", "?")


def test_version():
    result = run("--version")
    assert result.exit_code == 0
    assert result.output.strip() == f"insilico-gui {version('insilico-gui')}"

"""Bars are for terminals."""

from __future__ import annotations

import io

import pytest
from typer.testing import CliRunner

from insilico_gui.cli import app
from insilico_gui.progress import analysis_bar, progress_bar


class Screen(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("stderr", [Screen(), io.StringIO()])
def test_a_bar_is_drawn_on_a_terminal_alone(stderr, monkeypatch):
    monkeypatch.setattr("sys.stderr", stderr)
    with progress_bar("Encoding", unit="frame", mininterval=0) as show:
        show(3, 10)
        show(10, 10)
    with analysis_bar("Tuning") as tell:
        tell(2, 4)
    drawn = stderr.getvalue()
    if stderr.isatty():
        assert "3/10" in drawn and "10/10" in drawn
        assert "Tuning:  50%" in drawn
    else:
        assert drawn == ""


def test_a_log_has_no_bars(tmp_path):
    options = (
        "--directions",
        "4",
        "--duration-s",
        "0.8",
        "--area",
        "V1",
        "--field",
        "1",
    )
    out = tmp_path / "tuning.csv"
    result = CliRunner().invoke(app, ["tuning", "demo", "-o", str(out), *options])
    assert result.exit_code == 0, result.output
    assert result.stderr == ""

"""Messages are one line and not long, whatever they repeat; nothing ends in a traceback."""

from __future__ import annotations

import logging
import sys

import numpy as np
import pandas as pd
import pytest
from support.command_line import run

import insilico_gui as ig
from insilico_gui import cli
from insilico_gui.errors import MAX_ECHO, MAX_LISTED, echoed, listed, quoted
from insilico_gui.log_file import OneLineFormatter, unexpected

LONG = "y\n" * 500_000


def calls():
    session = ig.open_session("demo")
    grey = np.zeros((4, 9, 16), np.uint8)
    return {
        "session": lambda: ig.open_session(LONG),
        "directory": lambda: ig.list_sessions(LONG),
        "device": lambda: ig.open_session("demo", device=LONG),
        "precision": lambda: ig.open_session("demo", precision=LONG),
        "stimulus": lambda: ig.open_stimulus(LONG),
        "suffix": lambda: ig.open_stimulus(f"a.{LONG}"),
        "area": lambda: ig.select(session, areas=[LONG]),
        "areas": lambda: ig.select(session, areas=[f"{i}" for i in range(100_000)]),
        "column": lambda: ig.select(session, where={LONG: 1}),
        "fit": lambda: ig.encode(session, grey, fit=LONG),
        "behavior": lambda: ig.encode(session, grey, behavior={LONG: grey}),
        "load": lambda: ig.load_responses(f"{LONG}.npz"),
        "waveform": lambda: ig.stimuli.drifting_gratings(waveform=LONG),
        "number": lambda: ig.stimuli.drifting_gratings(repeats=10**5000),
        "numbers": lambda: ig.stimuli.drifting_gratings(contrast=[LONG] * 100),
        "setting": lambda: _raise(run("stimulus", LONG)),
        "set": lambda: _raise(run("stimulus", "trippy", "--set", LONG)),
        "where": lambda: _raise(run("tuning", "demo", "--where", LONG, "-o", "a.csv")),
        "trials": lambda: _raise(
            run("tuning", "demo", "--trials", f"{LONG}.csv", "-o", "a.csv")
        ),
        "format": lambda: _raise(run("encode", "demo", "a.npy", "-o", f"a.{LONG}")),
    }


def _raise(result):
    if result.exception is not None:
        raise result.exception


@pytest.mark.parametrize("name", list(calls()))
def test_messages_are_short_whatever_they_repeat(name):
    with pytest.raises(ig.InsilicoError) as caught:
        calls()[name]()
    assert len(str(caught.value)) < 1000
    assert "\n" not in str(caught.value)


def test_values_and_lists_are_cut():
    assert len(quoted(LONG)) <= MAX_ECHO + 2
    assert len(echoed([LONG] * 10)) <= MAX_ECHO
    assert quoted(10**5000) == "'a int'"
    assert listed(range(3)) == "0, 1, 2"
    assert listed([]) == "none"
    assert listed(range(100)).endswith(f"and {100 - MAX_LISTED} more")
    assert "what to do" in str(ig.InsilicoError(f"{LONG}; this is what to do"))


@pytest.fixture
def log(tmp_path, monkeypatch):
    monkeypatch.setenv("INSILICO_LOG", str(tmp_path / "logs" / "errors.log"))
    return tmp_path / "logs" / "errors.log"


def test_what_nobody_foresaw_is_one_sentence_and_a_log(log, monkeypatch, capsys):
    def broken(**_options):
        raise KeyError(LONG)

    monkeypatch.setattr(cli, "app", broken)
    monkeypatch.setattr(sys, "argv", ["insilico-gui", "sessions"])
    with pytest.raises(SystemExit) as left:
        cli.main()
    shown = capsys.readouterr().err
    assert left.value.code == 70
    assert shown.count("\n") == 1
    assert "KeyError" in shown
    assert str(log) in shown
    assert len(shown) < 1000
    assert "Traceback" in log.read_text()


def test_the_log_is_bounded_and_a_folder_that_cannot_be_written_does_no_harm(
    log, monkeypatch
):
    log.parent.mkdir()
    log.write_bytes(bytes(2**21))
    assert str(log) in unexpected(ValueError("x"))
    assert log.stat().st_size < 2**20
    monkeypatch.setenv("INSILICO_LOG", "/dev/null/errors.log")
    assert "/dev/null" not in unexpected(ValueError("x"))


def test_the_log_on_the_screen_has_no_tracebacks(log):
    try:
        raise ValueError("inner")
    except ValueError:
        record = logging.LogRecord(
            "a", logging.ERROR, "f", 1, "two\nlines", (), sys.exc_info()
        )
    shown = OneLineFormatter("%(message)s").format(record)
    assert shown == f"two lines (the log is at {log})"
    assert "inner" in log.read_text()


def test_times_in_whole_seconds_are_times(tmp_path):
    grey = np.zeros((150, 144, 256), np.uint8)
    responses = ig.encode(ig.open_session("demo"), grey)
    ig.export(responses, tmp_path / "r.npz")
    trials = pd.DataFrame(
        {"onset": [1, 2, 3], "duration": [1, 1, 1], "size_deg": [5, 9, 7]}
    )
    trials.to_csv(tmp_path / "t.csv", index=False)
    out = tmp_path / "o.csv"
    result = run(
        "sparseness",
        tmp_path / "r.npz",
        "--trials",
        tmp_path / "t.csv",
        "--over",
        "size_deg",
        "--latency-s",
        0.05,
        "--window-s",
        0.5,
        "-o",
        out,
    )
    assert result.exit_code == 0, result.exception
    trials["duration"] = [1, 10**15, 1]
    trials.to_csv(tmp_path / "t.csv", index=False)
    result = run(
        "sparseness",
        tmp_path / "r.npz",
        "--trials",
        tmp_path / "t.csv",
        "--over",
        "size_deg",
        "-o",
        tmp_path / "p.csv",
    )
    assert "INSILICO_MAX_STIMULUS_SECONDS" in str(result.exception)

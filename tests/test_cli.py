"""The command line as a user types it, in processes of its own where that matters."""

from __future__ import annotations

import logging
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from support.command_line import run

import insilico_gui as ig
from insilico_gui.cli import main


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("cli") / "clip.npy"
    rng = np.random.default_rng(0)
    np.save(path, rng.integers(0, 255, (40, 144, 256), dtype=np.uint8))
    return path


def test_sessions_are_listed():
    result = run("sessions")
    assert result.exit_code == 0
    assert "demo\t" in result.output and "V1" in result.output
    assert '"id": "demo"' in run("sessions", "--json").output


@pytest.mark.parametrize("suffix", [".npz", ".zarr"])
def test_encode_then_export(clip, tmp_path, suffix):
    out = tmp_path / f"out{suffix}"
    result = run("encode", "demo", clip, "-o", out, "--area", "LM", "--device", "cpu")
    assert result.exit_code == 0, result.output
    session = ig.open_session("demo", device="cpu")
    first, *_, last = result.stdout.strip().splitlines()
    n_units = int((session.units["area"] == "LM").sum())
    assert first == f"Encoding clip.npy for {n_units} units."
    assert last == f"Written: {out}"
    expected = ig.encode(session, np.load(clip), ig.select(session, areas=["LM"]))
    np.testing.assert_array_equal(ig.load_responses(out), expected)
    table = tmp_path / "some.csv"
    assert run("export", out, table, "--field", 1).exit_code == 0
    exported = ig.load_responses(table)
    in_field = expected["field"].to_numpy() == 1
    np.testing.assert_array_equal(exported, expected[:, in_field])


def test_tuning_recovers_the_directions(tmp_path):
    """Within half a step of the truth for at least 95 % of selective units."""
    out = tmp_path / "tuning.csv"
    result = run(
        *("tuning", "demo", "-o", out, "--directions", 16, "--device", "cpu"),
        *("--duration-s", 0.8, "--blank-s", 0.3),
    )
    assert result.exit_code == 0, result.output
    table = pd.read_csv(out)
    selective = table[table["true_class"] == "direction"]
    error = (
        selective["pref_dir_measured"] - selective["true_direction"] + 180
    ) % 360 - 180
    assert len(selective) > 500
    assert (error.abs() <= 360 / 16 / 2).mean() >= 0.95


@pytest.fixture
def logging_as_before():
    """The command line sets up logging for its process, which here goes on."""
    loggers = [logging.getLogger(name) for name in (None, "tifffile", "insilico_gui")]
    levels = [logger.level for logger in loggers]
    handlers = list(loggers[0].handlers)
    formatters = [handler.formatter for handler in handlers]
    yield
    loggers[0].handlers[:] = handlers
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)
    for handler, formatter in zip(handlers, formatters, strict=True):
        handler.setFormatter(formatter)


@pytest.mark.usefixtures("logging_as_before")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("encode", "nobody", "x.mp4", "-o", "x.npz"), "No installed twin"),
        (("encode", "demo", "missing.mp4", "-o", "x.npz"), "missing.mp4"),
        (("encode", "demo", "clip.npy", "-o", "x.txt"), "no known format"),
        (("encode", "demo", "clip.npy", "-o", "no/x.npz"), "does not exist"),
        (("encode", "demo", "clip.npy", "-o", "x.npz", "--area", "V9"), "no area 'V9'"),
        (("encode", "demo", "clip.npy", "-o", "x.npz", "--fit", "zoom"), "zoom"),
        (("encode", "demo", "clip.npy", "-o", "x.npz", "--device", "gpu"), "gpu"),
        (("encode", "demo", "clip.npy", "-o", "there.npz"), "--overwrite"),
        (("tuning", "demo", "-o", "x.csv", "--sf", "-1"), "frequency"),
        (("export", "missing.npz", "x.csv"), "missing.npz"),
        (("sessions", "--directory", "missing"), "missing"),
        (("fetch", "demo", "."), "nothing to download"),
        (("demo", "--screenshot", "x.png", "--size", "big"), "1366x768"),
    ],
)
def test_errors_are_one_sentence(
    arguments, message, clip, tmp_path, monkeypatch, capsys
):
    """In this process: the next test is of a process of its own."""
    monkeypatch.chdir(tmp_path)
    np.save("clip.npy", np.load(clip)[:4])
    (tmp_path / "there.npz").write_bytes(b"precious")
    monkeypatch.setattr(sys, "argv", ["insilico-gui", *arguments])
    with pytest.raises(SystemExit) as left:
        main()
    said = capsys.readouterr().err
    assert left.value.code == 1
    assert message in said
    assert "Traceback" not in said
    assert said.strip().splitlines()[-1].startswith("Error: ")
    assert (tmp_path / "there.npz").read_bytes() == b"precious"
    assert {p.name for p in tmp_path.iterdir()} == {"clip.npy", "there.npz"}


def test_an_error_ends_the_process_with_one_sentence(tmp_path):
    process = subprocess.run(
        [
            sys.executable,
            "-m",
            "insilico_gui",
            "encode",
            "demo",
            "x.mp4",
            "-o",
            "x.npz",
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert process.returncode == 1
    assert process.stderr.startswith("Error: ")
    assert process.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["out.nii.gz", "out.func.gii", "out-epo.fif"])
def test_formats_that_do_not_fit_are_refused_before_encoding(tmp_path, clip, name):
    (tmp_path / "out.json").write_text("of something else")
    result = run("encode", "demo", clip, "-o", tmp_path / name, "--device", "cpu")
    assert result.exit_code != 0
    assert "these responses have the dims" in str(result.exception or result.output)
    assert [path.name for path in tmp_path.iterdir()] == ["out.json"]


def test_a_format_that_does_not_fit_is_said_before_what_is_in_the_way(tmp_path):
    still = ig.stimuli.full_field_flashes(repeats=1)
    session = ig.open_session("demo", device="cpu")
    responses = ig.encode(session, still, ig.select(session, areas=["LM"], fields=[1]))
    ig.export(responses, tmp_path / "x.npz")
    (tmp_path / "x.json").write_text("of something else")
    result = run("export", tmp_path / "x.npz", tmp_path / "x.nii.gz")
    assert "these responses have the dims" in str(result.exception)
    assert (tmp_path / "x.json").read_text() == "of something else"

"""``--json``, ``-o -``, ``--quiet``, exit codes, completion, and examples of the help."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import typer
from support.command_line import error_of, run

import insilico_gui as ig
from insilico_gui.cli import app, main
from insilico_gui.cli.terminal import exit_codes
from insilico_gui.cli.terminal.examples import examples_of

SOME = ("--areas", "LM", "--fields", "1", "--device", "cpu")
DOCS = Path(ig.__file__).parents[1] / "docs" / "reference" / "command_line.md"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("programs")
    rng = np.random.default_rng(0)
    np.save(folder / "clip.npy", rng.integers(0, 255, (12, 36, 64), dtype=np.uint8))
    result = run("encode", "demo", folder / "clip.npy", "-o", folder / "r.npz", *SOME)
    assert result.exit_code == 0, result.exception
    return folder


def leaves(group=None, before=""):
    """Every command by its name."""
    group = group or typer.main.get_command(app)
    for name in group.list_commands(None):
        command = group.get_command(None, name)
        if hasattr(command, "list_commands"):
            yield from leaves(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


def test_every_command_has_json_quiet_and_an_example():
    found = dict(leaves())
    assert {"encode", "tuning", "fit nnpoisson", "direction-uncertainty"} <= set(found)
    for name, command in found.items():
        options = {option for p in command.params for option in p.opts}
        assert {"--json", "--quiet", "-q"} <= options, name
        for line in examples_of(name):
            assert f"\n\n{line}" in command.epilog, name
            named = set(re.findall(r" (-o|-p|--[a-z-]+)", line))
            assert named <= options, f"{name}: {line}"
            assert line.startswith(f"insilico-gui {name.split()[0]} "), line


def test_json_has_the_result_where_no_file_is_written(files):
    result = run("encode", "demo", files / "clip.npy", "--json", *SOME)
    told = json.loads(result.stdout)
    responses = ig.load_responses(files / "r.npz")
    np.testing.assert_array_equal(np.float32(told["responses"]), responses)
    assert told["unit_id"] == responses["unit_id"].to_numpy().tolist()
    assert (told["command"], told["n_units"]) == ("encode", len(told["unit_id"]))
    assert result.stderr.startswith("Encoding clip.npy")
    result = run("compare", files / "r.npz", files / "r.npz", "--json", "--quiet")
    told = json.loads(result.stdout)
    assert told["n_units"] == told["n_common_units"] == len(told["units"])
    assert {row["mean_difference"] for row in told["units"]} == {0.0}
    assert told["analysis"] and "correlation" in told["columns"]
    assert result.stderr == ""


def test_json_names_files_and_errors(files, tmp_path):
    out = tmp_path / "t.csv"
    result = run("compare", files / "r.npz", files / "r.npz", "--json", "-o", out)
    told = json.loads(result.stdout)
    assert told["written"] == [str(out)] and "units" not in told
    result = run("compare", "no.npz", files / "r.npz", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "command": "compare",
        "error": str(result.exception),
    }


@pytest.mark.parametrize(
    ("arguments", "keys"),
    [
        (("sessions",), {"sessions"}),
        (("sessions", "d*o"), {"sessions"}),
        (("stimulus",), {"families"}),
        (("stimulus", "looming"), {"n_trials", "trials", "specification"}),
        (("library", "--folder", "LIBRARY"), {"entries", "folder"}),
    ],
)
def test_lists_as_json(arguments, keys, tmp_path):
    given = [str(tmp_path) if a == "LIBRARY" else a for a in arguments]
    result = run(*given, "--json")
    assert result.exit_code == 0, result.exception
    told = json.loads(result.stdout)
    assert told["command"] == arguments[0] and keys <= set(told)


def test_standard_output_has_the_data_alone(files, tmp_path):
    result = run("encode", "demo", files / "clip.npy", "-o", "-", *SOME)
    run("export", files / "r.npz", tmp_path / "r.csv")
    assert result.stdout == (tmp_path / "r.csv").read_text()
    assert "Written: standard output" in result.stderr
    assert run("export", files / "r.npz", "-").stdout == result.stdout
    pair = ("compare", files / "r.npz", files / "r.npz")
    result = run(*pair, "-o", "-", "-q")
    assert result.stderr == ""
    run(*pair, "-o", tmp_path / "t.csv")
    expected = pd.read_csv(tmp_path / "t.csv")
    pd.testing.assert_frame_equal(pd.read_csv(io.StringIO(result.stdout)), expected)
    text = run("stimulus", "looming", "-o", "-").stdout
    (tmp_path / "l.yaml").write_text(text)
    assert ig.stimuli.load_spec(tmp_path / "l.yaml").title == "looming"


def test_quiet(files, tmp_path):
    out = tmp_path / "r.parquet"
    result = run("encode", "demo", files / "clip.npy", "-o", out, "-q", *SOME)
    assert (result.exit_code, result.output) == (0, "")
    assert out.exists()


def left(monkeypatch, *arguments):
    """The exit code of the program."""
    monkeypatch.setattr(sys, "argv", ["insilico-gui", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        main()
    return end.value.code


def raising(error):
    def encode(*_, **__):
        raise error

    return encode


def test_exit_codes_are_those_of_the_docs(files, tmp_path, monkeypatch, capsys):
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", DOCS.read_text(), re.MULTILINE)
    assert {int(code): text for code, text in rows} == exit_codes.MEANINGS
    monkeypatch.setenv("INSILICO_LOG", str(tmp_path / "errors.log"))
    monkeypatch.setattr("logging.basicConfig", lambda **_: None)
    encode = ("encode", "demo", files / "clip.npy", *SOME)
    assert left(monkeypatch, *encode, "-o", tmp_path / "o.npz") == 0
    assert left(monkeypatch, *encode, "-o", tmp_path / "o.txt") == 1
    assert left(monkeypatch, "encod", "demo") == 2
    assert left(monkeypatch, "fit", "nobody") == 2
    assert left(monkeypatch, "tuning", "demo", "--latency", 1, "-o", "x.csv") == 2
    said = capsys.readouterr().err
    assert "There is no option '--latency' (did you mean '--latency-s'?)" in said
    assert left(monkeypatch, *encode) == 2
    assert (
        "name a file, - for standard output, or give --json" in capsys.readouterr().err
    )
    both = ("export", files / "r.npz", files / "no.npz", "-o", tmp_path / "e")
    assert left(monkeypatch, *both) == 3
    where = "insilico_gui.cli.response_commands.encode_with_bar"
    for error, code in (
        (RuntimeError("broken"), 70),
        (KeyboardInterrupt(), 130),
        (BrokenPipeError(), 141),
    ):
        monkeypatch.setattr(where, raising(error))
        if code == 141:
            monkeypatch.setattr("os.dup2", lambda *_: None)
            monkeypatch.setattr("sys.stdout", open(os.devnull, "w"))
        assert left(monkeypatch, *encode, "-o", tmp_path / "p.npz") == code
        assert not (tmp_path / "p.npz").exists()


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("enc", {"encode"}),
        ("tuning de", {"demo", "demo/noisy"}),
        ("tuning demo --stimulus size", {"size-series"}),
        ("tuning demo --lat", {"--latency-s"}),
    ],
)
def test_tab_completes(typed, offered, monkeypatch, capsys):
    words = f"insilico-gui {typed}"
    monkeypatch.setenv("_INSILICO_GUI_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
    monkeypatch.setattr("logging.basicConfig", lambda **_: None)
    assert left(monkeypatch, "--version") == 0  # would be printed without completion
    assert set(capsys.readouterr().out.split()) == offered


def test_a_program_that_stops_reading(files):
    """As ``head`` does, in processes of their own."""
    command = [sys.executable, "-m", "insilico_gui", "stimulus"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        process.stdout.close()
        said = process.stderr.read()
    assert process.returncode == 141
    assert said == ""


def test_words_that_are_misspelt():
    cases = [
        (("encode", "dmo", "x.mp4", "--json"), "'dmo' (did you mean 'demo'?)"),
        (("tuning", "demo", "--json", "--stimulus", "size-seris"), "'size-series'?)"),
        (("stimulus", "looming", "--set", "repeat=2"), "(did you mean 'repeats'?)"),
        (("compare", "x", "--json", "y"), "x"),
        (("retinotopy", "demo", "--known", "--json", "--where", "gOSY>0"), "'gOSI'?)"),
        (("retinotopy", "demo", "--known", "--json", "--area", "V2"), "no area 'V2'"),
        (
            ("retinotopy", "demo", "--json", "--method", "spares-noise"),
            "'sparse-noise'?",
        ),
    ]
    for arguments, meant in cases:
        assert meant in error_of(*arguments), arguments

"""The library: equal runs from disk, and never an entry that looks whole and is not."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import insilico_gui as ig
from insilico_gui.experiment.library import ENTRY, Library, LibraryError, key_of

N_KILLS = int(os.environ.get("INSILICO_KILLS", "6"))


@pytest.fixture
def library(tmp_path):
    return Library(tmp_path / "library")


@pytest.fixture
def experiment(leaky_twin, library, frames):
    made = ig.Experiment(library=library)
    made.add_session("leaky")
    made.add_stimulus(frames, frame_rate=10.0, name="clip")
    return made


def entry_files(library):
    return [p for p in library.folder.rglob("*") if p.is_file()]


def test_an_equal_run_is_not_computed_again(experiment, library, leaky_twin, frames):
    responses = experiment.encode("leaky", "clip")
    calls = len(experiment.session("leaky").calls)
    again = ig.Experiment(library=library)
    again.add_session("leaky")
    again.add_stimulus(frames.copy(), frame_rate=10.0, name="other name")
    found = again.encode()["leaky", "other name"]
    np.testing.assert_array_equal(found, responses)
    assert not again.session("leaky").calls and calls
    xr_attrs = {k: v for k, v in responses.attrs.items() if k != "created"}
    assert {k: v for k, v in found.attrs.items() if k != "created"} == xr_attrs


@pytest.mark.parametrize("change", ["frames", "rate", "fit", "gain", "precision"])
def test_another_run_is_computed(experiment, library, frames, change):
    wide = np.repeat(frames, 3, axis=2)
    experiment.add_stimulus(wide, frame_rate=10.0, name="wide")
    experiment.encode("leaky", "wide")
    session, stimulus, behavior = "leaky", "wide", None
    if change == "frames":
        wide = wide.copy()
        wide[3, 0, 0] ^= 1
        stimulus = experiment.add_stimulus(wide, frame_rate=10.0, name="b")
    elif change == "rate":
        stimulus = experiment.add_stimulus(wide, frame_rate=20.0, name="b")
    elif change == "fit":
        experiment.set_fit("wide", "stretch")
    elif change == "gain":
        behavior = {"gain": np.ones((len(frames), 1), np.float32)}
    else:
        session = experiment.add_session("leaky", device="cpu", precision="bf16")
    before = len(library.entries())
    experiment.encode(session, stimulus, behavior=behavior)
    assert len(library.entries()) == before + 1


def test_any_flipped_byte_is_noticed(experiment, library, caplog):
    responses = experiment.encode("leaky", "clip").load()
    rng = random.Random(0)
    files = entry_files(library)
    assert len(files) > 5
    for file in files:
        content = bytearray(file.read_bytes())
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        file.write_bytes(content)
        fresh = ig.Experiment(library=library)
        fresh.document = experiment.document
        fresh._live = experiment._live
        caplog.clear()
        found = fresh.encode("leaky", "clip")
        np.testing.assert_array_equal(found, responses)
        if file.name != ENTRY or "damaged" in caplog.text:
            assert "damaged" in caplog.text, file
        (entry,) = library.entries()
        assert library.get(entry.key) is not None


@pytest.mark.parametrize("what", ["cut", "gone", "more", "no list", "list is a folder"])
def test_a_changed_entry_is_none(experiment, library, what):
    experiment.encode("leaky", "clip")
    (entry,) = library.entries()
    place = library.folder / entry.key
    chunk = next(p for p in place.rglob("c/*") if p.is_dir() or p.is_file())
    chunk = next(p for p in [chunk, *chunk.rglob("*")] if p.is_file())
    if what == "cut":
        chunk.write_bytes(chunk.read_bytes()[:-1])
    elif what == "gone":
        chunk.unlink()
    elif what == "more":
        chunk.with_name("99").write_bytes(b"x")
    else:
        (place / ENTRY).unlink()
        if what == "list is a folder":
            (place / ENTRY).mkdir()
    assert library.get(entry.key) is None
    assert not place.exists()


def test_an_entry_under_another_name_is_none(experiment, library):
    experiment.encode("leaky", "clip")
    (entry,) = library.entries()
    other = key_of({"something": "else"})
    (library.folder / entry.key).rename(library.folder / other)
    assert library.get(other) is None


def test_it_is_bounded_by_size_and_age_and_leaves_what_is_not_its_own(
    experiment, library, frames
):
    (library.folder / "mine.txt").write_text("mine")
    (library.folder / "mine").mkdir()
    for k in range(4):
        name = experiment.add_stimulus(frames[k:], frame_rate=10.0, name=str(k))
        experiment.encode("leaky", name)
        (newest, *_) = library.entries()
        os.utime(library.folder / newest.key / ENTRY, (time.time() - 60 + k,) * 2)
    n_bytes = sum(entry.n_bytes for entry in library.entries())
    library.max_gb = 0.6 * n_bytes / 1e9
    kept = [entry.stimulus for entry in library.entries()[:2]]
    library.trim()
    assert [entry.stimulus for entry in library.entries()] == kept == ["3", "2"]
    os.utime(library.folder / library.entries()[0].key / ENTRY, (0, 0))
    library.trim()
    assert [entry.stimulus for entry in library.entries()] == ["2"]
    assert library.clear() == 1
    assert sorted(p.name for p in library.folder.iterdir()) == ["mine", "mine.txt"]


def test_wrong_settings_are_told(tmp_path, monkeypatch):
    monkeypatch.setenv("INSILICO_LIBRARY_GB", "many")
    with pytest.raises(LibraryError, match="INSILICO_LIBRARY_GB is no number"):
        Library(tmp_path)
    monkeypatch.delenv("INSILICO_LIBRARY_GB")
    (tmp_path / "file").write_text("")
    with pytest.raises(LibraryError, match="cannot be made"):
        Library(tmp_path / "file" / "library")


WRITER = """
import sys, numpy as np
from unittest.mock import patch
sys.path.insert(0, {tests!r})
from support.rounded import LeakyTwin
import insilico_gui as ig
with patch("insilico_gui.opening.twins", lambda: {{"leaky": LeakyTwin()}}):
    experiment = ig.Experiment(library={library!r})
    experiment.add_session("leaky")
    frames = np.random.default_rng(4).integers(0, 256, (4000, 6, 8), dtype=np.uint8)
    experiment.add_stimulus(frames, frame_rate=10.0, name="clip")
    print("ready", flush=True)
    sys.stdin.readline()
    responses = experiment.encode("leaky", "clip")
    print(repr(float(responses.sum())), flush=True)
"""


def writer(library):
    code = WRITER.format(
        tests=str(Path(__file__).parents[1]), library=str(library.folder)
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    return process


def begin(process):
    process.stdin.write("\n")
    process.stdin.flush()


def end(process):
    said = process.communicate(timeout=60)[0]
    return said.strip()


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_two_processes_at_once_and_writers_that_are_killed(library):
    one, other = writer(library), writer(library)
    begin(one), begin(other)
    said = {end(one), end(other)}
    assert len(said) == 1 and said != {""}
    (entry,) = library.entries()
    whole = library.get(entry.key).load()
    assert repr(float(whole.sum())) == said.pop()
    started = time.perf_counter()
    library.clear()
    process = writer(library)
    started = time.perf_counter()
    begin(process)
    end(process)
    length = time.perf_counter() - started
    rng = random.Random(1)
    for _ in range(N_KILLS):
        library.clear()
        process = writer(library)
        begin(process)
        time.sleep(rng.uniform(0, length))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        for found in library.entries():
            responses = library.get(found.key)
            assert responses is not None, "an entry looked whole and was not"
            np.testing.assert_array_equal(responses, whole)
    library.clear()
    process = writer(library)
    begin(process)
    end(process)
    names = {p.name for p in library.folder.iterdir()}
    assert names == {entry.key}


def test_the_command_lists_and_clears(experiment, library):
    from typer.testing import CliRunner

    from insilico_gui.cli import app

    experiment.encode("leaky", "clip")
    arguments = ["library", "--folder", str(library.folder)]
    listed = CliRunner().invoke(app, arguments)
    assert listed.exit_code == 0
    assert "leaky\tclip" in listed.output and "1 entries" in listed.output
    assert "Removed: 1" in CliRunner().invoke(app, [*arguments, "--clear"]).output
    assert json.loads("[]") == library.entries()

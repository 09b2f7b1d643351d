"""Outputs of commands: refused before any work, and never of two commands at once."""

from __future__ import annotations

import re

import numpy as np
import pytest
from support.command_line import error_of, run

import insilico_gui as ig
from insilico_gui.cli import response_commands, sources
from insilico_gui.errors import ExportError
from insilico_gui.files import claim

SOME = ("--area", "V1", "--field", 1, "--device", "cpu")
OUTPUTS = ["o.zarr", "o.npz", "o.csv", "o.parquet"]


@pytest.fixture
def clip(tmp_path):
    np.save(tmp_path / "clip.npy", np.zeros((20, 9, 16), np.uint8))
    return tmp_path / "clip.npy"


@pytest.fixture
def nothing_is_encoded(monkeypatch):
    def encode(*_):
        pytest.fail("something was encoded")

    monkeypatch.setattr(sources, "encode_with_bar", encode)
    monkeypatch.setattr(response_commands, "encode_with_bar", encode)


@pytest.mark.usefixtures("nothing_is_encoded")
@pytest.mark.parametrize("command", ["encode", "tuning", "sparseness"])
@pytest.mark.parametrize("length", [252, 260])
def test_names_that_are_too_long_before_encoding(tmp_path, clip, command, length):
    out = tmp_path / ("n" * (length - 4) + ".csv")
    given = [command, "demo", clip] if command == "encode" else [command, "demo"]
    said = error_of(*given, "-o", out, *SOME)
    assert "choose a shorter one" in said
    assert len(said) < 300
    assert [p.name for p in tmp_path.iterdir()] == ["clip.npy"]


@pytest.mark.usefixtures("nothing_is_encoded")
@pytest.mark.parametrize("beside", ["units.csv", "trials.csv", "json"])
def test_files_in_the_way_before_encoding(tmp_path, clip, beside):
    (tmp_path / f"o.csv.{beside}").write_text("mine")
    for more in ((), ("--overwrite",)):
        said = error_of("encode", "demo", clip, "-o", tmp_path / "o.csv", *SOME, *more)
        assert f"o.csv.{beside} exists" in said
    assert (tmp_path / f"o.csv.{beside}").read_text() == "mine"


@pytest.mark.usefixtures("nothing_is_encoded")
def test_a_json_of_something_else_before_a_table(tmp_path):
    (tmp_path / "t.csv.json").write_text("mine")
    said = error_of("tuning", "demo", "-o", tmp_path / "t.csv", "--overwrite", *SOME)
    assert "t.csv.json exists and does not belong" in said
    assert [p.name for p in tmp_path.iterdir()] == ["t.csv.json"]


@pytest.mark.parametrize("name", OUTPUTS)
def test_a_second_encode_is_refused_before_encoding(tmp_path, clip, name, monkeypatch):
    """While the first command encodes, another one comes."""
    encode, said = response_commands.encode_with_bar, []

    def first(twin, shown, selection, fit, store=None, overwrite=False):
        if name.endswith(".zarr"):  # claimed when the job is made
            job = ig.encoding.EncodingJob(twin, shown, selection, store=store)
            said.append(error_of("encode", "demo", clip, "-o", tmp_path / name, *SOME))
            del job
        else:
            monkeypatch.setattr(response_commands, "encode_with_bar", encode)
            said.append(error_of("encode", "demo", clip, "-o", tmp_path / name, *SOME))
        return encode(twin, shown, selection, fit, store, overwrite)

    monkeypatch.setattr(response_commands, "encode_with_bar", first)
    if name.endswith(".zarr"):
        session = ig.open_session("demo", device="cpu")
        job = ig.encoding.EncodingJob(
            session, ig.open_stimulus(clip), store=tmp_path / name
        )
        monkeypatch.undo()
        said.append(error_of("encode", "demo", clip, "-o", tmp_path / name, *SOME))
        del job
    else:
        result = run("encode", "demo", clip, "-o", tmp_path / name, *SOME)
        assert result.exit_code == 0, result.output
        assert ig.load_responses(tmp_path / name).sizes["time"] > 0
    assert re.search(r"is being written by this program \(process \d+\) since", said[0])


@pytest.mark.parametrize("option", ["--maps", "--output"])
def test_outputs_are_claimed_while_a_command_runs(tmp_path, option, monkeypatch):
    """Also those that are written last; and they are free again after a failure."""
    out = {"--output": tmp_path / "t.csv", "--maps": tmp_path / "m.npz"}
    tried = []

    def encode(*_):
        with pytest.raises(ExportError, match="is being written by this program"):
            claim(tmp_path, [out[option].name], ExportError)
        tried.append(option)
        raise ig.InsilicoError("enough")

    monkeypatch.setattr(sources, "encode_with_bar", encode)
    given = [text for pair in out.items() for text in pair]
    assert error_of("receptive-fields", "demo", *given, *SOME) == "enough"
    assert tried
    assert list(tmp_path.iterdir()) == []


def test_a_picture_does_not_replace_a_folder(tmp_path):
    (tmp_path / "p.png").mkdir()
    said = error_of("demo", "--screenshot", tmp_path / "p.png")
    assert "p.png is a folder" in said
    (tmp_path / "q.png").symlink_to("nowhere")
    assert "is a link to" in error_of("demo", "--screenshot", tmp_path / "q.png")

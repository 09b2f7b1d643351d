"""Every input file comes in through one door."""

from __future__ import annotations

import os

import pytest

from insilico_gui.errors import MAX_ECHO, StimulusError, quoted
from insilico_gui.untrusted.door import check_input, open_input, reading
from insilico_gui.untrusted.limits import limit


def test_a_regular_file_is_opened(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"abc")
    with open_input(path, StimulusError) as file:
        assert file.read() == b"abc"
    assert check_input(path, StimulusError) == path


def test_what_is_no_regular_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.npz")
    for path in (tmp_path / "pipe.npz", tmp_path, "/dev/zero", "a\0b", tmp_path / "no"):
        with pytest.raises(StimulusError) as caught:
            check_input(path, StimulusError)
        assert str(caught.value).count("\n") == 0


def test_a_limit_is_named_and_can_be_raised(tmp_path, monkeypatch):
    path = tmp_path / "a.yaml"
    path.write_bytes(bytes(limit("spec_bytes") + 1))
    with pytest.raises(StimulusError, match="INSILICO_MAX_SPEC_BYTES"):
        check_input(path, StimulusError, limit="spec_bytes")
    monkeypatch.setenv("INSILICO_MAX_SPEC_BYTES", "1e9")
    assert check_input(path, StimulusError, limit="spec_bytes") == path


def test_foreign_exceptions_leave_as_one_short_sentence():
    with (
        pytest.raises(StimulusError) as caught,
        reading("a.tif", StimulusError, "save it again"),
    ):
        raise KeyError("x\n" * 10_000)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200
    assert len(quoted("y" * 1000)) == MAX_ECHO + 2

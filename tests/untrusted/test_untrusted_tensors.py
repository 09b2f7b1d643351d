"""Torch files: what is read, and what is refused without running it."""

from __future__ import annotations

import pickle
import subprocess
import sys
import zipfile
from collections import OrderedDict

import pytest
import torch

from insilico_gui.errors import UntrustedFileError, WeightsError
from insilico_gui.untrusted import load_tensors


def test_the_payload_works_where_it_is_trusted(marker, payload):
    pickle.loads(pickle.dumps(payload)).close()
    assert marker.exists()


def test_tensors_are_read(tmp_path):
    tensors = OrderedDict(
        a=torch.arange(6.0).view(2, 3), b=torch.nn.Parameter(torch.ones(2))
    )
    torch.save(tensors, tmp_path / "new.pt")
    torch.save(tensors, tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    for name in ("new.pt", "old.pt"):
        found = load_tensors(tmp_path / name)
        assert list(found) == ["a", "b"]
        assert torch.equal(found["a"], tensors["a"])


def test_a_torch_file_with_code_is_refused_and_not_run(tmp_path, marker, payload):
    for new in (True, False):
        path = tmp_path / "hostile.pt"
        torch.save(
            {"a": torch.ones(1), "b": payload},
            path,
            _use_new_zipfile_serialization=new,
        )
        with pytest.raises(UntrustedFileError, match=r"hostile\.pt"):
            load_tensors(path)
        path.write_bytes(pickle.dumps(payload, protocol=2))
        with pytest.raises(UntrustedFileError, match=r"hostile\.pt"):
            load_tensors(path)
    assert not marker.exists()


@pytest.mark.parametrize(
    "content",
    [
        [torch.ones(1)],
        {"a": 1},
        {1: torch.ones(1)},
        {"a": {"b": torch.ones(1)}},
        {"a": torch.ones(3, 3).to_sparse()},
        {"a": torch.ones(1, device="meta")},
    ],
)
def test_other_plain_data_than_tensors_are_refused(tmp_path, content):
    torch.save(content, tmp_path / "file.pt")
    with pytest.raises(WeightsError, match=r"file\.pt"):
        load_tensors(tmp_path / "file.pt")


def test_damaged_missing_and_large_torch_files(tmp_path, monkeypatch):
    path = tmp_path / "file.pt"
    with pytest.raises(WeightsError, match="There is no file"):
        load_tensors(path)
    torch.save({"a": torch.ones(1000)}, path)
    whole = path.read_bytes()
    monkeypatch.setenv("INSILICO_MAX_WEIGHTS_BYTES", "10")
    with pytest.raises(WeightsError, match="INSILICO_MAX_WEIGHTS_BYTES"):
        load_tensors(path)
    monkeypatch.delenv("INSILICO_MAX_WEIGHTS_BYTES")
    for damaged in (b"", b"hello", whole[:2000], whole[:-30]):
        path.write_bytes(damaged)
        with pytest.raises((WeightsError, UntrustedFileError), match=r"file\.pt"):
            load_tensors(path)


def test_a_compressed_torch_file_is_refused(tmp_path):
    torch.save({"a": torch.zeros(100_000)}, tmp_path / "file.pt")
    bomb = tmp_path / "bomb.pt"
    with (
        zipfile.ZipFile(tmp_path / "file.pt") as source,
        zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for entry in source.infolist():
            target.writestr(entry.filename, source.read(entry))
    assert bomb.stat().st_size < 10_000
    with pytest.raises(UntrustedFileError, match="compressed"):
        load_tensors(bomb)


def test_importing_takes_no_torch():
    code = "import sys, insilico_gui.untrusted; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("version", ["2.6.0", "2.9.1+cu128", "1.13", "unknown"])
def test_a_torch_whose_safe_reading_is_none_reads_nothing(
    tmp_path, monkeypatch, version
):
    path = tmp_path / "weights.pt"
    torch.save({"a": torch.zeros(2)}, path)
    assert set(load_tensors(path)) == {"a"}
    monkeypatch.setattr(torch, "__version__", version)
    with pytest.raises(WeightsError, match=r"install torch 2\.10 or newer"):
        load_tensors(path)


@pytest.mark.parametrize("version", ["2.10.0", "2.13.0+cpu", "3.0", "2.10.0a0+git1"])
def test_a_newer_torch_reads(tmp_path, monkeypatch, version):
    path = tmp_path / "weights.pt"
    torch.save({"a": torch.zeros(2)}, path)
    monkeypatch.setattr(torch, "__version__", version)
    assert set(load_tensors(path)) == {"a"}

"""Nested torch files: tensors come out, everything else stays out."""

from __future__ import annotations

import argparse
import collections
import pickle
import threading
from pathlib import Path

import numpy as np
import pytest
import torch

from insilico_gui.errors import UntrustedFileError, WeightsError
from insilico_gui.untrusted.tensor_trees import NUMPY_NAMES, load_tensor_tree

NAMES = (*NUMPY_NAMES, "argparse.Namespace")
TENSOR = torch.arange(6.0).reshape(2, 3)
MIXED = {
    "weights": {
        "enc": collections.OrderedDict(a=TENSOR),
        "subjects": {1: {"b": TENSOR}},
    },
    "mean": np.ones((1, 3), np.float32),
    "history": [np.float64(0.5), {"epoch": 3}, np.empty(0)],
    "args.": argparse.Namespace(rate=np.float32(0.1), names=["x"]),
    "epoch": 7,
}


class Hostile:
    def __init__(self, function, *args):
        self.call = (function, args)

    def __reduce__(self):
        return self.call


def save(content, path, **kwargs):
    torch.save(content, path, **kwargs)
    return path


@pytest.mark.parametrize("zipped", [True, False])
def test_tensors_come_out_and_the_rest_stays_out(tmp_path, zipped):
    path = save(MIXED, tmp_path / "m.pt", _use_new_zipfile_serialization=zipped)
    tree = load_tensor_tree(path, NAMES)
    assert list(tree) == ["weights"]
    assert torch.equal(tree["weights"]["enc"]["a"], TENSOR)
    assert torch.equal(tree["weights"]["subjects"][1]["b"], TENSOR)


def older_numpy(path):
    """The same file as a numpy before 2.0 would have written it."""
    text = path.read_bytes()
    assert b"numpy._core" in text
    path.write_bytes(text.replace(b"numpy._core", b"numpy.core"))
    return path


def test_the_older_spelling_of_numpy_s_names(tmp_path):
    path = save(MIXED, tmp_path / "m.pt", _use_new_zipfile_serialization=False)
    tree = load_tensor_tree(older_numpy(path), NAMES)
    assert list(tree) == ["weights"]


@pytest.mark.parametrize("zipped", [True, False])
def test_code_is_not_run(tmp_path, zipped):
    target = tmp_path / "touched"
    hostile = {"weights": {"a": TENSOR}, "x": Hostile(Path.touch, target)}
    path = save(hostile, tmp_path / "m.pt", _use_new_zipfile_serialization=zipped)
    with pytest.raises(UntrustedFileError, match=r"m\.pt .* carries code"):
        load_tensor_tree(path, NAMES)
    assert not target.exists()


def test_what_is_ignored_is_not_run_either(tmp_path):
    target = tmp_path / "touched"
    hostile = {"weights": {"a": TENSOR}, "x": Hostile(Path.touch, target)}
    path = save(hostile, tmp_path / "m.pt")
    names = (
        *NAMES,
        "pathlib.Path.touch",
        "pathlib.PosixPath",
        "pathlib._local.PosixPath",
    )
    with pytest.raises(UntrustedFileError):
        load_tensor_tree(path, names)  # a nested name takes getattr, which is refused
    save({"a": TENSOR, "x": Hostile(exec, f"open({str(target)!r}, 'w')")}, path)
    assert list(load_tensor_tree(path, ["builtins.exec"])) == ["a"]
    assert not target.exists()


def test_names_that_were_not_announced_are_refused(tmp_path):
    path = save(MIXED, tmp_path / "m.pt")
    with pytest.raises(UntrustedFileError):
        load_tensor_tree(path)
    load_tensor_tree(path, NAMES)
    # Nothing that was admitted once stays admitted.
    with pytest.raises(pickle.UnpicklingError):
        torch.load(path, weights_only=True)


def test_a_tensor_that_unfolds_is_refused(tmp_path):
    huge = torch.zeros(1).expand(10**9, 10**3)
    path = save({"a": {"b": huge}}, tmp_path / "m.pt")
    with pytest.raises(UntrustedFileError, match="'b' that is larger than the file"):
        load_tensor_tree(path)


def test_tensors_without_data_or_sparse_ones_are_left_out(tmp_path):
    odd = {
        "meta": torch.empty(5, device="meta"),
        "sparse": torch.eye(3).to_sparse(),
        "a": TENSOR,
    }
    assert list(load_tensor_tree(save(odd, tmp_path / "m.pt"))) == ["a"]


def test_a_dictionary_in_itself_is_refused(tmp_path):
    endless = {"a": TENSOR}
    endless["again"] = endless
    with pytest.raises(UntrustedFileError, match="nested without end"):
        load_tensor_tree(save(endless, tmp_path / "m.pt"))


@pytest.mark.parametrize("content", [b"", b"no torch file", b"PK\x03\x04 cut"])
def test_damaged_files(tmp_path, content):
    path = tmp_path / "m.pt"
    path.write_bytes(content)
    with pytest.raises((WeightsError, UntrustedFileError), match=r"m\.pt"):
        load_tensor_tree(path)


def test_files_that_are_missing_large_or_something_else(tmp_path, monkeypatch):
    with pytest.raises(WeightsError, match="There is no file"):
        load_tensor_tree(tmp_path / "m.pt")
    path = save(TENSOR, tmp_path / "m.pt")
    monkeypatch.setenv("INSILICO_MAX_WEIGHTS_BYTES", "10")
    with pytest.raises(WeightsError, match="INSILICO_MAX_WEIGHTS_BYTES"):
        load_tensor_tree(path)
    monkeypatch.delenv("INSILICO_MAX_WEIGHTS_BYTES")
    with pytest.raises(WeightsError, match="holds a Tensor"):
        load_tensor_tree(path)


def test_files_are_read_from_many_threads_at_once(tmp_path):
    path = save(MIXED, tmp_path / "m.pt")
    read = []
    threads = [
        threading.Thread(
            target=lambda: read.extend(
                list(load_tensor_tree(path, NAMES)) for _ in range(20)
            )
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read == [["weights"]] * 80

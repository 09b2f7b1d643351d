"""Checkpoints: any tree of plain data and arrays comes back as it was, and nothing else."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from insilico_gui.errors import FitError
from insilico_gui.fitting.checkpoint import (
    FILE,
    random_generator,
    random_state,
    read_checkpoint,
    write_checkpoint,
)

leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**200), 2**200)
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from(["float32", "int64", "bool", "uint8"]).flatmap(
        lambda dtype: st.integers(0, 5).map(lambda n: np.arange(n).astype(dtype))
    )
)
names = st.text(max_size=10).filter(lambda name: name != "$array")
trees = st.dictionaries(
    names,
    st.recursive(
        leaves,
        lambda inside: (
            st.lists(inside, max_size=3) | st.dictionaries(names, inside, max_size=3)
        ),
        max_leaves=12,
    ),
    max_size=4,
)


def equal(one, other):
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(equal(one[k], other[k]) for k in one)
    if isinstance(one, list):
        pairs = zip(one, other, strict=True)
        return len(one) == len(other) and all(equal(a, b) for a, b in pairs)
    return type(one) is type(other) and one == other


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(trees)
def test_trees_come_back(tmp_path, tree):
    write_checkpoint(tmp_path, tree)
    assert equal(read_checkpoint(tmp_path), tree)


def test_tensors_and_numbers_of_numpy(tmp_path):
    tensor = torch.arange(6.0, requires_grad=True)
    write_checkpoint(tmp_path, {"t": tensor, "n": np.float32(0.1), "pair": (1, 2)})
    found = read_checkpoint(tmp_path)
    np.testing.assert_array_equal(found["t"], np.arange(6, dtype=np.float32))
    assert found["n"] == float(np.float32(0.1)) and found["pair"] == [1, 2]
    write_checkpoint(tmp_path, {"nan": float("nan"), "inf": float("inf")})
    found = read_checkpoint(tmp_path)
    assert np.isnan(found["nan"]) and found["inf"] == float("inf")


def test_generators_go_on(tmp_path):
    generator = np.random.default_rng(5)
    generator.normal(size=7)
    write_checkpoint(tmp_path, {"random": random_state(generator)})
    again = random_generator(read_checkpoint(tmp_path)["random"])
    np.testing.assert_array_equal(again.normal(size=9), generator.normal(size=9))
    with pytest.raises(FitError, match="no state of a random generator"):
        random_generator({"bit_generator": "other"})


@pytest.mark.parametrize(
    ("tree", "says"),
    [
        ({"a": object()}, "A object cannot be kept"),
        ({"a": np.array([object()])}, "array of object cannot"),
        ({1: 2}, "key '1'"),
        ({"$array": 2}, "key '\\$array'"),
    ],
)
def test_what_cannot_be_kept(tree, says, tmp_path):
    with pytest.raises(FitError, match=says):
        write_checkpoint(tmp_path, tree)
    assert not (tmp_path / FILE).exists()


def test_files_of_others_run_nothing(tmp_path):
    def saved(**arrays):
        with (tmp_path / FILE).open("wb") as file:
            np.savez(file, **arrays)

    def text(value):
        return np.frombuffer(json.dumps(value).encode(), np.uint8)

    saved(tree=np.array({"format": "x"}, dtype=object))
    with pytest.raises(Exception, match="Python objects"):
        read_checkpoint(tmp_path)
    for tree, says in (
        ({"format": "other"}, "no checkpoint of a fit"),
        ({"format": "insilico_gui fit", "version": 9, "tree": {}}, "newer version"),
        (
            {"format": "insilico_gui fit", "version": 1, "tree": {"a": {"$array": 3}}},
            "'a3'",
        ),
    ):
        saved(tree=text(tree))
        with pytest.raises(FitError, match=says):
            read_checkpoint(tmp_path)

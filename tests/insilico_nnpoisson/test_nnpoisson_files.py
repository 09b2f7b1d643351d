"""Files of models and folders of sessions: round trips, and what is refused."""

from __future__ import annotations

import json

import h5py
import numpy as np
import pytest
from insilico_nnpoisson import load_model
from insilico_nnpoisson.model import model_of
from insilico_nnpoisson.network.layers import POSITIVE, Sizes, initial_weights, names
from insilico_nnpoisson.network.model_files import write_h5
from support import nnpoisson

import insilico_gui as ig
from insilico_gui.errors import InsilicoError, SessionError, WeightsError


@pytest.fixture
def h5(tmp_path):
    path = tmp_path / "m.h5"
    path.write_bytes(nnpoisson.MODEL.read_bytes())
    return path


def test_our_own_file_keeps_everything(tmp_path):
    model = load_model(nnpoisson.MODEL)
    model.about["regions"] = ["a", "b", "c"]
    again = load_model(model.save(tmp_path / "m.npz"))
    for name, array in model.weights.items():
        np.testing.assert_array_equal(again.weights[name], array)
    assert again.about["regions"] == ["a", "b", "c"]


def test_the_published_layout_is_written(tmp_path, golden):
    weights = nnpoisson.weights(golden)
    write_h5(tmp_path / "w.h5", weights)
    found = load_model(tmp_path / "w.h5").weights
    for name, array in weights.items():
        np.testing.assert_array_equal(found[name], array)
    with h5py.File(tmp_path / "w.h5") as ours, h5py.File(nnpoisson.MODEL) as theirs:
        for layer in ours["model_weights"]:
            mine, published = (
                file[f"model_weights/{layer}"] for file in (ours, theirs)
            )
            listed = [
                [
                    n.decode() if isinstance(n, bytes) else n
                    for n in g.attrs["weight_names"]
                ]
                for g in (mine, published)
            ]
            assert listed[0] == listed[1]
        assert ours["model_weights"].attrs["layer_names"].shape == (11,)


def test_first_values_are_in_their_ranges():
    sizes = Sizes(8, 10, 42)
    found = initial_weights(sizes, 3)
    assert sum(array.size for array in found.values()) == 1794
    assert all(np.all(found[name] >= 0) for name in (*POSITIVE, "neuro5.kernel"))
    assert not found["neuro5.bias"].any()
    biases = np.concatenate([v for k, v in found.items() if k.endswith("bias")])
    assert np.abs(biases).max() <= 0.05
    large = initial_weights(Sizes(300, 300, 2), 0)["neuro0.kernel"]
    assert large.std() == pytest.approx(np.sqrt(2 / 600), rel=0.01)
    assert (
        found["neuro0.kernel"].tolist()
        == initial_weights(sizes, 3)["neuro0.kernel"].tolist()
    )


DAMAGE = {
    "another format": (lambda file, path: None, "is no HDF5 file"),
    "no model": (lambda file, path: file.pop("model_weights"), "no 'model_weights'"),
    "a layer is missing": (
        lambda file, path: file["model_weights"].pop("neuro3"),
        "no 'neuro3'",
    ),
    "a link to a file": (
        lambda file, path: linked(file, h5py.ExternalLink("/etc/passwd", "/")),
        "refers to another file",
    ),
    "a soft link": (
        lambda file, path: linked(file, h5py.SoftLink("/model_weights/neuro1")),
        "refers to another file",
    ),
    "wrong width": (
        lambda file, path: replaced(file, "neuro4/neuro4/kernel:0", np.ones((10, 9))),
        r"neuro4.kernel of shape \[10, 9\], and \[10, 10\]",
    ),
    "another activation's weights": (
        lambda file, path: (
            file["model_weights"]
            .create_group("dense")
            .attrs.update({"weight_names": [b"k"]})
        ),
        "a layer 'dense' with weights",
    ),
    "not finite": (
        lambda file, path: replaced(file, "beh1/beh1/bias:0", np.array([np.nan])),
        "not finite",
    ),
    "negative": (
        lambda file, path: replaced(file, "neuro3/neuro3/kernel:0", -np.ones((1, 10))),
        "negative values in neuro3.kernel",
    ),
    "text": (
        lambda file, path: replaced(
            file, "neuro1/neuro1/bias:0", np.array([b"x"] * 10)
        ),
        "no numbers in neuro1.bias",
    ),
    "huge": (
        lambda file, path: claimed(file, "neuro6/neuro6/kernel:0", (10, 10**12)),
        "no size of a layer",
    ),
    "outside the file": (
        lambda file, path: outside(file, "neuro1/neuro1/bias:0", path),
        "refers to another file for neuro1.bias",
    ),
}


def linked(file, link):
    del file["model_weights/neuro2"]
    file["model_weights/neuro2"] = link


def replaced(file, name, values):
    del file[f"model_weights/{name}"]
    file[f"model_weights/{name}"] = values


def claimed(file, name, shape):
    del file[f"model_weights/{name}"]
    file["model_weights"].create_dataset(name, shape, "f4", chunks=(1, 1024))


def outside(file, name, path):
    del file[f"model_weights/{name}"]
    beside = path.with_suffix(".bin")
    beside.write_bytes(bytes(40))
    file["model_weights"].create_dataset(
        name, (10,), "f4", external=[(str(beside), 0, 40)]
    )


@pytest.mark.parametrize("kind", DAMAGE)
def test_damaged_models_are_told_in_a_sentence(kind, h5):
    change, says = DAMAGE[kind]
    if kind == "another format":
        h5.write_bytes(b"not a model" * 100)
    else:
        with h5py.File(h5, "a") as file:
            change(file, h5)
    with pytest.raises(WeightsError, match=says) as told:
        load_model(h5)
    assert "\n" not in str(told.value)


def test_cut_and_changed_bytes_never_crash(h5):
    whole = h5.read_bytes()
    generator = np.random.default_rng(0)
    for k in range(25):
        content = bytearray(whole)
        if k < 8:
            content = content[: int(len(whole) * (k + 0.5) / 8)]
        else:
            for place in generator.integers(8, len(whole), 40):
                content[place] = generator.integers(0, 256)
        h5.write_bytes(bytes(content))
        try:
            load_model(h5)
        except InsilicoError as error:
            assert "\n" not in str(error)


def test_other_files(tmp_path):
    for name, says in (("m.txt", "no file of a model"), ("none.h5", "no file")):
        with pytest.raises(WeightsError, match=says):
            load_model(tmp_path / name)
    np.savez(tmp_path / "a.npz", about=np.array(json.dumps({"format": "other"})))
    with pytest.raises(WeightsError, match="holds no model"):
        load_model(tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", x=np.zeros(3))
    with pytest.raises(WeightsError, match="about"):
        load_model(tmp_path / "b.npz")
    newer = {"format": "insilico_nnpoisson model", "version": 2}
    np.savez(tmp_path / "c.npz", about=np.array(json.dumps(newer)))
    with pytest.raises(WeightsError, match="newer version"):
        load_model(tmp_path / "c.npz")
    np.savez(tmp_path / "d.npz", about=np.array({"a": 1}, dtype=object))
    with pytest.raises(InsilicoError, match="Python objects"):
        load_model(tmp_path / "d.npz")


def test_what_sizes_do_not_fit():
    weights = initial_weights(Sizes(3, 5, 2))
    weights["neuro5.kernel"] = weights["neuro5.kernel"].astype(int)
    with pytest.raises(WeightsError, match=r"neuro5\.kernel of type int64"):
        model_of(weights)
    weights = initial_weights(Sizes(3, 5, 2))
    del weights["beh0.bias"]
    with pytest.raises(WeightsError, match=r"no beh0\.bias"):
        model_of(weights)
    assert len(names()) == 21


# -- folders ---------------------------------------------------------------------------


def test_sessions_of_a_folder(folder, tmp_path):
    assert "nnpoisson/model-fwd" in ig.list_sessions(folder)
    assert "nnpoisson/model" in ig.list_sessions(tmp_path)  # the folder inside
    for name, where in (("model-fwd", folder), ("any", folder), ("model", tmp_path)):
        session = ig.open_session(f"nnpoisson/{name}", directory=where)
        assert session.id == f"nnpoisson/{name}"
    (info,) = (i for i in ig.session_infos(folder) if i.id.startswith("nnpoisson"))
    assert (info.n_units, info.input_kind) == (5, "conditions")


def test_several_models_are_told_apart(folder):
    load_model(folder / "model-fwd.h5").save(folder / "other.npz")
    assert {"nnpoisson/model-fwd", "nnpoisson/other"} <= set(ig.list_sessions(folder))
    with pytest.raises(SessionError, match="no model 'third'; it has other, model-fwd"):
        ig.open_session("nnpoisson/third", directory=folder)


INDEX = {
    "no index": (None, "has no region_index.csv"),
    "too short": (",0\na,0\nb,1\n", "has 3 regions and region_index.csv names 2"),
    "numbers": (",0\na,0\nb,1\nc,1\n", "does not number its 3 regions from 0 to 2"),
    "twice": (",0\na,0\na,1\nc,2\n", "names a region twice"),
    "columns": (",0,1\na,0,1\nb,1,1\nc,2,1\n", "no index of regions"),
    "text": (",0\na,x\nb,y\nc,z\n", "no index of regions"),
    "an action": (",0\nleft,0\nb,1\nc,2\n", "A region is called 'left'"),
    "cells": (",0\na,0,7\n", "line 2 has 3 cells"),
}


@pytest.mark.parametrize("kind", INDEX)
def test_indexes_that_do_not_fit(kind, folder):
    text, says = INDEX[kind]
    index = folder / "region_index.csv"
    index.unlink()
    if text is None:
        load_model(folder / "model-fwd.h5").save(folder / "model.npz")
        (folder / "model-fwd.h5").unlink()
    else:
        index.write_text(text)
    with pytest.raises(WeightsError, match=says):
        ig.open_session("nnpoisson/any", directory=folder)


ABOUT = {
    "[1]": "is no mapping",
    "{": "session.json",
    '{"time_limit": -1}': "time limit '-1'",
    '{"time_limit": "x"}': "time limit 'x'",
    '{"stimulus": ["a=1"]}': "has not 8 entries",
    '{"stimulus": ["a=1","a=1","c=3","d=4","e=5","f=6","g=7","h=8"]}': "twice",
    '{"stimulus": ["a=1","b","c=3","d=4","e=5","f=6","g=7","h=8"]}': "'b' describes no",
    '{"n_neurons": {"left-CP": "many"}}': "not numbers",
}


@pytest.mark.parametrize("text", ABOUT)
def test_descriptions_that_are_wrong(text, tmp_path):
    folder = nnpoisson.session_folder(tmp_path / "m", about=text)
    with pytest.raises(WeightsError, match=ABOUT[text]):
        ig.open_session("nnpoisson/any", directory=folder)


def test_what_has_no_folder_or_name(tmp_path):
    with pytest.raises(SessionError, match="needs the folder"):
        ig.open_session("nnpoisson/any")
    with pytest.raises(SessionError, match="holds no model"):
        ig.open_session("nnpoisson/any", directory=tmp_path)
    with pytest.raises(SessionError, match="no session of this twin"):
        ig.open_session("nnpoisson", directory=tmp_path)


def test_own_centres_of_regions(folder):
    path = folder / "region_centers.csv"
    path.write_text("region,x,y,z\nleft-CP,1,2,3\nleft-MOs,4,5,6\n")
    session = ig.open_session("nnpoisson/any", directory=folder)
    assert session.units.loc["left-MOs", ["x", "y", "z"]].tolist() == [4, 5, 6]
    assert np.isnan(session.units.loc["left-VISp", "x"])
    assert session.attrs["positions"] == "region_centers.csv"
    for text, says in (
        ("region,x,y\nleft-CP,1,2\n", "no column 'z'"),
        ("region,x,y,z\nleft-CP,a,2,3\n", "not numeric"),
        ("region,x,y,z\na,1,2,3\na,1,2,3\n", "a region twice"),
    ):
        path.write_text(text)
        with pytest.raises(WeightsError, match=says):
            ig.open_session("nnpoisson/any", directory=folder)

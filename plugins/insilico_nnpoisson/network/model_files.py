"""Files of models: the published ``.h5``, of which only arrays are read, and ``.npz``."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.errors import WeightsError, quoted
from insilico_gui.files import publishing
from insilico_gui.untrusted.door import as_path, check_input, open_input, reading
from insilico_gui.untrusted.plain_arrays import read_npz
from insilico_nnpoisson.network.layers import (
    LAYERS,
    MAX_SIZE,
    Weights,
    check_weights,
    names,
)

if TYPE_CHECKING:
    import os

    from numpy.typing import NDArray

FORMAT = "insilico_nnpoisson model"
VERSION = 1
ADVICE = "get it again from where it was published"
SUFFIXES = (".h5", ".npz")


@dataclass(frozen=True)
class ModelFile:
    """What a file says of a model.

    Attributes
    ----------
    weights : mapping of str to array
        See :mod:`.layers`.
    about : dict
        JSON-able: ``regions`` (names in order of outputs), ``time_limit`` (s),
        ``stimulus`` (what each column means), ``n_neurons`` (by region),
        ``behaviour_scale``; empty in a published file.
    """

    weights: Weights
    about: dict[str, Any] = field(default_factory=dict)


def read_model(path: str | os.PathLike[str]) -> ModelFile:
    """Read a model from a published ``.h5`` file or our ``.npz``.

    Raises
    ------
    WeightsError
        If it is no such file, is damaged, or holds no model.
    """
    source = as_path(path, WeightsError)
    suffix = source.suffix.lower()
    if suffix == ".h5":
        found = ModelFile(_read_h5(source))
    elif suffix == ".npz":
        found = _read_npz(source)
    else:
        raise WeightsError(
            f"{quoted(source.name)} is no file of a model; give one that ends in "
            f"{' or '.join(SUFFIXES)}."
        )
    check_weights(found.weights, quoted(source.name, ""))
    return found


def _read_h5(path: Path) -> dict[str, NDArray[np.float32]]:
    """Arrays of the layout of Keras 2; whatever else the file carries is left alone."""
    import h5py

    name = quoted(path.name, "")
    with open_input(path, WeightsError, limit="weights_bytes") as raw:
        if raw.read(8) != b"\x89HDF\r\n\x1a\n":
            raise WeightsError(
                f"{name} is no HDF5 file, as published models are; {ADVICE}."
            )
        raw.seek(0)
        with reading(name, WeightsError, ADVICE), h5py.File(raw, "r") as file:
            root = _inside(file, "model_weights", name, h5py.Group)
            found = {}
            for array in names():
                layer, kind = array.split(".")
                place = _inside(root, layer, name, h5py.Group)
                place = _inside(place, layer, name, h5py.Group)
                found[array] = _values(_inside(place, f"{kind}:0", name), array, name)
            _refuse_others(root, name)
    return found


def _inside(group: Any, key: str, name: str, kind: Any = None) -> Any:
    """A member of a group that is in the file itself: links to other files are refused."""
    import h5py

    link = group.get(key, getlink=True) if key in group else None
    if link is None:
        raise WeightsError(
            f"{name} has no {quoted(key)} in {quoted(group.name)}, so it is no model of "
            f"this kind; {ADVICE}."
        )
    if not isinstance(link, h5py.HardLink):
        raise WeightsError(
            f"{name} refers to another file for {quoted(key)}, and was not read; {ADVICE}."
        )
    member = group[key]
    if not isinstance(member, kind or h5py.Dataset):
        raise WeightsError(f"{name} has no array {quoted(key)}; {ADVICE}.")
    return member


def _values(dataset: Any, array: str, name: str) -> NDArray[np.float32]:
    """A small array of numbers that is stored in the file."""
    if dataset.external or dataset.is_virtual:
        raise WeightsError(
            f"{name} refers to another file for {array}, and was not read; {ADVICE}."
        )
    shape = dataset.shape
    if shape is None or dataset.dtype.kind != "f" or dataset.dtype.itemsize > 8:
        raise WeightsError(f"{name} holds no numbers in {array}; {ADVICE}.")
    if not all(0 < n <= MAX_SIZE for n in shape) or not 1 <= len(shape) <= 2:
        raise WeightsError(
            f"{name} has {array} of shape {list(shape)[:4]}, which is no size of a "
            f"layer; {ADVICE}."
        )
    values: NDArray[np.float32] = dataset[()].astype(np.float32)
    return values


def _refuse_others(root: Any, name: str) -> None:
    """Refuse layers with weights that this network does not have: it is another model."""
    for key in root:
        if key in LAYERS or key == "top_level_model_weights":
            continue
        listed = root[key].attrs.get("weight_names", ())
        if len(listed):
            raise WeightsError(
                f"{name} has a layer {quoted(key)} with weights, which this network does "
                "not have; it is a model of another kind."
            )


def _read_npz(path: Path) -> ModelFile:
    name = quoted(path.name, "")
    check_input(path, WeightsError, limit="weights_bytes")
    with reading(name, WeightsError, ADVICE):
        arrays = read_npz(path, name, WeightsError)
        about = json.loads(str(arrays.pop("about")[()]))
        if not isinstance(about, dict) or about.get("format") != FORMAT:
            raise WeightsError(f"{name} holds no model of this kind; {ADVICE}.")
        if about.get("version") != VERSION:
            raise WeightsError(
                f"{name} was saved by a newer version of this program; update it."
            )
        weights = {key.replace("/", "."): value for key, value in arrays.items()}
    return ModelFile(weights, about)


def write_npz(path: str | os.PathLike[str], found: ModelFile) -> Path:
    """Write our own file: weights and what is known of them, all or nothing."""
    target = as_path(path, WeightsError)
    about = {**found.about, "format": FORMAT, "version": VERSION}
    arrays: dict[str, Any] = {
        name.replace(".", "/"): value for name, value in found.weights.items()
    }
    with publishing(target, WeightsError) as partial, partial.open("wb") as file:
        np.savez(file, about=np.array(json.dumps(about)), **arrays)
    return target


def write_h5(path: Path, weights: Weights) -> None:
    """Write the published layout, which the authors' program reads with ``load_weights``.

    It holds the weights alone: no layer's code.
    """
    import h5py

    with h5py.File(path, "w") as file:
        sizes = check_weights(weights, path.name)
        config = {
            "class_name": "NNPoisson",
            "config": {
                "stim_shape": [sizes.stimulus],
                "n_regions": sizes.regions,
                "size_hidden": sizes.hidden,
            },
        }
        root = file.create_group("model_weights")
        for group in (file, root):
            group.attrs["backend"] = "tensorflow"
            group.attrs["keras_version"] = "2.15.0"
        file.attrs["model_config"] = json.dumps(config)
        root.attrs["layer_names"] = [name.encode() for name in LAYERS]
        for layer in LAYERS:
            place = root.create_group(layer)
            kinds = ["kernel", "bias"] if LAYERS[layer].bias else ["kernel"]
            place.attrs["weight_names"] = [f"{layer}/{k}:0".encode() for k in kinds]
            for kind in kinds:
                values = np.asarray(weights[f"{layer}.{kind}"], np.float32)
                place.create_dataset(f"{layer}/{kind}:0", data=values)

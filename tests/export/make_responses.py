"""Responses with every kind of value and label, for tests of the formats."""

from __future__ import annotations

import math

import numpy as np
import xarray as xr

from insilico_gui.responses import with_unit_index

TRIALS = {
    "onset": [0.0, 1 / 3, 0.1 + 0.2],
    "duration": [1.0, 0.5, 1e-300],
    "condition": ["a", "", 'quo"ted, é'],
    "number": [1, 2, -(2**60)],
    "direction": [math.nan, 45.0, 90.0],
    "target": [True, False, True],
    "position": [[0.5, -0.5], [0, 1], [1, 1]],
    "ragged": [[], [1], {"a": [2, 3]}],
}


def make_responses(n_videos=None, n_frames=50, n_units=6, trials=True):
    """Random bits as float32 (NaN, infinite and denormal values among them)."""
    rng = np.random.default_rng(0)
    shape = (n_frames, n_units) if n_videos is None else (n_videos, n_frames, n_units)
    values = rng.integers(0, 2**32, shape, dtype=np.uint32).view(np.float32)
    special = [np.nan, np.inf, -np.inf, 1e-45, -0.0, -1e-40, 3.4028235e38, 16777217]
    values.flat[: len(special)] = special
    numbers = np.arange(n_units)
    coords = {
        "time": ("time", np.arange(n_frames) / 30, {"units": "s"}),
        "unit_id": ("unit", numbers * 3 + 100),
        "rf_x": ("unit", np.where(numbers % 4 == 1, np.nan, numbers / 3 - 0.5)),
        "area": ("unit", np.array(["V1", "LM", 'A "L",\n1'])[numbers % 3]),
        "field": ("unit", (numbers % 2).astype(np.int16), {"long_name": "field"}),
        "tuned": ("unit", numbers % 2 == 0),
        "cc_max": ("unit", (numbers / 7).astype(np.float32)),
        "layer": ("unit", np.array(["L2/3", np.nan, ""], object)[numbers % 3]),
        "hash": ("unit", np.full(n_units, 2**64 - 1, np.uint64)),
    }
    if n_videos is not None:
        coords["trial"] = ("trial", [f"clip {i}" for i in range(n_videos)])
    attrs = {
        "session": "leaky",
        "weights_hash": "sha256:0",
        "frame_rate": 30.0,
        "burn_in_frames": 10,
        "selection": {"areas": ["V1", "LM"], "combine": "all"},
        "stimulus_attrs": {"kind": "clip", "path": None, "gain": [0.1, math.inf]},
        "note": "é ∿ \n",
    }
    if trials:
        attrs["trials"] = {name: list(column) for name, column in TRIALS.items()}
    dims = ("trial", "time", "unit")[-len(shape) :]
    return xr.DataArray(values, coords, dims, name="responses", attrs=attrs)


def make_image_responses(dims=("trial", "unit"), sizes=(5, 6)):
    """Responses to images, which have no time or a time of their own."""
    rng = np.random.default_rng(1)
    unit_dim = "channel" if "channel" in dims else "unit"
    n_units = dict(zip(dims, sizes, strict=True))[unit_dim]
    coords = {
        "trial": ("trial", [f"image {i}.png" for i in range(sizes[0])]),
        "unit_id": (unit_dim, [f"Fp{i}" for i in range(n_units)]),
        "noise_ceiling": (unit_dim, rng.random(n_units)),
    }
    if "time" in dims:
        n_times = dict(zip(dims, sizes, strict=True))["time"]
        coords["time"] = ("time", np.arange(n_times) * 0.005 - 0.1, {"units": "s"})
    if "repeat" in dims:
        coords["repeat"] = ("repeat", [1, 2, 3])
    values = rng.standard_normal(sizes, np.float32)
    attrs = {"session": "pictures", "weights_hash": "sha256:1"}
    return xr.DataArray(values, coords, dims, name="responses", attrs=attrs)


def same(first, second):
    """Equality of plain values in which NaN equals NaN."""
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(
            same(first[key], second[key]) for key in first
        )
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(same, first, second))
    if isinstance(first, float) and isinstance(second, float):
        return first == second or (math.isnan(first) and math.isnan(second))
    return type(first) is type(second) and first == second


def assert_same_responses(loaded, original, *, nan_bits=True):
    """Values bit for bit, dims, coordinates with types, attributes."""
    xr.testing.assert_equal(loaded, with_unit_index(original))
    assert loaded.name == "responses"
    assert loaded.dtype == np.float32
    bits, expected = (
        np.ascontiguousarray(array.to_numpy()).view(np.uint32)
        for array in (loaded, original)
    )
    if not nan_bits:
        number = ~np.isnan(original.to_numpy())
        bits, expected = bits[number], expected[number]
    np.testing.assert_array_equal(bits, expected)
    assert set(loaded.coords) == set(original.coords)
    for name, coord in original.coords.items():
        assert loaded[name].dtype == coord.dtype, name
        assert loaded[name].attrs == coord.attrs, name
    assert same(loaded.attrs, original.attrs)

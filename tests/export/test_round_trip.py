"""Every format gives back what was written, bit for bit."""

from __future__ import annotations

import io
import json
import zipfile

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from make_responses import (
    TRIALS,
    assert_same_responses,
    make_image_responses,
    make_responses,
)
from pyarrow import parquet
from support.exact_csv import EXACT

import insilico_gui as ig
from insilico_gui.export import export, load_responses, load_suffixes

every_format = pytest.mark.parametrize("suffix", load_suffixes())


def round_trip(responses, path):
    assert export(responses, path) == path
    loaded = load_responses(path)
    # A NaN has many bit patterns and one name in text.
    assert_same_responses(loaded, responses, nan_bits=path.suffix != ".csv")


@every_format
@pytest.mark.parametrize("n_videos", [None, 1, 3])
def test_everything_comes_back(tmp_path, suffix, n_videos):
    round_trip(make_responses(n_videos), tmp_path / f"out{suffix}")


@every_format
def test_without_trials_and_labels_of_videos(tmp_path, suffix):
    responses = make_responses(2, trials=False).drop_vars("trial")
    round_trip(responses, tmp_path / f"out{suffix}")
    assert "trials" not in load_responses(tmp_path / f"out{suffix}").attrs


@every_format
def test_one_frame_of_one_unit(tmp_path, suffix):
    round_trip(make_responses(None, 1, 1), tmp_path / f"out{suffix}")


@every_format
def test_text_unit_ids_and_a_table_from_pandas(tmp_path, suffix):
    responses = make_responses().drop_vars(["unit_id", "layer"])
    table = pd.DataFrame({"unit_id": [f"unit {i}" for i in range(6)]})
    assert table["unit_id"].dtype in ("str", object)  # object before pandas 3
    responses = responses.assign_coords(unit_id=("unit", table["unit_id"].to_numpy()))
    round_trip(responses, tmp_path / f"out{suffix}")


@every_format
def test_mixed_column_and_numbers_in_an_object_column(tmp_path, suffix):
    mixed = np.empty(6, object)
    mixed[:] = [1, "a", None, 2.5, True, [1, 2]]
    responses = make_responses().assign_coords(
        mixed=("unit", mixed), counts=("unit", np.arange(6).astype(object))
    )
    export(responses, tmp_path / f"out{suffix}")
    loaded = load_responses(tmp_path / f"out{suffix}")
    assert loaded["mixed"].to_numpy().tolist() == mixed.tolist()
    assert loaded["counts"].dtype == object
    assert loaded["counts"].to_numpy().tolist() == list(range(6))


@every_format
def test_numpy_values_and_tuples_in_attrs_become_plain(tmp_path, suffix):
    responses = make_responses().assign_attrs(
        size=(144, 256), rate=np.float32(0.5), flags=np.array([True, False])
    )
    export(responses, tmp_path / f"out{suffix}")
    attrs = load_responses(tmp_path / f"out{suffix}").attrs
    assert attrs["size"] == [144, 256]
    assert attrs["rate"] == 0.5
    assert attrs["flags"] == [True, False]


@every_format
@given(bits=arrays(np.uint32, (20, 5), elements=st.integers(0, 2**32 - 1)))
@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_bits(tmp_path, suffix, bits):
    responses = make_responses(None, 20, 5)
    responses[:] = bits.view(np.float32)
    path = tmp_path / f"any{suffix}"
    export(responses, path, overwrite=True)
    assert_same_responses(load_responses(path), responses, nan_bits=suffix != ".csv")


@every_format
def test_many_blocks(tmp_path, suffix, small_blocks):
    responses = make_responses(3, 501, 7)
    assert responses[0].nbytes > 3 * small_blocks
    round_trip(responses, tmp_path / f"out{suffix}")


@every_format
@pytest.mark.parametrize(
    ("dims", "sizes"),
    [
        (("trial", "unit"), (5, 6)),
        (("trial", "repeat", "channel", "time"), (4, 3, 5, 7)),
        (("trial", "channel"), (2, 4)),
    ],
)
def test_responses_to_images(tmp_path, suffix, dims, sizes):
    round_trip(make_image_responses(dims, sizes), tmp_path / f"out{suffix}")


def test_a_table_of_responses_to_images_has_a_row_for_each_moment(tmp_path):
    dims = ("trial", "repeat", "channel", "time")
    responses = make_image_responses(dims, (4, 3, 5, 7))
    export(responses, tmp_path / "out.parquet")
    table = pd.read_parquet(tmp_path / "out.parquet")
    assert list(table)[:3] == ["trial", "repeat", "time"]
    row = table[(table.trial == 2) & (table.repeat == 1)].iloc[3]
    assert row["time"] == responses["time"][3]
    assert row["Fp4"] == responses.to_numpy()[2, 1, 4, 3]


def test_suffix_in_capitals_and_a_text_path(tmp_path):
    export(make_responses(), str(tmp_path / "out.NPZ"))
    assert_same_responses(load_responses(str(tmp_path / "out.NPZ")), make_responses())


def test_npz_is_plain_arrays(tmp_path):
    responses = make_responses()
    export(responses, tmp_path / "out.npz")
    with np.load(tmp_path / "out.npz", allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["responses"], responses)
        np.testing.assert_array_equal(arrays["time"], responses["time"])
        np.testing.assert_array_equal(arrays["unit_rf_x"], responses["rf_x"])
        np.testing.assert_array_equal(arrays["unit_area"], responses["area"])
        np.testing.assert_array_equal(arrays["trials_direction"], TRIALS["direction"])
        assert json.loads(str(arrays["attrs"]))["session"] == "leaky"


def test_csv_is_a_wide_table_with_tables_beside_it(tmp_path):
    responses = make_responses(2)
    export(responses, tmp_path / "out.csv")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "out.csv",
        "out.csv.json",
        "out.csv.trials.csv",
        "out.csv.units.csv",
    ]
    table = pd.read_csv(tmp_path / "out.csv", **EXACT)
    assert list(table) == ["trial", "time", *map(str, responses["unit_id"].to_numpy())]
    np.testing.assert_array_equal(table["trial"], np.repeat([0, 1], 50))
    np.testing.assert_array_equal(
        table["103"].to_numpy(np.float32), responses[..., 1].to_numpy().ravel()
    )
    units = pd.read_csv(tmp_path / "out.csv.units.csv", **EXACT)
    assert units["area"].tolist() == responses["area"].to_numpy().tolist()
    trials = pd.read_csv(tmp_path / "out.csv.trials.csv", **EXACT)
    assert trials["onset"].tolist() == TRIALS["onset"]
    provenance = json.loads((tmp_path / "out.csv.json").read_text())
    assert provenance["attrs"]["session"] == "leaky"


def test_csv_has_the_fewest_digits_that_restore_a_number(tmp_path):
    responses = make_responses(None, 3, 2)
    responses[:] = np.array([[0.1, 1 / 3], [100, 1e-45], [16777216, -2.5e-10]])
    export(responses, tmp_path / "out.csv")
    rows = (tmp_path / "out.csv").read_text().splitlines()[1:]
    numbers = [cell for row in rows for cell in row.split(",")[1:]]
    assert numbers == ["0.1", "0.33333334", "100", "1e-45", "16777216", "-2.5e-10"]


def test_parquet_is_a_wide_table_with_labels_in_its_metadata(tmp_path):
    responses = make_responses()
    export(responses, tmp_path / "out.parquet")
    table = parquet.read_table(tmp_path / "out.parquet")
    assert table.column_names == ["time", *map(str, responses["unit_id"].to_numpy())]
    assert str(table.schema.field("100").type) == "float"
    np.testing.assert_array_equal(table["100"].to_numpy(), responses[:, 0])
    labels = json.loads(table.schema.metadata[b"insilico_gui"])
    assert labels["attrs"]["session"] == "leaky"
    assert labels["units"]["unit_id"] == responses["unit_id"].to_numpy().tolist()
    assert labels["trials"]["number"] == TRIALS["number"]
    frame = pd.read_parquet(tmp_path / "out.parquet")
    assert frame.shape == (50, 7)


def test_zarr_is_a_dataset(tmp_path):
    responses = make_responses()
    export(responses, tmp_path / "out.zarr")
    dataset = xr.open_zarr(tmp_path / "out.zarr")  # without any warning
    np.testing.assert_array_equal(dataset["responses"], responses)
    assert dataset["responses"].attrs["session"] == "leaky"
    assert dataset["area"].dims == ("unit",)
    assert {"unit_id", "area", "rf_x"} <= set(dataset["responses"].coords)
    trials = xr.open_zarr(tmp_path / "out.zarr", group="trials")
    np.testing.assert_array_equal(trials["onset"], TRIALS["onset"])


def test_zarr_stays_on_disk_until_it_is_used(tmp_path):
    responses = make_responses(None, 400, 6)
    export(responses, tmp_path / "out.zarr")
    loaded = load_responses(tmp_path / "out.zarr")
    assert not loaded.variable._in_memory
    np.testing.assert_array_equal(loaded[100:110, 2], responses[100:110, 2])
    assert not loaded.variable._in_memory
    export(loaded, tmp_path / "again.npz")
    assert_same_responses(load_responses(tmp_path / "again.npz"), responses)


@every_format
def test_encoded_responses_come_back(tmp_path, suffix, leaky, clip):
    encoded = ig.encode(leaky, clip, indices=[1, 4, 7])
    ig.export(encoded, tmp_path / f"out{suffix}")
    loaded = ig.load_responses(tmp_path / f"out{suffix}")
    xr.testing.assert_identical(loaded.load(), encoded)


@every_format
def test_missing_trial_values_come_back_as_nan(tmp_path, suffix):
    responses = make_responses()
    responses.attrs["trials"] |= {"text": ["a", None, "b"], "gain": [1.0, None, 2]}
    export(responses, tmp_path / f"out{suffix}")
    trials = load_responses(tmp_path / f"out{suffix}").attrs["trials"]
    assert trials["text"][0] == "a"
    assert np.isnan(trials["text"][1])
    np.testing.assert_array_equal(trials["gain"], [1, np.nan, 2])


def test_memory_mapped_npz_members_are_where_zip_says(tmp_path):
    """Uncompressed: other programs can map the responses without reading them."""
    export(make_responses(), tmp_path / "out.npz")
    with zipfile.ZipFile(tmp_path / "out.npz") as archive:
        info = archive.getinfo("responses.npy")
        assert info.compress_type == zipfile.ZIP_STORED
        values = np.load(io.BytesIO(archive.read("responses.npy")))
    np.testing.assert_array_equal(values, make_responses())

"""Several stimuli in one call: named runs, what fails beside them, and one tidy table."""

from __future__ import annotations

import json
import threading

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from pyarrow import parquet
from support.pictures import PictureSession
from support.slopes import Slopes

import insilico_gui as ig
from insilico_gui.encoding import Runs, runs, shelf
from insilico_gui.errors import (
    AnalysisError,
    EncodingCancelled,
    EncodingError,
    ExportError,
    SelectionError,
    StimulusError,
)
from insilico_gui.export import tidy_table

LENGTHS = {"a": 53, "b": 30, "c": 41}


@pytest.fixture
def clips(leaky):
    rng = np.random.default_rng(5)
    whole = rng.integers(0, 256, (53, *leaky.frame_shape), dtype=np.uint8)
    return {name: whole[:n] for name, n in LENGTHS.items()}


@pytest.fixture
def folder(clips, tmp_path):
    """clip2 comes before clip10; one of the files is no video."""
    place = tmp_path / "clips"
    place.mkdir()
    for name, one in zip(("clip10", "clip2", "clip1"), clips.values(), strict=True):
        np.save(place / f"{name}.npy", one)
    (place / ".hidden.npy").write_text("")
    (place / "notes.txt").write_text("not a stimulus")
    return place


def alike(one, other):
    """The same responses with the same labels and, but for the time, provenance."""
    for k in (one, other):
        assert isinstance(k.attrs["created"], str)
    first, second = (k.assign_attrs(created="", stimulus="") for k in (one, other))
    for k in (first, second):
        k.attrs["stimulus_attrs"] = None
    xr.testing.assert_identical(first, second)


def test_unequal_videos_are_named_runs(leaky, clips):
    found = ig.encode(leaky, [*clips.values()], unit_ids=[103, 100])
    assert [*found] == ["array", "array (2)", "array (3)"]
    assert "array" in found and "b" not in found and len(found) == 3
    for name, clip in zip(found, clips.values(), strict=True):
        alone = ig.encode(leaky, clip, unit_ids=[103, 100])
        alike(found[name], alone)
        assert found[name].sel(unit_id=103).dims == ("time",)
    assert repr(found) == (
        "<Runs of leaky: 3 runs ('array', 'array (2)', 'array (3)')>"
    )
    assert "time: 53" in found._repr_html_() and len(found._repr_html_()) < 20_000
    with pytest.raises(KeyError, match=r"no run 'x'; there is array"):
        found["x"]


def test_equal_videos_stay_a_batch(leaky, clips):
    batch = ig.encode(leaky, [clips["b"], clips["b"]])
    assert batch.dims == ("trial", "time", "unit")
    named = ig.encode(leaky, {"one": clips["b"], "two": clips["b"]})
    assert [*named] == ["one", "two"]
    np.testing.assert_array_equal(named["two"], batch[1])


def test_lengths_count_at_the_rate_of_the_session(leaky, clips):
    rates = (leaky.frame_rate, 2 * leaky.frame_rate)
    stimuli = [ig.open_stimulus(clips["b"], frame_rate=rate) for rate in rates]
    found = ig.encode(leaky, stimuli)
    assert [found[name].sizes["time"] for name in found] == [30, 15]


def test_a_folder_a_pattern_and_an_iterator(leaky, folder):
    names = ["clip1.npy", "clip2.npy", "clip10.npy"]
    for source in (folder, str(folder / "*.npy"), folder / "clip*"):
        found = ig.encode(leaky, source)
        assert [*found] == names
        assert [found[n].sizes["time"] for n in names] == [14, 10, 18]  # 30 to 10 Hz
    given = ig.encode(leaky, (folder / name for name in names))
    assert [*given] == names
    with pytest.raises(StimulusError, match=r"no file like '.*none"):
        ig.encode(leaky, folder / "none*.mp4")
    (folder / "one [a].npy").write_bytes((folder / "clip2.npy").read_bytes())
    assert ig.encode(leaky, folder / "one [a].npy").dims == ("time", "unit")


def test_what_fails_is_said_and_the_others_are_kept(leaky, folder):
    (folder / "clip3.mp4").write_text("no video at all, whatever its name says")
    with pytest.warns(RuntimeWarning, match=r"1 of 4 stimuli .* 'clip3.mp4': "):
        found = ig.encode(leaky, folder)
    assert [*found] == ["clip1.npy", "clip2.npy", "clip10.npy"]
    assert [*found.failed] == ["clip3.mp4"]
    assert "failed: 'clip3.mp4'" in repr(found)
    assert "clip3.mp4 cannot be read as a video" in found._repr_html_()
    with pytest.raises(EncodingError, match=r"'clip3.mp4' could not be encoded"):
        found["clip3.mp4"]
    files = [folder / "clip2.npy", folder / "clip3.mp4", folder / "clip1.npy"]
    with pytest.warns(RuntimeWarning, match=r"clip3"):
        assert [*ig.encode(leaky, files)] == ["clip2.npy", "clip1.npy"]
    with pytest.raises(EncodingError, match=r"^clip3.mp4: "):
        ig.encode(leaky, {"clip3.mp4": folder / "clip3.mp4"})
    with pytest.raises(StimulusError, match=r"no file 'gone.mp4'"):
        ig.encode(leaky, [folder / "clip2.npy", folder / "gone.mp4"])


def test_what_is_wrong_for_all_is_refused_at_once(leaky, clips, tmp_path):
    told = []
    for options, error in (
        ({"unit_ids": [-1]}, SelectionError),
        ({"behavior": {"gaze": np.zeros((53, 2))}}, EncodingError),
        ({"behavior": {"a": np.zeros((53, 2))}}, EncodingError),
        ({"store": tmp_path / "o.zarr"}, EncodingError),
        ({"cancel": _set()}, EncodingCancelled),
    ):
        with pytest.raises(error) as caught:
            ig.encode(leaky, clips, on_progress=lambda *p: told.append(p), **options)
        assert "\n" not in str(caught.value)
    assert not told and not [*tmp_path.iterdir()]
    with pytest.raises(EncodingError, match=r"no name of a run"):
        ig.encode(leaky, {1: clips["a"]})


def _set():
    event = threading.Event()
    event.set()
    return event


def test_progress_goes_on_from_run_to_run(leaky, clips, capsys):
    told = []
    ig.encode(leaky, clips, on_progress=lambda *p: told.append(p), progress=True)
    done, total = zip(*told, strict=True)
    assert {*total} == {3000} and done[-1] == 3000
    assert [*done] == sorted(done) and {1000, 2000} <= {*done}
    drawn = capsys.readouterr().err
    assert "a (1 of 3)" in drawn and "c (3 of 3)" in drawn and "100%" in drawn


def test_cancelling_keeps_the_runs_that_are_complete(leaky, clips):
    event = threading.Event()

    def report(done, total):
        if done > 1000:
            event.set()

    with pytest.raises(EncodingCancelled, match=r"1 of 3 stimuli were done") as caught:
        ig.encode(leaky, clips, on_progress=report, cancel=event)
    assert [*caught.value.runs] == ["a"]
    alike(caught.value.runs["a"], ig.encode(leaky, clips["a"]))


def test_runs_may_go_into_a_folder(leaky, clips, tmp_path):
    place = tmp_path / "new" / "runs"
    stimuli = {"a/b": clips["a"], "a:b": clips["b"]}
    found = ig.encode(leaky, stimuli, store=place)
    assert sorted(p.name for p in place.iterdir()) == ["a-b (2).zarr", "a-b.zarr"]
    assert found["a:b"].encoding["source"] == str(place / "a-b (2).zarr")
    alike(found["a/b"].compute(), ig.encode(leaky, clips["a"]))
    with pytest.raises(EncodingError, match=r"a-b\.zarr"):
        ig.encode(leaky, stimuli, store=place)
    assert len(ig.encode(leaky, stimuli, store=place, overwrite=True)) == 2


def test_many_responses_are_on_disk(leaky, clips, monkeypatch):
    monkeypatch.setattr(shelf, "BLOCK_BYTES", 1000)
    kept = shelf.Shelf(kept_bytes=1)
    each = {name: ig.encode(leaky, clip) for name, clip in clips.items()}
    places = {name: kept.keep(one) for name, one in each.items()}
    for name, one in each.items():
        back = places[name]()
        assert isinstance(back.variable._data, np.memmap)
        xr.testing.assert_identical(back, one)
        assert [*back.coords] == [*one.coords] and type(back) is type(one)
        assert back.sel(unit_id=100).sizes == {"time": LENGTHS[name]}


def test_behaviour_is_given_run_by_run(leaky, clips):
    gain = {"gain": np.full((53, 1), 2.0)}
    found = ig.encode(leaky, clips, behavior={"a": gain})
    assert "gain" in found["a"].attrs["behavior"]
    assert "no behaviour" in found["b"].attrs["behavior"]
    alike(found["a"], ig.encode(leaky, clips["a"], behavior=gain))


def test_sessions_of_other_kinds():
    images = np.zeros((3, 3, 8, 8), np.uint8)
    sets = [ig.open_images(images), ig.open_images(images[:2])]
    found = ig.encode(PictureSession(), sets)
    assert [one.sizes["trial"] for one in found.values()] == [3, 2]
    table = found.table()
    assert len(table) == len(PictureSession().units) * (3 + 2) and "trial" in table
    with pytest.raises(AnalysisError, match=r"no time"):
        found.table(0.1)
    rows = [pd.DataFrame({"left": [0.0, 1.0]}), pd.DataFrame({"left": [0.5]})]
    answered = ig.encode(Slopes(), rows)
    assert [*answered] == ["table", "table (2)"]
    assert [one.sizes["trial"] for one in answered.values()] == [2, 1]
    assert {"left", "trial", "time_s"} <= {*answered.table()}


def expected(responses, bin_s, burn_in):
    """The table of a run, written down row by row."""
    rows = []
    time = responses["time"].values
    number = np.floor(time / bin_s + 1e-6).astype(int)
    for k in sorted({*number[burn_in:].tolist()}):
        inside = (number == k) & (np.arange(len(time)) >= burn_in)
        for u, unit_id in enumerate(responses["unit_id"].values):
            mean = responses.values[inside, u].mean(dtype=np.float64)
            rows.append((k * bin_s, inside.sum(), unit_id, np.float32(mean)))
    return pd.DataFrame(rows, columns=["time_s", "n_frames", "unit_id", "response"])


@pytest.mark.parametrize("bin_s", [0.1, 0.25, 10.0])
def test_a_row_for_each_unit_and_bin(leaky, clips, bin_s, monkeypatch):
    found = ig.encode(leaky, clips)
    whole = found.table(bin_s, burn_in_frames=3)
    monkeypatch.setattr(tidy_table, "GROUP_ROWS", 30)
    monkeypatch.setattr(tidy_table, "BLOCK_BYTES", 400)
    table = found.table(bin_s, burn_in_frames=3)
    pd.testing.assert_frame_equal(whole, table)
    assert [*table] == [
        *("stimulus", "time_s", "n_frames", "unit_id", "area", "response")
    ]
    for name in found:
        part = table[table["stimulus"] == name].reset_index(drop=True)
        wanted = expected(found[name], bin_s, 3)
        np.testing.assert_allclose(part["response"], wanted["response"], rtol=1e-6)
        for column in ("time_s", "n_frames", "unit_id"):
            np.testing.assert_allclose(part[column], wanted[column])
        np.testing.assert_array_equal(
            part["area"][: len(leaky.units)], leaky.units["area"]
        )


def test_a_row_for_each_unit_and_stimulus(leaky, clips):
    found = ig.encode(leaky, clips, indices=range(4))
    table = found.table(unit_columns="rf_x")
    assert len(table) == 12 and "area" not in table and "rf_x" in table
    after = found["b"][10:].mean("time", dtype=np.float64)
    part = table[table["stimulus"] == "b"]
    np.testing.assert_allclose(part["response"], after, rtol=1e-6)
    assert {*part["n_frames"]} == {20} and table.attrs["runs"]["b"][
        "session"
    ] == "leaky"
    joined = table.merge(leaky.units[["unit_id", "area"]], on="unit_id")
    assert len(joined) == len(table)
    with pytest.raises(AnalysisError, match=r"'b' has 30 frames, and the first 40"):
        found.table(burn_in_frames=40)
    with pytest.raises(AnalysisError, match=r"shorter than a frame"):
        found.table(0.001)
    for wrong in (0, -1, "fast", np.nan):
        with pytest.raises(AnalysisError, match=r"bin_s is"):
            found.table(wrong)


def test_parquet_is_written_in_row_groups(leaky, clips, tmp_path, monkeypatch):
    found = ig.encode(leaky, {**clips, **{f"x{k}": clips["b"] for k in range(140)}})
    found.failed["gone.mp4"] = "There is no file."
    monkeypatch.setattr(tidy_table, "GROUP_ROWS", 200)
    path = found.to_parquet(tmp_path / "t.parquet", 0.25)
    with parquet.ParquetFile(path) as file:
        assert file.num_row_groups > 5
        assert (
            max(file.metadata.row_group(k).num_rows for k in range(file.num_row_groups))
            <= 400
        )
        about = json.loads(file.metadata.metadata[tidy_table.METADATA_KEY])
    assert about["bin_s"] == 0.25 and about["failed"] == found.failed
    assert about["runs"]["a"]["stimulus_hash"] == found["a"].attrs["stimulus_hash"]
    table = found.table(0.25)
    read = pd.read_parquet(path)
    for name in table:
        np.testing.assert_array_equal(read[name].to_numpy(), table[name].to_numpy())
    assert read["response"].dtype == np.float32
    with pytest.raises(ExportError, match=r"t\.parquet"):
        found.to_parquet(path)
    found.to_parquet(path, overwrite=True)
    with pytest.raises(ExportError, match=r"end it in .parquet"):
        found.to_parquet(tmp_path / "t.csv")
    with pytest.raises(ExportError, match=r"no run to write"):
        Runs("demo").to_parquet(tmp_path / "u.parquet")
    assert [p.name for p in tmp_path.iterdir()] == ["t.parquet"]


def test_labels_of_trials_are_columns(leaky, tmp_path):
    trials = pd.DataFrame({"onset": [0.0], "duration": [1.0], "direction": [90]})
    frames = np.zeros((12, *leaky.frame_shape), np.uint8)
    turned = [
        ig.stimuli.ArrayStimulus(
            frames, leaky.frame_rate, trials=trials.assign(direction=angle)
        )
        for angle in (90, 45.5)
    ]
    batch = ig.encode(leaky, turned)
    made = tidy_table.tidy_table({"first": batch, "second": batch[:1]})
    assert {*made["direction"]} == {90.0, 45.5} and made["trial"].max() == 1
    path = tmp_path / "t.parquet"
    tidy_table.write_tidy_table(path, {"first": batch, "second": batch[:1]})
    assert len(pd.read_parquet(path)) == len(made)
    with pytest.raises(ExportError, match=r"no table in common"):
        tidy_table.tidy_table({"first": batch, "second": batch[0]})


def test_names_in_messages_are_short(leaky, clips):
    found = runs.Runs("leaky")
    found.failed = {f"clip {k}": "It is damaged." for k in range(50)}
    with pytest.raises(EncodingError, match=r"clip 0: It is damaged; none of the 50"):
        found.tell_of_failures()
    assert len(repr(found)) < 400

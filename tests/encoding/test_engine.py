from __future__ import annotations

import threading
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import insilico_gui as ig
from insilico_gui.encoding import EncodingJob
from insilico_gui.encoding import store as stores
from insilico_gui.errors import (
    BehaviorError,
    EncodingCancelled,
    EncodingError,
    EncodingMemoryError,
    SelectionError,
    StimulusError,
)
from insilico_gui.stimuli import ArrayStimulus


def expected(session, clip, gain=None):
    """The session's own formula, frame by frame."""
    pixels = clip.reshape(len(clip), -1)[:, session._pixels] / 255.0
    state, out = np.zeros(pixels.shape[1]), []
    for t, brightness in enumerate(pixels):
        state = 0.8 * state + (1.0 if gain is None else gain[t]) * brightness
        out.append(state)
    return np.array(out, dtype=np.float32)


def test_responses_are_labelled(leaky, clip):
    responses = ig.encode(leaky, clip)
    assert responses.dims == ("time", "unit")
    assert responses.dtype == np.float32
    np.testing.assert_allclose(responses, expected(leaky, clip), rtol=1e-6)
    np.testing.assert_allclose(responses["time"], np.arange(53) / 10.0)
    assert responses["unit_id"].to_numpy().tolist() == leaky.units["unit_id"].tolist()
    assert responses["area"].to_numpy()[:3].tolist() == ["V1", "LM", "AL"]
    attrs = responses.attrs
    assert attrs["session"] == "leaky"
    assert attrs["weights_hash"] == "sha256:0"
    assert attrs["behavior"] == "no behaviour (zeros)"
    assert attrs["device"] == "cpu" and attrs["dtype"] == "float32"


def test_stimulus_hash_is_that_of_the_frames(leaky, clip):
    first = ig.encode(leaky, clip).attrs["stimulus_hash"]
    assert ig.encode(leaky, clip.copy()).attrs["stimulus_hash"] == first
    other = clip.copy()
    other[-1, -1, -1] ^= 1
    assert ig.encode(leaky, other).attrs["stimulus_hash"] != first


@pytest.mark.parametrize("chunk", [1, 2, 7, 64])
def test_any_split_gives_the_same(leaky, clip, chunk):
    job = EncodingJob(leaky, clip, chunk_frames=chunk)
    steps = job.run()
    with pytest.raises(StopIteration) as end:
        while True:
            next(steps)
    np.testing.assert_array_equal(end.value.value, ig.encode(leaky, clip))


def test_batch_equals_one_by_one(leaky, clip):
    batch = np.stack([clip, clip[::-1], 255 - clip])
    responses = ig.encode(leaky, batch)
    assert responses.dims == ("trial", "time", "unit")
    for video, one in zip(batch, responses, strict=True):
        np.testing.assert_array_equal(one, ig.encode(leaky, video))


def test_equally_long_stimuli_in_a_list_are_a_batch(leaky, clip, tmp_path):
    tables = [pd.DataFrame({"onset": [0.5], "direction": [d]}) for d in (0.0, 90.0)]
    first = ArrayStimulus(clip, 10.0, name="up", trials=tables[0])
    second = ArrayStimulus(clip[::-1], 10.0, name="down", trials=tables[1])
    store = tmp_path / "out.zarr"
    responses = ig.encode(leaky, [first, second, 255 - clip], store=store)
    assert responses.dims == ("trial", "time", "unit")
    for video, one in zip([clip, clip[::-1], 255 - clip], responses, strict=True):
        np.testing.assert_array_equal(one, ig.encode(leaky, video))
    attrs = responses.attrs
    assert attrs["stimulus"] == "up, down, array"
    assert attrs["trials_of_each"][1] == {"onset": [0.5], "direction": [90.0]}
    assert attrs["trials_of_each"][2] is None
    assert [a["kind"] for a in attrs["stimulus_attrs"]["each"]] == ["conversion"] * 3
    same = ig.encode(leaky, [first, first])
    assert same.attrs["trials"] == {"onset": [0.5], "direction": [0.0]}
    np.testing.assert_array_equal(ig.encode(leaky, [clip])[0], ig.encode(leaky, clip))
    unequal = ig.encode(leaky, [first, clip[:52]])  # named runs, not a batch
    assert [len(one) for one in unequal.values()] == [53, 52]
    with pytest.raises(StimulusError, match="at least one"):
        ig.encode(leaky, [])


def test_only_selected_units_are_read_out(leaky, clip):
    selection = ig.select(leaky, areas=["LM"])
    responses = ig.encode(leaky, clip, selection)
    np.testing.assert_array_equal(
        responses, ig.encode(leaky, clip)[:, selection.indices]
    )
    assert set(responses["area"].to_numpy()) == {"LM"}
    assert responses.attrs["selection"] == {"areas": ["LM"]}


def test_behavior_reaches_the_session(leaky, clip):
    gain = np.linspace(0, 2, 53)
    responses = ig.encode(leaky, clip, behavior={"gain": gain[:, None]})
    np.testing.assert_allclose(responses, expected(leaky, clip, gain), rtol=1e-5)
    assert responses.attrs["behavior"]["gain"].startswith("sha256:")


def test_trials_travel_with_the_responses(leaky, clip):
    trials = pd.DataFrame({"onset": [0.5], "duration": [1.0], "direction": [90.0]})
    responses = ig.encode(leaky, ArrayStimulus(clip, 10.0, trials=trials))
    assert responses.attrs["trials"]["direction"] == [90.0]


def test_progress_counts_frames(leaky, clip):
    seen = []
    ig.encode(leaky, clip, on_progress=lambda done, total: seen.append((done, total)))
    assert seen == [(4, 53), (12, 53), (28, 53), (44, 53), (53, 53)]


def test_a_session_says_what_chunk_suits_it(leaky, clip):
    plain = ig.encode(leaky, clip)
    leaky.calls.clear()
    leaky.chunk_frames = 40
    np.testing.assert_array_equal(ig.encode(leaky, clip), plain)
    assert leaky.calls == [4, 8, 16, 25]
    leaky.calls.clear()
    leaky.chunk_frames = 3
    np.testing.assert_array_equal(ig.encode(leaky, clip), plain)
    assert leaky.calls == [3] * 17 + [2]


def test_cancel_stops_within_one_chunk_and_keeps_nothing(leaky, clip, tmp_path):
    cancel = threading.Event()
    target = tmp_path / "out.zarr"
    with pytest.raises(EncodingCancelled, match="after 4 of 53"):
        ig.encode(
            leaky,
            clip,
            on_progress=lambda *_: cancel.set(),
            cancel=cancel,
            store=target,
        )
    assert list(tmp_path.iterdir()) == []
    np.testing.assert_allclose(ig.encode(leaky, clip), expected(leaky, clip), rtol=1e-6)


def test_zarr_store_is_complete_and_reopens(leaky, clip, tmp_path):
    target = tmp_path / "out.zarr"
    responses = ig.encode(leaky, clip, store=target)
    plain = ig.encode(leaky, clip)
    np.testing.assert_array_equal(responses, plain)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.zarr"]
    again = ig.load_responses(target)
    xr.testing.assert_equal(again, plain)
    assert again.attrs["stimulus_hash"] == plain.attrs["stimulus_hash"]
    with pytest.raises(EncodingError, match="exists already"):
        ig.encode(leaky, clip, store=target)
    ig.encode(leaky, clip[:20], store=target, overwrite=True)
    assert ig.load_responses(target).sizes["time"] == 20


def test_long_responses_go_to_a_file(leaky, clip, monkeypatch):
    plain = ig.encode(leaky, clip)
    monkeypatch.setattr(stores, "IN_MEMORY_BYTES", 0)
    job = EncodingJob(leaky, clip, chunk_frames=16)
    steps = job.run()
    next(steps)
    np.testing.assert_array_equal(job.store.row(7), plain[7])
    for _ in steps:
        pass
    np.testing.assert_array_equal(job.store.rows(0, 53), plain)
    batch = ig.encode(leaky, np.stack([clip, clip]))
    np.testing.assert_array_equal(batch[1], plain)


def test_rows_of_a_growing_zarr(leaky, clip, tmp_path, monkeypatch):
    monkeypatch.setattr(stores.zarr_folder, "CHUNK_BYTES", 10 * 12 * 4)  # ten frames
    job = EncodingJob(leaky, clip, store=tmp_path / "out.zarr", chunk_frames=16)
    steps = job.run()
    next(steps)
    wanted = expected(leaky, clip)
    np.testing.assert_allclose(job.store.rows(4, 15), wanted[4:15], rtol=1e-6)
    np.testing.assert_allclose(job.store.row(15), wanted[15], rtol=1e-6)
    steps.close()
    assert list(tmp_path.iterdir()) == []


def test_out_of_memory_halves_the_chunk(leaky, clip):
    leaky.fits_frames = 5
    np.testing.assert_allclose(ig.encode(leaky, clip), expected(leaky, clip), rtol=1e-6)
    assert leaky.calls[:3] == [4, 8, 4]
    assert max(leaky.calls[2:]) == 4  # learnt once, kept for the rest


def test_out_of_memory_with_one_frame_says_so(leaky, clip):
    leaky.fits_frames = 0
    with pytest.raises(EncodingMemoryError, match="ran out of memory"):
        ig.encode(leaky, clip)


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("CUDA out of memory."), ZeroDivisionError()]
)
def test_out_of_memory_of_any_session_is_told(
    leaky, clip, monkeypatch, error, tmp_path
):
    """Also of one that does not try again with fewer frames."""

    def stream(chunks, behavior, units):
        yield np.zeros((len(next(chunks)), len(leaky.units)), np.float32)
        raise error

    monkeypatch.setattr(leaky, "stream", stream)
    if isinstance(error, ZeroDivisionError):  # which passes
        wanted, sentence = ZeroDivisionError, "^$"
    else:
        wanted, sentence = EncodingMemoryError, "out of memory with one chunk of frames"
    with pytest.raises(wanted, match=sentence):
        ig.encode(leaky, clip, store=tmp_path / "responses.zarr")
    assert list(tmp_path.iterdir()) == []


def test_two_streams_do_not_share_state(leaky, clip):
    one = leaky.stream(iter([clip[:10], clip[10:20]]))
    two = leaky.stream(iter([255 - clip[:10], 255 - clip[10:20]]))
    mixed = [next(one), next(two), next(one), next(two)]
    np.testing.assert_array_equal(
        np.concatenate(mixed[::2]), ig.encode(leaky, clip)[:20]
    )


def test_another_size_and_rate_is_converted(leaky):
    stimulus = ArrayStimulus(np.full((20, 60, 80), 200, np.uint8), 20.0)
    responses = ig.encode(leaky, stimulus)
    assert responses.sizes["time"] == 10
    np.testing.assert_allclose(responses[0], 200 / 255, rtol=1e-6)


@pytest.mark.parametrize(
    ("behavior", "message"),
    [
        ({"speed": np.zeros((53, 1))}, "takes no behaviour called 'speed'"),
        ({"gain": np.zeros(53)}, r"shape \[53\]; this stimulus needs \[53, 1\]"),
        ({"gain": np.zeros((52, 1))}, r"needs \[53, 1\]"),
        ({"gain": np.r_[np.zeros(9), np.nan, np.zeros(43)][:, None]}, "at frame 9"),
    ],
)
def test_wrong_behavior_is_refused(leaky, clip, behavior, message):
    with pytest.raises(BehaviorError, match=message):
        ig.encode(leaky, clip, behavior=behavior)


def test_wrong_stimuli_are_refused(leaky):
    with pytest.raises(StimulusError, match="float64"):
        ig.encode(leaky, np.zeros((5, 6, 8)))
    with pytest.raises(StimulusError, match=r"shape \[6, 8\]"):
        ig.encode(leaky, np.zeros((6, 8), np.uint8))
    with pytest.raises(StimulusError, match="no frames"):
        ig.encode(leaky, np.zeros((0, 6, 8), np.uint8))
    with pytest.raises(StimulusError, match="at least one"):
        ig.encode(leaky, np.zeros((0, 4, 6, 8), np.uint8))


def test_wrong_units_are_refused(leaky, clip):
    with pytest.raises(SelectionError, match="12"):
        ig.encode(leaky, clip, [12])
    with pytest.raises(EncodingError, match="no unit"):
        ig.encode(leaky, clip, np.zeros(12, bool))


def test_wrong_store_is_refused(leaky, clip, tmp_path):
    with pytest.raises(EncodingError, match=r"ends in \.zarr"):
        ig.encode(leaky, clip, store=tmp_path / "x.npz")
    with pytest.raises(EncodingError, match="does not exist"):
        ig.encode(leaky, clip, store=tmp_path / "no" / "x.zarr")


def test_full_disk_is_one_sentence(leaky, clip, tmp_path, monkeypatch):
    free = SimpleNamespace(free=0)
    monkeypatch.setattr("shutil.disk_usage", lambda _: free)
    with pytest.raises(EncodingError, match="GB free"):
        ig.encode(leaky, clip, store=tmp_path / "x.zarr")
    assert list(tmp_path.iterdir()) == []


def test_a_foreign_folder_is_not_replaced(leaky, clip, tmp_path):
    target = tmp_path / "mine.zarr"
    target.mkdir()
    (target / "thesis.txt").write_text("years of work")
    with pytest.raises(EncodingError, match="not a zarr folder"):
        ig.encode(leaky, clip, store=target, overwrite=True)
    assert (target / "thesis.txt").read_text() == "years of work"


def test_cancelled_before_it_began(leaky, clip, tmp_path):
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(EncodingCancelled, match="before it began"):
        ig.encode(leaky, clip, cancel=cancel, store=tmp_path / "out.zarr")
    assert list(tmp_path.iterdir()) == []


def test_batch_hash_does_not_depend_on_chunks(leaky, clip):
    batch = np.stack([clip, clip[::-1]])
    hashes = set()
    for chunk in (7, 16):
        steps = EncodingJob(leaky, batch, chunk_frames=chunk).run()
        with pytest.raises(StopIteration) as end:
            while True:
                next(steps)
        hashes.add(end.value.value.attrs["stimulus_hash"])
    assert len(hashes) == 1
    assert hashes != {ig.encode(leaky, batch[::-1]).attrs["stimulus_hash"]}


def test_rows_of_a_finished_zarr(leaky, clip, tmp_path):
    job = EncodingJob(leaky, clip, store=tmp_path / "out.zarr")
    for _ in job.run():
        pass
    np.testing.assert_allclose(job.store.rows(0, 53), expected(leaky, clip), rtol=1e-6)


def test_units_are_found_by_their_id(leaky, clip, tmp_path):
    ids = leaky.units["unit_id"].tolist()
    whole = ig.encode(leaky, clip)
    some = ig.encode(leaky, clip, indices=[5, 2], store=tmp_path / "some.zarr")
    for responses in (whole, some, ig.load_responses(tmp_path / "some.zarr")):
        one = responses.sel(unit_id=ids[5])
        np.testing.assert_array_equal(one, whole[:, 5])
    with pytest.raises(KeyError):
        some.sel(unit_id=ids[0])
    # Arithmetic goes by unit, not by position
    assert (whole - some).sizes["unit"] == 2
    assert not (whole - some).any()

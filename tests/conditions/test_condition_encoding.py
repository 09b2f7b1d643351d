"""Encoding conditions: labels, provenance, subsets, stores, and what is refused."""

from __future__ import annotations

import threading

import numpy as np
import pandas as pd
import pytest
from support.slopes import Slopes

import insilico_gui as ig
from insilico_gui.encoding import ConditionJob, conditions, encoding_job
from insilico_gui.errors import EncodingCancelled, EncodingError
from insilico_gui.experiment.session_input import input_of

TABLE = pd.DataFrame({"left": [0.0, 0.5, 1.0], "cue": ["stay", "go", "stay"]})


def test_responses_are_labelled():
    session = Slopes()
    responses = ig.encode(session, TABLE)
    assert responses.dims == ("trial", "time", "unit")
    assert responses.dtype == np.float32
    expected = np.array([0, 0.5, 1])[:, None, None] * [1, 2, 3] * session.times[:, None]
    expected[1] += 100
    np.testing.assert_allclose(responses, expected)
    assert responses["left"].dims == ("trial",)
    assert responses["cue"].values.tolist() == ["stay", "go", "stay"]
    assert responses["condition"].values[0].startswith("left 0, right 0, cue stay")
    assert responses["time"].attrs["units"] == "s"
    assert responses.sel(unit_id=11).shape == (3, 5)
    attrs = responses.attrs
    assert attrs["session"] == "slopes"
    assert attrs["stimulus_attrs"]["rows"] == [
        [0.0, "stay"],
        [0.5, "go"],
        [1.0, "stay"],
    ]
    assert attrs["stimulus_hash"] == ig.stimuli.ConditionTable(TABLE).fingerprint()
    assert attrs["response_label"] == "rate (1/s)"


def test_units_files_and_batches(tmp_path, monkeypatch):
    session = Slopes()
    whole = ig.encode(session, TABLE)
    some = ig.encode(session, TABLE, unit_ids=[12, 10])
    np.testing.assert_array_equal(some, whole.isel(unit=[0, 2]))
    monkeypatch.setattr(conditions, "BATCH_NUMBERS", 15)
    session.tables.clear()
    steps = []
    told = ig.encode(session, TABLE, on_progress=lambda *step: steps.append(step))
    np.testing.assert_array_equal(told, whole)
    assert [len(table) for table in session.tables] == [1, 1, 1]
    assert steps == [(1, 3), (2, 3), (3, 3)]
    TABLE.to_csv(tmp_path / "t.csv", index=False)
    stored = ig.encode(session, tmp_path / "t.csv", store=tmp_path / "r.zarr")
    np.testing.assert_array_equal(stored, whole)
    again = ig.load_responses(tmp_path / "r.zarr")
    np.testing.assert_array_equal(again["left"], TABLE["left"])
    for suffix in (".npz", ".parquet", ".zarr"):
        path = ig.export(whole, tmp_path / f"e{suffix}")
        np.testing.assert_array_equal(ig.load_responses(path), whole)


def test_moments_of_playback():
    session = Slopes()
    job = encoding_job(session, TABLE)
    assert isinstance(job, ConditionJob)
    assert (job.n_frames, job.n_times) == (3, 5)
    for _ in job.run():
        pass
    assert job.moments.n_done == 15
    np.testing.assert_allclose(job.moments.row(5 + 4), [100.5, 101.0, 101.5])


def test_moments_in_words():
    session, table = Slopes(), ig.stimuli.ConditionTable(TABLE)
    shown = input_of(session).shown(table, "crop")
    assert (shown.n_items, shown.n_times, shown.frames) == (3, 5, None)
    assert shown.words(5 + 3) == "condition 2 / 3: left 0.5, cue go   +750 ms"


def test_what_is_refused(leaky):
    session = Slopes()
    with pytest.raises(EncodingError, match="not pictures"):
        ig.encode(session, np.zeros((3, 4, 4), np.uint8))
    with pytest.raises(EncodingError, match="not pictures"):
        ig.encode(session, ig.stimuli.drifting_gratings(n_directions=2))
    with pytest.raises(EncodingError, match="takes no behaviour"):
        ig.encode(session, TABLE, behavior={"gain": np.zeros((3, 1))})
    with pytest.raises(EncodingError, match="driven by video, and a table"):
        ig.encode(leaky, TABLE)
    with pytest.raises(ig.InsilicoError, match="no table of conditions"):
        ig.encode(session, "clip.mp4")


def test_cancelling_and_wrong_sessions():
    session, cancel = Slopes(), threading.Event()
    with pytest.raises(EncodingCancelled):
        ig.encode(session, TABLE, on_progress=lambda *_: cancel.set(), cancel=cancel)

    class Short(Slopes):
        def respond(self, conditions, units=None):
            yield from (block[:, :2] for block in super().respond(conditions, units))

    with pytest.raises(EncodingError, match="needs mending"):
        ig.encode(Short(), TABLE)

    class Silent(Slopes):
        def respond(self, conditions, units=None):
            yield from ()

    with pytest.raises(EncodingError, match="answered 0 of 3 conditions"):
        ig.encode(Silent(), TABLE)

"""Epochs, read back with MNE."""

from __future__ import annotations

import json

import numpy as np
import pytest
from make_field_responses import (
    LABELS,
    files,
    of_channels,
    read_epochs,
)
from support import berg_vit

from insilico_gui.errors import ExportError
from insilico_gui.export import (
    export,
)


@pytest.mark.parametrize("name", ["eeg-epo.fif", "eeg.fif"])
def test_courses_become_epochs(tmp_path, name):
    responses = of_channels()
    trials = {"category": ["animal", "animal", "food"], "score": [0.5, 1.0, np.nan]}
    responses.attrs["trials"] = trials
    epochs = read_epochs(export(responses, tmp_path / name))
    assert files(tmp_path) == sorted([name, f"{name}.json"])
    assert epochs.ch_names == ["Oz", "Fp1", "nose"]
    assert epochs.get_channel_types() == ["csd"] * 3
    assert {str(channel["unit"]) for channel in epochs.info["chs"]} == {
        "-1 (FIFF_UNIT_NONE)"
    }
    np.testing.assert_allclose(epochs.times, berg_vit.TIMES, atol=1e-9)
    assert epochs.info["sfreq"] == 200
    assert epochs.baseline is None
    np.testing.assert_array_equal(
        epochs.get_data(copy=True), responses.to_numpy().reshape(6, 3, 140)
    )
    table = epochs.metadata
    assert table["image"].tolist() == np.repeat(LABELS, 2).tolist()
    assert table["repeat"].tolist() == [1, 2] * 3
    assert table["category"].tolist() == np.repeat(trials["category"], 2).tolist()
    assert len(epochs["a/cat.png"]) == len(epochs["repeat == 2 and score == 1"]) * 2
    assert list(epochs.event_id.values()) == [1, 2, 3]
    assert "b_ird: é.png" in epochs.event_id
    assert json.loads(epochs.info["description"])["session"] == "some/session"


def test_electrodes_are_where_the_layout_has_them(tmp_path):
    epochs = read_epochs(export(of_channels(), tmp_path / "x-epo.fif"))
    occipital, frontal, unknown = (c["loc"][:3] for c in epochs.info["chs"])
    assert occipital[1] < -0.05 < 0.05 < frontal[1]
    assert frontal[0] < -0.02
    assert abs(occipital[0]) < 0.01
    assert not np.isfinite(unknown).any()
    bare = of_channels(electrode_layout="none")
    epochs = read_epochs(export(bare, tmp_path / "bare-epo.fif"))
    assert not any(np.isfinite(c["loc"][:3]).any() for c in epochs.info["chs"])


def test_channels_without_a_type_are_not_called_eeg(tmp_path):
    responses = of_channels()
    del responses.attrs["channel_type"]
    epochs = read_epochs(export(responses, tmp_path / "x-epo.fif"))
    assert epochs.get_channel_types() == ["misc"] * 3


def test_repeats_and_labels_may_be_missing(tmp_path):
    responses = of_channels().mean("repeat").astype("f4").drop_vars("trial")
    responses.attrs = {"session": "some/session"}
    epochs = read_epochs(export(responses, tmp_path / "x-epo.fif"))
    np.testing.assert_array_equal(epochs.get_data(copy=True), responses)
    assert epochs.metadata["image"].tolist() == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"times": [0.0, 0.1, 0.3]}, "evenly spaced"),
        ({"times": [0.1]}, "evenly spaced"),
        ({"times": [0.3, 0.2, 0.1]}, "evenly spaced"),
        ({"times": [0.0025, 0.0075, 0.0125]}, "evenly spaced"),
        ({"times": [0.0, np.nan, 0.2]}, "evenly spaced"),
        ({"channels": ("Oz", "Oz")}, "same name"),
        ({"channels": ("Oz", "電")}, "cannot hold the channel name"),
        ({"channel_type": "stim"}, "'channel_type' is 'stim'; give one of csd"),
    ],
)
def test_courses_that_fif_cannot_hold_are_refused(tmp_path, options, message):
    with pytest.raises(ExportError, match=message):
        export(of_channels(**options), tmp_path / "x-epo.fif")
    assert files(tmp_path) == []

"""Judging a scan: each repeat is predicted with its own eye and behaviour."""

from __future__ import annotations

import numpy as np
import pytest
from insilico_wang2025 import evaluate, scan
from insilico_wang2025.data import load_evaluation_data
from support.recordings import write_item

import insilico_gui as ig


@pytest.fixture(scope="module")
def recorded(session, video, tmp_path_factory):
    """Two clips of two repeats and one, recorded from the scan itself, with noise."""
    folder = tmp_path_factory.mktemp("recorded")
    rng = np.random.default_rng(3)
    for v, frames in enumerate((video[:6], video[5::-1])):
        for r in range(2 - v):
            moved = {
                name: rng.normal(size=(len(frames), 2)).astype(np.float32)
                for name in ("perspective", "modulation")
            }
            truth = ig.encode(session, np.ascontiguousarray(frames), behavior=moved)
            write_item(
                folder,
                f"clip{v}/{r}.npy",
                stimuli=frames[..., None],
                perspectives=moved["perspective"],
                modulations=moved["modulation"],
                units=rng.poisson(truth.to_numpy() * 5).astype(np.float32) / 5,
            )
    return folder


def test_session_model_and_the_published_functions_agree(
    recorded, session, weights_folder
):
    model, ids = scan(8, 5, cuda=False, directory=weights_folder)
    data = load_evaluation_data(recorded)
    predictions = [
        [model.predict(*given) for given in zip(*video, strict=True)]
        for video in zip(
            data["stimuli"], data["perspectives"], data["modulations"], strict=True
        )
    ]
    responses, predicted = (
        evaluate.format_responses(values, 2) for values in (data["units"], predictions)
    )
    cc_max = evaluate.compute_cc_max(responses)
    cc_abs = evaluate.compute_cc_abs(responses, predicted)
    for judged in (session, model):
        table = ig.fitting.evaluate(judged, recorded, burn_in_frames=2)
        np.testing.assert_allclose(table["cc_abs"], cc_abs, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(table["cc_max"], cc_max, rtol=1e-6)
        assert table.attrs["notes"] == []
        if judged is session:
            assert table["unit_id"].tolist() == ids["unit_id"].tolist()
            assert {"session", "scan_idx"} < {*table}

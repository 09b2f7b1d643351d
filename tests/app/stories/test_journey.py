"""From a dropped video to a parquet file through the real window, on both sessions."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import Qt
from support.drops import drop
from support.in_window import use_session
from support.mouse import lasso
from support.wang2025_synthetic import write_params, write_tables

import insilico_gui as ig

LIMIT_S = 100.0
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A published folder with one small scan."""
    folder = tmp_path_factory.mktemp("weights")
    write_params(folder, 101, 64, (8, 5))
    write_tables(folder, 64, (8, 5))
    return folder


@pytest.mark.timeout(200)
@pytest.mark.parametrize("session_id", ["demo", "wang2025/session-8_scan-5"])
def test_drop_encode_lasso_traces_export(
    window, qtbot, video, weights, tmp_path, session_id
):
    qt_window = window.viewer.window._qt_window
    # a session: the demo is there; the other by dropping its folder
    panel = window.panel("Session")
    window.wait(LIMIT_S)
    if session_id != "demo":
        drop(qt_window, weights)
        qtbot.waitUntil(lambda: panel.session.findText(session_id) >= 0, timeout=20_000)
        window.wait(LIMIT_S)
    panel.session.setCurrentText(session_id)
    assert "units" in panel.info.text()
    qtbot.mouseClick(panel.load_button, LEFT)
    window.wait(LIMIT_S)
    assert window.now.session.id == session_id

    # the video, dropped on the canvas: encoded at once, in the background
    canvas = window.viewer.window._qt_viewer
    drop(canvas, video)
    window.wait(LIMIT_S)
    responses = window.now.responses
    assert responses is not None, window.playback_bar.message.text()
    assert responses.sizes["time"] == 60  # two seconds at 30 Hz
    assert window.viewer.layers["Stimulus"].data.shape == (60, 1, 144, 256)
    info = window.panel("Stimulus").info.text()
    assert "400 × 300" in info and "24 Hz" in info and "crop" in info

    # the same numbers as without a window
    session = ig.open_session(session_id, weights, "cpu")
    alone = ig.encode(session, ig.open_stimulus(video))
    np.testing.assert_array_equal(responses, alone)

    # a lasso around the upper left
    everything = len(window.now.selection)
    corner = [(0.1, 0.1), (0.6, 0.1), (0.6, 0.6), (0.1, 0.6), (0.1, 0.15)]
    lasso(window, qtbot, corner)
    qtbot.waitUntil(lambda: 0 < len(window.now.selection) < everything, timeout=5000)
    chosen = window.now.selection.indices
    layer = window.viewer.layers["Units"]
    polygon = np.array(window.now.selection.rule["lasso"])
    assert layer.data[chosen, 1].max() <= polygon[:, 0].max()
    assert layer.data[chosen, 2].max() <= polygon[:, 1].max()

    # its traces
    window.wait(LIMIT_S)
    time, mean = window.panel("Traces").mean_curve.getData()
    np.testing.assert_allclose(time, responses["time"])
    np.testing.assert_allclose(mean, alone.to_numpy()[:, chosen].mean(1), rtol=1e-5)

    # and out
    path = tmp_path / "chosen.parquet"
    window.panel("Export").path.setText(str(path))
    qtbot.mouseClick(window.panel("Export").button, LEFT)
    window.wait(LIMIT_S)
    loaded = ig.load_responses(path)
    assert loaded.to_numpy().tobytes() == alone.to_numpy()[:, chosen].tobytes()
    assert loaded.attrs["session"] == session_id
    assert loaded.attrs["selection"] == window.now.selection.rule
    assert loaded.attrs["stimulus_attrs"]["source"]["file"] == "walk.mp4"


@pytest.mark.timeout(200)
def test_gratings_recover_the_directions_of_the_demo(window, qtbot):
    """Half a direction step, at least 95 % of the direction-selective units."""
    use_session(window, ig.open_session("demo"))
    form = window.panel("Stimulus").form
    parameters = form.form("drifting gratings")
    parameters.n_directions.value = 12
    parameters.duration_s.value = 0.8
    parameters.blank_s.value = 0.3
    qtbot.waitUntil(lambda: "12 trials" in form.about.text(), timeout=20_000)
    assert form.preview.frame is not None and form.preview.frame.std() > 20
    parameters.temporal_frequency.value = 20.0  # beyond half of 30 Hz
    qtbot.waitUntil(lambda: "14.99 Hz" in form.about.text(), timeout=5000)
    assert not form.button.isEnabled()
    parameters.temporal_frequency.value = 2.0
    qtbot.waitUntil(form.button.isEnabled, timeout=5000)
    qtbot.mouseClick(form.button, LEFT)
    window.wait(LIMIT_S)
    assert window.now.stimulus.trials["direction"].nunique() == 12
    assert window.now.responses is not None
    qtbot.mouseClick(window.panel("Tuning").compute_button, LEFT)
    window.wait(LIMIT_S)
    units = window.now.units
    selective = units["true_class"] == "direction"
    error = units["pref_dir_measured"] - units["true_direction"]
    error = ((error + 180) % 360 - 180).abs()[selective]
    assert (error <= 15).mean() >= 0.95
    # columns of the unit table at once: colour, text, plots
    assert window.panel("Map").color_by.findText("gDSI_measured") >= 0
    number = int(window.now.selection.indices[0])
    window.panel("Tuning").unit.setValue(units["unit_id"].iloc[number])
    assert str(units["unit_id"].iloc[number]) in window.panel("Tuning").about.text()
    curve = (
        window.now.results["direction tuning"].dataset["curve"].to_numpy()[:, number]
    )
    curves = [
        item.getData()[1]
        for item in window.panel("Tuning").cartesian.listDataItems()
        if item.opts["pen"] is not None
    ]
    assert any(len(drawn) == 12 and np.allclose(drawn, curve) for drawn in curves)

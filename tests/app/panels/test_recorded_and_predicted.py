"""A mouse scan without code: recorded beside predicted, the map, a clip in 3-D, a file."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from qtpy.QtCore import QPointF, Qt
from support.drops import drop
from support.in_window import choose, pixels
from support.mouse import settle_map
from support.wang2025_synthetic import write_params, write_tables
from support.wang2025_tables import truth, write_properties

import insilico_gui as ig
from insilico_gui.analysis.trials.scales import scaled
from insilico_gui.responses import BURN_IN_FRAMES

LIMIT_S = 120.0
LEFT = Qt.MouseButton.LeftButton
N_UNITS, N_FRAMES = 64, 45
SCAN = "wang2025/session-8_scan-5"


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A published folder with a small scan and the properties of its units."""
    folder = tmp_path_factory.mktemp("published") / "weights"
    write_params(folder, 101, N_UNITS, (8, 5))
    write_tables(folder, N_UNITS, (8, 5))
    places = np.random.default_rng(4).uniform(-1, 1, (N_UNITS, 2)).astype(np.float32)
    write_properties(folder / "properties", truth(N_UNITS), places)
    return folder


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Smooth noise at the rate of the scan."""
    noise = np.random.default_rng(5).normal(size=(N_FRAMES, 18, 32))
    smooth = np.repeat(np.repeat(noise, 8, axis=1), 8, axis=2)
    path = tmp_path_factory.mktemp("clips") / "clip.npy"
    np.save(path, np.clip(128 + 50 * smooth, 0, 255).astype(np.uint8))
    return path


@pytest.fixture(scope="module")
def recorded(weights, clip, tmp_path_factory):
    """What was recorded of 40 of the units, in another order, and of one of no twin.

    Of the unit of column k it is the response of the twin to the clip, k / 40 of it
    replaced by noise: the first are predicted best.
    """
    session = ig.open_session(SCAN, weights, "cpu")
    responses = ig.encode(session, ig.open_stimulus(clip, frame_rate=30.0))
    rng = np.random.default_rng(6)
    columns = rng.permutation(N_UNITS)[:40]
    chosen = responses[:, columns].copy(deep=True)
    values = chosen.to_numpy()
    noise = rng.permuted(values, axis=0)
    part = np.arange(40) / 40
    chosen.data = ((1 - part) * values + part * noise).astype(np.float32)
    ids = chosen["unit_id"].to_numpy().copy()
    ids[-1] = 9999  # which the twin does not have
    chosen = chosen.assign_coords(unit_id=("unit", ids))
    path = tmp_path_factory.mktemp("recorded") / "recorded 17797_8_5.parquet"
    ig.export(chosen, path)
    return path, chosen


def click(qtbot, plot, x, y):
    scene = plot.plotItem.vb.mapViewToScene(QPointF(x, y))
    qtbot.mouseClick(plot.viewport(), LEFT, pos=plot.mapFromScene(scene))


@pytest.mark.timeout(400)
def test_recorded_beside_predicted_without_code(
    window, qtbot, weights, clip, recorded, tmp_path
):
    qt_window, canvas = window.docks.window, window.docks.canvas
    path, recording = recorded
    # the scan, by dropping its folder
    panel = window.panel("Session")
    window.wait(LIMIT_S)
    drop(qt_window, weights)
    qtbot.waitUntil(lambda: panel.session.findText(SCAN) >= 0, timeout=20_000)
    window.wait(LIMIT_S)
    panel.session.setCurrentText(SCAN)
    qtbot.mouseClick(panel.load_button, LEFT)
    window.wait(LIMIT_S)
    known = truth(N_UNITS)
    units = window.now.units
    assert units["unit_id"].tolist() == known["unit_id"].tolist()
    assert units["area"].tolist() == known["area"].tolist()
    np.testing.assert_allclose(units["gOSI"], known["gOSI"], rtol=1e-6)
    # the clip, then what was recorded to it
    drop(qt_window, clip)
    window.wait(LIMIT_S)
    responses = window.now.responses
    assert responses is not None and responses.sizes["time"] == N_FRAMES
    drop(qt_window, path)
    window.wait(LIMIT_S)
    assert window.now.view.reference.file == str(path)

    # raster of both, sorted alike, first by the one and then by the other
    raster = window.panel("Raster")
    choose(raster.sort, "peak time")
    choose(raster.beside, "B beside A")
    window.wait(LIMIT_S)
    settle_map(window, qtbot)
    window.wait(LIMIT_S)
    assert raster.other.isVisible()
    ids, other_ids = units["unit_id"].to_numpy(), recording["unit_id"].to_numpy()
    predicted = scaled(responses.to_numpy(), "z-score", BURN_IN_FRAMES)
    measured = scaled(recording.to_numpy(), "z-score", BURN_IN_FRAMES)

    def drawn():
        drawing = window.panel("Raster")._summary.value
        return drawing, drawing.drawn.order, drawing.other_drawn.order

    def is_sorted(values):
        if units["area"].nunique() < 2:
            return (np.diff(values) >= 0).all()
        areas = units["area"].to_numpy()[drawn()[1]]
        groups = [values[areas == name] for name in np.unique(areas)]
        assert (np.sort(areas) == areas).all()
        return all((np.diff(group) >= 0).all() for group in groups)

    for text, leader in (("B beside A", "A"), ("A and B, sorted by B", "B")):
        choose(raster.beside, text)
        window.wait(LIMIT_S)
        drawing, order, other = drawn()
        assert window.now.view.raster.beside == leader
        assert len(order) == len(other) == 39
        np.testing.assert_array_equal(ids[order], other_ids[other])
        np.testing.assert_allclose(
            drawing.other.values[other], measured[:, other].T, atol=1e-3
        )
        peaks = {
            "A": responses.to_numpy()[BURN_IN_FRAMES:, order].argmax(axis=0),
            "B": recording.to_numpy()[BURN_IN_FRAMES:, other].argmax(axis=0),
        }
        assert is_sorted(peaks[leader])
        assert not is_sorted(peaks["B" if leader == "A" else "A"])
    assert f"39 of {N_UNITS} units" in raster.about.text()
    # the pixels: units that are predicted well look alike in both
    drawing, order, other = drawn()
    assert raster.other.image.image.shape == raster.plot.image.image.shape
    alike = [
        np.corrcoef(predicted[:, a], measured[:, b])[0, 1]
        for a, b in zip(order, other, strict=True)
    ]
    colors = [
        plot.image.image[..., :3].astype(float).sum(axis=2)
        for plot in (raster.plot, raster.other)
    ]
    seen = [np.corrcoef(a, b)[0, 1] for a, b in zip(*colors, strict=True)]
    assert np.corrcoef(alike, seen)[0, 1] > 0.9
    # a click in either picks the unit and the time
    for plot, row in ((raster.plot, 4), (raster.other, 11)):
        click(qtbot, plot, 1.0, row + 0.5)
        assert window.now.view.unit_id == ids[order[row]]
        assert window.experiment.playback.time == pytest.approx(1.0, abs=0.05)
        window.wait(LIMIT_S)
    table = pd.read_csv(raster.other.menu.save(tmp_path / "recorded.csv"))
    assert table["unit_id"].tolist() == other_ids[other].tolist()

    # the functional layout, of the readout weights that the scan comes with, by area
    choose(window.panel("Map").layouts, "functional")
    window.wait(LIMIT_S)
    assert window.now.view.layout == "functional"
    choose(window.panel("Map").color_by, "area")
    settle_map(window, qtbot)
    layer = window.viewer.layers["Units"]
    session = window.now.session
    weights_of = np.asarray(session.readout_weights(), float)
    centered = weights_of - weights_of.mean(axis=0)
    places = np.linalg.svd(centered, full_matrices=False)[0][:, :2]
    drawn_at = layer.data[:, [2, 1]] - layer.data[:, [2, 1]].mean(axis=0)
    for k in range(2):  # the principal components, but for their scale and sign
        assert abs(np.corrcoef(places[:, k], drawn_at[:, k])[0, 1]) > 0.999
    made = window.viewer.screenshot(canvas_only=True, flash=False)[..., :3]
    for area in np.unique(units["area"]):  # each has pixels in its colour
        color = 255 * layer.face_color[np.flatnonzero(units["area"] == area)[0], :3]
        near = np.abs(made.astype(float) - color).max(axis=2) < 12
        assert near.sum() > 20, area

    # and a clip that plays beside the units in 3-D
    choose(window.panel("Map").layouts, "anatomical 3-D")
    settle_map(window, qtbot)
    layer = window.viewer.layers["Units"]
    assert window.viewer.dims.ndisplay == 3
    colors = {
        area: {
            tuple(c) for c in layer.face_color[units["area"] == area][:, :3].round(4)
        }
        for area in sorted(units["area"].unique())
    }
    assert all(len(own) == 1 for own in colors.values())
    assert len(set.union(*colors.values())) == len(colors)
    inset, playback = window.inset, window.experiment.playback
    assert inset.isVisible() and canvas.rect().contains(inset.geometry())
    frames = np.load(clip)
    shown = []
    playback.seek(0.0)
    qtbot.keyClick(canvas, Qt.Key.Key_Space)
    assert playback.playing

    def has_moved():
        if inset.frame is not None:
            shown.append(playback.frame)
            at = playback.frame
            np.testing.assert_array_equal(inset.frame, frames[at])
        return len(set(shown)) >= 4

    qtbot.waitUntil(has_moved, timeout=20_000)
    qtbot.keyClick(canvas, Qt.Key.Key_Space)
    assert not playback.playing
    grey = pixels(inset)[3:-3, 3:-3].mean()
    assert grey == pytest.approx(frames[playback.frame].mean(), abs=4)
    choose(window.panel("Map").layouts, "retinotopic")
    assert not inset.isVisible()  # there the units lie on the clip

    # and out: what is selected, with its areas
    window.experiment.pick(areas=["V1"])
    out = tmp_path / "V1.parquet"
    window.panel("Export").path.setText(str(out))
    qtbot.mouseClick(window.panel("Export").button, LEFT)
    window.wait(LIMIT_S)
    loaded = ig.load_responses(out)
    rows = np.flatnonzero(units["area"] == "V1")
    np.testing.assert_array_equal(loaded, responses[:, rows])
    assert set(loaded["area"].to_numpy()) == {"V1"}
    assert window.now.session.id == loaded.attrs["session"]

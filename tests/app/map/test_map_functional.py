"""The functional layout in the window: chosen as the other layouts are."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import Qt
from support.in_window import choose, use_session, use_stimulus
from support.leaky import LeakySession
from support.mouse import settle_map

from insilico_gui.app.map.backdrop import AREAS, NAMES
from insilico_gui.stimuli import ArrayStimulus

LIMIT_S = 120.0
LEFT = Qt.MouseButton.LeftButton


class Reading(LeakySession):
    """Units of one area read a network alike."""

    def readout_weights(self):
        rng = np.random.default_rng(5)
        areas = self.units["area"].factorize()[0]
        return (rng.normal(size=(3, 20))[areas] * 3 + rng.normal(size=(36, 20))).astype(
            np.float32
        )


def offered(panel):
    return [panel.layouts.itemText(k) for k in range(panel.layouts.count())]


def written(window):
    """What is written on the map, in one line."""
    note = window.viewer.canvas.overlays.text
    return note.text.replace("\n", " ") if note.visible else ""


def test_units_are_laid_out_by_readout_weights_and_back(window, qtbot):
    use_session(window, Reading(36, (36, 64)))
    experiment, panel = window.experiment, window.panel("Map")
    assert "functional" in offered(panel)
    choose(panel.layouts, "functional")
    window.wait(LIMIT_S)
    assert experiment.document.view.layout == "functional"
    entry = experiment.document.analyses[-1]
    assert (entry.analysis, entry.stimulus) == ("functional layout", None)
    units, layer = window.now.units, window.map.units_layer
    places = units[["functional_y", "functional_x"]].to_numpy() * [-1, 1]
    np.testing.assert_allclose(layer.data[:, 1:], places, rtol=1e-5)
    panel = window.panel("Map")
    assert "of readout weights." in written(window) and "%" in written(window)
    choose(panel.color_by, "area")
    assert window.map.categories == ["AL", "LM", "V1"]
    # areas stand apart, on the canvas as in the table
    centers = np.stack(
        [places[units["area"] == a].mean(axis=0) for a in window.map.categories]
    )
    nearest = np.linalg.norm(places[:, None] - centers, axis=2).argmin(axis=1)
    assert (np.array(window.map.categories)[nearest] == units["area"]).all()
    settle_map(window, qtbot)
    grey = window.viewer.screenshot(canvas_only=True, flash=False)[..., :3]
    for color in window.map.scale.table[[40, 128, 210], :3]:
        assert (np.abs(grey - 255 * color).max(axis=2) < 12).sum() > 60
    # the analysis is undone, and the layout with it
    experiment.undo()
    assert experiment.document.view.layout == "retinotopic"
    assert not experiment.document.analyses
    experiment.redo()
    choose(window.panel("Map").layouts, "functional")  # at hand: nothing is computed
    assert not window.jobs.running
    assert window.now.view.layout == "functional" and layer.shown.all()


def test_responses_lay_out_a_session_without_readout_weights(window):
    use_session(window, LeakySession(40, (36, 64)))
    assert "functional" not in offered(window.panel("Map"))
    frames = np.random.default_rng(0).integers(0, 255, (30, 36, 64), np.uint8)
    use_stimulus(window, ArrayStimulus(frames, 10.0, name="noise"))
    window.encode()
    window.wait(LIMIT_S)
    panel = window.panel("Map")
    choose(panel.layouts, "functional")
    window.wait(LIMIT_S)
    assert window.experiment.document.analyses[-1].parameters == {"of": "responses"}
    assert window.now.view.layout == "functional"
    assert "of responses, scaled, to noise." in written(window)
    # without its analysis the layout has no places any more
    window.experiment.remove_analysis("functional layout", stimulus="noise")
    assert window.now.view.layout == "retinotopic"
    # in 3-D the depth has an axis, and more depth is further away
    window.experiment.look(layout="anatomical 3-D")
    names = window.viewer.layers[NAMES].text.values
    assert {"depth (z)", "100 µm", "200 µm"} <= set(names)
    away = window.viewer.scene.camera.view_direction
    assert away[0] > 0.5 and away[1] < -0.5
    assert AREAS in window.viewer.layers
    window.experiment.look(layout="list")
    assert AREAS not in window.viewer.layers

"""Units of several sessions on one map: ticked, played in step, clicked, drawn around."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
from qtpy.QtCore import QPoint, Qt
from support.in_window import use_session, use_stimulus
from support.leaky import LeakySession
from support.mouse import draw, settle_map

from insilico_gui.app.map.coloring import Coloring
from insilico_gui.app.map.crowd import Crowd
from insilico_gui.experiment.encoded import Beside, Encoded
from insilico_gui.experiment.playback import Playback
from insilico_gui.experiment.resolved import Resolved
from insilico_gui.stimuli import ArrayStimulus

LEFT = Qt.MouseButton.LeftButton
LIMIT_S = 120.0


class Scan(LeakySession):
    """One scan of a mouse, in a stripe of its own of the same tissue."""

    def __init__(self, scan, n_units=12, left=0.0, frame_rate=10.0):
        super().__init__(n_units, (36, 64))
        self.id, self.frame_rate = f"scan-{scan}", frame_rate
        row, column = np.divmod(np.arange(n_units), 4)
        self.units = self.units.assign(
            session=8,
            scan_idx=scan,
            x=left + 100.0 * column,
            y=100.0 * row,
            z=50.0,
            depth_class="deep" if scan % 2 else "shallow",
        )


class Rows:
    """Responses that are there, by moment."""

    def __init__(self, values):
        self._values, self.n_done = values, len(values)

    def row(self, moment):
        return self._values[moment]


@pytest.fixture
def three(window, qtbot):
    """Three scans side by side; two of them encoded, at different frame rates."""
    names = [
        use_session(window, Scan(1, 12, 0.0)),
        use_session(window, Scan(2, 8, 500.0, frame_rate=20.0)),
        use_session(window, Scan(3, 4, 1000.0)),
    ]
    frames = np.random.default_rng(0).integers(0, 255, (20, 36, 64), np.uint8)
    clip = use_stimulus(window, ArrayStimulus(frames, 10.0, name="noise"))
    window.experiment.look(encode_at_once=False, layout="anatomical")
    window.wait(LIMIT_S)
    window.encode([(name, clip) for name in names[:2]])
    window.wait(LIMIT_S)
    window.experiment.show(names[0], clip)
    window.wait(LIMIT_S)
    settle_map(window, qtbot)
    return window, names, clip


def place_of(window, point):
    """Where on the canvas the middle of a point is."""
    layer, camera = window.map.units_layer, window.viewer.scene.camera
    canvas = window.docks.canvas
    away = (layer.data[point, -2:] - np.array(camera.center)[-2:]) * camera.zoom
    return QPoint(
        round(canvas.width() / 2 + away[1]), round(canvas.height() / 2 + away[0])
    )


@pytest.mark.timeout(300)
def test_sessions_are_ticked_played_in_step_and_selected_together(three, qtbot):
    window, names, clip = three
    experiment, panel = window.experiment, window.panel("Map")
    assert window.map.crowd.n_units == 12
    qtbot.mouseClick(panel.sessions_button, LEFT)
    ticks = panel.sessions.sessions
    assert ticks.ticked() == names[:1]
    box = ticks.visualItemRect(ticks.item(1))
    qtbot.mouseClick(
        ticks.viewport(), LEFT, pos=QPoint(box.left() + 10, box.center().y())
    )
    assert set(experiment.document.view.map.sessions) == set(names[:2])
    assert window.map.crowd.n_units == 20
    qtbot.mouseClick(panel.sessions.everything, LEFT)
    assert window.map.crowd.n_units == len(window.map.units_layer.data) == 24
    panel.sessions.close()
    experiment.undo()
    assert window.map.crowd.n_units == 20
    experiment.redo()
    settle_map(window, qtbot)
    layer = window.map.units_layer
    assert layer.data[12:, 2].min() == 500.0 and layer.data[20:, 2].min() == 1000.0
    assert panel.sessions_button.text() == "3 sessions…"

    # each plays its own run: the second has two responses for each frame of the clip
    runs = [experiment.responses(name, clip).to_numpy() for name in names[:2]]
    for frame in (3, 17, 11):
        experiment.playback.seek_frame(frame)
        shown = window.map.values()
        np.testing.assert_array_equal(shown[:12], runs[0][frame])
        np.testing.assert_array_equal(shown[12:20], runs[1][2 * frame])
        assert np.isnan(shown[20:]).all()  # not encoded
        expected = window.map.scale.colors(shown)
        np.testing.assert_allclose(layer.face_color, expected, atol=1e-6)
    experiment.look(color_by="depth_class")
    assert window.map.categories == ["deep", "shallow"]
    assert window.map.values().tolist() == [0.0] * 12 + [1.0] * 8 + [0.0] * 4
    assert "session 8, scan 2" in window.map.lines(14)

    # drawn around in two sessions at once, by one command
    canvas = window.docks.canvas
    qtbot.mouseClick(window.panel("Selection").lasso_button, LEFT)
    settle_map(window, qtbot)
    first, last = place_of(window, 3), place_of(window, 12 + 4)
    low = QPoint(first.x() - 12, first.y() - 12)
    high = QPoint(last.x() + 12, last.y() + 12)
    corners = [low, QPoint(high.x(), low.y()), high, QPoint(low.x(), high.y()), low]
    draw(canvas, corners)
    chosen = window.map.crowd.by_session(window.map.crowd.selected())
    assert chosen[names[0]].tolist() == [3, 7] and chosen[names[1]].tolist() == [0, 4]
    assert not len(chosen[names[2]])
    rules = {s.session: s.rule for s in experiment.document.selections.values()}
    assert rules[names[1]] == {"indices": (0, 4)} or rules[names[1]]["indices"] == [
        0,
        4,
    ]
    sizes = layer.size
    assert sizes[3] == sizes[12] > sizes[0]
    experiment.undo()
    assert not experiment.document.selections

    # a click on a unit of another session looks at that session; all stay on the map
    window.arm_lasso(False)
    settle_map(window, qtbot)
    qtbot.mouseClick(canvas, LEFT, pos=place_of(window, 12 + 5))
    assert experiment.document.view.session == names[1]
    assert window.now.selection.indices.tolist() == [5]
    assert window.map.crowd.n_units == 24
    experiment.look(layout="list")  # no space that sessions share
    assert window.map.units_layer.shown.tolist() == [True] * 8 + [False] * 16
    note = window.viewer.canvas.overlays.text.text.replace("\n", " ")
    assert "retinotopic and anatomical" in note
    experiment.remove_session(names[2])
    assert window.map.crowd.n_units == 20


def test_a_hundred_thousand_units_get_their_colours_for_each_frame():
    """All 13 scans, 104,171 units; benchmarks have the time that drawing takes."""
    rng = np.random.default_rng(0)
    scans = [Scan(k, n) for k, n in enumerate([8013] * 12 + [8015])]
    clip = [
        Encoded(
            Rows(rng.random((3, len(scan.units)), np.float32)),
            np.arange(len(scan.units)),
        )
        for scan in scans
    ]
    beside = tuple(
        Beside(scan.id, scan, scan.units, None, encoded)
        for scan, encoded in zip(scans[1:], clip[1:], strict=True)
    )
    first = scans[0]
    now = Resolved(
        session=first,
        session_name="a",
        units=first.units,
        encoded=clip[0],
        beside=beside,
    )
    crowd, playback = Crowd(now), Playback(n_frames=3, frame_rate=10.0)
    coloring = Coloring(playback)
    coloring.choose(now, crowd)
    times = []
    for frame in (0, 1, 2, 1, 0):
        playback.seek_frame(frame)
        start = time.process_time()
        values = coloring.values(crowd)
        colors, ranks = coloring.colors(values)
        times.append(time.process_time() - start)
        assert colors.shape == (104_171, 4) and len(ranks) == 104_171
        np.testing.assert_array_equal(values[-8015:], clip[-1].moments.row(frame))
    assert np.median(times) < 0.06  # some ten times what a quiet machine needs


def test_what_tables_lack_is_not_known():
    units = pd.DataFrame({"unit_id": [1, 2], "area": ["V1", "LM"], "gDSI": [0.1, 0.2]})
    other = units[["unit_id"]].assign(gDSI=["a", "b"])
    session = LeakySession(2)
    now = Resolved(
        session=session,
        session_name="one",
        units=units,
        beside=(Beside("two", session, other, None, None),),
    )
    crowd = Crowd(now)
    assert crowd.column("area").tolist() == ["V1", "LM", "", ""]
    assert crowd.column("gDSI").isna().tolist() == [False, False, True, True]
    assert crowd.column("none") is None and crowd.find(4) is None
    assert crowd.find(3).session == "two" and crowd.find(3).row == 1

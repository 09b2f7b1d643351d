"""The window on the demo session: what a user does, on real widgets."""

from __future__ import annotations

import threading
from contextlib import suppress

import numpy as np
import pytest
from npe2 import PluginManager, PluginManifest
from qtpy.QtCore import Qt
from qtpy.QtGui import QCloseEvent
from qtpy.QtWidgets import QMessageBox
from support.in_window import choose, use_session, use_stimulus
from support.leaky import LeakySession
from support.mouse import lasso

import insilico_gui as ig
from insilico_gui.app import InsilicoWindow
from insilico_gui.drawing.layouts import unit_positions
from insilico_gui.stimuli import ArrayStimulus

FAST = 60.0


@pytest.fixture
def encoded(window):
    """A window with a small session and an encoded clip."""
    session = LeakySession(40, (36, 64))
    clip = np.random.default_rng(0).integers(0, 255, (50, 36, 64), np.uint8)
    use_session(window, session)
    use_stimulus(window, ArrayStimulus(clip, 10.0))
    window.encode()
    window.wait(FAST)
    assert window.now.responses is not None
    return window


def click(qtbot, button):
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_session_is_described_before_it_is_loaded(window, qtbot):
    panel = window.panel("Session")
    window.wait(FAST)
    panel.session.setCurrentText("demo")
    for word in ("units", "V1", "LM", "AL", "RL", "Fields"):
        assert word in panel.info.text()
    assert window.now.session is None
    click(qtbot, panel.load_button)
    window.wait(FAST)
    assert window.now.session.id == "demo"
    assert len(window.viewer.layers["Units"].data) == len(window.now.units)


def test_layers_are_named_and_units_sit_on_their_pixels(encoded):
    assert [layer.name for layer in encoded.viewer.layers] == ["Stimulus", "Units"]
    units = encoded.now.units
    session = encoded.now.session
    row, column = np.divmod(session._pixels, 64)
    np.testing.assert_allclose(
        encoded.viewer.layers["Units"].data, np.c_[0 * row, row, column], atol=1e-9
    )
    np.testing.assert_allclose(
        unit_positions(units, "anatomical", (36, 64))[:, 1:], units[["y", "x"]]
    )


def test_slider_map_stimulus_and_traces_show_the_same_time(encoded):
    playback = encoded.experiment.playback
    playback.seek(2.3)
    frame = playback.frame
    assert frame == 23
    assert encoded.viewer.dims.current_step[0] == frame
    assert encoded.playback_bar.slider.value() == frame
    assert encoded.panel("Traces").playhead.value() == pytest.approx(2.3)
    np.testing.assert_array_equal(
        encoded.panel("Stimulus").preview.frame,
        encoded.now.frames.frames(23, 24)[0],
    )
    expected = encoded.now.responses[frame].to_numpy()
    alpha = encoded.viewer.layers["Units"].face_color[:, 3]
    assert (np.diff(alpha[np.argsort(expected)]) >= 0).all()
    assert alpha.max() > alpha.min()
    other = encoded.now.responses[frame + 9].to_numpy()
    assert (np.diff(alpha[np.argsort(other)]) < 0).any()
    # and from napari's slider back
    encoded.viewer.dims.set_current_step(0, 7)
    assert playback.frame == 7
    encoded.playback_bar.slider.setValue(11)
    assert playback.frame == encoded.viewer.dims.current_step[0] == 11


def test_playing_moves_on_and_stops(encoded, qtbot):
    playback = encoded.experiment.playback
    playback.speed = 4.0
    click(qtbot, encoded.playback_bar.play_button)
    qtbot.waitUntil(lambda: playback.frame > 5, timeout=5000)
    click(qtbot, encoded.playback_bar.play_button)
    assert not playback.playing
    frame = playback.frame
    click(qtbot, encoded.playback_bar.forward_button)
    assert playback.frame == frame + 1
    click(qtbot, encoded.playback_bar.back_button)
    assert playback.frame == frame


def test_check_lists_select_and_count(encoded):
    panel = encoded.panel("Selection")
    panel.areas.item(0).setCheckState(Qt.CheckState.Checked)
    units = encoded.now.units
    area = panel.areas.item(0).data(Qt.ItemDataRole.UserRole)
    chosen = encoded.now.selection.indices
    assert set(units["area"].iloc[chosen]) == {area}
    assert f"({(units['area'] == area).sum()})" in panel.areas.item(0).text()
    assert str(len(chosen)) in panel.count.text()
    panel.fields.item(0).setCheckState(Qt.CheckState.Checked)
    both = encoded.now.selection.indices
    assert set(units["field"].iloc[both]) == {1}
    panel.any_of.click()
    assert len(encoded.now.selection) > len(chosen) > len(both)
    click_invert = len(units) - len(encoded.now.selection)
    panel.invert_button.click()
    assert len(encoded.now.selection) == click_invert
    panel.clear_button.click()
    assert len(encoded.now.selection) == 0


def test_selected_units_stand_out_but_keep_their_colour(encoded):
    layer = encoded.viewer.layers["Units"]
    before = layer.face_color.copy()
    encoded.experiment.pick(areas=["V1"])
    chosen = encoded.now.selection.indices
    others = np.setdiff1d(np.arange(40), chosen)
    assert layer.size[chosen].min() > layer.size[others].max()
    assert (layer.border_width[chosen] > 0).all()
    assert layer.border_width[others].max() < layer.border_width[chosen].min()
    np.testing.assert_array_equal(layer.face_color, before)


def test_lasso_with_the_mouse(encoded, qtbot):
    """Real mouse events on the canvas: press, move around everything, release."""
    encoded.experiment.pick_none()
    corners = [(0.02, 0.02), (0.5, 0.02), (0.5, 0.98), (0.02, 0.98), (0.02, 0.05)]
    lasso(encoded, qtbot, corners)
    qtbot.waitUntil(lambda: len(encoded.now.selection) > 0, timeout=5000)
    columns = encoded.viewer.layers["Units"].data[:, 2]
    chosen = encoded.now.selection.indices
    others = np.setdiff1d(np.arange(40), chosen)
    assert columns[chosen].max() < columns[others].min() + 1e-9  # the left half
    assert "Lasso" not in encoded.viewer.layers
    assert encoded.now.selection.rule["layout"] == "retinotopic"


def test_layouts_and_colours(encoded):
    layer = encoded.viewer.layers["Units"]
    choose(encoded.panel("Map").layouts, "anatomical")
    np.testing.assert_allclose(layer.data[:, 2], encoded.now.units["x"].to_numpy())
    assert not encoded.viewer.layers["Stimulus"].visible
    choose(encoded.panel("Map").layouts, "anatomical 3-D")
    assert encoded.viewer.dims.ndisplay == 3
    np.testing.assert_allclose(layer.data[:, 0], encoded.now.units["z"])
    encoded.experiment.playback.seek_frame(9)
    assert encoded.viewer.dims.current_step[0] == 9
    choose(encoded.panel("Map").color_by, "area")
    assert len(np.unique(layer.face_color, axis=0)) == 3
    assert encoded.now.view.color_by == "area"
    encoded.experiment.look(layout="retinotopic")
    assert encoded.panel("Map").layouts.currentText() == "retinotopic"
    assert encoded.viewer.layers["Stimulus"].visible


def test_cyclic_colours_meet_at_the_ends(window):
    session = LeakySession(40, (36, 64))
    session.units["pref_dir"] = np.linspace(0, 360, 40)
    use_session(window, session)
    window.experiment.look(color_by="pref_dir")
    colors = window.viewer.layers["Units"].face_color
    assert np.abs(colors[0] - colors[-1]).max() < 0.1
    assert np.abs(colors[0] - colors[20]).max() > 0.5
    assert window.map.limits == (0.0, 360.0)


def test_only_selected_units_are_encoded_when_asked(encoded):
    encoded.experiment.pick(areas=["LM"])
    encoded.panel("Stimulus").selected_only.click()
    encoded.panel("Stimulus").encode_button.click()
    encoded.wait(FAST)
    responses = encoded.now.responses
    assert set(responses["area"].to_numpy()) == {"LM"}
    row = encoded.now.response_at(3)
    chosen = encoded.now.selection.indices
    np.testing.assert_array_equal(row[chosen], responses[3])
    assert np.isnan(np.delete(row, chosen)).all()


def test_cancel_leaves_a_usable_window(window, qtbot):
    session = ig.open_session("demo")
    use_session(window, session)
    clip = np.zeros((3000, *session.frame_shape), np.uint8)
    use_stimulus(window, ArrayStimulus(clip, session.frame_rate))
    window.encode()
    qtbot.waitUntil(lambda: window.now.encoded is not None, timeout=20_000)
    job = window.now.encoded
    qtbot.waitUntil(lambda: job.moments.n_done > 0, timeout=20_000)
    # results are on the map while the job runs
    assert window.now.response_at(0) is not None
    click(qtbot, window.playback_bar.cancel_button)
    window.wait(FAST)
    assert job.moments.n_done < 3000
    assert window.now.encoded is None and window.now.responses is None
    use_stimulus(window, ArrayStimulus(clip[:20], session.frame_rate))
    window.encode()
    window.wait(FAST)
    assert window.now.responses.sizes["time"] == 20


def test_a_second_encode_comes_after_the_first(window):
    session = ig.open_session("demo")
    use_session(window, session)
    clip = np.zeros((400, *session.frame_shape), np.uint8)
    use_stimulus(window, ArrayStimulus(clip, session.frame_rate))
    window.encode()
    bright = ArrayStimulus(np.full_like(clip[:40], 255), session.frame_rate)
    use_stimulus(window, bright)
    window.encode()
    window.wait(FAST)
    np.testing.assert_array_equal(window.now.responses, ig.encode(session, bright))
    assert [run.state for run in window.now.runs] == ["done", "done"]


def test_cancelled_is_said_when_the_work_has_stopped(window, qtbot):
    """Cancelling until then; and what was done anyway is not called cancelled."""
    go_on = threading.Event()
    text = window.playback_bar.message.text

    def piecewise(tell):
        while True:
            go_on.wait(20)
            tell(1, 2)

    def whole():
        go_on.wait(20)

    def fails():
        go_on.wait(20)
        raise OSError("The disk is full.")

    for work in (piecewise, fails):
        go_on.clear()
        window.jobs.start("Counting", work)
        qtbot.wait(50)
        click(qtbot, window.playback_bar.cancel_button)
        for _ in range(5):
            qtbot.wait(20)
            assert text().startswith("Cancelling: Counting")
        click(qtbot, window.playback_bar.cancel_button)  # again changes nothing
        assert text().startswith("Cancelling: Counting")
        go_on.set()
        window.wait(FAST)
        assert text() == ("Cancelled: Counting. What it had computed was discarded.")
    go_on.clear()
    window.jobs.start("Counting", piecewise)
    window.jobs.start("Writing", whole)
    qtbot.wait(50)
    window.cancel()
    go_on.set()
    window.wait(FAST)
    assert text().startswith("Cancelled: Counting. ")
    assert text().endswith("Too late to cancel, it was done: Writing.")


def test_closing_during_a_job_asks_and_stops_it(window, qtbot, monkeypatch):
    session = ig.open_session("demo")
    use_session(window, session)
    clip = np.zeros((3000, *session.frame_shape), np.uint8)
    use_stimulus(window, ArrayStimulus(clip, session.frame_rate))
    window.encode()
    qtbot.waitUntil(lambda: window.now.encoded is not None, timeout=20_000)
    asked = []

    def answer(button):
        def question(_parent, _title, text):
            asked.append(text)
            return button

        monkeypatch.setattr(QMessageBox, "question", question)

    qt_window = window.viewer.window._qt_window
    answer(QMessageBox.StandardButton.No)
    assert not qt_window.close()
    assert qt_window.isVisible() and window.jobs.running
    assert "moving" in asked[0] or "array" in asked[0]
    job = window.now.encoded
    answer(QMessageBox.StandardButton.Yes)
    monkeypatch.setattr(window.files, "may_close", lambda: True)
    event = QCloseEvent()  # that of the user, which may go on now
    assert not window._guard.eventFilter(qt_window, event)
    assert len(asked) == 2 and not window.jobs.running
    window.viewer.close()  # a script has decided
    assert len(asked) == 2
    assert job.moments.n_done < 3000


def test_export_from_the_window(encoded, tmp_path):
    encoded.experiment.pick(areas=["AL"])
    panel = encoded.panel("Export")
    path = tmp_path / "chosen.parquet"
    panel.path.setText(str(path))
    assert panel.format.currentText() == ".parquet"
    panel.button.click()
    encoded.wait(FAST)
    loaded = ig.load_responses(path)
    columns = encoded.now.selection.indices
    stored = encoded.now.responses.to_numpy()[:, columns]
    assert loaded.to_numpy().tobytes() == stored.tobytes()
    assert loaded.attrs["selection"] == {"areas": ["AL"]}
    # once more: refused with a sentence, the file stays
    before = path.read_bytes()
    panel.button.click()
    encoded.wait(FAST)
    assert "exists already" in panel.result.text()
    assert path.read_bytes() == before


def test_traces_follow_the_selection(encoded, qtbot):
    encoded.experiment.pick(areas=["V1"])
    columns = encoded.now.selection.indices
    mean = encoded.now.responses.to_numpy()[:, columns].mean(axis=1)
    encoded.wait(FAST)
    _, drawn = encoded.panel("Traces").mean_curve.getData()
    np.testing.assert_allclose(drawn, mean, rtol=1e-5)
    assert len(encoded.panel("Traces").plot.singles) == 5


def test_a_wrong_file_is_one_sentence(encoded, tmp_path):
    responses = encoded.now.responses
    bad = tmp_path / "broken.mp4"
    bad.write_bytes(b"this is no video")
    encoded.drop([bad])
    encoded.wait(FAST)
    text = encoded.playback_bar.message.text()
    assert "broken.mp4" in text and "Traceback" not in text
    assert encoded.now.responses is responses


def test_encode_without_a_session_says_what_to_do(window):
    window.wait(FAST)
    window.encode()
    assert "session" in window.playback_bar.message.text()


def test_work_that_begins_replaces_an_earlier_problem(window):
    text = window.playback_bar.message.text
    window.wait(FAST)
    window.encode()  # nothing is loaded
    assert text().startswith("⚠ To encode")
    go_on = threading.Event()
    window.jobs.start("Upkeep", lambda: None, quiet=True)
    assert text().startswith("⚠ To encode")  # as nobody asked for that work
    window.jobs.start("Waiting", lambda: go_on.wait(20))
    assert text() == ""
    window.panel("Session").problem("The disk is full.")
    window.jobs.start("Beside it", lambda: None)
    assert text() == "⚠ The disk is full."  # it may be of what still runs
    go_on.set()
    window.wait(FAST)
    assert text() == "⚠ The disk is full."
    window.playback_bar.say("All is well.")
    window.jobs.start("The next", lambda: None)
    assert text() == "All is well."
    window.wait(FAST)


def test_docks_fit_a_small_screen(encoded, qtbot):
    qt_window = encoded.viewer.window._qt_window
    assert qt_window.minimumSizeHint().width() <= 1366
    assert qt_window.minimumSizeHint().height() <= 768


def test_plugin_menu_opens_the_same(make_napari_viewer):
    """The way napari's menu takes: by the manifest, with napari docking the widget."""
    viewer = make_napari_viewer(show=True)
    with suppress(ValueError):  # known already, from an earlier test
        manifest = PluginManifest.from_distribution("insilico-gui")
        PluginManager.instance().register(manifest)
    viewer.window.add_plugin_dock_widget("insilico-gui", "In silico experiments")
    (window,) = viewer.window._qt_window.findChildren(InsilicoWindow)
    window.panel("Session")
    window.wait(FAST)
    assert window.panel("Session").session.findText("demo") >= 0
    assert viewer.window._qt_window.isAncestorOf(window.panel("Session"))
    dock = window.docks.of(window.panel("Session"))
    area = viewer.window._qt_window.dockWidgetArea(dock)
    assert area == Qt.DockWidgetArea.LeftDockWidgetArea
    window.jobs.stop_all()


def test_a_failing_session_is_told_and_the_window_goes_on(window):
    """A RuntimeError of the network, which superqt's own generator worker swallows."""

    class Failing(LeakySession):
        def advance(self, state, frames, behavior, units):
            if frames.max() == 255:
                raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")
            return super().advance(state, frames, behavior, units)

    clip = np.zeros((50, 36, 64), np.uint8)
    clip[49] = 255
    use_session(window, Failing(40, (36, 64)))
    use_stimulus(window, ArrayStimulus(clip, 10.0))
    window.encode()
    window.wait(FAST)
    assert "mat1 and mat2" in window.playback_bar.message.text()
    assert window.now.encoded is None and not window.jobs.running
    use_stimulus(window, ArrayStimulus(clip[:48], 10.0))
    window.encode()
    window.wait(FAST)
    assert window.now.responses.sizes["time"] == 48
    assert window.playback_bar.message.text().startswith("Encoded 48 frames")


def test_cancelled_work_is_closed_in_its_thread(window, qtbot):
    started, closed = [], []

    def work():
        try:
            while True:
                started.append(True)
                yield
        finally:
            closed.append(threading.current_thread() is threading.main_thread())

    job = window.jobs.start("Endless", work)
    qtbot.waitUntil(lambda: bool(started), timeout=5000)
    window.cancel()
    qtbot.waitUntil(lambda: job not in window.jobs.running, timeout=5000)
    assert closed == [False]


def test_another_fit_encodes_anew(encoded):
    first = encoded.now.responses
    wide = np.random.default_rng(0).integers(0, 255, (30, 36, 128), np.uint8)
    use_stimulus(encoded, ArrayStimulus(wide, 10.0))
    choose(encoded.panel("Stimulus").fit, "stretch")
    encoded.wait(FAST)
    responses = encoded.now.responses
    assert responses is not None and responses is not first
    assert responses.attrs["stimulus_attrs"]["fit"] == "stretch"


def test_a_long_name_does_not_widen_the_window(encoded, tmp_path):
    before = encoded.viewer.window._qt_window.minimumSizeHint().width()
    encoded.drop([tmp_path / ("a_very_long_name_" * 12 + ".mp4")])
    encoded.wait(FAST)
    assert "a_very_long_name" in encoded.playback_bar.message.text().replace(
        "\u200b", ""
    )
    assert encoded.viewer.window._qt_window.minimumSizeHint().width() == before


def test_other_layers_of_the_same_name_are_left_alone(window):
    own = window.viewer.add_points(np.zeros((3, 2)), name="Units")
    use_session(window, LeakySession(40, (36, 64)))
    use_session(window, LeakySession(20, (36, 64)))
    assert own in window.viewer.layers
    assert len(window.map.units_layer.data) == 20

"""A session that is driven, in the window: from the sheet to what its events change."""

from __future__ import annotations

import time

import numpy as np
import pytest
from qtpy.QtCore import Qt
from support.fits import clipped
from support.in_window import choose, use_session
from support.relay import Relay

import insilico_gui as ig
from insilico_gui.app.shell.dock_sizes import PLACES
from insilico_gui.stimuli import Constant, Cut, Drive, Recorded, Silence, Stimulate

LIMIT_S = 120.0
SCROLL_BAR = 20


@pytest.fixture
def driven(window):
    """The window with a small session that is driven and is no fly."""
    use_session(window, Relay())
    return window


@pytest.fixture(scope="module")
def fly_folder(tmp_path_factory):
    drosophila = pytest.importorskip("insilico_drosophila")
    return drosophila.make_synthetic_fly(
        tmp_path_factory.mktemp("fly"), n_neurons=500, n_frames=6
    )


@pytest.fixture
def fly(window, fly_folder):
    session = ig.open_session("drosophila/630_2017-10-26_1", directory=fly_folder)
    use_session(window, session)
    return window


def offered(window):
    shown = {s.title for s in window.slots if not window.docks.of(s).isHidden()}
    sheets = window.top_bar._shown.items()
    return shown | {title for title, action in sheets if action.isVisible()}


def by_hand(panel, value=40.0, duration_s=0.2):
    """Drive every channel by a value."""
    choose(panel.base.kind, "values by hand")
    panel.base.sliders.all.box.setValue(value)
    panel.base.duration.setValue(duration_s)


def test_panels_that_can_do_nothing_are_not_offered(window):
    before = offered(window)
    assert not {"Drive", "Activity"} & before
    use_session(window, Relay())
    now = offered(window)
    assert {"Drive", "Activity", "Traces", "Stimulus", "Units"} <= now
    assert not {"Tuning", "Receptive fields", "Retinotopy", "Conditions"} & now
    panel = window.panel("Stimulus")
    hidden = (panel.preview, panel.folder_button, panel.form, panel.sequence)
    assert not any(part.isVisible() for part in hidden)
    assert panel.open_button.text() == "Open a drive…"


def test_the_sheet_is_made_from_the_session(driven):
    panel, about = driven.panel("Drive"), driven.now.session.description
    assert tuple(panel.base.sliders.sliders) == about.channels
    assert list(panel.options.fields) == [option.name for option in about.options]
    assert panel.options.given() == {}
    by_hand(panel, 30.0)
    panel.base.sliders.sliders["left"].box.setValue(0.0)
    panel.options.fields["gain"].setValue(2.0)
    panel.options.seed.setValue(3)
    expected = Drive(
        Constant({"middle": 30.0, "right": 30.0}), 0.2, seed=3, options={"gain": 2.0}
    )
    assert panel.drive() == expected


def test_sliders_and_boxes_show_one_number(driven):
    panel = driven.panel("Drive")
    one = panel.base.sliders.sliders["left"]
    one.slider.setValue(100)
    assert one.value() == pytest.approx(driven.now.session.description.channel_top / 2)
    one.box.setValue(1e9)  # the session takes no more
    assert one.value() == 900.0
    assert one.slider.value() == one.slider.maximum()
    choose(panel.base.kind, "values by hand")
    panel.base.copy_button.click()
    recorded = driven.now.session.recorded("rest")[0]
    shown = [slider.value() for slider in panel.base.sliders.sliders.values()]
    np.testing.assert_allclose(shown, recorded, atol=0.006)


def test_a_drive_with_events_is_simulated_with_its_control(driven, qtbot):
    panel = driven.panel("Drive")
    by_hand(panel)
    form = panel.event_form
    choose(form.kind, "silence")
    choose(form.group_kind, "channel")
    form.name.setCurrentText("left")
    form.onset.setValue(0.1)
    qtbot.mouseClick(panel.add_button, Qt.MouseButton.LeftButton)
    assert panel.events.count() == 1
    qtbot.mouseClick(panel.run_button, Qt.MouseButton.LeftButton)
    driven.wait(LIMIT_S)
    names = list(driven.experiment.document.stimuli)
    assert names == ["by hand, silence left (control)", "by hand, silence left"]
    shown = driven.now.stimulus
    (event,) = shown.events
    assert isinstance(event, Silence)
    assert event.target.share == pytest.approx(0.8)
    control = driven.now.reference
    rates = driven.now.responses
    early = rates["time"].to_numpy() < 0.1
    np.testing.assert_array_equal(rates[early], control[early])
    assert float(rates[~early][:, 0].sum()) < float(control[~early][:, 0].sum())
    # what the window shows is what a script computes
    alone = ig.encode(driven.now.session, shown)
    np.testing.assert_array_equal(rates.to_numpy(), alone.to_numpy())
    while driven.experiment.document.stimuli:
        # both are there, or none: adding them was one command
        assert list(driven.experiment.document.stimuli) == names
        driven.experiment.undo()
    assert driven.now.stimulus is None


def test_what_is_wrong_is_one_sentence_and_nothing_is_lost(driven):
    panel, message = driven.panel("Drive"), driven.playback_bar.message
    by_hand(panel)
    choose(panel.event_form.group_kind, "by id")
    panel.add_button.click()
    assert "has no ids" in message.text()
    panel.event_form.ids.setText("1, 2")
    panel.add_button.click()
    assert panel.events.count() == 0
    assert "no such cell" in message.text()
    choose(panel.event_form.group_kind, "channel")
    panel.event_form.name.setCurrentText("nowhere")
    panel.add_button.click()
    assert "nowhere" in message.text()
    assert panel.events.count() == 0
    # an onset after the end is refused where the whole drive is known
    panel.event_form.name.setCurrentText("left")
    panel.event_form.onset.setValue(30.0)
    panel.add_button.click()
    assert panel.events.count() == 0
    assert "30" in message.text()


def test_a_drive_on_show_fills_the_sheet(driven):
    drive = Drive(
        Recorded("rest", 1, 3),
        events=[
            Stimulate({"ids": [2**60 + 1]}, rate_hz=100, strength=2.0),
            Cut("middle"),
        ],
        seed=7,
        options={"loud": True},
        window_s=0.01,
    )
    driven.open_stimuli([drive])
    driven.wait(LIMIT_S)
    panel = driven.panel("Drive")
    assert panel.drive() == drive
    shown = [panel.events.item(k).data(Qt.ItemDataRole.UserRole) for k in range(2)]
    assert shown == list(drive.events)
    panel.events.setCurrentRow(0)
    panel.remove_button.click()
    assert panel.drive().events == (Cut("middle"),)


def test_activity_shows_rates_changes_and_the_population(driven):
    panel = driven.panel("Drive")
    by_hand(panel)
    panel.event_form.kind.setCurrentText("cut")
    panel.event_form.show_fields()
    panel.event_form.region.setCurrentText("right")
    panel.add_button.click()
    panel.run_button.click()
    driven.wait(LIMIT_S)
    activity = driven.panel("Activity")
    rates = driven.now.responses.transpose("unit", "time").to_numpy()
    np.testing.assert_array_equal(activity.heat.image.image, rates)
    driven.experiment.playback.seek(0.1)
    assert activity.heat.playhead.value() == pytest.approx(0.1)
    choose(activity.view_box, "what events change")
    activity = driven.panel("Activity")
    activity.compute_button.click()
    driven.wait(LIMIT_S)
    activity = driven.panel("Activity")
    difference = driven.now.responses - driven.now.reference
    np.testing.assert_array_equal(activity.heat.image.image, difference.T.to_numpy())
    assert "rate_difference" in driven.now.units
    choose(activity.view_box, "population")
    driven.wait(LIMIT_S)
    activity = driven.panel("Activity")
    assert len(activity.courses.curves) == 2
    series = driven.now.responses.attrs["series"]["population_rate"]["values"]
    np.testing.assert_allclose(activity.courses.curves[0].getData()[1], series)


def test_spikes_are_drawn_of_a_group(driven):
    panel = driven.panel("Drive")
    by_hand(panel, 200.0)
    panel.run_button.click()
    driven.wait(LIMIT_S)
    activity = driven.panel("Activity")
    choose(activity.view_box, "spikes")
    activity.group.setCurrentText("channel=left")
    activity.compute_button.click()
    driven.wait(LIMIT_S)
    activity = driven.panel("Activity")
    found = driven.now.results["spike raster"].dataset
    assert len(found["element_id"]) == 4
    x, _ = activity.raster.spikes.getData()
    assert len(x) == 2 * (found.sizes["spike"] + 1)
    assert f"{found.sizes['spike']:,} spikes of 4 cells" in activity.about.text()


def test_a_fly_is_driven_and_shown_where_its_neuropils_are(fly):
    now = fly.now
    assert now.view.layout == "anatomical"
    names = {layer.name for layer in fly.viewer.layers}
    assert {"Units", "Neurons", "Names"} <= names
    assert len(fly.viewer.layers["Neurons"].data) == 500
    panel = fly.panel("Drive")
    panel.base.stop.setValue(0)
    panel.options.window_ms.setValue(100.0)
    form = panel.event_form
    form.name.setCurrentText("AL_L")
    form.rate.setValue(300.0)
    panel.add_button.click()
    panel.run_button.click()
    fly.wait(LIMIT_S)
    rates, control = fly.now.responses, fly.now.reference
    assert rates.dims == ("time", "unit")
    gained = (rates - control).sel(unit_id="AL_L").mean()
    assert gained > 5
    fly.experiment.look(layout="anatomical 3-D")
    assert fly.viewer.dims.ndisplay == 3
    activity = fly.panel("Activity")
    assert activity.heat.image.image.shape == (8, len(rates))


def test_nothing_is_cut_in_a_small_window(driven):
    driven.viewer.window._qt_window.resize(1366, 768)
    panel = driven.panel("Drive")
    for kind in ("stimulate", "silence", "cut"):
        choose(panel.event_form.kind, kind)
        assert not clipped(panel)
    by_hand(panel)
    assert not clipped(panel)
    assert panel.minimumSizeHint().width() <= PLACES["sheet"][0] - SCROLL_BAR
    driven.panel("Activity")
    assert not clipped(driven.panel("Activity"))


def test_what_a_drive_made_is_exported(driven, tmp_path):
    panel = driven.panel("Drive")
    by_hand(panel)
    panel.run_button.click()
    driven.wait(LIMIT_S)
    panel = driven.panel("Export")
    for suffix in (".zarr", ".npz", ".csv"):
        path = tmp_path / f"rates{suffix}"
        panel.path.setText(str(path))
        panel.button.click()
        driven.wait(LIMIT_S)
        assert path.exists(), driven.playback_bar.message.text()
        again = ig.load_responses(path)
        np.testing.assert_allclose(
            again.to_numpy(), driven.now.responses.to_numpy(), rtol=1e-6
        )


def test_a_simulation_stops_at_once_and_leaves_a_usable_window(fly, qtbot):
    panel = fly.panel("Drive")
    panel.base.stop.setValue(5)
    panel.options.window_ms.setValue(5.0)
    panel.run_button.click()
    qtbot.waitUntil(lambda: bool(fly.jobs.announced()), timeout=30_000)
    qtbot.wait(300)
    started = time.perf_counter()
    fly.cancel()
    qtbot.waitUntil(lambda: not fly.jobs.announced(), timeout=30_000)
    assert time.perf_counter() - started < 10
    assert fly.now.responses is None
    panel = fly.panel("Drive")
    panel.base.stop.setValue(0)
    panel.options.window_ms.setValue(400.0)
    panel.run_button.click()
    fly.wait(LIMIT_S)
    assert fly.now.responses.sizes["time"] == 3

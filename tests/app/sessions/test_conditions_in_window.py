"""A session that answers conditions, in the window: from the sheet to a fit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from insilico_nnpoisson.data.files import write_recordings
from support.fits import clipped, unreachable
from support.in_window import choose, use_session
from support.leaky import LeakySession
from support.nnpoisson import golden_recordings, session_folder, steinmetz

import insilico_gui as ig

LEVELS = [0.0, 0.5, 1.0]
LIMIT_S = 120.0


@pytest.fixture
def window(kept_window):
    """One window, which begins a new experiment for each test."""
    return kept_window


@pytest.fixture
def answering(window, tmp_path):
    """The window with such a session."""
    folder = session_folder(tmp_path / "model")
    use_session(window, ig.open_session("nnpoisson/model-fwd", directory=folder))
    return window


@pytest.fixture
def crossed(answering):
    """With responses to all pairs of three contrasts left and right."""
    panel = answering.panel("Conditions")
    for name in ("contrast_left", "contrast_right"):
        panel.form.fields[name].show_levels(LEVELS)
    panel.cross_button.click()
    panel.show_button.click()
    answering.wait(LIMIT_S)
    return answering


def offered(window):
    shown = {s.title for s in window.slots if not window.docks.of(s).isHidden()}
    sheets = window.top_bar._shown.items()
    return shown | {title for title, action in sheets if action.isVisible()}


def test_panels_that_can_do_nothing_are_not_offered(window, tmp_path):
    assert not {"Conditions", "Trials", "Tuning", "Units"} & offered(window)
    use_session(window, LeakySession())
    before = offered(window)
    assert {"Receptive fields", "Retinotopy", "Tuning"} <= before
    assert not {"Conditions", "Trials"} & before
    folder = session_folder(tmp_path / "model")
    use_session(window, ig.open_session("nnpoisson/model-fwd", directory=folder))
    now = offered(window)
    assert {"Conditions", "Trials", "Traces", "Stimulus", "Fit"} <= now
    assert not {"Receptive fields", "Retinotopy", "Tuning", "Time courses"} & now
    panel = window.panel("Stimulus")
    hidden = (panel.preview, panel.folder_button, panel.form, panel.sequence, panel.fit)
    assert not any(part.isVisible() for part in hidden)
    assert "panel Conditions" in panel.info.text()


def test_the_sheet_is_made_from_the_session(answering):
    panel = answering.panel("Conditions")
    session = answering.now.session
    assert list(panel.form.fields) == [p.name for p in session.parameters]
    field = panel.form.fields["contrast_left"]
    texts = [field.item(k).text() for k in range(field.count())]
    assert texts == ["0", "0.25", "0.5", "1"]
    assert session.parameters[0].help in field.toolTip()
    assert not panel.show_button.isEnabled()
    panel.add_button.click()
    panel.table.item(0, 1).setText("0.25")
    panel.form.fields["trial_length"].setText("0.2")
    panel.add_button.click()
    panel.show_button.click()
    answering.wait(LIMIT_S)
    expected = pd.DataFrame(
        {
            "contrast_left": [0.0, 0.0],
            "contrast_right": [0.25, 0.0],
            "trial_length": [0.4, 0.2],
        }
    )
    shown = answering.now.stimulus.table
    pd.testing.assert_frame_equal(shown, expected[list(shown.columns)])
    assert list(shown.columns) == ["contrast_right", "trial_length"]
    assert answering.now.responses.dims == ("trial", "time", "unit")
    # the second trial has ended by then
    assert np.isnan(answering.now.responses[1, -1]).all()


def test_a_wrong_cell_gives_one_sentence(answering, tmp_path):
    panel, message = answering.panel("Conditions"), answering.playback_bar.message
    panel.add_button.click()
    for text, said in (("0.3", "one of 0, 0.25, 0.5"), ("much", "Contrast left is")):
        panel.table.item(0, 0).setText(text)
        panel.show_button.click()
        assert said in message.text()
        assert message.text().count(". ") == 0
    assert answering.now.stimulus is None
    panel.form.fields["trial_length"].setText(",".join(["0.1"] * 3000))
    panel.cross_button.click()
    assert "3,000 conditions" in message.text()
    (tmp_path / "other.csv").write_text("contrast_up\n0\n1\n")
    answering.open_stimuli([tmp_path / "other.csv"])
    answering.wait(LIMIT_S)
    text = message.text().replace("\u200b", "")
    assert text.startswith("⚠") and "has no parameter 'contrast_up'" in text
    assert answering.now.responses is None


def test_a_trial_plays_on_the_map_and_in_the_traces(crossed):
    now, playback = crossed.now, crossed.experiment.playback
    assert now.shown.n_items == 9
    times = now.shown.times
    assert playback.duration == pytest.approx(9 * times[1] * len(times), rel=1e-6)
    panel = crossed.panel("Traces")
    crossed.wait()
    curves = panel._conditions.curves
    assert len(curves) == 9
    x, y = curves[4].getData()
    np.testing.assert_allclose(x, times)
    expected = now.responses.isel(trial=4).mean("unit").to_numpy()
    np.testing.assert_allclose(y, expected, rtol=1e-5)
    playback.seek_frame(4 * len(times) + 100)
    assert panel.playhead.value() == pytest.approx(times[100])
    assert "0.5/0.5" in panel.plot.plotItem.titleLabel.text
    assert not panel.plot.burn_in.isVisible()
    assert panel.plot.getAxis("left").labelText == "intensity (1/s)"
    np.testing.assert_array_equal(
        now.response_at(playback.frame), now.responses[4, 100].to_numpy()
    )
    assert "condition 5 / 9" in crossed.playback_bar.clock.text()
    panel._clicked(float(times[7]), 0.0)
    assert playback.frame == 4 * len(times) + 7


def test_trials_are_drawn_through_the_declared_analyses(crossed):
    panel = crossed.panel("Trials")
    now, responses = crossed.now, crossed.now.responses
    crossed.experiment.playback.seek_frame(2 * now.n_times)
    np.testing.assert_allclose(
        panel.heat.image.image, responses[2].to_numpy().T, rtol=1e-6
    )
    ticks = panel.heat.getAxis("left")._tickLevels[0]
    assert [name for _, name in ticks] == list(now.units["unit_id"])

    panel.show_view("condition difference")
    crossed.wait(LIMIT_S)
    choose(panel.fields.second, panel.fields.second.itemText(8))
    crossed.wait(LIMIT_S)
    panel = crossed.panel("Trials")
    difference = (responses[0] - responses[8]).to_numpy()
    np.testing.assert_allclose(panel.heat.image.image, difference.T, atol=1e-6)
    assert "mean_difference" in crossed.now.units

    panel.show_view("condition tuning")
    crossed.wait(LIMIT_S)
    crossed.experiment.look(unit_id="left-VISp")
    panel = crossed.panel("Trials")
    mean = responses.sel(unit_id="left-VISp").mean("time").to_numpy()
    np.testing.assert_allclose(panel.matrix.image.image, mean.reshape(3, 3), rtol=1e-2)


def test_choices_in_both_readings_with_the_warning(crossed):
    panel = crossed.panel("Trials")
    panel.show_view("psychometric curve")
    crossed.wait(LIMIT_S)
    crossed.wait(LIMIT_S)
    panel = crossed.panel("Trials")
    assert panel.curve.isVisible()
    assert "Reading A" in panel.about.text() and "⚠" in panel.about.text()
    x, y = panel.curve.curve.getData()
    result = crossed.now.results["psychometric curve"].dataset
    np.testing.assert_array_equal(y, result["probability"])
    np.testing.assert_allclose(x, [-1, -0.5, 0, 0.5, 1])
    panel.show_view("choices")
    choose(panel.fields.reading, "B")
    crossed.wait(LIMIT_S)
    panel = crossed.panel("Trials")
    found = crossed.now.results["choices"].dataset
    assert found.attrs["reading"] == "B"
    assert found.attrs["warning"] in panel.about.text().replace("&#x27;", "'")
    assert panel.bars.isVisible() and panel.densities.isVisible()
    np.testing.assert_allclose(found["probability"].sum("choice"), 1, atol=1e-6)
    x, y = panel.densities.curves[1].getData()
    np.testing.assert_allclose(y, found["density"][0, 1])


def test_fit_quality_against_recordings(crossed, tmp_path):
    data = golden_recordings(steinmetz())
    write_recordings(tmp_path / "recordings", data)
    panel, message = crossed.panel("Trials"), crossed.playback_bar.message
    panel.show_view("fit quality")
    panel.fields.recordings.box.setCurrentText(str(tmp_path / "nothing"))
    panel.compute_button.click()
    crossed.wait(LIMIT_S)
    assert message.text().startswith("⚠") and "nothing" in message.text()
    panel.fields.recordings.box.setCurrentText(str(tmp_path / "recordings"))
    panel.compute_button.click()
    crossed.wait(LIMIT_S)
    panel = crossed.panel("Trials")
    found = crossed.now.results["fit quality of the session"].dataset
    units = crossed.now.units.set_index("unit_id")
    bits = units["bits_per_spike"]
    np.testing.assert_array_equal(bits, found["bits_per_spike"])
    assert np.isfinite(bits[:3]).all() and np.isnan(bits[3:]).all()
    crossed.experiment.look(unit_id="left-VISp")
    panel = crossed.panel("Trials")
    assert panel.rescaling.isVisible() and panel.agreement.isVisible()
    assert "left-VISp" in panel.about.text()
    assert f"{bits['left-VISp']:.3g} bits/spike" in panel.about.text()
    x, y = panel.rescaling.quantiles.getData()
    np.testing.assert_array_equal(x, found["expected"])
    np.testing.assert_array_equal(y, found["rescaled"][2])
    table = panel.agreement.drawn()
    right = found["level_recorded"].sel(choice="right")
    np.testing.assert_array_equal(table["right, recorded, probability"], right)
    predicted = found["level_predicted"].sel(reading="B", choice="left")
    np.testing.assert_array_equal(table["left, reading B, probability"], predicted)


def test_a_raster_of_simulated_trials(crossed):
    panel = crossed.panel("Trials")
    panel.fields.neurons.setValue(400)
    panel.fields.seed.setValue(3)
    panel.show_view("simulated trials")
    crossed.wait(LIMIT_S)
    panel = crossed.panel("Trials")
    found = crossed.now.results["simulated trials"].dataset
    n_here = int((found["trial"] == 0).sum())
    assert panel.raster.n_drawn == n_here > 50
    assert "seed 3" in panel.about.text()


@pytest.mark.timeout(300)
def test_a_fit_of_generated_data_is_watched_and_opened(window, qtbot, tmp_path):
    panel = window.panel("Fit")
    choose(panel.fit, "nnpoisson")
    panel.start_button.click()
    assert "There are no data" in window.playback_bar.message.text()
    generated = [panel.data.itemText(k) for k in range(panel.data.count())]
    assert "generated:steinmetz" in generated
    panel.data.setCurrentText(str(tmp_path / "nothing"))
    panel.out.setText(str(tmp_path / "fit"))
    panel.start_button.click()
    window.wait(LIMIT_S)
    message = window.playback_bar.message.text()
    assert message.startswith("⚠") and "nothing" in message
    panel.data.setCurrentText("generated:steinmetz")
    panel.form.fill({"iterations": 5, "episodes": 1, "n_batches": 3, "lr": 3e-3})
    panel.start_button.click()
    run, seen = panel._run, []

    def rounds():
        x, _ = panel.plots[0].curve.getData()
        seen.append(0 if x is None else len(x))
        return seen[-1]

    qtbot.waitUntil(lambda: rounds() >= 1, timeout=200_000)
    panel.pause_button.click()
    assert panel.pause_button.text() == "Go on"
    qtbot.wait(400)  # a step that had begun ends
    paused = run.latest
    qtbot.wait(300)
    assert run.latest is paused
    panel.pause_button.click()
    qtbot.waitUntil(lambda: panel._job is None, timeout=200_000)
    assert rounds() == 5
    assert len(run.rows) == 5
    assert "5 of 5 rounds" in panel.status.text()
    assert panel.plots[1].plotItem.titleLabel.text == "test loss total"
    panel.open_button.click()
    window.wait(LIMIT_S)
    assert window.now.session.id == "nnpoisson/model"
    assert window.now.condition_session is not None


def test_responses_are_exported(crossed, tmp_path):
    panel = crossed.panel("Export")
    panel.path.setText(str(tmp_path / "out.npz"))
    panel.button.click()
    crossed.wait(LIMIT_S)
    loaded = ig.load_responses(tmp_path / "out.npz")
    np.testing.assert_array_equal(loaded, crossed.now.responses)
    np.testing.assert_array_equal(loaded["contrast_left"], np.repeat(LEVELS, 3))


def test_a_wrong_folder_gives_one_sentence(window, tmp_path):
    folder = session_folder(tmp_path / "model")
    (folder / "region_index.csv").write_text(",0\nleft-CP,0\n")
    panel = window.panel("Session")
    panel.use_folder(folder, "nnpoisson/model-fwd")
    window.wait()
    panel.load_button.click()
    window.wait()
    message = window.playback_bar.message.text()
    assert message.startswith("⚠") and "region_index.csv names 1" in message
    assert window.now.session is None


def test_nothing_is_cut(crossed, qtbot):
    for title in ("Conditions", "Fit", "Trials", "Stimulus"):
        panel = crossed.panel(title)
        qtbot.wait(50)
        assert clipped(panel) == [], title
        assert unreachable(crossed.docks.of(panel)) == [], title

"""Behaviour by hand: sliders and files, what they do to responses, and where they show."""

from __future__ import annotations

import numpy as np
import pandas as pd
from qtpy.QtWidgets import QFileDialog
from support.in_window import tick, use_session, use_stimulus
from support.leaky import LeakySession
from support.mouse import LEFT

from insilico_gui.stimuli import ArrayStimulus

N = 20


def file_of(tmp_path, values, name="gain.csv"):
    path = tmp_path / name
    if name.endswith(".npy"):
        np.save(path, np.asarray(values, np.float32)[:, None])
    else:
        pd.DataFrame({"gain": values}).to_csv(path, index=False)
    return path


def test_behaviour_by_slider_and_by_file(window, qtbot, tmp_path, monkeypatch):
    use_session(window, LeakySession(12, (18, 32)))
    assert "Behaviour" in window.top_bar.sheets
    clip = np.random.default_rng(0).integers(0, 255, (N, 18, 32), np.uint8)
    use_stimulus(window, ArrayStimulus(clip, 10.0, name="noise"))
    window.encode()
    window.wait(60)
    before = window.now.responses.to_numpy()
    traces = window.panel("Traces")
    assert not traces.behavior.isVisible()

    # a constant, by ticking and sliding
    panel = window.panel("Behaviour")
    form = panel.traces["gain"]
    tick(form.box)
    form.sliders["gain"].slider.setValue(form.sliders["gain"].slider.maximum())
    assert form.sliders["gain"].value() == 3.0
    qtbot.waitUntil(lambda: "gain" in window.now.behavior, timeout=5000)
    window.wait(60)
    np.testing.assert_array_equal(window.now.behavior["gain"], np.full((N, 1), 3.0))
    np.testing.assert_allclose(window.now.responses, 3 * before, rtol=1e-5)
    traces = window.panel("Traces")
    assert traces.behavior.isVisible()
    assert traces.behavior.singles[0].name() == "gain"

    # per frame, from a file, drawn on the clock of the traces
    gain = np.linspace(0, 2, N)
    for name in ("gain.csv", "gain.npy"):
        path = str(file_of(tmp_path, gain if name == "gain.csv" else gain[::-1], name))
        monkeypatch.setattr(
            QFileDialog, "getOpenFileName", lambda *_, path=path, **__: (path, "")
        )
        qtbot.mouseClick(window.panel("Behaviour").file_button, LEFT)
        window.wait(60)
    wanted = gain[::-1].astype(np.float32)
    np.testing.assert_array_equal(window.now.behavior["gain"][:, 0], wanted)
    traces = window.panel("Traces")
    x, y = traces.behavior.singles[0].getData()
    np.testing.assert_allclose(x, np.arange(N) / 10)
    np.testing.assert_array_equal(y, wanted)
    window.experiment.playback.seek_frame(7)
    assert traces.behavior.playhead.value() == traces.playhead.value() == 0.7
    assert traces.behavior.viewRange()[0] == traces.plot.viewRange()[0]
    qtbot.wait(100)
    edges = [
        [plot.mapFromScene(plot.plotItem.vb.sceneBoundingRect().topRight()).x()]
        for plot in (traces.behavior, traces.plot)
    ]
    assert edges[0] == edges[1]

    # what does not fit is one sentence, and changes nothing
    panel, said = window.panel("Behaviour"), window.playback_bar.message
    for values, problem in ((gain[1:], "19 rows"), ([np.nan, *gain[1:]], "frame 0")):
        panel.open(file_of(tmp_path, values, "bad.csv"))
        window.wait(60)
        assert problem in said.text()
        assert "\n" not in said.text()
        np.testing.assert_array_equal(window.now.behavior["gain"][:, 0], wanted)

    # taken back, and undone
    qtbot.mouseClick(panel.none_button, LEFT)
    window.wait(60)
    assert not window.now.behavior
    np.testing.assert_array_equal(window.now.responses, before)
    for _ in ("the responses", "the behaviour"):
        window.experiment.undo()
    np.testing.assert_array_equal(window.now.behavior["gain"][:, 0], wanted)


def test_sessions_without_behaviour_have_no_sheet_of_it(window):
    session = LeakySession(4, (18, 32))
    session.behavior = {}
    use_session(window, session)
    kind = next(s.kind for s in window.slots if s.title == "Behaviour")
    assert not kind.is_offered(window.now)
    assert not window.top_bar._shown["Behaviour"].isVisible()

"""A network is fitted to a recording in the window: watched, stopped, judged and used."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from qtpy.QtCore import Qt
from support.in_window import choose, use_stimulus
from support.recordings import write_evaluation
from support.wang2025_recording import FIT, UNITS, write_set, write_sizes

import insilico_gui as ig

LIMIT_MS = 90_000
LIMIT_S = 90.0
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(window, tmp_path):
    """The panel, filled in for a small network and a made-up recording."""
    window.wait()
    made = window.panel("Fit")
    choose(made.fit, "wang2025")
    made.data.setCurrentText(str(write_set(tmp_path / "set")))
    made.out.setText(str(tmp_path / "run"))
    sizes = write_sizes(tmp_path / "sizes.json")
    made.form.fill({**FIT, "network": sizes, "epochs": 50, "warmup_epochs": 5})
    return made


def test_fit_watch_stop_judge_and_encode(panel, window, qtbot, tmp_path):
    qtbot.mouseClick(panel.start_button, LEFT)
    run = panel._run
    qtbot.waitUntil(lambda: len(run.rows) >= 2, timeout=LIMIT_MS)
    titles = [plot.plotItem.titleLabel.text for plot in panel.plots]
    assert titles == ["training objective", "validation objective"]
    qtbot.mouseClick(panel.stop_button, LEFT)
    qtbot.waitUntil(lambda: panel._job is None, timeout=LIMIT_MS)
    rounds = len(run.rows)
    assert 2 <= rounds < 50
    x, y = panel.plots[0].curve.getData()
    metrics = pd.read_csv(tmp_path / "run" / "training_metrics.csv")
    np.testing.assert_allclose(y, metrics["training_objective"], rtol=1e-6)
    assert len(x) == rounds

    qtbot.mouseClick(panel.open_button, LEFT)
    window.wait(LIMIT_S)
    session = window.now.session
    assert session.id == "wang2025/run" and len(session.units) == UNITS

    height, width = session.frame_shape
    rng = np.random.default_rng(0)
    clip = rng.integers(0, 255, (30, height, width), np.uint8)
    use_stimulus(window, clip, frame_rate=session.frame_rate)
    window.encode()
    window.wait(LIMIT_S)
    alone = ig.encode(ig.open_session(session.id, tmp_path / "run"), clip)
    np.testing.assert_array_equal(window.now.responses.to_numpy(), alone.to_numpy())

    recordings = tmp_path / "recorded"
    write_evaluation(recordings, [rng.random((2, 13, UNITS))])
    analyses = window.panel("Analyses")
    choose(analyses.analysis, "prediction accuracy")
    analyses.form.field("recordings").show_value(str(recordings))
    qtbot.mouseClick(analyses.run_button, LEFT)
    window.wait(LIMIT_S)
    assert {"cc_abs", "cc_max", "cc_norm"} <= set(window.now.units)
    report = ig.fitting.evaluate(panel._report, recordings)
    np.testing.assert_array_equal(
        window.now.units["cc_abs"].to_numpy(), report["cc_abs"].to_numpy()
    )


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (lambda panel, folder: panel.data.setCurrentText(str(folder)), "training"),
        (
            lambda panel, folder: panel.form.fill({"network": str(folder / "no.json")}),
            "no.json",
        ),
        (lambda panel, folder: panel.form.fill({"lr": -1.0}), "lr"),
    ],
    ids=["no data", "no sizes", "no rate"],
)
def test_what_is_wrong_is_one_sentence(panel, window, qtbot, tmp_path, break_it, said):
    (tmp_path / "empty").mkdir()
    break_it(panel, tmp_path / "empty")
    qtbot.mouseClick(panel.start_button, LEFT)
    window.wait(LIMIT_S)
    text = f"{panel.status.text()} {window.playback_bar.message.text()}"
    assert said in text and "Traceback" not in text
    assert panel.start_button.isEnabled()
    assert not (tmp_path / "run" / "state_dict.pth").exists()

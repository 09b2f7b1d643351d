"""A fit of several stages in the window: what it takes, curves, cancelling, going on."""

from __future__ import annotations

import time

import pytest
from insilico_drosophila import make_synthetic_fly
from insilico_drosophila.fitting import plots, second_round
from support.fly_fits import declared
from support.in_window import choose

from insilico_gui.app.panels.fits import fit_panel

LIMIT_MS = 60_000
SETTINGS = {"batch_size": 6, "n_hidden": 8, "n_rank": 3, "dt": 5.0}
SETTINGS |= {"epoch_round1": 3, "epoch_round2": 2}


@pytest.fixture
def panel(window, tmp_path, monkeypatch):
    """The panel with a fit of a made-up fly, ready to start."""
    monkeypatch.setenv("INSILICO_CONNECTOMES", str(tmp_path / "cache"))
    monkeypatch.setattr(second_round, "STEPS_PER_EPOCH", 3)
    monkeypatch.setattr(plots, "find_spec", lambda name: None)
    monkeypatch.setattr(fit_panel, "usable_fits", lambda: {"drosophila": declared})
    window.wait()
    made = window.panel("Fit")
    made._fits = None
    made.draw(frozenset())
    choose(made.fit, "drosophila")
    fly = make_synthetic_fly(tmp_path / "fly", 4, 40, 13)
    made.data.setCurrentText(str(fly))
    made.out.setText(str(tmp_path / "run"))
    made.form.fill(SETTINGS)
    return made


def test_a_fit_of_stages_is_cancelled_and_goes_on(panel, window, qtbot):
    qtbot.waitUntil(lambda: panel.is_seen, timeout=LIMIT_MS)
    panel.start_button.click()
    run = panel._run
    qtbot.waitUntil(lambda: len(run.rows) >= 1, timeout=LIMIT_MS)
    told = "On cpu the fit takes about"
    qtbot.waitUntil(lambda: told in panel.status.toolTip(), timeout=LIMIT_MS)
    start = time.perf_counter()
    panel._job.cancel()
    qtbot.waitUntil(lambda: panel._job is None, timeout=LIMIT_MS)
    assert time.perf_counter() - start < 10  # within a block of steps, not a round
    assert panel.status.text() == fit_panel.CANCELLED
    panel.resume.setChecked(True)
    panel.start_button.click()
    run = panel._run
    qtbot.waitUntil(lambda: panel._job is None, timeout=LIMIT_MS)
    assert len(run.rows) == 3 + 2 + 2 + 2
    assert "9 of 9 rounds" in panel.status.text()
    names = [panel.drawn.itemText(k) for k in range(panel.drawn.count())]
    assert {"train2 loss", "train1 loss", "eval1 correlation"} <= set(names)
    choose(panel.drawn, "train2 loss")
    titles = [plot.plotItem.titleLabel.text for plot in panel.plots]
    assert titles == ["train2 train loss", "train2 test loss"]
    x, y = panel.plots[0].curve.getData()
    assert len(x) == 9 and (y == y).sum() == 2

"""The how-to for a model of tuning: its one file makes command line and panel offer it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.command_line import run

import insilico_gui as ig
from insilico_gui.analysis import tuning
from insilico_gui.analysis.tuning import registry
from insilico_gui.analysis.tuning.fitted_curves import fitted_curve

PAGE = Path(__file__).parents[2] / "docs" / "how_to_add_a_tuning_model.md"
COMMAND = "insilico-gui tuning demo --area LM --stimulus random-dots"


@pytest.fixture
def added(tmp_path, monkeypatch):
    """The file of the how-to, as if it were in its folder."""
    (block,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    (tmp_path / "coherence.py").write_text(block)
    monkeypatch.setattr(tuning, "__path__", [*tuning.__path__, str(tmp_path)])
    registry.models.cache_clear()
    yield
    registry.models.cache_clear()
    sys.modules.pop(f"{tuning.__name__}.coherence", None)
    vars(tuning).pop("coherence", None)


def shown():
    return ig.stimuli.random_dots(
        motion=("translation",),
        directions=(0.0,),
        coherence=(0.25, 0.5, 1.0),
        speed_deg_s=(20.0,),
        duration_s=0.6,
        blank_s=0.3,
    )


def test_a_command_writes_the_columns(added, tmp_path):
    assert COMMAND in PAGE.read_text()
    responses, out = tmp_path / "dots.npz", tmp_path / "coherence.csv"
    session = ig.open_session("demo")
    ig.export(ig.encode(session, shown(), indices=range(0, 2000, 25)), responses)
    result = run("tuning", responses, "-p", "coherence", "-o", out)
    assert result.exit_code == 0, result.output
    table = pd.read_csv(out)
    fitted = table["coherence_r2_fit"].notna()
    assert fitted.sum() > 20
    assert (table["coherence_gain_fit"][fitted] >= 0).all()


def test_the_panel_has_its_curve(added):
    responses = ig.encode(ig.open_session("demo"), shown(), indices=range(8))
    assert "coherence" in registry.parameters(ig.analysis.trial_table(responses))
    values, columns = registry.tune(responses, "coherence")
    curve, levels = values["curve"].to_numpy(), values["coherence"].to_numpy()
    for unit in range(8):
        drawn = fitted_curve(values, "coherence", unit)
        if drawn is None:  # a flat curve
            assert np.isnan(columns["coherence_gain_fit"].iloc[unit])
            continue
        slope = np.polyfit(levels, curve[:, unit], 1)[0]
        expected = pytest.approx(max(slope, 0), rel=1e-3, abs=1e-6)
        gain = columns["coherence_gain_fit"].iloc[unit]
        assert gain == pytest.approx(np.ptp(drawn[1]) / np.ptp(drawn[0]), rel=1e-6)
        if (curve[:, unit] > 0).all() and slope * levels.min() < curve[:, unit].min():
            assert gain == expected


def test_without_the_file_there_is_no_model():
    assert registry.model_of("coherence") is None

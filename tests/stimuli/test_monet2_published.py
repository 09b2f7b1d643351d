"""The preset of Monet2 against the numbers of the published table."""

from __future__ import annotations

import numpy as np
import pytest

from insilico_gui.stimuli import Display, monet2_published
from insilico_gui.stimuli.families.monet_table import from_monet_table, to_monet_table


def test_it_is_the_row_of_the_table():
    row = to_monet_table(monet2_published().spec)
    published = {
        "duration": 30,
        "pattern_width": 72,
        "ori_coherence": 1.5,
        "ori_fraction": 0.4,
        "temp_kernel": "half-hamming",
        "temp_bandwidth": 4,
        "n_dirs": 16,
    }
    assert {name: row[name] for name in published} == published
    assert row["speed"] == pytest.approx(0.25, rel=1e-3)
    np.testing.assert_allclose(np.diff(sorted(row["directions"])), 22.5)
    again = from_monet_table(row)
    assert again.pattern_width == 72
    assert again.spatial_cutoff == pytest.approx(
        monet2_published().spec.spatial_cutoff, rel=1e-3
    )


def test_coherent_windows_last_four_tenths_of_a_period():
    trials = monet2_published(n_blocks=2, seed=3).trials
    assert len(trials) == 32
    assert abs(trials["duration"] - 0.4 * 30 / 16).max() <= 1 / 30
    assert trials.groupby("repeat")["direction"].nunique().eq(16).all()
    width = Display().pixels[1] * Display().degrees_per_pixel[0]
    assert trials["speed_deg_s"].iloc[0] == pytest.approx(width / 4, abs=0.01)

"""One part of a sequence is analysed as if it had been shown alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import insilico_gui as ig
from insilico_gui.analysis import (
    direction_tuning,
    sequence_parts,
    take_part,
    trial_table,
    tuning_columns,
)
from insilico_gui.analysis.fields.dot_mapping import dot_sigma, has_dots
from insilico_gui.analysis.fields.registry import map_fields, mapping_methods
from insilico_gui.analysis.tuning.registry import parameters, tune
from insilico_gui.errors import AnalysisError
from insilico_gui.stimuli import (
    Sequence,
    drifting_gratings,
    gaussian_dots,
    looming,
    static_gratings,
)

GRATINGS = drifting_gratings(duration_s=0.8, blank_s=0.3).spec
DOTS = gaussian_dots(n_columns=3, n_rows=2, sigma_deg=5.5).spec
STATIC = static_gratings(
    orientations=[0, 90], phases_deg=[0], spatial_frequency=0.04, image_s=0.3
).spec


@pytest.fixture(scope="module")
def demo():
    return ig.open_session("demo", device="cpu")


@pytest.fixture(scope="module")
def responses(demo):
    spec = Sequence(parts=[DOTS, GRATINGS, STATIC], order="random", seed=2)
    assert spec.part_order.tolist() != [0, 1, 2]
    return ig.encode(demo, spec.stimulus())


def test_directions_are_the_truth(demo, responses):
    """Within half a step for at least 95 % of selective units, as when shown alone."""
    taken = take_part(responses, "drifting_gratings")
    columns = tuning_columns(direction_tuning(taken))
    selective = (demo.units["true_class"] == "direction").to_numpy()
    truth = demo.units["true_direction"]
    error = ((columns["pref_dir"] - truth + 180) % 360 - 180)[selective].abs()
    assert selective.sum() > 500
    assert (error <= 360 / 16 / 2).mean() >= 0.95


def test_a_part_gives_what_it_gives_alone(demo, responses):
    alone = ig.encode(demo, GRATINGS.stimulus())
    taken = take_part(responses, "drifting_gratings")
    curve, own = (direction_tuning(r)["curve"].to_numpy() for r in (taken, alone))
    # What was shown before differs; the twin forgets it within the blank
    r = [np.corrcoef(a, b)[0, 1] for a, b in zip(curve.T, own.T, strict=True)]
    assert np.median(r) > 0.999


def test_the_table_is_that_of_the_part(responses):
    assert sequence_parts(responses) == [
        *dict.fromkeys(responses.attrs["trials"]["part"])
    ]
    table = trial_table(take_part(responses, "drifting_gratings"))
    own = GRATINGS.trials
    assert len(table) == len(own)
    assert set(table) == {*own.columns, "part"}
    for name in own.columns.drop(["onset", "condition"]):
        np.testing.assert_array_equal(table[name], own[name])
    assert take_part(responses, "gaussian_dots").sizes == responses.sizes


def test_other_trials_show_no_direction(responses):
    """Direction tuning of the whole leaves out what has none."""
    whole = direction_tuning(responses)
    taken = direction_tuning(take_part(responses, "drifting_gratings"))
    np.testing.assert_array_equal(whole["curve"], taken["curve"])


def test_what_a_part_varies(responses):
    of_gratings = trial_table(take_part(responses, "drifting_gratings"))
    assert parameters(of_gratings) == ["direction"]
    assert parameters(trial_table(take_part(responses, "static_gratings"))) == [
        "orientation"
    ]
    tuning, columns = tune(take_part(responses, "static_gratings"), "orientation")
    assert tuning.sizes["orientation"] == 2
    assert len(columns) == responses.sizes["unit"]


def test_analyses_find_the_part_that_they_are_of(responses):
    table = trial_table(responses)
    assert parameters(table)[0] == "direction"
    # Frequencies differ from part to part, or not at all
    assert {"orientation", "azimuth_deg"} < set(parameters(table))
    assert "spatial_frequency" not in parameters(table)
    tuning, columns = tune(responses, "direction")
    taken, own = tune(take_part(responses, "drifting_gratings"), "direction")
    assert columns.attrs["part"] == "drifting_gratings"
    pd.testing.assert_frame_equal(columns, own)
    assert tuning.identical(taken)
    assert mapping_methods(responses) == ["dots"]
    fields, _, columns = map_fields(responses, None, "dots")
    assert fields.attrs["analysis"]["part"] == "gaussian_dots"
    assert columns.attrs["part"] == "gaussian_dots"


def test_looming_in_one_place_is_no_dots():
    assert has_dots(DOTS.trials)
    assert not has_dots(looming().trials)


def test_parts_that_vary_the_same_are_not_mixed(demo):
    fast = drifting_gratings(duration_s=0.4, blank_s=0.1, n_directions=8).spec
    slow = drifting_gratings(
        duration_s=0.4, blank_s=0.1, n_directions=8, temporal_frequency=1
    ).spec
    spec = Sequence(parts=[fast, slow], blank_s=0.2)
    both = ig.encode(demo, spec.stimulus(), ig.select(demo, areas=["LM"]))
    with pytest.raises(AnalysisError, match="Several parts of the sequence vary dir"):
        tune(both, "direction")
    tuning, _ = tune(take_part(both, "drifting_gratings_2"), "direction")
    assert tuning.attrs["analysis"]["part"] == "drifting_gratings_2"
    # temporal frequency differs between the parts and varies in none
    assert parameters(trial_table(both)) == ["direction"]


def test_the_width_of_dots_is_that_of_the_part(responses):
    assert dot_sigma(take_part(responses, "gaussian_dots")) == 5.5
    with pytest.raises(AnalysisError, match="do not say how wide"):
        dot_sigma(take_part(responses, "drifting_gratings"))
    with pytest.raises(AnalysisError, match="do not say how wide"):
        dot_sigma(responses)


def test_files_keep_the_parts(responses, tmp_path):
    few = responses.isel(unit=slice(0, 20))
    for suffix in (".npz", ".csv", ".parquet", ".zarr"):
        loaded = ig.load_responses(ig.export(few, tmp_path / f"responses{suffix}"))
        for part in sequence_parts(few):
            pd.testing.assert_frame_equal(
                trial_table(take_part(loaded, part)), trial_table(take_part(few, part))
            )


def test_wrong_parts_are_named(demo, responses):
    with pytest.raises(AnalysisError, match="no part 'gratings'; it has"):
        take_part(responses, "gratings")
    alone = responses.assign_attrs(trials=GRATINGS.trials.to_dict(orient="list"))
    assert sequence_parts(alone) == []
    with pytest.raises(AnalysisError, match="is no sequence"):
        take_part(alone, "drifting_gratings")
    del alone.attrs["trials"]
    with pytest.raises(AnalysisError, match="is no sequence"):
        take_part(alone, "drifting_gratings")

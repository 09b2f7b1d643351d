"""The columns that published tables have are those of the reference battery."""

from __future__ import annotations

import numpy as np
from insilico_demo.filters import build_filters
from insilico_demo.population import demo_population
from insilico_demo.reference import BATTERY, COLUMNS, read_reference
from insilico_demo.units import steady_responses, tuning_indices

import insilico_gui as ig

SOME = np.arange(0, 2016, 16)


def test_they_were_measured_with_this_population():
    digest, table = read_reference()
    population = demo_population()
    assert digest == population.digest()  # or run scripts/demo_reference.py
    assert table.index.tolist() == population.unit_id.tolist()


def test_the_battery_gives_them_back(demo):
    """By the defaults of the host, which are its own."""
    stimulus = ig.stimuli.drifting_gratings()
    assert stimulus.spec == ig.stimuli.drifting_gratings(**BATTERY["stimulus"]).spec
    responses = ig.encode(demo, stimulus, indices=SOME)
    tuning = ig.analysis.direction_tuning(responses, **BATTERY["analysis"])
    table = ig.analysis.tuning_columns(tuning)
    held = ig.analysis.compare_with_released(table, demo.units.iloc[SOME])
    for name, column in COLUMNS.items():
        assert held.loc[column, "released"] == name
        assert held.loc[column, "median_difference"] <= 0.02
        assert held.loc[column, "reproduced"], column


def test_steady_indices_are_those_of_the_parameters(demo):
    population = demo_population()
    steady = steady_responses(population, build_filters(population))
    for name, values in tuning_indices(steady).items():
        np.testing.assert_allclose(demo.units[f"true_{name}"], values, atol=6e-5)


def test_directions_are_found(demo):
    """With the defaults, and as well in cells that follow the bars."""
    responses = ig.encode(demo, ig.stimuli.drifting_gratings())
    tuning = ig.analysis.direction_tuning(responses)
    units = demo.units
    away = tuning["pref_dir"].to_numpy() - units["true_direction"].to_numpy()
    error = np.abs((away + 180) % 360 - 180)
    selective = (units["true_class"] == "direction").to_numpy()
    assert np.median(error[selective]) <= 0.03
    simple = selective & (units["true_cell"] == "simple").to_numpy()
    assert np.median(error[simple]) <= 0.05

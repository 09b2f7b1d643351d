"""Every column that any declared analysis makes has facts: a title, its unit, its turn."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from support.recordings import write_evaluation
from support.relay import Relay
from support.slopes import Slopes

import insilico_gui as ig
from insilico_gui.experiment import live
from insilico_gui.experiment.analyses import analyses
from insilico_gui.experiment.declared.fit_quality import MEASURES
from insilico_gui.experiment.document import SessionEntry
from insilico_gui.stimuli import ConditionTable, Drive, Silence, Target
from insilico_gui.units.columns import known_facts

BRIEF = {"duration_s": 0.2, "blank_s": 0.2}
STIMULI = {
    "gratings": ig.stimuli.drifting_gratings(
        n_directions=8, duration_s=0.4, blank_s=0.2, repeats=2
    ),
    "blocks": ig.stimuli.drifting_gratings(n_directions=4, repeats=5, **BRIEF),
    "dots": ig.stimuli.gaussian_dots(
        **{"n_columns": 5, "n_rows": 3, "sigma_deg": 20.0, "duration_s": 0.1},
        margin_s=0.35,
        repeats=2,
    ),
    "plaids": ig.stimuli.plaids(
        directions=8, plaid_angle_deg=(0, 90), repeats=2, **BRIEF
    ),
    "sizes": ig.stimuli.size_series(
        directions=2,
        surround=("none", "same", "orthogonal"),
        repeats=2,
        **BRIEF,
    ),
    "coherent": ig.stimuli.random_dots(
        motion="translation", directions=2, speed_deg_s=30, repeats=2, **BRIEF
    ),
    "joint": ig.stimuli.drifting_gratings(
        n_directions=4,
        spatial_frequency=(0.02, 0.04, 0.08),
        temporal_frequency=(1, 2, 4),
        repeats=2,
        **BRIEF,
    ),
    "contrasts": ig.stimuli.contrast_series(directions=2, repeats=2, **BRIEF),
    "images": ig.stimuli.static_gratings(
        orientations=4, spatial_frequency=0.04, image_s=0.2, blank_s=0.1
    ),
}
DRAWS = {"n_draws": 100}
OF_VIDEO = {
    "direction tuning": [("gratings", {"n_permutations": 5})],
    "tuning": [
        ("joint", {"parameter": "spatial_frequency"}),
        ("joint", {"parameter": "temporal_frequency"}),
        ("joint", {"parameter": "spatial_frequency x temporal_frequency"}),
        ("sizes", {"parameter": "size_deg"}),
        ("contrasts", {"parameter": "contrast", "n_permutations": 5}),
        ("images", {"parameter": "orientation"}),
        ("images", {"parameter": "phase"}),
    ],
    "direction uncertainty": [("gratings", {**DRAWS, "n_permutations": 5})],
    "tuning uncertainty": [
        ("gratings", {"parameter": "direction", **DRAWS, "n_permutations": 5}),
        ("contrasts", {"parameter": "contrast", **DRAWS}),
        ("sizes", {"parameter": "size_deg", **DRAWS}),
    ],
    "receptive fields": [("dots", {"n_permutations": 5})],
    "receptive field uncertainty": [("dots", {**DRAWS, "n_permutations": 5})],
    "retinotopy": [(None, {"known": True, "sigma_um": 150.0})],
    "responsiveness": [
        ("gratings", {"n_permutations": 20, "against": "baseline"}),
    ],
    "sparseness": [("gratings", {}), ("gratings", {"variant": "treves_rolls"})],
    "signal correlations": [("gratings", {})],
    "noise correlations": [("gratings", {})],
    "response variability": [("gratings", {"n_splits": 5, **DRAWS})],
    "explained variance": [("gratings", {"recording": "recorded.npy"})],
    "reliability": [("gratings", {"recording": "recorded.npy"})],
    "prediction accuracy": [(None, {"recordings": "recorded"})],
    "comparison": [
        ("gratings", {"other_session": "demo", "other_stimulus": "contrasts"})
    ],
    "unit properties": [(None, {"table": "properties.csv"})],
    "grating modulation": [("gratings", DRAWS)],
    "response latency": [("gratings", DRAWS)],
    "time-resolved tuning": [("gratings", {"parameter": "direction", "bin_s": 0.2})],
    "whitened STA": [("gratings", {"n_rows": 4, "n_columns": 6, "window_s": 0.1})],
    "LN fit": [("gratings", {"n_rows": 4, "n_columns": 6, "window_s": 0.1})],
    "plaids": [("plaids", DRAWS)],
    "surround modulation": [("sizes", DRAWS)],
    "neurometric threshold": [("coherent", {**DRAWS, "n_permutations": 5})],
    "joint frequency tuning": [("joint", {**DRAWS, "n_permutations": 5})],
    "functional layout": [("gratings", {"of": "responses"})],
    "population decoding": [("gratings", {"n_draws": 2, "n_permutations": 2})],
    "participation ratio": [("blocks", {"n_draws": 2, "crossvalidated": True})],
    "representational dissimilarity": [
        ("blocks", {"n_draws": 2, "crossvalidated": True})
    ],
}
"""Analyses of videos: what each is run on, and how."""

OF_CONDITIONS = {
    "condition tuning": [{"parameter": "left"}, {"parameter": "left x right"}],
    "condition difference": [{"second": 2}],
    "choices": [{}],
    "psychometric curve": [{"over": "left", "action": "right"}],
    "simulated trials": [{"seed": 3}],
}
OF_DRIVES = {
    "perturbation": {"start_s": 0.1},
    "population rate": {},
    "recorded against simulated": {"skip": 1},
    "spike raster": {"group": "parity=odd", "n_elements": 3},
}
OF_RECORDINGS = {"fit quality": MEASURES}
"""Columns of those of recordings, which the tests of their twins run."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """Twelve units of the demo session, in an experiment with all stimuli."""
    folder = tmp_path_factory.mktemp("files")
    made = ig.Experiment(library=None)
    made.add_session("demo")
    made.select(indices=np.arange(0, 2016, 168), name="few")
    for name, stimulus in STIMULI.items():
        made.add_stimulus(stimulus, name=name)
        made.encode("demo", name, selection="few")
    shown = made.responses("demo", "gratings").to_numpy()
    rng = np.random.default_rng(0)
    recorded = shown + shown.std() * rng.normal(size=(4, *shown.shape))
    np.save(folder / "recorded.npy", recorded.astype(np.float32))
    write_evaluation(folder / "recorded", [rng.random((2, 13, 2016))])
    table = made.session("demo").units[["session", "scan_idx", "unit_id"]].copy()
    table["eccentricity_deg"] = np.arange(len(table), dtype=float)
    table.to_csv(folder / "properties.csv", index=False)
    return made, folder


def columns_of(experiment, name, session, stimulus, parameters):
    experiment.analyse(name, session, stimulus, **parameters)
    made = experiment.compute(experiment.document.analyses[-1]).columns
    return [] if made is None else list(made.items())


def check(columns):
    for name, values in columns:
        found = known_facts(name)
        assert found is not None, f"{name} has no facts"
        assert found.title and "_" not in found.title, (name, found.title)
        for text, units in UNITS.items():
            if text in name:
                assert found.unit in units, (name, found.unit)
        if name.endswith(("_direction", "_dir", "_theta_deg", "_phase_deg", "_ori")):
            assert found.period in (180.0, 360.0), name
        if found.drawn == "names":
            assert not found.unit, name
        elif values.dtype.kind == "f" and found.ends and not found.turn:
            known = values[np.isfinite(values)]
            low, high = found.ends
            assert ((known >= low - 1e-9) & (known <= high + 1e-9)).all(), name


UNITS = {
    "azimuth": {"deg"},
    "elevation": {"deg"},
    "latency_s": {"s"},
    "lag_s": {"s"},
}
"""Units that go with a part of a name."""


def test_every_analysis_is_walked():
    every = OF_VIDEO.keys() | OF_CONDITIONS.keys() | OF_DRIVES.keys()
    every |= OF_RECORDINGS.keys()
    assert analyses().keys() == every


@pytest.mark.parametrize("name", OF_VIDEO)
def test_columns_of_videos_have_facts(name, demo):
    experiment, folder = demo
    for stimulus, given in OF_VIDEO[name]:
        files = {"recording", "recordings", "table"} & given.keys()
        parameters = given | {key: str(folder / given[key]) for key in files}
        columns = columns_of(experiment, name, "demo", stimulus, parameters)
        assert columns
        check(columns)


def test_columns_of_conditions_have_facts(monkeypatch):
    monkeypatch.setattr(live, "open_session", lambda *a, **k: Slopes())
    made = ig.Experiment(library=None)
    made.put_session(SessionEntry(id="slopes"), Slopes())
    table = ConditionTable(
        {"left": [0, 0.5, 1, 0.5], "right": 0.25, "cue": ["go", "stay", "stay", "go"]}
    )
    made.add_stimulus(table, name="table")
    for name, cases in OF_CONDITIONS.items():
        for parameters in cases:
            check(columns_of(made, name, "slopes", "table", parameters))


def test_columns_of_drives_have_facts(monkeypatch):
    monkeypatch.setattr(live, "open_session", lambda *a, **k: Relay())
    made = ig.Experiment(library=None)
    made.put_session(SessionEntry(id="relay"), Relay())
    quiet = Silence(Target({"channel": "left"}), 0.3)
    made.add_stimulus(Drive(events=[quiet]), name="quiet")
    for name, parameters in OF_DRIVES.items():
        check(columns_of(made, name, "relay", "quiet", parameters))


def test_columns_of_recordings_have_facts():
    for columns in OF_RECORDINGS.values():
        check([(name, pd.Series(dtype=float)) for name in columns])

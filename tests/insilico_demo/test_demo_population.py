"""The unit table: determinism, schema, anatomy, retinotopy, what the indices say."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from insilico_demo import twin
from insilico_demo.cortex import WINDOW_UM, retinotopy
from insilico_demo.population import demo_population

from insilico_gui.errors import SessionError
from insilico_gui.session import check_units

# Changes only when the demo's parameters are changed on purpose.
WEIGHTS_HASH = "sha256:7e91afc4f27c3709317cfd0bb361fe2e03179a1fced0288a844981dc8c4b74a6"


def test_listing_needs_no_torch_and_no_folder(tmp_path):
    code = (
        "import sys; from insilico_demo import twin; info, _ = twin.sessions(None); "
        "assert info.id == 'demo'; assert not {'torch', 'qtpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert twin.sessions(tmp_path) == twin.sessions(None)
    assert [info.id for info in twin.sessions(None)] == ["demo", "demo/noisy"]


def test_info_agrees_with_the_table(demo):
    info, noisy = twin.sessions(None)
    assert noisy.areas == info.areas
    units = demo.units
    assert info.n_units == len(units)
    assert 1900 <= info.n_units <= 2100
    assert info.areas == units["area"].value_counts().to_dict()
    assert info.fields == units["field"].astype(str).value_counts().to_dict()
    assert info.input_kind == demo.input_kind == "video"


def test_no_other_id_opens():
    with pytest.raises(SessionError, match="demo/anything"):
        twin.open("demo/anything", None, "cpu")


def test_parameters_are_the_same_every_time(demo):
    again = demo_population.__wrapped__()
    assert again is not demo_population()
    assert again.digest() == demo.attrs["weights_hash"] == WEIGHTS_HASH
    assert json.loads(json.dumps(demo.attrs)) == demo.attrs


def test_digest_sees_every_parameter():
    population = demo_population()
    for name in ("area", "field", "tf", "surround"):
        values = getattr(population, name).copy()
        values[[0, -1]] = values[[-1, 0]]
        assert values[0] != values[-1]
        changed = type(population)(**{**vars(population), name: values})
        assert changed.digest() != population.digest()


def test_table_keeps_the_schema(demo):
    units = demo.units
    check_units(units, "demo")
    assert (np.diff(units["unit_id"]) > 0).all()
    assert (units["unit_id"] != np.arange(len(units))).all()
    assert units.index.tolist() == units["unit_id"].tolist()
    assert not {"cc_abs", "cc_max", "cc_norm"} & set(units.columns)
    assert units["true_rf_x"].equals(units["rf_x"].rename("true_rf_x"))
    assert units[["session", "scan_idx"]].drop_duplicates().shape == (1, 2)


def test_preferences_by_class(demo):
    groups = demo.units.groupby("true_class")
    assert set(groups.groups) == {"direction", "orientation", "untuned"}
    assert (groups.size() > 200).all()
    untuned = groups.get_group("untuned")
    unknown = ["pref_dir", "pref_ori", "true_direction", "true_sf", "true_tf"]
    assert untuned[unknown].isna().all(axis=None)
    steady = ["true_OSI", "true_DSI", "true_gOSI", "true_gDSI"]
    assert (untuned[steady] < 1e-12).all(axis=None)
    # a flat curve has no fit, and so no OSI and DSI
    measured = untuned[["OSI", "DSI", "gOSI", "gDSI"]]
    assert (measured.fillna(0) < 0.01).all(axis=None)
    assert measured[["gOSI", "gDSI"]].notna().all(axis=None)
    oriented = groups.get_group("orientation")
    assert oriented["true_dsi"].between(0, 0.25).all()
    tuned = demo.units[demo.units["true_class"] != "untuned"]
    assert tuned["true_direction"].between(0, 360, inclusive="left").all()
    assert tuned["true_sf"].between(0.02, 0.12).all()
    assert tuned["true_tf"].between(1, 6).all()
    selective = groups.get_group("direction")
    assert selective["true_dsi"].between(0.25, 0.8).all()
    # raw, at 16 directions, against the value at the exact optimum
    assert (selective["true_DSI"] - selective["true_dsi"]).abs().max() < 0.06
    counts, _ = np.histogram(selective["true_direction"], 8, (0, 360))
    assert counts.min() > 100


def test_selectivity_is_continuous(demo):
    """No gap and no heap: each tenth of the range of gOSI and DSI holds some units."""
    tuned = demo.units[demo.units["true_class"] != "untuned"]
    for name, ends in (
        ("true_gOSI", (0.1, 0.6)),
        ("true_dsi", (0, 0.7)),
        ("true_OSI", (0.3, 0.9)),
    ):
        counts, _ = np.histogram(tuned[name], 10, ends)
        assert counts.min() > 20, name
        assert counts.max() < 0.35 * len(tuned), name
    assert tuned["true_contrast_exponent"].between(1, 4).all()
    assert tuned["true_contrast_exponent"].quantile([0.1, 0.9]).diff().iloc[1] > 1.2


def test_areas_differ_as_published(demo):
    """Anterior areas: direction selective, coarse and fast (Marshel et al. 2011)."""
    tuned = demo.units[demo.units["true_class"] != "untuned"]
    middle = tuned.groupby("area")[
        ["true_gOSI", "true_dsi", "true_sf", "true_tf"]
    ].median()
    assert (middle["true_gOSI"].drop("V1") > middle.loc["V1", "true_gOSI"]).all()
    for area in ("AL", "RL"):
        assert middle.loc[area, "true_dsi"] > 1.3 * middle.loc["V1", "true_dsi"]
        assert middle.loc[area, "true_sf"] < middle.loc["V1", "true_sf"]
        assert middle.loc[area, "true_tf"] > middle.loc["V1", "true_tf"]


def test_some_are_simple_cells(demo):
    tuned = demo.units[demo.units["true_class"] != "untuned"]
    simple = tuned["true_cell"] == "simple"
    assert 0.25 < simple.mean() < 0.35
    assert tuned["true_phase"].notna().equals(simple)
    assert (tuned["true_f1_f0"][~simple] == 0).all()
    slow = simple & (tuned["true_tf"] < 2)
    assert (tuned["true_f1_f0"][slow] > 0.9).all()  # smoothing takes little of these


def test_anatomy_is_plausible(demo):
    units = demo.units
    assert units["x"].between(0, WINDOW_UM[0]).all()
    assert units["y"].between(0, WINDOW_UM[1]).all()
    assert units["z"].between(100, 500).all()
    assert units["field"].nunique() == 8
    planes = units.groupby("field")["z"]
    assert (planes.max() - planes.min()).max() < 25  # one plane, one depth
    assert (units.groupby("field")["area"].nunique() >= 2).all()
    position = units[["x", "y", "z"]].to_numpy()
    apart = np.linalg.norm(position[:, None] - position[None], axis=2)
    assert apart[np.triu_indices(len(units), 1)].min() > 10  # a cell's diameter
    places = units.groupby("area")[["x", "y"]].mean()
    assert (places.loc["V1", "x"] < places.loc[["AL", "RL"], "x"]).all()
    assert (places.loc["V1", "y"] > places.loc[["LM", "AL"], "y"]).all()


def test_field_sign_reverses_between_neighbours(demo):
    signs = {}
    for area, units in demo.units.groupby("area"):
        place = np.column_stack([units[["x", "y"]], np.ones(len(units))])
        slopes, *_ = np.linalg.lstsq(place, units[["rf_x", "rf_y"]])
        signs[area] = np.sign(np.linalg.det(slopes[:2]))
        predicted = place @ slopes
        scatter = (units[["rf_x", "rf_y"]] - predicted).std()
        assert (scatter < 0.12).all()
    assert signs == {"V1": -1, "LM": 1, "RL": 1, "AL": -1}


def test_maps_run_on_across_borders():
    x, y = np.meshgrid(np.linspace(0, 1200, 241), np.linspace(0, 1100, 221))
    area, rf_x, rf_y = (a.reshape(x.shape) for a in retinotopy(x.ravel(), y.ravel()))
    border = area[:, 1:] != area[:, :-1]
    assert border.any()
    for centre in (rf_x, rf_y):
        assert np.abs(np.diff(centre, axis=1))[border].max() < 0.03
    # V1 and LM meet at the nasal (right) edge, V1 and RL in the lower field
    beside = (area[1:] == "V1") & (area[:-1] == "LM")
    assert rf_x[1:][beside].min() > 0.83
    beside = (area[:, 1:] == "RL") & (area[:, :-1] == "V1")
    assert rf_y[:, 1:][beside].max() < -0.75


def test_centres_cover_the_screen(demo):
    counts, _, _ = np.histogram2d(
        demo.units["rf_x"], demo.units["rf_y"], (6, 4), ((-0.9, 0.9), (-0.9, 0.9))
    )
    assert counts.min() >= 40

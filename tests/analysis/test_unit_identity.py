"""Units are joined by session, scan and unit id, wherever two tables meet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import insilico_gui as ig
from insilico_gui.analysis import (
    compare,
    direction_tuning,
    parameter_tuning,
    retinotopy_columns,
    retinotopy_maps,
    sparseness_columns,
    tuning_columns,
)
from insilico_gui.analysis.tuning.registry import tune
from insilico_gui.cli.tables import write_table
from insilico_gui.errors import AnalysisError, ExportError
from insilico_gui.responses import unit_table
from insilico_gui.units.identity import (
    indexed_by_id,
    match_units,
    result_table,
    same_units,
)

DATA = Path(__file__).parents[1] / "data" / "compare"


def table(ids, **columns):
    return pd.DataFrame({"unit_id": ids, **columns})


def scan(ids, session=4, scan_idx=7):
    return table(ids, session=session, scan_idx=scan_idx)


@pytest.fixture(scope="module")
def files():
    return {path.stem: ig.load_responses(path) for path in DATA.glob("*.npz")}


def test_units_of_two_scans_are_not_the_same(files):
    with pytest.raises(AnalysisError, match="no unit in common"):
        compare(files["s1"], files["s2"])
    same = compare(files["s1"], files["s1"])
    assert same.attrs["n_common_units"] == 3
    assert same.index.name == "unit_id"
    assert same[["session", "scan_idx"]].drop_duplicates().to_numpy().tolist() == [
        [4, 7]
    ]


@pytest.mark.parametrize("pair", [("a", "dup"), ("dup", "a")])
def test_a_unit_named_twice_is_told(files, pair):
    with pytest.raises(AnalysisError, match="unit_id 1 occurs more than once"):
        compare(*(files[name] for name in pair))


def test_sessions_decide_where_scans_are_not_told(files):
    other = files["a"].assign_attrs(session="y")
    with pytest.raises(AnalysisError, match="no unit in common"):
        compare(files["a"], other)
    unnamed = files["a"].copy()
    del unnamed.attrs["session"]
    compared = compare(files["a"], unnamed)
    assert compared.attrs["n_common_units"] == 3
    assert "matched by unit_id alone" in compared.attrs["warning"]
    assert "warning" not in compare(files["a"], files["a"]).attrs


def test_a_missing_id_equals_nothing():
    ids = [1.0, np.nan, 3.0, np.nan]
    rows, warning = match_units(scan(ids), scan(ids))
    assert rows.tolist() == [0, -1, 2, -1]
    assert warning == ""
    texts = ["a", None, "c"]
    assert match_units(scan(texts), scan(texts[::-1])).rows.tolist() == [2, -1, 0]
    unknown = scan([1, 2], session=np.array([4, np.nan]))
    assert match_units(unknown, unknown).rows.tolist() == [0, -1]


def test_order_does_not_matter_and_types_of_numbers_neither():
    rng = np.random.default_rng(0)
    for ids in (np.arange(50) * 3, np.array([f"u{k}" for k in range(50)])):
        order = rng.permutation(50)
        rows = match_units(scan(ids), scan(ids[order])).rows
        np.testing.assert_array_equal(order[rows], np.arange(50))
    assert match_units(scan([1, 2]), scan([2.0, 1.0])).rows.tolist() == [1, 0]
    assert match_units(scan([1, 2]), scan(["1", "2"])).rows.tolist() == [-1, -1]


def test_results_join_a_table_by_id(tmp_path):
    units = scan([30, 10, 20]).assign(x=[3.0, 1.0, 2.0])
    results = result_table({"ten": [10.0, 20.0, 30.0]}, scan([10, 20, 30]))
    written = write_table(tmp_path / "t.csv", units, results, {})
    assert written["ten"].tolist() == [30, 10, 20]
    assert same_units(units, results).tolist() == [2, 0, 1]
    other = result_table({"ten": [1.0, 2, 3]}, scan([10, 20, 30], session=5))
    assert same_units(units, other) is None
    with pytest.raises(ExportError, match="not those"):
        write_table(tmp_path / "u.csv", units, other, {})


@pytest.fixture(scope="module")
def demo():
    return ig.open_session("demo", device="cpu")


@pytest.fixture(scope="module")
def encoded(demo):
    """Every fourth unit of V1."""
    v1 = np.flatnonzero((demo.units["area"] == "V1").to_numpy())[::4]
    shown = ig.stimuli.drifting_gratings(directions=8, duration_s=0.8, blank_s=0.4)
    chosen = ig.select(demo, indices=v1)
    return v1, ig.encode(demo, shown, units=chosen)


def away(found, truth):
    return np.abs((found - truth + 180) % 360 - 180)


def test_columns_join_the_unit_table_right_or_not_at_all(demo, encoded):
    chosen, responses = encoded
    tuning = direction_tuning(responses, latency_s=0.2, window_s=0.6)
    columns = tuning_columns(tuning)
    ids = demo.units["unit_id"].to_numpy()[chosen]
    assert columns.index.name == "unit_id"
    assert columns.index.tolist() == ids.tolist()
    shuffled = columns.sample(frac=1, random_state=0)
    plain, own = demo.units.reset_index(drop=True), ("", "_measured")
    indexed = demo.units.set_index("unit_id")
    joins = {
        "join": demo.units.join(columns),
        "join shuffled": demo.units.join(shuffled),
        "join list": demo.units.join([shuffled]),
        "join without an index": plain.join(shuffled),
        "join indexed": indexed.join(shuffled, rsuffix="_measured").reset_index(),
        "join one": demo.units.join(columns[["pref_dir"]].add_suffix("_measured")),
        "join column": demo.units.join(
            shuffled["pref_dir"].rename("pref_dir_measured")
        ),
        "outer": demo.units.join(shuffled, how="outer"),
        "merge": demo.units.merge(shuffled, suffixes=own),
        "merge on": demo.units.merge(shuffled, on="unit_id", suffixes=own),
        "merge on an index": plain.merge(
            shuffled, left_on="unit_id", right_index=True, suffixes=own
        ),
        "merge on all": demo.units.merge(
            columns, on=["session", "scan_idx", "unit_id"], how="left", suffixes=own
        ),
        "function": pd.merge(demo.units, shuffled, on="unit_id", suffixes=own),
        "assign": demo.units.assign(pref_dir_measured=columns["pref_dir"]),
    }
    for how, joined in joins.items():
        name = "pref_dir_measured"
        assert name in joined, how
        known = joined[joined[name].notna()]
        assert set(known["unit_id"]) <= set(ids), how
        tuned = known[known["true_class"] == "direction"]
        assert len(tuned) > 10, how
        assert away(tuned[name], tuned["true_direction"]).median() < 5, how
    one = ids[columns["pref_dir"].notna().to_numpy()][0]
    assert columns.loc[one, "pref_dir"] == float(tuning["pref_dir"].sel(unit_id=one))
    assert demo.units.loc[one, "unit_id"] == one


def test_units_of_other_recordings_are_not_joined(demo, encoded):
    columns = tuning_columns(
        direction_tuning(encoded[1], latency_s=0.2, window_s=0.6, osi_variant="raw")
    )
    other = demo.units.assign(session=99)
    assert other.join(columns)["gOSI_measured"].isna().all()
    assert len(other.merge(columns)) == 0
    with pytest.raises(AnalysisError, match="different units"):
        pd.merge(other, columns, on="unit_id")
    bare = demo.units[["unit_id", "session", "scan_idx"]]
    with pytest.raises(AnalysisError, match="different units"):
        pd.merge(bare, columns)  # on session and scan alone: everything with everything
    both = pd.concat([columns, columns.assign(session=99, gOSI=2.0)])
    for units, wanted in (
        (demo.units, columns["gOSI"]),
        (other, columns["gOSI"] * 0 + 2),
    ):
        joined = units.join(both)
        assert joined.index.equals(units.index)
        found = joined["gOSI_measured"].reindex(columns.index)
        np.testing.assert_array_equal(found, wanted)


def test_joins_of_two_results_and_of_units_without_ids(demo):
    units = scan([3, 1, 2]).pipe(indexed_by_id)
    one = result_table({"a": [1.0, 2, 3]}, scan([1, 2, 3]))
    two = result_table({"b": [3.0, 1, 2]}, scan([3, 1, 2]))
    assert one.join(two).eval("a == b").all()
    assert one.join(two).index.name == "unit_id"
    joined = units.join([one, two])
    assert joined[["unit_id", "a", "b"]].to_numpy().tolist() == [
        [k] * 3 for k in (3, 1, 2)
    ]
    with pytest.raises(ValueError, match="overlap"):
        one.join(one)
    missing = scan([1.0, np.nan, 3.0]).pipe(indexed_by_id)
    found = missing.join(result_table({"a": [1.0, 2, 3]}, missing))
    np.testing.assert_array_equal(found["a"], [1, np.nan, 3])
    areas = demo.units.groupby("area")
    mean = areas.mean(numeric_only=True).join(areas.size().rename("n"))
    assert mean["n"].sum() == len(demo.units)


def test_every_result_table_names_its_units(demo, encoded):
    chosen, responses = encoded
    ids = demo.units["unit_id"].to_numpy()[chosen].tolist()
    units = unit_table(responses)
    sheet = retinotopy_maps(
        demo.units["x"], demo.units["y"], demo.units["rf_x"], demo.units["rf_y"]
    )
    tables = [
        tune(responses, "direction")[1],
        sparseness_columns(parameter_tuning(responses, "direction")),
        compare(responses, responses),
        retinotopy_columns(sheet, units["x"], units["y"], units),
        retinotopy_columns(sheet, units["x"], units["y"]),
        units,
    ]
    for one in tables:
        assert one.index.tolist() == ids
    for one in tables[:4]:
        assert one.index.name == "unit_id"
        assert {"session", "scan_idx"} <= set(one)
    tuning = parameter_tuning(responses, "direction")
    assert tuning.sel(unit_id=ids[3])["curve"].shape == (8,)


def test_what_compare_leaves_out_is_said(files):
    whole, part = files["a"], files["a"].isel(time=slice(0, 300))
    compared = compare(whole, part)
    assert "correlation" not in compared
    assert "correlation over frames was left out" in compared.attrs["warning"]
    assert "510 frames" in compared.attrs["warning"]
    assert "300 frames" in compared.attrs["warning"]
    later = whole.assign_coords(time=whole["time"] + 1)
    assert "at other times" in compare(whole, later).attrs["warning"]

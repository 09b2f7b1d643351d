"""Every column that a session has or an analysis makes is in the table of facts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from frozen import battery, shown
from support import berg_fwrf, berg_vit, wang2025_synthetic
from support.leaky import LeakySession
from support.pictures import PictureSession

import insilico_gui as ig
from insilico_gui.errors import AnalysisError
from insilico_gui.units.columns import (
    ColumnFacts,
    facts,
    known_facts,
    parameter_facts,
    register,
)
from insilico_gui.units.measures import is_measure, measured_columns

DIMENSIONLESS = {
    *("unit_id", "session", "scan_idx", "field", "area", "subject", "stream", "vertex"),
    *("hemisphere", "voxel_i", "voxel_j", "voxel_k", "sign_patch", "sign_area"),
    *("OSI", "DSI", "gOSI", "gDSI", "cc_abs", "cc_max", "cc_norm", "field_sign"),
    *("rf_x", "rf_y", "rf_amplitude", "rf_offset", "SI", "speed_index"),
    *("speed_inside", "size_suppressed", "c50", "contrast_exponent", "SSI_on+off"),
    *("contrast_r_max", "contrast_baseline", "SSI_on", "SSI_off", "correlation"),
    *("mean_response", "mean_reference", "mean_difference", "correlation_peak"),
    *("correlation_single", "ncsnr", "r2", "noise_ceiling", "explained_variance"),
    *("class", "dsi", "baseline", "peak", "rf_at_edge", "rf_on_off_index", "p_rf"),
    *("rf_x_on", "rf_y_on", "rf_x_off", "rf_y_off", "rf_r2_on", "rf_r2_off"),
    *("sf_model", "tf_model", "speed_model"),
    *("cell", "f1_f0", "unselective", "surround_tuning", "adaptation"),
    *("lifetime_sparseness_vinje_gallant", "lifetime_sparseness_treves_rolls"),
}
"""Columns without a unit, as they are called without variant; all others need one."""


def check(table):
    for name in table:
        found = known_facts(name)
        assert found is not None, f"{name} is not in the table of facts"
        assert found.title, name
        plain = name.removeprefix("true_").removesuffix("_nsdcore")
        plain = plain.removesuffix("_raw").removesuffix("_fit")
        if plain not in DIMENSIONLESS and not plain.endswith(("_r2", "_shape")):
            assert found.unit, name


TABLES = {
    name: analysis
    for name, analysis in battery.ANALYSES.items()
    if "columns" in name or name == "compare"
}


@pytest.mark.parametrize("name", TABLES)
def test_columns_of_analyses(name):
    table = TABLES[name]()
    check(table)
    for column in table:
        source = facts(column).source
        assert not source or hasattr(ig.analysis, source), column


def test_columns_of_sessions():
    for session in (battery.session(), LeakySession(), PictureSession()):
        check(session.units)


def test_columns_of_voxels_channels_and_vertices(tmp_path):
    berg_fwrf.write_model(tmp_path, retinotopic=True)
    berg_vit.write_backbone(tmp_path)
    berg_vit.write_eeg(tmp_path)
    berg_vit.write_fsaverage(tmp_path)
    berg_vit.write_fsaverage(tmp_path, subject=4, suffix="_nsdcore")
    ids = ig.list_sessions(tmp_path)
    found = {name for name in ids if name.startswith(("nsd-", "things-"))}
    assert len(found) == 4
    for name in sorted(found):
        check(ig.open_session(name, tmp_path, "cpu").units)


def test_columns_of_published_mouse_units(tmp_path):
    wang2025_synthetic.write_params(tmp_path, 101, 8, (8, 5))
    wang2025_synthetic.write_tables(tmp_path, 8, (8, 5))
    check(ig.open_session("wang2025/session-8_scan-5", tmp_path, "cpu").units)


def test_parameters_that_stimuli_vary():
    dimensional = {"onset", "duration", "direction", "orientation", "phase"}
    dimensional |= {"spatial_frequency", "temporal_frequency"}
    for stimulus in shown.stimuli().values():
        for name in shown.trial_columns(stimulus):
            about = parameter_facts(name)
            assert about.title, name
            has_unit = name in dimensional or name.endswith(("_deg", "_deg_s", "_ms"))
            assert bool(about.unit) == has_unit, name


def test_angles_are_cyclic_and_what_is_told_of_them_is_not():
    for name in ("direction", "pref_dir", "pref_dir_measured", "true_direction"):
        assert facts(name).turn == (0.0, 360.0), name
    for name in ("orientation", "pref_ori", "pref_orientation_raw", "rf_theta_deg"):
        assert facts(name).period == 180.0, name
    assert facts("polar_angle_deg").turn == (-180.0, 180.0)
    assert [text for _, text in facts("pref_ori").ticks] == [
        *("0", "45", "90", "135", "180")
    ]
    for name in ("p_direction", "p_orientation", "eccentricity_deg"):
        assert facts(name).period is None, name
        assert facts(name).ticks is None, name


def test_a_place_of_a_trial_is_on_the_screen_and_one_of_a_unit_in_the_tissue():
    assert parameter_facts("x").label == "x (-1 to 1)"
    assert facts("x").label == "x (µm)"
    assert facts("x").place
    assert facts("true_rf_x").place


def test_names_are_taken_apart():
    assert facts("pref_sf_fit").label == "pref. SF, fit (cycles/deg)"
    assert facts("pref_sf_fit").drawn == "octaves"
    assert facts("pref_sf_fit").variant == "fit"
    assert facts("sf_bandwidth_fit").label == "SF bandwidth, fit (octaves)"
    assert facts("pref_speed_deg_s_raw").label == "pref. speed, raw (deg/s)"
    assert facts("pref_contrast_raw").label == "pref. contrast, raw (0 to 1)"
    assert facts("OSI_folded").variant == "folded"
    assert facts("speed_deg_s").drawn == "octaves"
    assert facts("mean_difference_measured").drawn == "diverging"
    assert known_facts("whatever_fit") is None
    assert facts("whatever_fit") == ColumnFacts("whatever fit", variant="fit")


def test_numbers_that_name_something_measure_nothing():
    units = pd.DataFrame(
        {
            "unit_id": [1, 2],
            "field": [3, 4],
            "area": ["V1", "LM"],
            "gOSI": [0.1, 0.2],
            "n": np.array([1, 2], np.uint8),
        }
    )
    assert measured_columns(units) == ["gOSI", "n"]
    assert not is_measure(units["field"])


def test_others_add_columns():
    about = ColumnFacts("latency to the peak", "s")
    register("test_latency", about)
    register("test_latency", about)  # once more changes nothing
    assert facts("test_latency_measured").label == "latency to the peak, measured (s)"
    with pytest.raises(AnalysisError, match="gOSI"):
        register("gOSI", about)

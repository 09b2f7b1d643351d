"""The commands of analyses, on the demo session, against what is true of its units."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from pyarrow import parquet
from support.command_line import error_of, run
from support.exact_csv import EXACT

import insilico_gui as ig
from insilico_gui.analysis.fields.registry import NOISE, map_fields
from insilico_gui.cli.tables import METADATA_KEY

SOME = ("--area", "V1", "--field", 1, "--device", "cpu")
SHORT = ("--duration-s", 0.8, "--blank-s", 0.3, "--latency-s", 0.3, "--window-s", 0.5)


def done(*arguments):
    """Run a command that must succeed; its last line."""
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout.strip().splitlines()[-1]


def octaves(found, truth):
    return np.abs(np.log2(found / truth))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return tmp_path_factory.mktemp("analyses")


@pytest.fixture(scope="module")
def gratings(files):
    """Responses to gratings of four frequencies, and the tuning to these."""
    shown = ig.stimuli.drifting_gratings(
        n_directions=8,
        spatial_frequency=(0.01, 0.02, 0.04, 0.08, 0.16),
        duration_s=0.8,
        blank_s=0.3,
    )
    session = ig.open_session("demo", device="cpu")
    chosen = ig.select(session, ["V1"], [1])
    path = files / "gratings.npz"
    ig.export(ig.encode(session, shown, chosen), path)
    return path


def test_tuning_to_frequency_from_a_file(gratings, files):
    out = files / "sf.csv"
    line = done("tuning", gratings, "-o", out, "-p", "spatial_frequency", *SHORT[4:])
    assert line.endswith("(179 units, tuning to spatial_frequency)")
    table = pd.read_csv(out)
    tuned = table["true_class"] != "untuned"
    for column in ("pref_sf_raw", "pref_sf_fit"):
        error = octaves(table[column], table["true_sf"])[tuned]
        assert (error <= 1).mean() >= 0.95
    about = json.loads(out.with_suffix(".csv.json").read_text())
    assert about["session"] == "demo"
    assert about["columns"]["pref_sf_fit"] == {
        "unit": "cycles/deg",
        "variant": "fit",
        "burn_in_frames": 10,
        "latency_s": 0.3,
        "window_s": 0.5,
        "n": 40,
    }


def test_a_pair_and_a_table_of_trials(gratings, files):
    trials = files / "trials.csv"
    responses = ig.load_responses(gratings)
    table = pd.DataFrame(responses.attrs["trials"])
    table.drop(columns="condition").to_csv(trials, index=False)
    out = files / "pair.parquet"
    line = done(
        *("tuning", gratings, "-o", out, "--trials", trials),
        *("-p", "direction", "-p", "spatial_frequency", "--area", "V1"),
    )
    assert "direction x spatial_frequency" in line
    pair = pd.read_parquet(out)
    tuned = pair["true_class"] == "direction"
    turn = (pair["pref_direction_raw"] - pair["true_direction"] + 180) % 360 - 180
    assert (turn.abs()[tuned] <= 45).mean() > 0.95
    error = octaves(pair["pref_spatial_frequency_raw"], pair["true_sf"])
    assert (error[tuned] <= 1).mean() > 0.95
    metadata = parquet.read_schema(out).metadata
    about = json.loads(metadata[METADATA_KEY])
    assert about["columns"]["pref_direction_raw"]["variant"] == "raw"


def test_significance_tells_tuned_from_untuned(files):
    out = files / "p.csv"
    done(
        *("tuning", "demo", "-o", out, *SOME, *SHORT, "--repeats", 2),
        *("--directions", 8, "--n-permutations", 40, "--seed", 3),
    )
    table = pd.read_csv(out, **EXACT)
    untuned = table["true_class"] == "untuned"
    assert (table["p_gOSI"][~untuned] <= 0.05).mean() > 0.95
    assert (table["p_gOSI"] >= 1 / 41).all()
    about = json.loads(out.with_suffix(".csv.json").read_text())
    assert about["analysis"]["n_permutations"] == 40
    assert about["columns"]["p_gOSI"]["variant"] == "permutation"
    assert about["columns"]["gOSI_measured"]["variant"] == "vector sum"


def test_contrast_of_a_family_set_by_name(files):
    out = files / "contrast.csv"
    done(
        *("tuning", "demo", "-o", out, *SOME, "--stimulus", "drifting-gratings"),
        *("--set", "contrast=0.05,0.1,0.2,0.4,0.7,1", "--set", "directions=8"),
        *(
            "--blank-s",
            0.1,
            "--parameter",
            "contrast",
            "--latency-s",
            0.5,
            "--window-s",
            0.5,
        ),
    )
    table = pd.read_csv(out)
    tuned = table["true_class"] != "untuned"
    error = octaves(table["c50_fit"], table["true_c50"])[tuned]
    assert (error <= 1).mean() >= 0.95
    assert error.median() < 0.2


def test_few_directions_are_enough_for_what_they_determine(files):
    out = files / "four.csv"
    asked = ("tuning", "demo", "-o", out, *SOME, *SHORT, "--directions", 4)
    result = run(*asked)
    assert result.exit_code == 0, result.output
    assert "Left out: A von Mises curve" in result.stdout
    table = pd.read_csv(out)
    assert {"OSI_raw", "DSI_raw"} <= set(table)
    assert not {"OSI_fit", "DSI_fit"} & set(table)
    about = json.loads(out.with_suffix(".csv.json").read_text())["analysis"]
    assert about["osi_variant"] == "raw"
    assert "4 directions" in about["absent"]["OSI_fit"]
    sentence = error_of(*asked[:2], "-o", files / "three.csv", *SOME, "--directions", 3)
    assert "3 directions; show more" in sentence


def test_a_specification_is_shown_from_its_file(files):
    spec, out = files / "few.yaml", files / "spec.csv"
    spec.write_text(
        "family: drifting_gratings\ndirections: [0, 90, 180, 270]\n"
        "temporal_frequency: [1, 4]\nduration_s: 0.8\n"
    )
    line = done(
        *("tuning", "demo", "-o", out, *SOME, "--stimulus", spec),
        *("-p", "temporal_frequency", "--latency-s", 0.3, "--window-s", 0.5),
    )
    assert "tuning to temporal_frequency" in line
    table = pd.read_csv(out)
    tuned = table["true_class"] != "untuned"
    clear = tuned & ((table["true_tf"] < 1.4) | (table["true_tf"] > 2.9))
    right = (table["pref_tf_raw"] > 2) == (table["true_tf"] > 2)
    assert right[clear].mean() > 0.95
    assert set(table["pref_tf_raw"][tuned]) == {1.0, 4.0}
    # of the others, some vary by rounding alone
    assert set(table["pref_tf_raw"].dropna()) == {1.0, 4.0}


@pytest.mark.parametrize(
    ("method", "settings", "least"),
    [
        ("dots", (), 0.95),
        ("sparse-noise", ("--set", "n_presentations=800"), 0.75),
    ],
)
def test_receptive_fields_are_where_they_are(files, method, settings, least):
    out, maps = files / f"{method}.csv", files / f"{method}.npz"
    line = done(
        *("receptive-fields", "demo", "-o", out, *SOME, "--method", method),
        *("--maps", maps, *settings),
    )
    assert "of 179 units" in line
    table = pd.read_csv(out)
    display = ig.stimuli.Display()
    truth = display.to_degrees(table["true_rf_x"], table["true_rf_y"])
    away = np.hypot(
        table["rf_azimuth_deg"] - truth[0], table["rf_elevation_deg"] - truth[1]
    )
    spacing = 256 / 15 * display.degrees_per_pixel[0]
    assert (away.fillna(np.inf) <= spacing).mean() >= least
    assert (table["rf_x_fit"] - table["true_rf_x"]).abs().median() < 0.05
    assert (table["rf_y_fit"] - table["true_rf_y"]).abs().median() < 0.1
    with np.load(maps) as arrays:
        assert arrays["rf"].shape == (3, 179, 36, 64)
        assert arrays["polarity"].tolist() == ["on", "off", "on+off"]
        np.testing.assert_array_equal(arrays["unit_id"], table["unit_id"])
    about = json.loads(out.with_suffix(".csv.json").read_text())
    assert about["columns"]["rf_x_fit"]["latency_s"] > 0
    assert about["columns"]["rf_x_fit"]["n"] > 200


def test_images_in_trials_are_mapped_by_noise(files):
    shown = ig.stimuli.static_gratings(orientations=4, image_s=0.3, blank_s=0.1)
    session = ig.open_session("demo", device="cpu")
    responses = ig.encode(session, shown, ig.select(session, ["V1"], [1]))
    stored, out = files / "static.npz", files / "by_noise.csv"
    ig.export(responses, stored)
    line = done("receptive-fields", stored, "-o", out, "--method", "noise")
    assert "by noise" in line
    frames = ig.stimuli.convert(shown, session.frame_shape, session.frame_rate)
    _, _, columns = map_fields(responses, frames, NOISE)
    table = pd.read_csv(out)
    for name in ("rf_azimuth_deg", "rf_elevation_deg", "rf_r2"):
        np.testing.assert_allclose(table[name], columns[name], rtol=1e-6, atol=1e-6)
    about = json.loads(out.with_suffix(".csv.json").read_text())
    assert about["columns"]["rf_r2"]["variant"] == "noise"
    assert about["columns"]["rf_r2"]["n"] == len(shown.trials)


def test_a_movie_must_be_the_one_that_was_shown(files):
    rng = np.random.default_rng(0)
    small = rng.choice(np.array([0, 255], np.uint8), (450, 9, 16))
    clip = files / "noise.npy"
    np.save(clip, small.repeat(16, 1).repeat(16, 2))
    responses, out = files / "noise.npz", files / "sta.csv"
    done("encode", "demo", clip, "-o", responses, *SOME)
    line = done(
        *("receptive-fields", responses, "-o", out, "--stimulus", clip),
        *("--method", "contrast-sta"),
    )
    assert line.startswith("Written")
    assert "cannot be mapped" in error_of(
        "receptive-fields", responses, "-o", files / "no.csv", "--method", "sta"
    )
    np.save(files / "longer.npy", np.zeros((500, 144, 256), np.uint8))
    assert "500 frames" in error_of(
        *("receptive-fields", responses, "-o", files / "no.csv"),
        *("--stimulus", files / "longer.npy"),
    )


def test_retinotopy_has_a_sign_for_each_area(files):
    out, maps = files / "retinotopy.parquet", files / "sheet.npz"
    line = done("retinotopy", "demo", "--known", "-o", out, "--maps", maps)
    assert "2 patches of positive and 2 of negative sign" in line
    table = pd.read_parquet(out)
    for area, sign in {"V1": -1, "LM": 1, "RL": 1, "AL": -1}.items():
        assert (
            np.sign(table["field_sign"][table["area"] == area]) == sign
        ).mean() > 0.9
    with np.load(maps) as arrays:
        assert {"azimuth", "elevation", "field_sign", "x", "y"} <= set(arrays)


def test_retinotopy_from_measured_fields(files):
    out = files / "measured.csv"
    done("retinotopy", "demo", "-o", out, "--area", "LM", "--set", "duration_s=0.2")
    table = pd.read_csv(out)
    assert (table["field_sign"] > 0).mean() > 0.8
    truth = ig.stimuli.Display().to_degrees(table["rf_x"], table["rf_y"])
    assert (table["rf_azimuth_deg"] - truth[0]).abs().median() < 5
    assert set(table["sign_area"]) <= {"LM +", "none"}
    about = json.loads(out.with_suffix(".csv.json").read_text())["analysis"]
    assert about["retinotopy"]["min_r2"] == 0.1
    good = (table["rf_r2"] >= 0.1) & table["rf_azimuth_deg"].notna()
    assert about["retinotopy"]["n_units"] == good.sum()


def test_sparseness_of_units_and_of_the_population(gratings, files):
    out = files / "sparseness.csv"
    line = done("sparseness", gratings, "-o", out)
    assert "179 units, 40 conditions" in line
    table = pd.read_csv(out)
    tuned = table["true_class"] != "untuned"
    measured = table["lifetime_sparseness_vinje_gallant"]
    assert measured[tuned].median() > 2 * measured[~tuned].median()
    about = json.loads(out.with_suffix(".csv.json").read_text())
    population = about["population_sparseness"]
    assert len(population["sparseness_vinje_gallant"]) == 40
    other = files / "rolls.csv"
    done(
        *("sparseness", gratings, "-o", other, "--variant", "treves-rolls"),
        *("--over", "direction"),
    )
    rolls = pd.read_csv(other)["lifetime_sparseness_treves_rolls"]
    assert ((rolls > 1 / 8) & (rolls <= 1)).all()


def test_signal_correlations_and_their_matrix(gratings, files):
    out, matrix = files / "signal.csv", files / "signal.npy"
    done("signal-correlations", gratings, "-o", out, "--matrix", matrix)
    table, pairs = pd.read_csv(out), np.load(matrix)
    assert pairs.shape == (179, 179)
    means = (pairs.sum(axis=1) - 1) / 178
    np.testing.assert_allclose(table["mean_signal_correlation"], means, atol=1e-5)
    # units that prefer nearly the same are more alike than others
    units = table[table["true_class"] == "direction"]
    truth = units["true_direction"].to_numpy()
    turn = (np.subtract.outer(truth, truth) + 180) % 360 - 180
    alike = pairs[np.ix_(units.index, units.index)]
    near = np.abs(turn) < 20
    np.fill_diagonal(near, val=False)
    assert np.median(alike[near]) > np.median(alike[~near]) + 0.2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("tuning", "demo", "-o", "x.txt"), "no known format"),
        (("tuning", "demo", "-o", "x.csv", "--stimulus", "nothing"), "sparse-noise"),
        (("tuning", "demo", "-o", "x.csv", "--set", "repeats"), "name=value"),
        (("tuning", "demo", "-o", "x.csv", "--set", "colour=red"), "colour"),
        (("tuning", "GRATINGS", "-o", "x.csv", "--set", "repeats=2"), "already"),
        (("tuning", "GRATINGS", "-o", "x.csv", "-p", "size_deg"), "do not vary"),
        (("tuning", "GRATINGS", "-o", "x.csv", "--n-permutations", 5), "only once"),
        (("tuning", "GRATINGS", "-o", "x.csv", "--trials", "no.csv"), "no.csv"),
        (("tuning", "GRATINGS", "-o", "x.csv", "--released", "no.csv"), "no.csv"),
        (("receptive-fields", "GRATINGS", "-o", "x.csv", "--method", "x"), "contrast"),
        (("receptive-fields", "demo", "-o", "x.csv", "--maps", "x.txt"), ".npz"),
        (("sparseness", "GRATINGS", "-o", "x.csv", "--variant", "x"), "treves-rolls"),
        (("sparseness", "GRATINGS", "-o", "x.csv", "--over", "x"), "no column 'x'"),
        (
            ("retinotopy", "demo", "-o", "x.csv", "--known", "--method", "dots"),
            "--known",
        ),
        (("signal-correlations", "demo", "-o", "x.csv", "--matrix", "m"), ".npy"),
    ],
)
def test_wrong_input_is_one_sentence(
    arguments, message, gratings, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    given = [gratings if a == "GRATINGS" else a for a in arguments]
    assert message in error_of(*given)
    assert not list(tmp_path.iterdir())

"""``reliability``, ``compare`` and ``tuning --released``: files against other files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.command_line import error_of, run

import insilico_gui as ig
from insilico_gui.analysis import direction_tuning, reliability_columns

N_REPEATS = 6


def done(*arguments):
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout.strip().splitlines()


@pytest.fixture(scope="module")
def session():
    return ig.open_session("demo", device="cpu")


@pytest.fixture(scope="module")
def files(tmp_path_factory, session):
    """Predictions for two videos, and recordings: predictions with noise."""
    folder = tmp_path_factory.mktemp("comparison")
    rng = np.random.default_rng(5)
    chosen = ig.select(session, ["LM"], [1])
    for name, n_frames in (("one", 150), ("two", 100)):
        small = rng.integers(0, 255, (n_frames // 5, 9, 16), np.uint8)
        clip = small.repeat(5, 0).repeat(16, 1).repeat(16, 2)
        responses = ig.encode(session, clip, chosen)
        ig.export(responses, folder / f"{name}.npz")
        values = responses.to_numpy()[None]
        noise = rng.normal(size=(N_REPEATS, *values.shape[1:])) * 0.5
        recorded = values + noise * values.std(axis=1, keepdims=True)
        np.save(folder / f"{name}_recorded.npy", recorded)
        backwards = {"responses": recorded[:, :, ::-1]}
        np.savez(
            folder / f"{name}_named.npz",
            **backwards,
            unit_id=responses["unit_id"].to_numpy()[::-1],
        )
    return folder


def test_reliability_is_that_of_the_arrays(files):
    out = files / "cc.csv"
    (line,) = done(
        "reliability", files / "one.npz", files / "one_recorded.npy", "-o", out
    )
    table = pd.read_csv(out)
    responses = ig.load_responses(files / "one.npz")
    expected = reliability_columns(
        [responses.to_numpy()[None]], [np.load(files / "one_recorded.npy")]
    )
    for name in ("cc_abs", "cc_max", "cc_norm"):
        np.testing.assert_allclose(table[name], expected[name], rtol=1e-6)
    # the prediction is the truth behind the noise
    assert table["cc_norm"].median() == pytest.approx(1, abs=0.02)
    assert f"CC_norm {table['cc_norm'].median():.3f}" in line
    about = json.loads(out.with_suffix(".csv.json").read_text())
    assert about["analysis"]["n_repeats"] == N_REPEATS
    assert about["columns"]["cc_abs"]["n"] == 140
    assert about["recorded"] == [str(files / "one_recorded.npy")]


def test_recordings_belong_by_unit_and_videos_are_joined(files):
    ordered, named = files / "ordered.csv", files / "named.parquet"
    for ending, out in (("recorded.npy", ordered), ("named.npz", named)):
        done(
            *("reliability", files / "one.npz", files / f"one_{ending}", "-o", out),
            *("--also-predicted", files / "two.npz"),
            *("--also-recorded", files / f"two_{ending}"),
        )
    first, second = pd.read_csv(ordered), pd.read_parquet(named)
    np.testing.assert_allclose(first["cc_norm"], second["cc_norm"], rtol=1e-6)
    about = json.loads(ordered.with_suffix(".csv.json").read_text())
    assert about["analysis"]["n_samples"] == 150 + 100 - 2 * 10


def test_compare_by_unit(files):
    out = files / "compare.csv"
    (line,) = done("compare", files / "one.npz", files / "one.npz", "-o", out)
    table = pd.read_csv(out)
    assert (table["correlation"] > 0.999999).all()
    assert (table["mean_difference"] == 0).all()
    assert "median correlation 1.000" in line
    assert f"{len(table)} of {len(table)} units" in line
    done("compare", files / "one.npz", files / "two.npz", "-o", out, "--overwrite")
    table = pd.read_csv(out)
    assert "correlation" not in table
    assert (table["mean_difference"] != 0).any()


def test_released_columns_are_reproduced_or_the_mismatch_is_told(files, session):
    shown = ig.stimuli.drifting_gratings(n_directions=8, duration_s=0.6, blank_s=0.3)
    responses = ig.encode(session, shown, ig.select(session, ["LM"], [1]))
    path = files / "gratings.npz"
    ig.export(responses, path)
    tuning = direction_tuning(responses)
    released = pd.DataFrame(
        {
            "unit_id": responses["unit_id"],
            "gOSI": tuning["gOSI"] + 0.001,
            "OSI": tuning["OSI_fit"],
            "pref_dir": (tuning["pref_dir"] + 120) % 360,
        }
    ).sample(frac=1, random_state=1)
    released.iloc[5:].to_csv(files / "released.csv", index=False)
    out = files / "against.csv"
    *lines, _ = done("tuning", path, "-o", out, "--released", files / "released.csv")
    assert any(line.startswith("gOSI reproduces the released gOSI") for line in lines)
    assert any(line.startswith("OSI_fit reproduces the released OSI") for line in lines)
    assert any(line.startswith("pref_dir does not reproduce") for line in lines)
    rows = json.loads(out.with_suffix(".csv.json").read_text())["released"]
    by_name = {row["measured"]: row for row in rows}
    assert by_name["gOSI"]["n"] == len(released) - 5
    assert by_name["gOSI"]["median_difference"] == pytest.approx(0.001)
    assert by_name["pref_dir"]["median_difference"] == pytest.approx(120)
    assert not by_name["pref_dir"]["reproduced"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("reliability", "one.npz", "two_recorded.npy"), "frames"),
        (("reliability", "one.npz", "missing.npy"), "missing.npy"),
        (("reliability", "one.npz", "flat.npy"), "[repeats, frames, units]"),
        (("reliability", "one.npz", "once.npy"), "single repeat"),
        (("reliability", "one.npz", "fewer.npy"), "unit_id"),
        (("reliability", "one.npz", "broken.npy"), "cannot be read"),
        (("reliability", "one.npz", "pickled.npy"), "plain arrays"),
        (("reliability", "one.npz", "table.csv"), ".npy or .npz"),
        (("reliability", "one.npz", "ab.npz"), "call the one"),
        (("reliability", "one.npz", "others.npz"), "no unit in common"),
        (
            (
                "reliability",
                "one.npz",
                "one_recorded.npy",
                "--also-predicted",
                "two.npz",
            ),
            "as many of both",
        ),
        (("compare", "one.npz", "missing.npz"), "missing.npz"),
        (("compare", "one.npz", "two.npz", "--area", "V9"), "V9"),
    ],
)
def test_wrong_input_is_one_sentence(arguments, message, files, monkeypatch):
    monkeypatch.chdir(files)
    recorded = np.load("one_recorded.npy")
    np.save("flat.npy", recorded[0])
    np.save("once.npy", recorded[:1])
    np.save("fewer.npy", recorded[:, :, 1:])
    np.save("pickled.npy", np.array([{}], dtype=object))
    np.savez("ab.npz", a=recorded, b=recorded)
    n_units = recorded.shape[2]
    np.savez("others.npz", responses=recorded, unit_id=-1 - np.arange(n_units))
    (files / "broken.npy").write_bytes(b"\x93NUMPY nothing")
    assert message in error_of(*arguments, "-o", "refused.csv")
    assert not (files / "refused.csv").exists()


def test_compare_says_what_it_leaves_out(files, tmp_path):
    out = tmp_path / "difference.csv"
    lines = done("compare", files / "one.npz", files / "two.npz", "-o", out)
    assert "in both" in lines[0]
    assert "correlation over frames was left out" in " ".join(lines[1:])
    about = json.loads(out.with_suffix(".csv.json").read_text())
    assert "150 frames" in about["analysis"]["warning"]
    assert "100 frames" in about["analysis"]["warning"]


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ("s1", "s2", "no unit in common"),
        ("a", "dup", "unit_id 1 occurs more than once"),
        ("dup", "a", "unit_id 1 occurs more than once"),
    ],
)
def test_units_are_compared_by_session_scan_and_id(tmp_path, first, second, message):
    folder = Path(__file__).parents[1] / "data" / "compare"
    out = tmp_path / "difference.csv"
    names = (folder / f"{first}.npz", folder / f"{second}.npz")
    assert message in error_of("compare", *names, "-o", out)
    assert not out.exists()

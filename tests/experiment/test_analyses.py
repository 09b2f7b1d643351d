"""One registry: script and command line get the same numbers from every analysis."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import insilico_gui as ig
from insilico_gui.cli import app
from insilico_gui.errors import AnalysisError, InsilicoError
from insilico_gui.experiment.analyses import analyses
from insilico_gui.experiment.rerun import rerun
from insilico_gui.stimuli import save_spec


@pytest.fixture
def repeated(demo):
    made = ig.stimuli.drifting_gratings(
        n_directions=4, repeats=2, duration_s=0.4, blank_s=0.2
    )
    return demo.add_stimulus(made, name="repeated")


@pytest.fixture
def dots(demo):
    made = ig.stimuli.gaussian_dots(n_columns=9, n_rows=5, sigma_deg=9.0)
    return demo.add_stimulus(made, name="dots")


COMMANDS = {
    "direction tuning": (["tuning"], {}),
    "tuning": (
        ["tuning", "--parameter", "direction", "--latency-s", "0.05"],
        {"parameter": "direction", "latency_s": 0.05},
    ),
    "receptive fields": (["receptive-fields"], {}),
    "retinotopy": (["retinotopy", "--min-r2", "0.3"], {"min_r2": 0.3}),
    "sparseness": (
        ["sparseness", "--variant", "treves-rolls"],
        {"variant": "treves_rolls"},
    ),
    "signal correlations": (["signal-correlations"], {}),
    "functional layout": (
        ["functional-layout", "--of", "responses"],
        {"of": "responses"},
    ),
    "direction uncertainty": (
        ["direction-uncertainty", "--n-draws", "100"],
        {"n_draws": 100},
    ),
}
OF_REPEATS = {
    "tuning uncertainty": (
        ["tuning-uncertainty", "--parameter", "direction", "--n-draws", "100"],
        {"parameter": "direction", "n_draws": 100},
    ),
    "responsiveness": (
        ["responsiveness", "--against", "baseline", "--n-permutations", "50"],
        {"against": "baseline", "n_permutations": 50},
    ),
    "noise correlations": (
        ["noise-correlations", "--scaled", "together"],
        {"scaled": "together"},
    ),
    "response variability": (["response-variability"], {}),
    "grating modulation": (
        ["grating-modulation", "--latency-s", "0.05"],
        {"latency_s": 0.05},
    ),
    "response latency": (
        ["response-latency", "--baseline-s", "0.1"],
        {"baseline_s": 0.1},
    ),
    "time-resolved tuning": (
        ["time-resolved-tuning", "--parameter", "direction", "--bin-s", "0.2"],
        {"parameter": "direction", "bin_s": 0.2},
    ),
}
"""Those of repeats and of time, which are compared on one field."""
COMMANDS |= OF_REPEATS
COMMANDS |= {
    "whitened STA": (
        ["whitened-sta", "--n-rows", "4", "--n-columns", "6", "--window-s", "0.1"],
        {"n_rows": 4, "n_columns": 6, "window_s": 0.1},
    ),
    "LN fit": (
        ["ln-fit", "--n-rows", "4", "--n-columns", "6", "--window-s", "0.1"],
        {"n_rows": 4, "n_columns": 6, "window_s": 0.1},
    ),
    "plaids": (["plaids", "--latency-s", "0.05"], {"latency_s": 0.05}),
    "surround modulation": (["surround-modulation"], {}),
    "neurometric threshold": (["neurometric-threshold"], {}),
    "joint frequency tuning": (["joint-frequency-tuning"], {}),
    "population decoding": (
        ["population-decoding", "--over", "direction", "--n-permutations", "9"],
        {"over": "direction", "n_permutations": 9},
    ),
    "participation ratio": (
        ["participation-ratio", "--standardised"],
        {"standardised": True},
    ),
    "representational dissimilarity": (
        ["representational-dissimilarity", "--n-draws", "3"],
        {"n_draws": 3},
    ),
}
BRIEF = {"duration_s": 0.2, "blank_s": 0.2}
PROBES = {
    "plaids": ig.stimuli.plaids(directions=8, plaid_angle_deg=(0, 90), **BRIEF),
    "surround modulation": ig.stimuli.size_series(
        directions=2, size_deg=30, surround=("none", "same", "orthogonal"), **BRIEF
    ),
    "neurometric threshold": ig.stimuli.random_dots(
        motion="translation", directions=2, speed_deg_s=30, repeats=2, **BRIEF
    ),
    "joint frequency tuning": ig.stimuli.drifting_gratings(
        n_directions=4,
        spatial_frequency=(0.02, 0.04, 0.08),
        temporal_frequency=(1, 2, 4),
        **BRIEF,
    ),
}
"""Stimuli made for one analysis, by its name."""

SHOWN = {
    "receptive fields": "dots",
    "retinotopy": "dots",
    "direction uncertainty": "repeated",
    "population decoding": "repeated",
}
ON_FILES = {"reliability", "comparison", "prediction accuracy", "fit quality"}
ON_FILES |= {"explained variance", "receptive field uncertainty", "unit properties"}
OF_CONDITIONS = {
    *("condition tuning", "condition difference", "choices", "psychometric curve"),
    "simulated trials",
}
OF_DRIVES = {
    *("perturbation", "population rate", "recorded against simulated"),
    "spike raster",
}
"""Without a command of their own; tests/conditions, tests/drive and tests/app run them,
tests/fitting that of prediction accuracy, those of a twin that of fit quality, and
test_repeats_by_command.py those of files and dots of repeats.
"""


def test_every_analysis_is_compared():
    assert analyses().keys() == COMMANDS.keys() | ON_FILES | OF_CONDITIONS | OF_DRIVES


@pytest.mark.parametrize("name", COMMANDS)
def test_the_command_line_gets_the_same_columns(name, demo, dots, repeated, tmp_path):
    command, parameters = COMMANDS[name]
    stimulus = SHOWN.get(name, "gratings")
    if name in OF_REPEATS:
        stimulus = repeated
    if name in PROBES:
        stimulus = demo.add_stimulus(PROBES[name], name="probe")
    # the others take a moment for all
    if name in (*OF_REPEATS, *PROBES, "whitened STA", "LN fit"):
        command = [*command, "--field", "1"]
        demo.select(fields=[1], name="few")
        demo.encode("demo", stimulus, selection="few")
    spec = save_spec(demo.stimulus(stimulus).spec, tmp_path / "shown.yaml")
    target = tmp_path / "table.parquet"
    arguments = [command[0], "demo", *command[1:], "--stimulus", str(spec)]
    done = CliRunner().invoke(app, [*arguments, "-o", str(target)])
    assert done.exit_code == 0, done.output
    demo.analyse(name, "demo", stimulus, **parameters)
    (entry,) = demo.document.analyses
    columns = demo.compute(entry).columns
    table = pd.read_parquet(target)
    compared = 0
    for column, values in columns.items():
        stored = f"{column}_measured" if f"{column}_measured" in table else column
        if column in ("session", "scan_idx"):
            continue
        if name == "joint frequency tuning" and np.__version__ < "2.1":
            # Its linear algebra rounds by place, and fits of untuned units with it
            same = np.isclose(table[stored], values, 1e-6, 1e-9, equal_nan=True)
            assert same.mean() > 0.98, column
        elif values.dtype.kind in "fiub":
            np.testing.assert_array_equal(table[stored], values, err_msg=column)
        else:
            assert table[stored].astype(str).tolist() == values.astype(str).tolist()
        compared += 1
    assert compared


def test_reliability_and_comparison_of_files(demo, tmp_path):
    here = demo.encode("demo", "gratings").isel(unit=slice(0, 1500))
    rng = np.random.default_rng(0)
    whole = demo.responses("demo", "gratings").to_numpy()
    recorded = whole + whole.std() * rng.normal(size=(4, *whole.shape))
    recording = tmp_path / "recorded.npy"
    np.save(recording, recorded.astype(np.float32))
    model = ig.export(demo.responses("demo", "gratings"), tmp_path / "model.zarr")
    target = tmp_path / "reliability.parquet"
    arguments = ["reliability", str(model), str(recording), "-o", str(target)]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    dataset = demo.analyse("reliability", recording=str(recording))
    table = pd.read_parquet(target)
    for column in ("cc_abs", "cc_max", "cc_norm"):
        stored = f"{column}_measured" if f"{column}_measured" in table else column
        np.testing.assert_array_equal(table[stored], dataset[column])
    assert here.sizes["unit"] == 1500

    slow = ig.stimuli.drifting_gratings(
        n_directions=8, duration_s=0.4, blank_s=0.2, temporal_frequency=1.0
    )
    demo.add_stimulus(slow, name="slow")
    other = ig.export(demo.encode("demo", "slow"), tmp_path / "other.zarr")
    target = tmp_path / "compared.parquet"
    arguments = ["compare", str(model), str(other), "-o", str(target)]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    dataset = demo.analyse(
        "comparison", "demo", "gratings", other_session="demo", other_stimulus="slow"
    )
    table = pd.read_parquet(target)
    for column in ("mean_difference", "correlation"):
        np.testing.assert_array_equal(table[column], dataset[column])
    of_file = demo.analyse("comparison", "demo", "gratings", other_file=str(other))
    assert of_file.identical(dataset)


def test_an_analysis_of_a_session_alone_needs_no_responses(demo, tmp_path):
    target = tmp_path / "known.parquet"
    done = CliRunner().invoke(app, ["retinotopy", "demo", "--known", "-o", str(target)])
    assert done.exit_code == 0, done.output
    demo.analyse("retinotopy", "demo", known=True)
    (entry,) = demo.document.analyses
    assert entry.stimulus is None and not demo.document.runs
    table, units = pd.read_parquet(target), demo.units("demo")
    for column in ("map_azimuth_deg", "map_elevation_deg", "field_sign"):
        np.testing.assert_array_equal(table[column], units[column])
    # it is in the file and in the script, and goes with the session only
    path = demo.save(tmp_path / "x.insilico.yaml")
    opened = ig.Experiment.open(path, library=None)
    assert opened.document.analyses == (entry,)
    pd.testing.assert_frame_equal(opened.units("demo"), units)
    found = {}
    exec(compile(demo.to_python(), "script.py", "exec"), found)
    assert found["experiment"].document.analyses == (entry,)
    demo.remove_stimulus("gratings")
    assert demo.document.analyses == (entry,)
    demo.remove_analysis("retinotopy", "demo")
    assert not demo.document.analyses
    demo.undo()
    pd.testing.assert_frame_equal(demo.units("demo"), units)
    with pytest.raises(AnalysisError, match="encode a stimulus first"):
        demo.run_data("demo", None).responses  # noqa: B018 - it raises


@pytest.mark.timeout(200)
def test_mapped_fields_are_not_mapped_again(demo, dots, monkeypatch):
    """Retinotopy of fields that are at hand is that of fields mapped for it."""
    for_it = demo.analyse("retinotopy", "demo", dots, min_r2=0.3)
    demo.remove_analysis("retinotopy", "demo", dots)
    demo._results.clear()
    demo.analyse("receptive fields", "demo", dots)

    def never(*_, **__):
        raise AssertionError("mapped again")

    monkeypatch.setattr("insilico_gui.experiment.declared.fields.map_fields", never)
    found = demo.analyse("retinotopy", "demo", dots, min_r2=0.3)
    assert found.identical(for_it)


def test_a_comparison_is_with_the_responses_as_they_are_now(demo):
    """Another fit of the other stimulus makes other numbers."""
    rng = np.random.default_rng(0)
    for name in ("one", "two"):
        frames = rng.integers(0, 256, (30, 60, 60), dtype=np.uint8)
        demo.add_stimulus(frames, frame_rate=30.0, name=name)
    demo.select(areas=["LM"], fields=[1], name="few")
    for name in ("one", "two"):
        demo.encode("demo", name, selection="few")
    given = {"other_session": "demo", "other_stimulus": "two"}
    before = demo.analyse("comparison", "demo", "one", **given)
    demo.set_fit("two", "stretch")
    demo.encode("demo", "two")
    after = demo.analyse("comparison", "demo", "one", **given)
    assert not np.array_equal(before["mean_reference"], after["mean_reference"])


@pytest.mark.parametrize(
    ("name", "parameters", "said"),
    [
        ("no such", {}, "no analysis 'no such'"),
        ("tuning", {}, "needs parameter"),
        ("sparseness", {"variant": "mine"}, "one of"),
        ("sparseness", {"latency_s": "soon"}, "a number"),
        ("sparseness", {"latency": 0.1}, "no parameter 'latency'"),
        ("direction tuning", {"n_permutations": 1.5}, "a whole number"),
        ("direction tuning", {"latency_s": float("nan")}, "a number"),
        ("receptive fields", {}, "does not apply"),
        ("retinotopy", {"known": "yes"}, "true or false"),
        ("comparison", {}, "name one of the two"),
        ("comparison", {"other_session": "demo"}, "name one of the two"),
        (
            "comparison",
            {"other_session": "demo", "other_stimulus": "gratings", "other_file": "x"},
            "name one of the two",
        ),
    ],
)
def test_what_is_wrong_is_one_sentence_and_changes_nothing(
    name, parameters, said, demo
):
    demo.encode("demo", "gratings")
    before = demo.document
    with pytest.raises(AnalysisError, match=said):
        demo.analyse(name, "demo", "gratings", **parameters)
    assert demo.document == before


def test_every_analysis_says_what_it_is():
    for name, analysis in analyses().items():
        assert analysis.help.endswith("."), name
        for parameter in analysis.parameters:
            assert parameter.help.endswith("."), (name, parameter.name)
            if parameter.name.endswith(("_s", "_um")):
                assert parameter.unit, (name, parameter.name)


def test_a_run_of_selected_units_with_results_is_run_again(demo, tmp_path):
    """Its units are found without the results, which are computed of them."""
    demo.show("demo", "gratings")
    demo.pick(fields=[1])
    demo.encode(*demo.plan_run(selected_only=True))
    demo.analyse("direction tuning", "demo", "gratings")
    demo.narrow({"gOSI_measured": (0.2, 1.0)})
    n_units = len(demo.picked())
    assert 0 < n_units < demo.responses("demo", "gratings").sizes["unit"]
    demo.encode(*demo.plan_run(selected_only=True))
    assert demo.responses("demo", "gratings").sizes["unit"] == n_units
    path = demo.save(tmp_path / "x.insilico.yaml")
    rerun(path, tmp_path / "out", library=None)
    # a document that goes round in a circle is told in one sentence
    demo.select(where={"gOSI_measured": (0.2, 1.0)}, name="circle")
    demo.add_run("demo", "gratings", selection="circle")
    path = demo.save(tmp_path / "circle.insilico.yaml")
    with pytest.raises(InsilicoError, match="gOSI_measured"):
        rerun(path, tmp_path / "circle", library=None)

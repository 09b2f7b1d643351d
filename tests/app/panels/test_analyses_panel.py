"""The panel Analyses: any analysis of the registry, with the numbers of every other way."""

from __future__ import annotations

from collections import ChainMap
from typing import Annotated, Literal

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from insilico_nnpoisson.data.files import write_recordings
from qtpy.QtCore import Qt
from support import wang2025_synthetic as synthetic
from support.in_window import choose, use_session, use_stimulus
from support.leaky import LeakySession
from support.nnpoisson import golden_recordings, session_folder, steinmetz
from support.recordings import write_evaluation
from support.relay import Relay
from support.slopes import Slopes

import insilico_gui as ig
from insilico_gui import opening
from insilico_gui.experiment import analyses
from insilico_gui.experiment.analyses import About, Result
from insilico_gui.experiment.rerun import rerun
from insilico_gui.session import SessionInfo
from insilico_gui.stimuli import (
    ArrayStimulus,
    ConditionTable,
    Drive,
    Silence,
    Target,
)

LIMIT_S = 120.0
LEFT = Qt.MouseButton.LeftButton

CASES = {
    "direction tuning": ("gratings", {"latency_s": 0.05, "n_permutations": 20}),
    "tuning": ("gratings", {"parameter": "direction"}),
    "direction uncertainty": ("gratings", {"n_draws": 100}),
    "sparseness": ("gratings", {"variant": "treves_rolls"}),
    "signal correlations": ("gratings", {"matrix": True}),
    "functional layout": ("gratings", {"of": "responses", "scaled": False}),
    "reliability": ("gratings", {"recording": "recorded.npy"}),
    "comparison": ("gratings", {"other_session": "demo", "other_stimulus": "dots"}),
    "prediction accuracy": ("gratings", {"recordings": "recorded"}),
    "receptive fields": ("dots", {}),
    "unit properties": ("gratings", {"table": "properties.csv"}),
    "retinotopy": ("dots", {"sigma_um": 150.0, "min_r2": 0.05}),
}
"""Analyses of videos, the stimulus each is run on, and what is put into its form."""

ALONE = {"prediction accuracy", "unit properties"}
"""They are of the session, whatever is on show."""
CASES |= {
    "tuning uncertainty": ("gratings", {"parameter": "direction", "n_draws": 100}),
    "receptive field uncertainty": ("spots", {"n_draws": 100}),
    "responsiveness": ("gratings", {"n_permutations": 50}),
    "noise correlations": ("gratings", {"matrix": True}),
    "response variability": ("gratings", {"n_splits": 5}),
    "explained variance": ("gratings", {"recording": "recorded.npy"}),
    "grating modulation": ("gratings", {}),
    "response latency": ("gratings", {"n_draws": 100}),
    "time-resolved tuning": ("gratings", {"parameter": "direction", "bin_s": 0.2}),
}

BRIEF = {"duration_s": 0.2, "blank_s": 0.2}
CASES |= {
    "whitened STA": ("gratings", {"n_rows": 4, "n_columns": 6, "window_s": 0.1}),
    "LN fit": ("gratings", {"n_rows": 4, "n_columns": 6, "window_s": 0.1}),
    "plaids": ("plaids", {"latency_s": 0.05}),
    "surround modulation": ("surrounds", {"latency_s": 0.05}),
    "neurometric threshold": ("coherent", {}),
    "joint frequency tuning": ("joint", {"latency_s": 0.05}),
    "population decoding": ("gratings", {"n_draws": 2, "burn_in_frames": 0}),
    "participation ratio": ("gratings", {"n_draws": 2, "standardised": True}),
    "representational dissimilarity": ("gratings", {"n_draws": 2}),
}
PROBES = {
    "spots": ig.stimuli.gaussian_dots(
        **{"n_columns": 4, "n_rows": 3, "sigma_deg": 20.0, "duration_s": 0.1},
        margin_s=0.35,
        repeats=2,
        polarity=("on",),
    ),
    "plaids": ig.stimuli.plaids(directions=8, plaid_angle_deg=(0, 90), **BRIEF),
    "surrounds": ig.stimuli.size_series(
        directions=2, size_deg=30, surround=("none", "same", "orthogonal"), **BRIEF
    ),
    "coherent": ig.stimuli.random_dots(
        motion="translation", directions=2, speed_deg_s=30, repeats=2, **BRIEF
    ),
    "joint": ig.stimuli.drifting_gratings(
        n_directions=4,
        spatial_frequency=(0.02, 0.04, 0.08),
        temporal_frequency=(1, 2, 4),
        **BRIEF,
    ),
}
"""Stimuli made for one analysis; the demo alone sees them."""


OF_CONDITIONS = {
    "condition tuning": ("table", {"parameter": "left"}),
    "condition difference": ("table", {"second": 2}),
    "choices": ("table", {}),
    "psychometric curve": ("table", {"over": "left", "action": "right"}),
    "simulated trials": ("table", {"seed": 3}),
}
"""Those of tables of conditions."""

OF_DRIVES = {
    "perturbation": {"start_s": 0.1},
    "population rate": {},
    "recorded against simulated": {"skip": 1},
    "spike raster": {"group": "parity=odd", "n_elements": 3},
}
"""Those of drives."""


OF_RECORDINGS = {"fit quality"}
"""That of a session of conditions and of recordings of its own kind."""


class SmallTwin:
    """Opens a small session."""

    def __init__(self, made):
        self.made = made

    def sessions(self, directory):
        return [SessionInfo(self.made.id, "Small", 3)]

    def precisions(self, session_id, device):
        return ("float32",)

    def open(self, session_id, directory, device, precision="float32"):
        return self.made()


@pytest.fixture
def demo(window):
    """The demo session and stimuli, encoded for 84 units of one field."""
    experiment = window.experiment
    experiment.add_session("demo")
    experiment.add_stimulus(
        ig.stimuli.drifting_gratings(
            n_directions=8, duration_s=0.4, blank_s=0.2, repeats=2
        ),
        name="gratings",
    )
    experiment.add_stimulus(
        ig.stimuli.gaussian_dots(n_columns=9, n_rows=5, sigma_deg=9.0), name="dots"
    )
    for name, stimulus in PROBES.items():
        experiment.add_stimulus(stimulus, name=name)
    experiment.show("demo", "gratings")
    field = experiment.session("demo").units["field"] == 1
    experiment.pick(indices=np.flatnonzero(field)[::3])
    experiment.look(encode_selected=True)
    for stimulus in ("dots", *PROBES, "gratings"):
        experiment.show("demo", stimulus)
        window.wait(LIMIT_S)
        window.encode()
        window.wait(LIMIT_S)
    return window


def run(window, qtbot, name, parameters):
    """Choose an analysis, fill in its form, press the button, wait for the result."""
    panel = window.panel("Analyses")
    choose(panel.analysis, name)
    for parameter, value in parameters.items():
        panel.form.field(parameter).show_value(value)
    assert panel.run_button.isEnabled(), panel.why_not.text()
    qtbot.mouseClick(panel.run_button, LEFT)
    window.wait(LIMIT_S)
    assert panel.table.rowCount() > 0, window.playback_bar.message.toolTip()
    return panel


def record(folder, n_units):
    """An evaluation set of random clips and responses."""
    rng = np.random.default_rng(0)
    clips = [rng.random((2, 13, n_units))]
    write_evaluation(folder, clips)
    return str(folder)


def describe(path, experiment, session="demo"):
    """A table of units with a column of numbers, another session's units among them."""
    units = experiment.session(session).units[["session", "scan_idx", "unit_id"]].copy()
    units["depth"] = np.arange(len(units), dtype=float)
    units.loc[::7, "session"] += 1
    units.to_csv(path, index=False)
    return str(path)


def same(found, values):
    """Check two arrays of one variable, bit by bit."""
    values = np.asarray(values)
    if values.dtype.kind in "fiub":
        np.testing.assert_array_equal(found, values)
    else:
        assert np.asarray(found).astype(str).tolist() == values.astype(str).tolist()


def results_of(experiment):
    """Dataset and columns of every analysis, in the order of the document."""
    return [experiment.compute(entry) for entry in experiment.document.analyses]


def check_elsewhere(window, tmp_path, session):
    """Save what was done, do it again without the window, and by a script."""
    experiment = window.experiment
    in_window, table = results_of(experiment), window.now.units
    path = experiment.save(tmp_path / "x.insilico.yaml")
    report = rerun(path, tmp_path / "out", library=None)
    assert all(done.equal for done in report.runs) and report.runs
    for done, result in zip(report.analyses, in_window, strict=True):
        with np.load(tmp_path / "out" / done["file"]) as arrays:
            assert set(arrays) == set(map(str, result.dataset.variables))
            for variable, values in result.dataset.variables.items():
                same(arrays[str(variable)], values)
    units = pd.read_csv(
        tmp_path / "out" / report.units[session],
        keep_default_na=False,
        na_values=[""],
    )
    for column in table.select_dtypes("number"):
        np.testing.assert_array_equal(units[column], table[column], err_msg=column)

    found = {}
    exec(compile(experiment.to_python(), "script.py", "exec"), found)
    by_script = found["experiment"]
    assert by_script.document.analyses == experiment.document.analyses
    for one, other in zip(results_of(by_script), in_window, strict=True):
        if other.columns is not None:
            pd.testing.assert_frame_equal(one.columns, other.columns, check_exact=True)
        for variable, values in other.dataset.variables.items():
            same(one.dataset[variable], values)


def test_every_analysis_is_run_here():
    assert analyses.analyses().keys() == {
        *(*CASES, *OF_CONDITIONS, *OF_DRIVES),
        *OF_RECORDINGS,
    }


@pytest.mark.timeout(400)
def test_every_analysis_of_videos_in_the_window_saved_and_run_again(
    demo, qtbot, tmp_path
):
    experiment = demo.experiment
    shown = experiment.responses("demo", "gratings").to_numpy()
    rng = np.random.default_rng(0)
    recorded = shown + shown.std() * rng.normal(size=(4, *shown.shape))
    np.save(tmp_path / "recorded.npy", recorded.astype(np.float32))
    for name, (stimulus, given) in CASES.items():
        experiment.show("demo", stimulus)
        parameters = dict(given)
        if "recording" in given:
            parameters["recording"] = str(tmp_path / "recorded.npy")
        if name == "prediction accuracy":
            parameters["recordings"] = record(tmp_path / "recorded", 2016)
        if name == "unit properties":
            parameters["table"] = describe(tmp_path / "properties.csv", experiment)
        run(demo, qtbot, name, parameters)
        entry = experiment.document.analyses[-1]
        of = None if name in ALONE else stimulus
        assert (entry.analysis, entry.stimulus) == (name, of)
        assert entry.parameters == parameters
    assert len(experiment.document.analyses) == len(CASES)
    check_elsewhere(demo, tmp_path, "demo")


@pytest.mark.timeout(400)
def test_every_analysis_of_weights_from_files_saved_and_run_again(
    window, qtbot, tmp_path
):
    folder = tmp_path / "weights"
    folder.mkdir()
    synthetic.write_params(folder, 1, 20, (8, 5))
    synthetic.write_tables(folder, 20, (8, 5))
    anatomy = folder / "properties" / "anatomy"
    anatomy.mkdir(parents=True)
    rng = np.random.default_rng(0)
    places = {f"unit_{axis}": rng.uniform(0, 200, 20) for axis in "xyz"}
    known = {"session": 8, "scan_idx": 5, "unit_id": synthetic.unit_ids(20)}
    pd.DataFrame({**known, **places, "brain_area": "V1", "field": 1}).to_csv(
        anatomy / "units.csv", index=False
    )
    (info,) = [info for info in ig.session_infos(folder) if "wang" in info.id]
    experiment = window.experiment
    mouse = experiment.add_session(info.id, folder, "cpu")
    gratings = ig.stimuli.drifting_gratings(
        **{"n_directions": 4, "duration_s": 0.2, "blank_s": 0.1, "repeats": 2},
        temporal_frequency=4.0,
    )
    experiment.add_stimulus(gratings, name="gratings")
    dots = ig.stimuli.gaussian_dots(
        **{"n_columns": 3, "n_rows": 2, "sigma_deg": 20.0, "duration_s": 0.1},
        margin_s=0.35,
        polarity=("on",),
    )
    experiment.add_stimulus(dots, name="dots")
    for stimulus in ("dots", "gratings"):
        experiment.show(mouse, stimulus)
        window.wait(LIMIT_S)
        window.encode()
        window.wait(LIMIT_S)
    shown = experiment.responses(mouse, "gratings").to_numpy()
    noise = np.random.default_rng(0).normal(size=(4, *shown.shape))
    np.save(tmp_path / "recorded.npy", (shown + shown.std() * noise).astype("f4"))
    other = {"other_session": mouse, "recording": str(tmp_path / "recorded.npy")}
    other["recordings"] = record(tmp_path / "recorded", 20)
    other["table"] = describe(tmp_path / "properties.csv", experiment, mouse)
    few = {"n_permutations": 5, "n_draws": 100}
    for name, (stimulus, given) in CASES.items():
        if stimulus in PROBES:
            continue
        experiment.show(mouse, stimulus)
        parameters = {k: other.get(k, few.get(k, v)) for k, v in given.items()}
        if name == "retinotopy":  # six dots are too few to map a sheet
            parameters = {"known": True, "sigma_um": 150.0}
        run(window, qtbot, name, parameters)
        entry = experiment.document.analyses[-1]
        assert (entry.analysis, entry.parameters) == (name, parameters)
    check_elsewhere(window, tmp_path, mouse)


@pytest.mark.timeout(200)
def test_every_analysis_of_conditions_in_the_window_saved_and_run_again(
    window, qtbot, tmp_path, monkeypatch
):
    known = opening.twins()
    monkeypatch.setattr(
        opening, "twins", lambda: ChainMap({"slopes": SmallTwin(Slopes)}, known)
    )
    experiment = window.experiment
    experiment.add_session("slopes")
    table = ConditionTable(
        {"left": [0, 0.5, 1, 0.5], "right": 0.25, "cue": ["go", "stay", "stay", "go"]}
    )
    experiment.add_stimulus(table, name="table")
    experiment.show("slopes", "table")
    window.encode()
    window.wait(LIMIT_S)
    for name, (_, parameters) in OF_CONDITIONS.items():
        run(window, qtbot, name, parameters)
        assert experiment.document.analyses[-1].analysis == name
        assert experiment.document.analyses[-1].parameters == parameters
    check_elsewhere(window, tmp_path, "slopes")


@pytest.mark.timeout(200)
def test_every_analysis_of_drives_in_the_window_saved_and_run_again(
    window, qtbot, tmp_path, monkeypatch
):
    known = opening.twins()
    monkeypatch.setattr(
        opening, "twins", lambda: ChainMap({"relay": SmallTwin(Relay)}, known)
    )
    experiment = window.experiment
    experiment.add_session("relay")
    quiet = Silence(Target({"channel": "left"}), 0.3)
    experiment.add_stimulus(Drive(events=[quiet]), name="quiet")
    experiment.show("relay", "quiet")
    window.encode()
    window.wait(LIMIT_S)
    for name, parameters in OF_DRIVES.items():
        run(window, qtbot, name, parameters)
        assert experiment.document.analyses[-1].analysis == name
        assert experiment.document.analyses[-1].parameters == parameters
    check_elsewhere(window, tmp_path, "relay")


@pytest.fixture
def registered(monkeypatch):
    """The registry of analyses, as it was before when the test is over."""
    known = dict(analyses.analyses())
    monkeypatch.setattr(analyses, "_ANALYSES", known)
    return known


@pytest.fixture
def encoded(window):
    frames = np.random.default_rng(0).integers(0, 255, (50, 36, 64), np.uint8)
    use_session(window, LeakySession(40, (36, 64)))
    use_stimulus(window, ArrayStimulus(frames, 10.0, name="noise"))
    window.encode()
    window.wait(LIMIT_S)
    return window


def labels(form):
    layout = form.layout()
    role = layout.ItemRole
    return [
        layout.itemAt(row, role.LabelRole).widget().text()
        for row in range(layout.rowCount())
    ]


@pytest.mark.timeout(200)
def test_an_analysis_that_somebody_registers_is_there(encoded, registered, qtbot):
    given = []

    def applies(data):
        return "" if data.responses.sizes["time"] > 30 else "it needs 30 frames"

    @analyses.register("drift", view="matrix", fits=applies)
    def drift(
        data,
        on_progress,
        *,
        from_s: Annotated[float, About("Beginning.", "s")] = 1.0,
        n_parts: Annotated[int, About("Number of parts.")] = 2,
        until_s: Annotated[
            float | None, About("End; default that of all.", "s")
        ] = None,
        is_signed: Annotated[bool, About("Whether the sign counts.")] = False,
        kind: Annotated[Literal["mean", "median"], About("What is compared.")] = "mean",
        area: Annotated[
            str | None,
            About("Area.", offers=lambda data: sorted(set(data.units["area"]))),
        ] = None,
    ) -> Result:
        """Change of the mean response of each unit with time."""
        given.append((from_s, n_parts, until_s, is_signed, kind, area))
        late, early = data.responses[25:].mean("time"), data.responses[:25].mean("time")
        change = (late - early).to_numpy() * n_parts
        pairs = np.subtract.outer(change, change)
        dataset = xr.Dataset(
            {"difference": (("unit", "unit_2"), pairs)}, attrs={"variant": "of halves"}
        )
        columns = pd.DataFrame({"drift": change, "which": ["a", "b"] * 20})
        return Result(dataset, columns, data.rows)

    panel = encoded.panel("Analyses")
    choose(panel.analysis, "drift")
    assert panel.help.text() == "Change of the mean response of each unit with time."
    assert labels(panel.form) == [
        *("From (s)", "N parts", "Until (s)", "Is signed", "Kind", "Area")
    ]
    form = panel.form
    assert form.values() == {
        **{"from_s": 1.0, "n_parts": 2, "until_s": None},
        **{"is_signed": False, "kind": "mean", "area": None},
    }
    # what is left to the analysis is said in words
    assert form.field("until_s").edit.placeholderText() == "automatic"
    area = form.field("area").box
    texts = [area.itemText(k) for k in range(area.count())]
    assert texts == ["automatic", "AL", "LM", "V1"]
    assert form.field("from_s").toolTip() == "Beginning."
    form.field("n_parts").edit.setText("3.5")
    qtbot.mouseClick(panel.run_button, LEFT)
    message = encoded.playback_bar.message.text()
    assert "N parts is '3.5'; write a whole number." in message and not given
    form.field("n_parts").edit.setText("3")
    choose(form.field("kind").box, "median")
    choose(form.field("is_signed").box, "yes")
    choose(area, "LM")
    qtbot.mouseClick(panel.run_button, LEFT)
    encoded.wait(LIMIT_S)
    assert given == [(1.0, 3, None, True, "median", "LM")]
    (entry,) = encoded.experiment.document.analyses
    assert entry.parameters == {
        **{"n_parts": 3, "is_signed": True, "kind": "median", "area": "LM"}
    }
    # the result: columns over the selected units, attributes and the matrix
    encoded.experiment.pick(areas=["V1"])
    rows = encoded.now.selection.indices
    change = encoded.now.results["drift"].columns["drift"].iloc[rows]
    cells = [
        [panel.table.item(row, column).text() for column in range(3)]
        for row in range(panel.table.rowCount())
    ]
    assert cells[0] == [
        "drift",
        f"{change.median():.3g}",
        f"{change.min():.3g} to {change.max():.3g}",
    ]
    assert cells[1][0] == "which" and cells[1][2].endswith("different")
    assert "variant: of halves" in panel.found.text()
    assert panel.matrix.isVisible() and not panel.histogram.isVisible()
    np.testing.assert_allclose(
        panel.matrix.image.image,
        np.subtract.outer(change.to_numpy(), change.to_numpy()),
    )
    # its column is in the table and colours the map
    assert "drift" in encoded.now.units


@pytest.mark.timeout(200)
def test_why_an_analysis_does_not_apply_is_said(window):
    panel = window.panel("Analyses")
    choose(panel.analysis, "direction tuning")
    assert panel.why_not.text() == "Load a session first."
    use_session(window, LeakySession(40, (36, 64)))
    panel = window.panel("Analyses")
    assert panel.why_not.text().startswith("There are no responses to analyse yet")
    assert not panel.run_button.isEnabled()
    # what is known of the session alone needs none
    choose(panel.analysis, "retinotopy")
    assert not panel.run_button.isEnabled()
    choose(panel.form.field("known").box, "yes")
    assert panel.run_button.isEnabled()
    frames = np.random.default_rng(0).integers(0, 255, (50, 36, 64), np.uint8)
    use_stimulus(window, ArrayStimulus(frames, 10.0, name="noise"))
    window.encode()
    window.wait(LIMIT_S)
    panel = window.panel("Analyses")
    choose(panel.analysis, "direction tuning")
    assert "the stimulus has no trial table" in panel.why_not.text()
    choose(panel.analysis, "comparison")
    assert panel.run_button.isEnabled() and not panel.why_not.isVisible()
    # neither a run nor a file is named: one sentence
    panel.run_button.click()
    window.wait(LIMIT_S)
    message = window.playback_bar.message.text()
    assert message.startswith("⚠ A comparison is with one other run")
    assert not window.experiment.document.analyses


@pytest.mark.timeout(200)
def test_a_script_fills_the_same_panels(encoded):
    """Whatever runs an analysis, the panel shows its parameters and its result."""
    use_stimulus(
        encoded,
        ig.stimuli.drifting_gratings(n_directions=4, duration_s=0.5, frame_rate=10.0),
        name="gratings",
    )
    encoded.encode()
    encoded.wait(LIMIT_S)
    experiment = encoded.experiment
    session = encoded.now.session_name
    experiment.analyse("sparseness", session, "gratings", latency_s=0.125)
    panel = encoded.panel("Analyses")
    choose(panel.analysis, "sparseness")
    assert panel.form.values()["latency_s"] == 0.125
    assert panel.table.rowCount() > 0 and panel.histogram.isVisible()
    # an analysis of one parameter turns the panel of tuning to it
    experiment.analyse("direction tuning", session, "gratings", latency_s=0.1)
    tuning = encoded.panel("Tuning")
    assert tuning.parameter.currentText() == "direction"
    assert len(tuning.cartesian.plotItem.listDataItems())
    experiment.undo()
    assert not encoded.panel("Tuning").unit.isEnabled()


def test_fit_quality_in_the_window_saved_and_run_again(window, qtbot, tmp_path):
    folder = session_folder(tmp_path / "model")
    recordings = tmp_path / "recordings"
    write_recordings(recordings, golden_recordings(steinmetz()))
    experiment = window.experiment
    name = experiment.add_session("nnpoisson/model-fwd", folder)
    table = {"contrast_left": [0.0, 1.0], "contrast_right": 0.5}
    experiment.add_stimulus(ConditionTable(pd.DataFrame(table)), name="table")
    experiment.show(name, "table")
    window.encode()
    window.wait(LIMIT_S)
    run(window, qtbot, "fit quality", {"recordings": str(recordings)})
    check_elsewhere(window, tmp_path, name)

"""Fit quality as a declared analysis: Python, unit table, experiment file, command line."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from insilico_nnpoisson import make_synthetic_steinmetz
from insilico_nnpoisson.data.files import of_sessions, write_recordings
from insilico_nnpoisson.network.model_files import ModelFile, write_npz
from insilico_nnpoisson.stimulus_code import KNOWN
from insilico_nnpoisson.training.judging import choice_table, judge, time_rescaling
from typer.testing import CliRunner

import insilico_gui as ig
from insilico_gui.cli import app
from insilico_gui.errors import AnalysisError, InsilicoError

SESSION = "nnpoisson/model"
MEASURES = ["n_spikes", "bits_per_spike", "ks_distance", "ks_p", "ks_bound"]


@pytest.fixture(scope="module")
def made():
    return make_synthetic_steinmetz(1, n_sessions=2, n_trials=60, n_neurons=10)


@pytest.fixture(scope="module")
def recorded(made):
    return of_sessions(made.train, made.test, 0.4, KNOWN[8])


@pytest.fixture(scope="module")
def place(made, recorded, tmp_path_factory):
    """A folder with the true model as a session, and one with the recordings."""
    folder = tmp_path_factory.mktemp("quality")
    write_recordings(folder / "recordings", recorded)
    write_model(folder / "model", made, list(made.regions))
    return folder


def write_model(folder, made, regions, **about):
    folder.mkdir()
    about = {"regions": regions, "time_limit": 0.4, "stimulus": KNOWN[8], **about}
    write_npz(folder / "model.npz", ModelFile(made.model.weights, about))
    rows = "".join(f"{name},{k}\n" for k, name in enumerate(regions))
    (folder / "region_index.csv").write_text(f",0\n{rows}")


@pytest.fixture
def experiment(place):
    made = ig.Experiment(library=None)
    made.add_session(SESSION, place / "model", name="model")
    return made


def test_columns_and_plots(experiment, place, made, recorded):
    found = experiment.analyse("fit quality", recordings=str(place / "recordings"))
    expected, plot = judge(made.model, recorded), time_rescaling(made.model, recorded)
    units = experiment.units("model").set_index("unit_id")
    assert list(units.index[:4]) == list(expected.index) == list(recorded.region_index)
    for name in MEASURES:
        np.testing.assert_allclose(units[name][:4], expected[name], 1e-9)
        assert units[name][4:].isna().all()  # actions have no spikes
    assert (units["bits_per_spike"][:4] > 0.2).all()
    np.testing.assert_allclose(found["rescaled"][:4], plot["observed"], 1e-9)
    choices = choice_table(made.model, recorded)
    assert list(found["choice"].values) == ["left", "right", "none"]
    np.testing.assert_array_equal(found["recorded"][:, 1], choices["data_right"])
    np.testing.assert_allclose(
        found["predicted"].sel(reading="B", choice="left"), choices["B_left"]
    )


def test_the_psychometric_curve_counts_trials(experiment, place, recorded):
    found = experiment.analyse("fit quality", recordings=str(place / "recordings"))
    assert str(found["level_of"].item()) == "contrast_right - contrast_left"
    assert int(found["level_trials"].sum()) == recorded.test.n_trials
    behaviour = recorded.test.behaviour
    shown = behaviour.stim_hist @ [0, -0.25, -0.5, -1, 0, 0.25, 0.5, 1]
    answered = behaviour.response("right") >= 0
    for level, part in zip(
        found["level"].values,
        found["level_recorded"].sel(choice="right").values,
        strict=True,
    ):
        assert part == pytest.approx(answered[np.isclose(shown, level)].mean())
    np.testing.assert_allclose(found["level_predicted"].sum("choice"), 1, 0, 1e-6)


def test_the_command_line_finds_the_same(experiment, place, tmp_path):
    found = experiment.analyse("fit quality", recordings=str(place / "recordings"))
    output, arrays = tmp_path / "quality.csv", tmp_path / "quality.npz"
    given = ("fit-quality", SESSION, "--directory", place / "model")
    more = ("--recordings", place / "recordings", "-o", output, "--arrays", arrays)
    done = CliRunner().invoke(app, list(map(str, (*given, *more))))
    assert done.exit_code == 0, done.output
    table = pd.read_csv(output, comment="#")
    units = experiment.units("model")
    for name in MEASURES:
        np.testing.assert_allclose(table[name], units[name])
    with np.load(arrays) as file:
        saved = dict(file)
    for name in ("rescaled", "level", "level_recorded", "level_predicted", "recorded"):
        np.testing.assert_array_equal(saved[name], found[name])
    assert saved["unit_id"].tolist() == found["unit_id"].values.tolist()


def test_experiment_file_and_code(experiment, place, tmp_path):
    from insilico_gui.experiment.rerun import rerun

    found = experiment.analyse("fit quality", recordings=str(place / "recordings"))
    path = experiment.save(tmp_path / "one.insilico.yaml")
    opened = ig.Experiment.open(path, library=None)
    again = opened.analyse("fit quality", recordings=str(place / "recordings"))
    np.testing.assert_array_equal(again["rescaled"], found["rescaled"])
    assert rerun(path, tmp_path / "again") is not None
    names: dict[str, object] = {}
    code = experiment.to_python()
    exec(code.replace("ig.Experiment()", "ig.Experiment(library=None)"), names)
    table = names["experiment"].units("model")
    np.testing.assert_array_equal(
        table["bits_per_spike"], experiment.units("model")["bits_per_spike"]
    )


def test_other_recordings_give_one_sentence(place, made, tmp_path):
    regions = list(made.regions)
    others = [*regions[:-1], "left-TH"]
    cases = {
        "no region 'left-TH', which the session predicts": (others, {}),
        "in another order": (regions[::-1], {}),
        "up to 0.4 s and those of the session up to 0.5 s": (
            regions,
            {"time_limit": 0.5},
        ),
    }
    for k, (says, (names, about)) in enumerate(cases.items()):
        write_model(tmp_path / f"m{k}", made, names, **about)
        experiment = ig.Experiment(library=None)
        experiment.add_session(SESSION, tmp_path / f"m{k}", name="model")
        with pytest.raises(AnalysisError, match=says) as caught:
            experiment.analyse("fit quality", recordings=str(place / "recordings"))
        assert str(caught.value).count(". ") == 0


def test_what_cannot_be_judged(experiment, tmp_path):
    with pytest.raises(InsilicoError, match="nothing"):
        experiment.analyse("fit quality", recordings=str(tmp_path / "nothing"))
    with pytest.raises(InsilicoError, match="no generator 'none'"):
        experiment.analyse("fit quality", recordings="generated:none")
    demo = ig.Experiment(library=None)
    demo.add_session("demo")
    with pytest.raises(AnalysisError, match="not one that is held against"):
        demo.analyse("fit quality", recordings=str(tmp_path))

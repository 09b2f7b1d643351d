"""The command line on conditions: the same numbers as in Python, and one sentence."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import insilico_gui as ig
from insilico_gui.cli import app
from insilico_gui.errors import InsilicoError

ROWS = pd.DataFrame(
    [(a, b) for a in (0.0, 0.5, 1.0) for b in (0.0, 1.0)],
    columns=["contrast_left", "contrast_right"],
)
SESSION = "nnpoisson/model-fwd"
NAME = "model"


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "rows.csv"
    ROWS.to_csv(path, index=False)
    return path


@pytest.fixture
def experiment(folder):
    made = ig.Experiment(library=None)
    made.add_session(SESSION, folder, name=NAME)
    made.add_stimulus(ROWS, name="rows")
    return made


def invoke(*arguments):
    return CliRunner().invoke(app, list(map(str, arguments)))


def test_encode(folder, table, experiment, tmp_path):
    done = invoke(
        *("encode", SESSION, table, "-o", tmp_path / "r.npz"),
        *("--directory", folder, "--area", "CP", "--area", "action"),
    )
    assert done.exit_code == 0, done.output
    found = ig.load_responses(tmp_path / "r.npz")
    whole = experiment.encode(NAME, "rows")
    np.testing.assert_array_equal(found, whole.isel(unit=[0, 3, 4]))
    assert found["contrast_left"].values.tolist() == ROWS["contrast_left"].tolist()


def analyse(folder, table, name, output, *settings):
    given = [word for setting in settings for word in ("--set", setting)]
    return invoke(
        *("conditions", SESSION, table, "--analysis", name, "-o", output),
        *("--directory", folder, *given),
    )


def test_every_analysis_of_conditions(folder, table, experiment, tmp_path):
    for name, given in (
        ("condition tuning", {"parameter": "contrast_left x contrast_right"}),
        ("condition difference", {"first": 4, "second": 1}),
        ("choices", {"reading": "B"}),
        (
            "psychometric curve",
            {"over": "contrast_right - contrast_left", "action": "right"},
        ),
    ):
        path = tmp_path / f"{name}.npz"
        settings = [f"{key}={value}" for key, value in given.items()]
        done = analyse(folder, table, name, path, *settings)
        assert done.exit_code == 0, done.output
        expected = experiment.analyse(name, NAME, "rows", **given)
        saved = np.load(path)
        for variable in expected.data_vars:
            np.testing.assert_array_equal(saved[variable], expected[variable])
        if "choice" in expected.dims or name == "psychometric curve":
            assert "Warning: Response times are extrapolation" in done.output


def test_columns_of_units_and_spikes(folder, table, experiment, tmp_path):
    output = tmp_path / "columns.csv"
    done = analyse(folder, table, "condition tuning", output, "parameter=contrast_left")
    assert done.exit_code == 0, done.output
    saved = pd.read_csv(output, comment="#")
    experiment.analyse("condition tuning", NAME, "rows", parameter="contrast_left")
    units = experiment.units(NAME)
    np.testing.assert_allclose(
        saved["condition_modulation"], units["condition_modulation"]
    )
    output = tmp_path / "spikes.parquet"
    done = analyse(folder, table, "simulated trials", output, "seed=2", "n_neurons=30")
    assert done.exit_code == 0, done.output
    spikes = experiment.analyse("simulated trials", NAME, "rows", seed=2, n_neurons=30)
    np.testing.assert_array_equal(pd.read_parquet(output)["time"], spikes["time"])


def test_the_matrix_is_the_mean_intensity(folder, experiment):
    """``(Lambda(W) - Lambda(0)) / W`` of the model."""
    found = experiment.analyse(
        "condition tuning",
        NAME,
        "rows",
        parameter="contrast_left x contrast_right",
    )
    session = experiment.session(NAME)
    counts = session.model.courses(
        session.code.rows(ROWS), np.array([0.0, 0.4]), np.ones(6)
    )[0]
    mean = (counts[:, 1] - counts[:, 0]) / 0.4
    np.testing.assert_allclose(found["curve"].to_numpy().reshape(6, 5), mean, 1e-5)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("no such", "a.npz"), "no analysis 'no such'"),
        (("choices", "a.csv"), "has no columns of units"),
        (("choices", "a.txt"), "no known format"),
        (("condition tuning", "a.npz"), "needs parameter"),
        (("choices", "a.npz", "reading=C"), "no reading 'C'"),
    ],
)
def test_what_is_refused(arguments, says, folder, table, tmp_path):
    name, output, *settings = arguments
    done = analyse(folder, table, name, tmp_path / output, *settings)
    assert isinstance(done.exception, InsilicoError)
    assert says in str(done.exception)
    assert not (tmp_path / output).exists()


def test_frames_have_no_place(folder, table, tmp_path):
    done = invoke(
        *("encode", SESSION, table, "-o", tmp_path / "r.npz"),
        *("--directory", folder, "--frame-rate", 30),
    )
    assert "is shown no frames; leave out" in str(done.exception)


def test_save_open_and_do_again(folder, experiment, tmp_path):
    from insilico_gui.experiment.rerun import rerun

    experiment.encode(NAME, "rows")
    experiment.select(where={"kind": "region"}, name="regions")
    experiment.analyse("condition tuning", parameter="contrast_left")
    path = experiment.save(tmp_path / "one.insilico.yaml")
    report = rerun(path, tmp_path / "again")
    assert report.runs[0].equal is True
    names: dict[str, object] = {}
    code = experiment.to_python()
    exec(code.replace("ig.Experiment()", "ig.Experiment(library=None)"), names)
    np.testing.assert_array_equal(
        names["experiment"].responses(), experiment.responses()
    )

"""The functional layout by script and command, of readout weights and of responses."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from support import wang2025_synthetic as synthetic
from support.leaky import LeakySession
from typer.testing import CliRunner

import insilico_gui as ig
from insilico_gui.cli import app
from insilico_gui.drawing.layouts import available_layouts, unit_positions
from insilico_gui.errors import AnalysisError, SessionError
from insilico_gui.session import has_readout, readout_weights

N_UNITS = 24


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    synthetic.write_params(folder, 1, N_UNITS, (8, 5))
    synthetic.write_tables(folder, N_UNITS, (8, 5))
    return folder


@pytest.fixture(scope="module")
def mouse(weights):
    """An experiment with one scan of the foundation model."""
    (info,) = [info for info in ig.session_infos(weights) if "wang" in info.id]
    made = ig.Experiment(library=None)
    made.add_session(info.id, weights, "cpu", name="mouse")
    return made


def components(features):
    away = features - features.mean(axis=0)
    left, size, right = np.linalg.svd(away.astype(float), full_matrices=False)
    signs = np.sign(right[np.arange(2), np.abs(right[:2]).argmax(axis=1)])
    return left[:, :2] * size[:2] * signs, (size**2 / (size**2).sum())[:2]


def test_units_lie_by_their_readout_weights(mouse):
    session = mouse.session("mouse")
    streams = [
        one.detach().numpy()[:, 0] for one in session.network.readout.feature.weights
    ]
    given = np.concatenate(streams, axis=1)
    np.testing.assert_array_equal(readout_weights(session), given)
    found = mouse.analyse("functional layout")
    assert not mouse.document.runs  # nothing had to be encoded
    places, explained = components(given)
    units = mouse.units("mouse")
    np.testing.assert_allclose(
        units[["functional_x", "functional_y"]],
        places,
        atol=1e-4 * np.abs(places).max(),
    )
    np.testing.assert_allclose(found.attrs["explained"], explained, atol=1e-5)
    assert "functional" in available_layouts(session, units)
    laid = unit_positions(units, "functional", session.frame_shape)
    np.testing.assert_allclose(laid[:, 2], units["functional_x"])
    np.testing.assert_allclose(laid[:, 1], -units["functional_y"])
    # each unit with weights of length 1
    mouse.analyse("functional layout", scaled=True)
    alike = given / np.linalg.norm(given, axis=1, keepdims=True)
    places, _ = components(alike)
    np.testing.assert_allclose(
        mouse.units("mouse")["functional_x"], places[:, 0], atol=1e-4
    )
    assert len(mouse.document.analyses) == 1  # in place of the first
    mouse.undo()
    mouse.undo()
    assert "functional_x" not in mouse.units("mouse")


def test_the_command_writes_the_same_places(mouse, weights, tmp_path):
    target = tmp_path / "layout.parquet"
    session = mouse.session("mouse")
    options = ["--directory", str(weights), "--device", "cpu", "-o", str(target)]
    done = CliRunner().invoke(app, ["functional-layout", session.id, *options])
    assert done.exit_code == 0, done.output
    mouse.analyse("functional layout")
    table, units = pd.read_parquet(target), mouse.units("mouse")
    for column in ("functional_x", "functional_y"):
        np.testing.assert_array_equal(table[column], units[column])
    mouse.undo()


def test_responses_lay_out_units_that_have_no_known_weights(demo, tmp_path):
    with pytest.raises(AnalysisError, match="no readout weights that are known"):
        demo.analyse("functional layout")
    demo.select(fields=[1], name="few")
    responses = demo.encode("demo", "gratings", selection="few")
    found = demo.analyse("functional layout", stimulus="gratings", of="responses")
    values = responses.transpose("unit", "time").to_numpy().astype(float)
    scored = values - values.mean(axis=1, keepdims=True)
    deviation = scored.std(axis=1, keepdims=True)
    scored /= np.where(deviation > 1e-12, deviation, 1)
    places, explained = components(scored)
    np.testing.assert_allclose(found["functional_x"], places[:, 0], atol=2e-3)
    assert json.dumps(found.attrs["explained"])  # plain numbers, for files
    np.testing.assert_allclose(found.attrs["explained"], explained, atol=1e-4)
    units = demo.units("demo")
    is_known = units["functional_x"].notna().to_numpy()
    assert (np.flatnonzero(is_known) == demo.selection("few").indices).all()
    path = demo.save(tmp_path / "x.insilico.yaml")
    again = ig.Experiment.open(path, library=tmp_path / "library").units("demo")
    np.testing.assert_array_equal(again["functional_y"], units["functional_y"])


def test_weights_of_another_shape_are_refused():
    session = LeakySession(12)
    assert not has_readout(session) and readout_weights(session) is None
    session.readout_weights = lambda: np.zeros((11, 4), np.float32)
    with pytest.raises(SessionError, match=r"\[11, 4\], not numbers \[12, F\]"):
        readout_weights(session)

"""Responses and results of the demo session that plots are made of, computed once."""

from __future__ import annotations

import matplotlib as mpl
import pytest

import insilico_gui as ig

mpl.use("Agg")

from matplotlib import pyplot as plt


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="session")
def gratings():
    return ig.stimuli.drifting_gratings(n_directions=8, repeats=2, duration_s=0.5)


@pytest.fixture(scope="session")
def experiment(gratings):
    """The first 240 units of the demo session with gratings and their tuning."""
    made = ig.Experiment(library=None)
    made.add_session("demo", name="demo")
    made.add_stimulus(gratings, name="gratings")
    made.select(indices=range(240), name="first")
    made.encode("demo", "gratings", selection="first")
    made.analyse("direction tuning", "demo", "gratings")
    return made


@pytest.fixture(scope="session")
def responses(experiment):
    return experiment.responses("demo", "gratings")


@pytest.fixture(scope="session")
def tuning(experiment):
    return experiment.result("direction tuning", "demo")


@pytest.fixture(scope="session")
def demo(experiment):
    return experiment.session("demo")

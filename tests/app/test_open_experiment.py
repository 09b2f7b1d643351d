"""A file of an experiment opens in the window, on the run that was looked at."""

from __future__ import annotations

import numpy as np
import pytest

import insilico_gui as ig
from insilico_gui.app.shell.start import open_experiment
from insilico_gui.errors import InsilicoError


def test_the_window_shows_the_run_that_was_looked_at(make_napari_viewer, tmp_path):
    experiment = ig.Experiment(library=None)
    experiment.add_session("demo")
    rng = np.random.default_rng(0)
    for name in ("first", "second"):
        wide = rng.integers(0, 256, (12, 36, 96), dtype=np.uint8)
        experiment.add_stimulus(wide, frame_rate=30.0, fit="pad", name=name)
        experiment.add_run("demo", name)
    experiment.look(session="demo", stimulus="second")
    wanted = experiment.encode("demo", "second")
    path = experiment.save(tmp_path / "x.insilico.yaml")

    window = open_experiment(path, viewer=make_napari_viewer(show=True))
    try:
        window.wait()
        shown = window.now.responses
        np.testing.assert_array_equal(shown, wanted)
        assert window.now.fit == "pad"
    finally:
        window.jobs.stop_all()
        window.wait()
        window.reader.close()


def test_a_file_that_is_no_experiment_is_one_sentence(tmp_path):
    path = tmp_path / "x.insilico.yaml"
    path.write_text("family: none")
    with pytest.raises(InsilicoError, match="is no experiment"):
        open_experiment(path)

"""Predictions against recordings of repeated clips."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from support.command_line import error_of, run
from support.recordings import SHAPE, write_evaluation, write_item

import insilico_gui as ig
from insilico_gui.errors import AnalysisError, EncodingCancelled, FitError

GOLDEN = Path(__file__).parents[1] / "data" / "reliability" / "evaluation.npz"


class Played:
    """A model that plays predictions [R, T, U] of each clip: the eye names the repeat."""

    def __init__(self, predictions: list[np.ndarray]) -> None:
        self._predictions = predictions
        self.units = predictions[0].shape[2]
        self.shapes: list[tuple[int, ...]] = []

    def predict(self, stimuli, perspectives=None, modulations=None):
        self.shapes.append(stimuli.shape)
        which = perspectives[0].astype(int)
        return np.stack([self._predictions[v][r] for v, r in which], axis=1)


@pytest.fixture(scope="module")
def golden():
    with np.load(GOLDEN) as case:
        return dict(case)


def of(golden, kind):
    return [golden[f"eval_{kind}_video{k}"] for k in range(3)]


@pytest.fixture
def folder(golden, tmp_path):
    write_evaluation(tmp_path / "evaluation", of(golden, "resp"))
    return tmp_path / "evaluation"


def test_the_published_evaluation_is_reproduced(golden, folder):
    model = Played(of(golden, "pred"))
    seen = []
    table = ig.fitting.evaluate(
        model, folder, int(golden["eval_burnin"]), on_progress=lambda *a: seen.append(a)
    )
    for name in ("cc_abs", "cc_max", "cc_norm"):
        np.testing.assert_allclose(table[name], golden[f"eval_{name}"], rtol=1e-5)
    assert table["unit_id"].tolist() == [*range(6)]
    assert seen[-1] == (275, 275) and [n for n, _ in seen] == sorted(n for n, _ in seen)
    assert model.shapes == [(25, 1, *SHAPE, 1)] * 11
    assert table.attrs["n_samples"] == 60 and table.attrs["n_repeats"] == "3 to 4"


def test_many_repeats_side_by_side_on_a_gpu_give_the_same(golden, folder):
    model = Played(of(golden, "pred"))
    model.device = "cuda:0"
    table = ig.fitting.evaluate(model, folder, int(golden["eval_burnin"]))
    np.testing.assert_allclose(table["cc_norm"], golden["eval_cc_norm"], rtol=1e-5)
    assert model.shapes == [(25, n, *SHAPE, 1) for n in (4, 4, 3)]


def test_units_are_matched_by_id(golden, folder):
    recorded = of(golden, "resp")
    order = np.array([3, 1, 0, 5, 4, 2])
    write_evaluation(folder, [video[:, :, order] for video in recorded])
    pd.DataFrame({"unit_id": order}).to_csv(folder / "units.csv", index=False)
    table = ig.fitting.evaluate(Played(of(golden, "pred")), folder, 5)
    np.testing.assert_allclose(table["cc_norm"], golden["eval_cc_norm"], rtol=1e-5)
    assert table.attrs["notes"] == []
    pd.DataFrame({"unit_id": order + 10}).to_csv(folder / "units.csv", index=False)
    table = ig.fitting.evaluate(Played(of(golden, "pred")), folder, 5)
    assert "matched by their order" in table.attrs["notes"][0]
    pd.DataFrame({"unit_id": order[1:]}).to_csv(folder / "units.csv", index=False)
    with pytest.raises(FitError, match="5 rows and the recordings have 6 units"):
        ig.fitting.evaluate(Played(of(golden, "pred")), folder, 5)


@pytest.fixture(scope="module")
def demo():
    return ig.open_session("demo")


@pytest.fixture(scope="module")
def recorded(demo, tmp_path_factory):
    """Clips shown to the demo, whose noisy responses are recorded."""
    folder = tmp_path_factory.mktemp("recorded") / "demo_evaluation"
    rng = np.random.default_rng(1)
    clips, repeats, gain = [], [], None
    for k, frequency in enumerate((0.03, 0.08)):
        shown = ig.stimuli.drifting_gratings(
            n_directions=4, duration_s=0.2, blank_s=0.1, spatial_frequency=frequency
        )
        frames = shown.frames(0, 30)
        truth = ig.encode(demo, frames).to_numpy()
        gain = 2 / (truth.mean(axis=0) + 1e-3) if gain is None else gain
        clips.append(frames)
        recorded = rng.poisson(truth * gain, (5 - k, *truth.shape))
        repeats.append(recorded.astype(np.float32))
    write_evaluation(folder, repeats, clips)
    return folder


def test_a_session_is_judged_and_reported(demo, recorded, tmp_path):
    found = ig.fitting.judge(demo, recorded)
    table = found.table
    assert list(table.columns[:4]) == ["unit_id", "cc_abs", "cc_max", "cc_norm"]
    assert table["area"].tolist() == demo.units["area"].tolist()
    # the recording is the prediction with noise
    assert table["cc_norm"].median() == pytest.approx(1, abs=0.05)
    clip = found.clips[0]
    np.testing.assert_allclose(
        clip.predicted, ig.encode(demo, _frames(recorded)).to_numpy(), rtol=1e-5
    )
    from insilico_gui.fitting.judging.report import write_report

    for name in ("r.html", "r.pdf"):
        write_report(found, tmp_path / name)
    page = (tmp_path / "r.html").read_text()
    assert page.count("data:image/png;base64,") == 3
    assert page.count("<script") == page.count("http") == 0
    for words in ("demo judged by demo_evaluation", "By area", "By field", "LM", "V1"):
        assert words in page
    assert f"{table['cc_norm'].median():.3f}" in page
    pdf = (tmp_path / "r.pdf").read_bytes()
    assert pdf.startswith(b"%PDF") and pdf.count(b"/Type /Page\n") <= 1
    write_report(found, tmp_path / "again.html")
    assert (tmp_path / "again.html").read_text() == page
    with pytest.raises(FitError, match=r"end its name in \.html or \.pdf"):
        write_report(found, tmp_path / "r.png")


def _frames(folder):
    return np.load(folder / "stimuli" / "video0" / "0.npy")[..., 0]


def test_text_of_strangers_is_only_text_in_reports(demo, recorded, tmp_path):
    from dataclasses import replace

    from insilico_gui.fitting.judging.report import write_report

    found = ig.fitting.judge(demo, recorded)
    table = found.table.assign(area="<script>alert(1)</script>$x_")
    evil = replace(
        found, table=table, notes=("$x^{",), about={**found.about, "evaluation": "<b>$"}
    )
    write_report(evil, tmp_path / "r.html")
    assert "<script>" not in (tmp_path / "r.html").read_text()
    write_report(evil, tmp_path / "r.pdf")


def test_units_that_respond_together_are_neighbours():
    from insilico_gui.fitting.judging.raster_order import sorted_units

    k = np.arange(100)
    traces = np.exp(-((k - np.array([80, 20, 50])[:, None]) ** 2) / 20)
    order = sorted_units(traces)
    assert order.rows.tolist() == [1, 2, 0] and order.by == "time of the peak"
    flat = sorted_units(np.full((3, 100), np.nan))
    assert sorted(flat.rows) == [0, 1, 2]


def test_the_analysis_makes_columns_of_the_unit_table(demo, recorded, tmp_path):
    experiment = ig.Experiment()
    name = experiment.add_session("demo")
    experiment.analyse("prediction accuracy", session=name, recordings=str(recorded))
    expected = ig.fitting.evaluate(demo, recorded)
    units = experiment.units(name)
    for column in ("cc_abs", "cc_max", "cc_norm"):
        np.testing.assert_allclose(units[column], expected[column])
    experiment.save(tmp_path / "judged.insilico.yaml")
    again = ig.Experiment.open(tmp_path / "judged.insilico.yaml")
    done = run("run", tmp_path / "judged.insilico.yaml", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert again.document.analyses == experiment.document.analyses


def test_the_command_writes_table_and_pages(recorded, tmp_path):
    out, page = tmp_path / "cc.csv", tmp_path / "r.html"
    done = run("judge", "demo", recorded, "-o", out, "--report", page)
    assert done.exit_code == 0, done.output
    table = pd.read_csv(out)
    assert f"CC_norm {table['cc_norm'].median():.3f}" in done.output
    assert "2 clips of 4 to 5 repeats" in done.output
    assert page.stat().st_size > 10_000
    assert "exists already" in error_of("judge", "demo", recorded, "--report", page)
    told = run("judge", "demo", recorded)  # where to?
    assert told.exit_code == 2 and "--json" in told.output, told.output
    assert "end its name" in error_of("judge", "demo", recorded, "--report", "r.txt")


def test_recordings_that_do_not_fit_are_refused_in_one_sentence(golden, folder):
    model = Played(of(golden, "pred"))

    def refused(match, error=FitError, **options):
        with pytest.raises(error, match=match) as caught:
            ig.fitting.evaluate(model, folder, **{"burn_in_frames": 5, **options})
        assert str(caught.value).count("\n") == 0

    refused("nothing is left after a burn-in of 25", burn_in_frames=25)
    refused("burn-in of -1", burn_in_frames=-1)
    refused("give 'refuse' or 'fill'", on_nan="drop")
    other = Played([p[:, :, :4] for p in of(golden, "pred")])
    with pytest.raises(FitError, match="Played has 4 units and the recordings"):
        ig.fitting.evaluate(other, folder)
    first = folder / "units/video0/0.npy"
    whole = first.read_bytes()
    np.save(first, np.zeros((24, 6), np.float32))
    refused(r"units/video0/0.npy is float32 \[24, 6\]")
    np.save(first, np.zeros((25, 7), np.float32))
    refused("has 7 units and .* has 6; all trials")
    np.save(first, np.full((25, 6), np.inf, np.float32))
    refused("infinite")
    first.write_bytes(whole[:-3])
    refused("cannot be read")
    np.save(first, np.array([{}]), allow_pickle=True)
    refused("Python objects", ig.InsilicoError)
    first.unlink()
    refused("'units' of 'evaluation' lacks 'video0/0.npy'")
    first.write_bytes(whole)
    np.save(folder / "stimuli/video0/0.npy", np.zeros((25, *SHAPE, 1), np.uint8))
    refused("shows other frames than the first repeat")
    np.save(folder / "stimuli/video0/0.npy", np.zeros((25, *SHAPE), np.float32))
    refused("stimuli/video0/0.npy is float32")
    for missing in (folder / "modulations", folder.parent / "nowhere"):
        with pytest.raises(FitError, match="has no folder"):
            ig.fitting.evaluate(model, missing)


def test_behaviour_that_is_not_known_is_refused_or_filled(golden, folder):
    eye = folder / "modulations/video1/2.npy"
    values = np.load(eye)
    values[3:7, 1] = np.nan
    np.save(eye, values)
    with pytest.raises(FitError, match=r"not known in 4 of 25 frames .*--fill"):
        ig.fitting.evaluate(Played(of(golden, "pred")), folder, 5)
    table = ig.fitting.evaluate(Played(of(golden, "pred")), folder, 5, on_nan="fill")
    np.testing.assert_allclose(table["cc_norm"], golden["eval_cc_norm"], rtol=1e-5)
    assert "modulation was not known in 4 frames" in table.attrs["notes"][0]


def test_missing_responses_are_left_out(golden, folder):
    recorded = of(golden, "resp")
    recorded[0] = recorded[0].copy()
    recorded[0][2, 10:, :] = np.nan
    write_evaluation(folder, recorded)
    table = ig.fitting.evaluate(Played(of(golden, "pred")), folder, 5)
    assert np.isfinite(table["cc_abs"]).all()
    assert not np.allclose(table["cc_max"], golden["eval_cc_max"])


def test_single_repeats_cancelled_runs_and_other_things(golden, folder, demo, tmp_path):
    cancel = threading.Event()
    cancel.set()
    for model in (Played(of(golden, "pred")),):
        with pytest.raises(EncodingCancelled):
            ig.fitting.evaluate(model, folder, 5, cancel=cancel)
    write_evaluation(tmp_path / "once", [v[:1] for v in of(golden, "resp")])
    with pytest.raises((FitError, AnalysisError), match="shown twice"):
        ig.fitting.evaluate(Played(of(golden, "pred")), tmp_path / "once", 5)
    with pytest.raises(FitError, match="predicts nothing"):
        ig.fitting.evaluate("demo", folder)
    write_item(folder, "video0/1.npy", stimuli=np.zeros((9, *SHAPE), np.uint8))
    with pytest.raises(FitError, match="a row for each frame"):
        ig.fitting.evaluate(demo, folder)


def test_a_prediction_of_another_shape_is_refused(golden, folder):
    short = Played([p[:, :-1] for p in of(golden, "pred")])
    with pytest.raises(FitError, match=r"predicted an array \[1, 24, 6\]"):
        ig.fitting.evaluate(short, folder, 5)

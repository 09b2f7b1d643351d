"""The published program as a fit of the host: its arguments, stages and files."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pytest
from insilico_drosophila import make_synthetic_fly, open_fly
from insilico_drosophila.files.checkpoints import read_network, read_recurrent
from insilico_drosophila.files.losses_log import read_settings
from insilico_drosophila.fitting import (
    estimate,
    evaluation,
    first_round,
    plots,
    second_round,
)
from insilico_drosophila.fitting.results_folder import ResultsFolder
from insilico_drosophila.fitting.settings import Settings, settings_from
from insilico_drosophila.fitting.stage import Work
from insilico_drosophila.fitting.task import DrosophilaTask
from insilico_drosophila.fitting.tokens import RateBins
from support.fly_fits import declared, ended, invoke

from insilico_gui import InsilicoError

QUICK = "--dt 2 --batch_size 10 --n_hidden 12 --n_rank 4 "
SHORT = QUICK + "--epoch_round1 2 --epoch_round2 2 "
SETTINGS = {"dt": 5.0, "batch_size": 10, "n_rank": 2, "epoch_round1": 1}
PUBLISHED = {
    "first-round-checkpoint.msgpack",
    "first-round-losses.txt",
    "simulated_neuropil_fr.npy",
    "second-round-rnn-checkpoint-v1.msgpack",
    "neuropil_fr_predictions.npy",
    "evaluation_stats.txt",
    "images/neuropil_fr-at-epoch-0-batch-.png",
    "images/neuropil_fr-at-epoch-1-batch-.png",
    *(
        f"evaluation_plots/{name}.png"
        for name in ("heatmaps", "time_series", "scatter", "bars", "errors")
    ),
}
DEFAULTS = {
    "mode": "all",
    "flywire_version": "630",
    "neural_activity_id": "2017-10-26_1",
    "bin_size": 0.25,
    "devices": "0",
    "filepath": None,
    "epoch_round1": 500,
    "epoch_round2": 1000,
    "batch_size": 128,
    "lr": 0.01,
    "lr_round2": 0.001,
    "input_style": "v1",
    "etrace_decay": 0.99,
    "scale_factor": 0.000825,
    "n_rank": 20,
    "n_hidden": 256,
    "sim_before_train": 0.1,
    "noise_sigma": 0.05,
    "max_firing_rate": 100.0,
    "loss_fn": "mse",
    "grad_clip": 1.0,
    "dt": 0.2,
    "seed": 2025,
    "split": 0.6,
}


@pytest.fixture(autouse=True)
def few_steps(monkeypatch):
    """Few steps, no measuring and no pictures: `finished` does both."""
    monkeypatch.setattr(second_round, "STEPS_PER_EPOCH", 3)
    monkeypatch.setattr(plots, "find_spec", lambda name: None)
    monkeypatch.setattr(DrosophilaTask, "notices", lambda self: [])


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A folder with a fly in its sub-folder ``data``."""
    made = tmp_path_factory.mktemp("fit")
    make_synthetic_fly(made / "data", 4, 60, 13)
    return made


@pytest.fixture(scope="module")
def data(place) -> Path:
    return place / "data"


@pytest.fixture(scope="module")
def finished(place) -> tuple[ResultsFolder, str]:
    """All stages by the published command line, and its output; do not change it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(second_round, "STEPS_PER_EPOCH", 3)
        patch.chdir(place)
        done = invoke("--mode all " + SHORT)
    (folder,) = (place / "results/v4_2").iterdir()
    return ResultsFolder(folder), done


def test_arguments_and_defaults_are_the_published_ones():
    settings = Settings().as_dict()
    assert {k: settings[k] for k in DEFAULTS} == DEFAULTS
    names = {parameter.name for parameter in declared.parameters}
    assert names == set(settings) and names > set(DEFAULTS)
    assert settings_from({}) == Settings()
    assert Settings().steps_per_frame == 4166 and Settings().n_discarded == 416
    for parameter in declared.parameters:
        value = DEFAULTS.get(parameter.name)
        if value is not None and parameter.name != "split":
            shown = f"{value:g}" if isinstance(value, float) else str(value)
            assert f"efault {shown}" in parameter.help, parameter.name


def test_every_published_argument_is_an_option(place, tmp_path):
    """With underscores, as published."""
    words = {**DEFAULTS, "filepath": str(tmp_path / "run"), "mode": "train1"}
    words |= {"grad_clip": "none", "loss_fn": "cosine_distance", "n_rank": 3}
    words |= {"batch_size": 10, "epoch_round1": 1, "dt": 5.0, "devices": 0}
    line = " ".join(f"--{k} {shlex.quote(str(v))}" for k, v in words.items())
    invoke(f"{place / 'data'} {line}")
    logged = read_settings(tmp_path / "run/first-round-losses.txt")
    assert {k: logged[k] for k in words} == {
        **words,
        "grad_clip": None,
        "devices": "0",
    }


def test_all_stages_write_the_published_files(finished):
    folder, output = finished
    files = {str(p.relative_to(folder.path)) for p in folder.path.rglob("*.*")}
    assert files >= PUBLISHED
    for picture in folder.path.rglob("*.png"):
        assert picture.read_bytes()[:4] == b"\x89PNG"
    assert np.load(folder.simulated).shape == (13, 8)
    assert np.load(folder.predictions).shape == (13, 8)
    name = folder.path.name
    beginning = "630#2017-10-26_1#100.0Hz#0.99#mse#ETraceParam#ETraceParam#0.000825#4#"
    assert name.startswith(beginning + "0.1#2025#0.25#0.05#")
    assert "8 of 8 rounds, complete" in output


def test_the_cost_is_told_before_it_starts(finished):
    _, output = finished
    assert "train1 takes about 1 MiB of the" in output
    assert "On cpu the fit takes about" in output
    for stage in ("train1", "eval1", "train2", "evaluate"):
        assert f"{stage} " in output


def test_curves_have_the_columns_of_their_stage(finished):
    folder, _ = finished
    rows = (folder.path / "curves.csv").read_text().splitlines()
    assert rows[0] == (
        "train1 loss,train1 accuracy,train1 max_g,eval1 correlation,train2 train loss,"
        "train2 test loss,train2 test accuracy,evaluate accuracy,evaluate loss"
    )
    assert len(rows) == 1 + 2 + 2 + 2 + 2


def test_the_log_begins_with_the_settings(finished):
    folder, _ = finished
    lines = folder.log.read_text().splitlines()
    assert lines[0].startswith("Namespace(mode='all', flywire_version='630'")
    assert len(lines) == 1 + 2 * 2
    assert lines[1].startswith("epoch = 0, batch = 0, loss = ")
    assert lines[2].startswith("max_g = ")
    assert read_settings(folder.log)["dt"] == 2.0


def test_statistics_are_of_the_next_frames(finished, data):
    folder, _ = finished
    fly = open_fly(data)
    rates = np.load(folder.predictions)
    bins = RateBins.of(fly.rates_hz, 0.25, 100.0)
    error = ((rates[:-1] - fly.rates_hz[1:]) ** 2).mean(axis=1)
    same = (bins.index(rates[:-1]) == bins.index(fly.rates_hz[1:])).mean(axis=1)
    want = [
        f"Mean bin accuracy: {same.mean():.5f}",
        f"Mean MSE loss: {error.mean():.5f}",
        f"Std bin accuracy: {same.std():.5f}",
        f"Std MSE loss: {error.std():.5f}",
    ]
    found = folder.stats.read_text().splitlines()
    for a, b in zip(found, want, strict=True):
        assert a.split(": ")[0] == b.split(": ")[0]
        assert float(a.split(": ")[1]) == pytest.approx(
            float(b.split(": ")[1]), abs=1e-4
        )


def test_the_reference_compares_all_frames_with_the_second(data):
    fly = open_fly(data)
    bins = RateBins.of(fly.rates_hz, 0.25, 100.0)
    rates = np.tile(fly.rates_hz[1], (13, 1))
    wrong = evaluation.compared(rates, fly.rates_hz, bins, reference_bugs=True)
    assert wrong.accuracy.tolist() == [1.0] * 13 and not wrong.loss.any()
    ours = evaluation.compared(rates, fly.rates_hz, bins)
    assert len(ours.loss) == 12 and ours.loss[0] == 0 and ours.loss[1:].all()


def test_the_reference_clips_simulated_rates_from_above(data):
    fly = open_fly(data)
    bins = RateBins.of(fly.rates_hz, 0.25, 100.0)
    options = {"batch_size": 6, "noise_sigma": 2.0}
    rng = np.random.default_rng
    simulated = fly.rates_hz * np.float32(0.1)
    ours = second_round.samples(
        fly.rates_hz, simulated, bins, Settings(**options), rng(0)
    )
    assert ours.shape == (13, 6, 8) and ours.min() == 0 and ours[:, 3:].max() > 1
    np.testing.assert_array_equal(bins.index(ours[:, 0]), bins.index(fly.rates_hz))
    bugs = Settings(**options, reference_bugs=True)
    theirs = second_round.samples(fly.rates_hz, simulated, bins, bugs, rng(0))
    assert theirs[:, 3:].max() == 0
    np.testing.assert_array_equal(theirs[:, :3], ours[:, :3])
    v2 = Settings(**options, input_style="v2")
    only = second_round.samples(fly.rates_hz, simulated, bins, v2, rng(0))
    assert (
        (bins.index(only) != bins.index(fly.rates_hz)[:, None]).any(axis=(0, 2)).all()
    )


def test_the_reference_compares_each_prediction_with_all_frames(data, monkeypatch):
    """In the test accuracy of the recurrent network."""
    fly = open_fly(data)
    bins = RateBins.of(fly.rates_hz, 0.25, 100.0)
    exact = np.concatenate([fly.rates_hz[1:], fly.rates_hz[-1:]])
    monkeypatch.setattr(second_round, "predictions", lambda network, rates: exact)
    given = (None, exact, fly.rates_hz, bins)
    loss, ours = second_round.tested(*given, Settings())
    assert (loss, ours) == (0.0, 1.0)
    loss, theirs = second_round.tested(*given, Settings(reference_bugs=True))
    assert loss == 0.0 and 1 / 13 < theirs < 0.9


@pytest.mark.parametrize("bugs", [False, True])
def test_the_reference_plots_row_i_over_frame_i(data, bugs, monkeypatch):
    shown = []

    def drawn(rates, truth, names):
        shown.extend([rates, truth])
        return {}

    monkeypatch.setattr(evaluation, "evaluation_plots", drawn)
    fly = open_fly(data)
    work = Work(fly, Settings(reference_bugs=bugs), ResultsFolder(data))
    stage = evaluation.Evaluation(work)
    stage.rates_hz[:] = np.arange(13)[:, None]
    stage.files(stage.n_rounds - 1)
    rates, truth = shown
    first = 0 if bugs else 1
    np.testing.assert_array_equal(truth, fly.rates_hz[first:])
    assert rates[:, 0].tolist() == list(range(len(truth)))


@pytest.mark.parametrize("bugs", [False, True])
def test_the_reference_keeps_nothing_if_no_bin_is_right(data, bugs):
    settings = settings_from({**SETTINGS, "reference_bugs": bugs})
    stage = first_round.FirstRound(Work(open_fly(data), settings, ResultsFolder(data)))
    stage.begin()
    for _ in stage.train(0):
        pass
    stage._best, stage._is_best = 0.0, False
    names = set(stage.files(0))
    assert ("first-round-checkpoint.msgpack" in names) is not bugs
    assert "first-round-last.msgpack" in names


def run(folder: Path, data: Path, line: str) -> ResultsFolder:
    invoke(f"{shlex.quote(str(data))} --filepath {shlex.quote(str(folder))} {line}")
    return ResultsFolder(folder)


def test_eval1_is_driven_through_the_trained_input_layer(data, tmp_path):
    """Its rates are those of the opened checkpoint, run step by step."""
    folder = run(tmp_path / "run", data, "--mode train1 --lr 0.1 " + SHORT)
    run(tmp_path / "run", data, "--mode eval1")
    fly = open_fly(data, checkpoint=folder.first_checkpoint)
    state = first_round.random_state(60)
    simulation = fly.simulate(
        2.0, Settings().scale_factor, frame=0, v0=state.v, g0=state.g, seed=2025
    )
    for i, found in enumerate(np.load(folder.simulated)):
        simulation.set_input(fly.input_mv(fly.rates_hz[i]))
        np.testing.assert_allclose(simulation.frame(416, 41), found, atol=1e-5)


def test_arguments_go_before_those_of_the_log(data, tmp_path):
    run(tmp_path, data, f"--mode train1 --lr 0.02 {QUICK} --epoch_round1 1")
    run(tmp_path, data, "--mode eval1 --dt 4")
    slow = np.load(tmp_path / "simulated_neuropil_fr.npy")
    assert read_network(tmp_path / "first-round-checkpoint.msgpack", 60, 8).rank == 4
    logged = read_settings(tmp_path / "first-round-losses.txt")
    assert (logged["lr"], logged["dt"]) == (0.02, 2.0)
    (tmp_path / "checkpoint-eval1.npz").unlink()
    run(tmp_path, data, "--mode eval1")
    assert (np.load(tmp_path / "simulated_neuropil_fr.npy") != slow).any()


def test_trained_weights_are_not_overwritten(data, tmp_path):
    run(tmp_path, data, "--mode train1 " + SHORT)
    with pytest.raises(InsilicoError, match="holds a fit already; resume it"):
        run(tmp_path, data, "--mode train1 " + SHORT)
    with pytest.raises(InsilicoError, match=r"holds first-round-checkpoint\.msgpack"):
        run(tmp_path, data, "--mode all " + SHORT)


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("eval1", "run the stage train1 first"),
        ("train2", "run the stage eval1 first"),
        ("evaluate", "run the stage train1 first"),
    ],
)
def test_inputs_of_a_stage_are_checked_first(data, tmp_path, mode, words):
    with pytest.raises(InsilicoError, match=words):
        run(tmp_path / "new", data, f"--mode {mode} {QUICK}")


def test_a_batch_that_is_longer_than_the_recording(data, tmp_path):
    with pytest.raises(InsilicoError, match="smaller --batch_size"):
        run(tmp_path, data, "--mode all")


@pytest.mark.parametrize(
    "wrong",
    [
        {"mode": "train3"},
        {"bin_size": 0},
        {"batch_size": 0},
        {"batch_size": 2.5},
        {"lr": "a"},
        {"lr": True},
        {"etrace_decay": 1.0},
        {"dt": -1},
        {"loss_fn": "l1"},
        {"grad_clip": 0},
        {"seed": -1},
        {"sim_before_train": 1.0},
    ],
)
def test_settings_out_of_range(wrong):
    with pytest.raises(InsilicoError) as caught:
        settings_from(wrong)
    assert str(caught.value).endswith(".")


def test_a_clip_that_is_no_number(data, tmp_path):
    with pytest.raises(InsilicoError, match="give a number, or none"):
        run(tmp_path, data, "--grad_clip strong")


def test_a_log_that_is_code_is_not_run(data, tmp_path):
    (tmp_path / "first-round-losses.txt").write_text("Namespace(lr=exit())\n")
    with pytest.raises(InsilicoError, match="no plain value"):
        run(tmp_path, data, "--mode train1")


def test_rates_of_another_recording_are_refused(data, tmp_path):
    np.save(tmp_path / "simulated_neuropil_fr.npy", np.zeros((3, 8), np.float32))
    with pytest.raises(InsilicoError, match=r"\[3, 8\]"):
        run(tmp_path, data, f"--mode train2 {QUICK}")


def test_checkpoints_of_a_fit_open_as_flies(finished, data):
    folder, _ = finished
    fly = open_fly(data, checkpoint=folder.first_checkpoint)
    assert fly.weights.rank == 4
    assert read_recurrent(folder.second_checkpoint("v1"), 8).n_hidden == 12


def test_training_that_does_not_fit_into_memory_is_not_begun(data, monkeypatch):
    fly = open_fly(data)
    settings = Settings(batch_size=10)
    assert estimate.memory_bytes(fly, settings) > 4 * 60 * 10 * 21
    monkeypatch.setattr(estimate, "free_bytes", lambda device: 10_000)
    with pytest.raises(InsilicoError, match=r"use a smaller --batch_size, or another"):
        estimate.memory_sentence(fly, settings)


def test_long_fits_name_the_gpu(data, monkeypatch):
    fly = open_fly(data)
    monkeypatch.setattr(estimate, "seconds_of", lambda *given: 100 * 86400.0)
    for devices, words in (
        (["cpu"], "a machine with a GPU"),
        (["cpu", "cuda:0"], "--device cuda:0"),
    ):
        monkeypatch.setattr(estimate, "available_devices", lambda found=devices: found)
        told = estimate.sentences(fly, Settings(), ["train1"])
        assert told[0] == "On cpu the fit takes about 100 d (train1 100 d)."
        assert words in told[1]


def test_training_lowers_the_loss(data):
    fly = open_fly(data)
    settings = Settings(dt=2.0, batch_size=12, scale_factor=0.01, n_rank=4)
    trainer = first_round.new_trainer(fly, settings)
    bins = RateBins.of(fly.rates_hz, 0.25, 100.0)
    losses = [
        ended(first_round.batch_steps(trainer, fly, settings, bins, epoch, 0))[0].loss
        for epoch in range(10)
    ]
    assert np.mean(losses[-3:]) < 0.85 * np.mean(losses[:2])

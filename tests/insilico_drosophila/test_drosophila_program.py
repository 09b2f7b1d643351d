"""The published program: its arguments, stages, files and resumption."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from insilico_drosophila import make_synthetic_fly, open_fly
from insilico_drosophila.files.checkpoints import read_network, read_recurrent
from insilico_drosophila.files.losses_log import read_settings
from insilico_drosophila.fitting import evaluation, first_round, second_round
from insilico_drosophila.fitting.program import main, parser
from insilico_drosophila.fitting.reports import Report
from insilico_drosophila.fitting.results_folder import ResultsFolder
from insilico_drosophila.fitting.settings import Settings, settings_from
from insilico_drosophila.fitting.tokens import RateBins

from insilico_gui import InsilicoError

QUICK = ["--dt", "2", "--batch_size", "10", "--n_hidden", "12", "--n_rank", "4"]
SHORT = [*QUICK, "--epoch_round1", "2", "--epoch_round2", "2"]
PUBLISHED = {
    "first-round-checkpoint.msgpack",
    "first-round-losses.txt",
    "simulated_neuropil_fr.npy",
    "second-round-rnn-checkpoint-v1.msgpack",
    "neuropil_fr_predictions.npy",
    "evaluation_stats.txt",
    "images/neuropil_fr-at-epoch-0-batch-.png",
    "images/neuropil_fr-at-epoch-1-batch-.png",
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
    """Few steps, and no pictures: `finished` draws them."""
    monkeypatch.setattr(second_round, "STEPS_PER_EPOCH", 3)
    monkeypatch.setattr(first_round, "plotted", lambda path, draw: None)


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    return make_synthetic_fly(tmp_path_factory.mktemp("fit") / "data", 4, 60, 13)


@pytest.fixture(scope="module")
def finished(data, tmp_path_factory) -> tuple[ResultsFolder, list[Report]]:
    """One run of all stages; do not change it."""
    place = tmp_path_factory.mktemp("finished")
    reports: list[Report] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(second_round, "STEPS_PER_EPOCH", 3)
        patch.chdir(place)
        arguments = ["--mode", "all", "--data", str(data), *SHORT]
        folder = main(arguments, reports.append)
        return ResultsFolder(place / folder.path), reports


def test_arguments_and_defaults_are_the_published_ones():
    settings = Settings().as_dict()
    assert {k: settings[k] for k in DEFAULTS} == DEFAULTS
    help_text = parser().format_help()
    for name in DEFAULTS:
        assert f"--{name}" in help_text
    assert settings_from(vars(parser().parse_args([]))) == Settings()
    assert Settings().steps_per_frame == 4166 and Settings().n_discarded == 416


def test_all_stages_write_the_published_files(finished):
    folder, reports = finished
    files = {str(p.relative_to(folder.path)) for p in folder.path.rglob("*.*")}
    assert files >= PUBLISHED
    assert len([f for f in files if f.startswith("evaluation_plots/")]) == 5
    for picture in folder.path.rglob("*.png"):
        assert picture.read_bytes()[:4] == b"\x89PNG"
    assert np.load(folder.simulated).shape == (13, 8)
    assert np.load(folder.predictions).shape == (13, 8)
    assert [len([r for r in reports if r.stage == s]) for s in _STAGES] == [
        2,
        13,
        2,
        13,
    ]
    name = folder.path.name
    assert folder.path.parts[-3:-1] == ("results", "v4_2")
    beginning = "630#2017-10-26_1#100.0Hz#0.99#mse#ETraceParam#ETraceParam#0.000825#4#"
    assert name.startswith(beginning + "0.1#2025#0.25#0.05#")


_STAGES = ("train1", "eval1", "train2", "evaluate")


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


def run(folder: Path, data: Path, *arguments: str) -> ResultsFolder:
    given = ["--filepath", str(folder), "--data", str(data), *arguments]
    return main(given, lambda report: None)


def same_tree(one: Path, two: Path) -> None:
    for path in sorted(one.rglob("*.npz")):
        with np.load(path) as a, np.load(two / path.relative_to(one)) as b:
            assert set(a) == set(b)
            for key in a:
                np.testing.assert_array_equal(a[key], b[key], err_msg=f"{path} {key}")


def test_resumed_training_is_as_if_it_had_not_stopped(data, tmp_path):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    for mode in ("train1", "eval1", "train2"):
        run(whole, data, "--mode", mode, *QUICK, *_epochs(3))
    run(parts, data, "--mode", "train1", *QUICK, *_epochs(1))
    run(parts, data, "--mode", "train1", *_epochs(3), "--resume")
    run(parts, data, "--mode", "eval1")
    run(parts, data, "--mode", "train2", *_epochs(2))
    run(parts, data, "--mode", "train2", *_epochs(3), "--resume")
    same_tree(whole, parts)
    np.testing.assert_array_equal(
        np.load(whole / "simulated_neuropil_fr.npy"),
        np.load(parts / "simulated_neuropil_fr.npy"),
    )


def _epochs(n: int) -> list[str]:
    return ["--epoch_round1", str(n), "--epoch_round2", str(n)]


def test_training_that_was_stopped_in_an_epoch_goes_on_at_its_start(data, tmp_path):
    def stop(report: Report) -> None:
        if report.done == 2:
            raise KeyboardInterrupt

    given = ["--filepath", str(tmp_path / "a"), "--data", str(data), "--mode", "train1"]
    with pytest.raises(KeyboardInterrupt):
        main([*given, *QUICK, *_epochs(2)], stop)
    main([*given, "--resume"], lambda report: None)
    run(tmp_path / "b", data, "--mode", "train1", *QUICK, *_epochs(2))
    same_tree(tmp_path / "a", tmp_path / "b")


def test_arguments_go_before_those_of_the_log(data, tmp_path):
    run(tmp_path, data, "--mode", "train1", *QUICK, *_epochs(1), "--lr", "0.02")
    seen: list[Report] = []
    given = ["--filepath", str(tmp_path), "--data", str(data), "--mode", "eval1"]
    main([*given, "--dt", "4"], seen.append)
    assert {report.stage for report in seen} == {"eval1"}
    n, p = 60, 8
    assert read_network(tmp_path / "first-round-checkpoint.msgpack", n, p).rank == 4
    assert read_settings(tmp_path / "first-round-losses.txt")["lr"] == 0.02


def test_a_stage_with_a_checkpoint_is_left_out_unless_resumed(data, tmp_path):
    run(tmp_path, data, "--mode", "train1", *SHORT)
    before = (tmp_path / "first-round-checkpoint.msgpack").read_bytes()
    run(tmp_path, data, "--mode", "train1", *SHORT, "--seed", "3")
    assert (tmp_path / "first-round-checkpoint.msgpack").read_bytes() == before
    assert len((tmp_path / "first-round-losses.txt").read_text().splitlines()) == 5


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
        run(tmp_path / "new", data, "--mode", mode, *QUICK)


def test_a_batch_that_is_longer_than_the_recording(data, tmp_path):
    with pytest.raises(InsilicoError, match="smaller --batch_size"):
        run(tmp_path, data, "--mode", "all")


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


def test_a_log_that_is_code_is_not_run(data, tmp_path):
    (tmp_path / "first-round-losses.txt").write_text("Namespace(lr=exit())\n")
    with pytest.raises(InsilicoError, match="no plain value"):
        run(tmp_path, data, "--mode", "train1")


def test_a_state_of_another_network_is_not_resumed(data, tmp_path):
    run(tmp_path, data, "--mode", "train1", *SHORT)
    with pytest.raises(InsilicoError, match="other sizes"):
        run(tmp_path, data, "--mode", "train1", "--n_rank", "5", "--resume")
    (tmp_path / "first-round-last.npz").write_bytes(b"0" * 30)
    with pytest.raises(InsilicoError, match=r"first-round-last\.npz"):
        run(tmp_path, data, "--mode", "train1", "--resume")


def test_rates_of_another_recording_are_refused(finished, data, tmp_path):
    np.save(tmp_path / "simulated_neuropil_fr.npy", np.zeros((3, 8), np.float32))
    with pytest.raises(InsilicoError, match=r"\[3, 8\]"):
        run(tmp_path, data, "--mode", "train2", *QUICK)


def test_checkpoints_of_a_fit_open_as_flies(finished, data):
    folder, _ = finished
    fly = open_fly(data, checkpoint=folder.first_checkpoint)
    assert fly.weights.rank == 4
    assert read_recurrent(folder.second_checkpoint("v1"), 8).n_hidden == 12


def test_the_cost_of_training_is_estimated_before_it_starts(finished):
    _, reports = finished
    assert reports[0].stage == "estimate of train1"
    cost = reports[0].values
    assert 0 < cost["hours"] < 1 and 0 < cost["GiB"] < 0.01


def test_training_lowers_the_loss(data):
    fly = open_fly(data)
    settings = Settings(dt=2.0, batch_size=12, scale_factor=0.01, n_rank=4)
    trainer = first_round.new_trainer(fly, settings)
    bins = RateBins.of(fly.rates_hz, 0.25, 100.0)
    losses = [
        first_round.train_batch(trainer, fly, settings, bins, epoch, 0)[0].loss
        for epoch in range(10)
    ]
    assert np.mean(losses[-3:]) < 0.85 * np.mean(losses[:2])

"""Fits from end to end on a small network: files, resume, kills, core, configuration."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from insilico_wang2025 import load_network_from_params, twin
from insilico_wang2025.fitting import fit_command
from insilico_wang2025.fitting.core_file import read_core
from insilico_wang2025.fitting.initial import new_network
from insilico_wang2025.sizes import sizes_of
from support.wang2025_recording import (
    FIT,
    FRAMES,
    SIZES,
    UNITS,
    change,
    write_set,
    write_sizes,
)

import insilico_gui as ig
from insilico_gui.errors import FitError, WeightsError
from insilico_gui.fitting import FitLoop, registry
from insilico_gui.fitting.running import run_loop

WEIGHTS = "state_dict.pth"


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_set(tmp_path_factory.mktemp("recording") / "set")


@pytest.fixture(scope="module")
def sizes(tmp_path_factory):
    return write_sizes(tmp_path_factory.mktemp("sizes") / "sizes.json")


def task_of(data, **given):
    return fit_command.wang2025.task(data, {**FIT, **given})


def run(data, out, *, resume=False, checkpoint_s=0.0, control=None, **given):
    loop = FitLoop(
        task_of(data, **given), out, resume=resume, checkpoint_s=checkpoint_s
    )
    return run_loop(loop, None, control)


def weights(folder, name=WEIGHTS):
    return torch.load(folder / name, weights_only=True)


def same(a, b):
    return list(a) == list(b) and all(torch.equal(a[key], b[key]) for key in a)


@pytest.fixture(scope="module")
def fitted(data, sizes, tmp_path_factory):
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("fitted") / "run"
    return folder, run(data, folder, network=sizes)


def test_a_fit_writes_what_the_published_script_does(fitted):
    folder, report = fitted
    assert report.complete and report.n_steps == 3 * (3 + 1)
    table = pd.read_csv(folder / "training_metrics.csv")
    assert table["epoch"].tolist() == [0, 1, 2] and table["seed"].tolist() == [0, 1, 2]
    assert {"lr", "training_objective", "validation_objective"} <= {*table}
    metrics = torch.load(folder / "training_metrics.pt", weights_only=True)
    assert metrics["epochs"] == [0, 1, 2]
    values = [row["validation_objective"] for row in metrics["metrics"]]
    assert values == pytest.approx(table["validation_objective"].tolist())
    assert report.best_round == int(np.argmin(values))
    last, best = weights(folder), weights(folder, "best_state_dict.pth")
    assert same(last, best) == (report.best_round == 2)
    assert last["readout.feature.weights.1"].shape == (UNITS, 1, 8)


def test_the_result_is_a_session(fitted, data):
    folder, _ = fitted
    assert [info.id for info in twin.sessions(folder)] == ["wang2025/run"]
    session = twin.open("wang2025/run", folder, "cpu")
    assert session.frame_shape == (18, 32) and session.frame_rate == 30
    assert session.units["unit_id"].tolist() == list(range(UNITS))
    frames = np.load(data / "stimuli/003.npy")[..., 0]
    behavior = {
        "perspective": np.load(data / "perspectives/003.npy"),
        "modulation": np.load(data / "modulations/003.npy"),
    }
    responses = ig.encode(session, frames, behavior=behavior)
    model = load_network_from_params(folder / "best_state_dict.pth", cuda=False)
    assert model.units == UNITS
    expected = model.predict(frames, behavior["perspective"], behavior["modulation"])
    np.testing.assert_allclose(responses, expected, rtol=1e-5)
    assert session.units["rf_x"].between(-1, 1).all()
    losses = list(model.generate_loss(np.load(data / "units/003.npy"), frames))
    assert np.shape(losses) == (FRAMES, UNITS)


def test_units_keep_their_table(sizes, tmp_path):
    data = write_set(tmp_path / "set")
    ids = [7, 9, 11, 20, 21]
    pd.DataFrame({"unit_id": ids, "area": list("VVLLV"), "rf_x": 0.9}).to_csv(
        data / "units.csv", index=False
    )
    run(data, tmp_path / "run", network=sizes, epochs=1)
    units = twin.open("wang2025/run", tmp_path / "run", "cpu").units
    assert units["unit_id"].tolist() == ids and units["area"].tolist() == list("VVLLV")
    assert not (units["rf_x"] == 0.9).any()
    (data / "units.csv").write_text("unit_id\n1\n")
    with pytest.raises(WeightsError, match=r"units\.csv"):
        run(data, tmp_path / "other", network=sizes, epochs=1)


def test_training_lowers_the_objective(sizes, tmp_path):
    data = write_set(tmp_path / "set", n_trials=4)
    for trial in range(4):  # responses that follow the running
        moving = np.load(data / f"modulations/{trial:03}.npy")[:, 1:]
        change(
            data, "units", trial, lambda a, m=moving: (0 * a + np.exp(m)).astype("f4")
        )
    report = run(data, tmp_path / "run", network=sizes, epochs=12, training_size=8)
    curve = report.curves["training_objective"]
    assert curve.iloc[-1] < curve.iloc[0] - 0.02


def test_a_fit_that_is_stopped_within_an_epoch_ends_alike(
    fitted, data, sizes, tmp_path
):
    folder, _ = fitted
    loop = FitLoop(task_of(data, network=sizes), tmp_path / "run", checkpoint_s=1e9)
    going = loop.run()
    for _ in range(6):
        step = next(going)
    assert step.round_number == 1 and step.step == 1
    going.close()
    loop = FitLoop(task_of(data, network=sizes), tmp_path / "run", resume=True)
    report = run_loop(loop)
    assert report.n_steps == 12
    assert same(weights(tmp_path / "run"), weights(folder))
    curves = pd.read_csv(tmp_path / "run" / "training_metrics.csv")
    pd.testing.assert_frame_equal(curves, pd.read_csv(folder / "training_metrics.csv"))


FITTING = """
import sys
import torch
torch.set_num_threads(1)
from pathlib import Path
from insilico_wang2025.fitting import fit_command
from insilico_gui.fitting import FitLoop
from insilico_gui.fitting.running import run_loop
from support.wang2025_recording import FIT

data, sizes, out = sys.argv[1:]
task = fit_command.wang2025.task(Path(data), {**FIT, "network": sizes})
loop = FitLoop(task, Path(out), resume=True, checkpoint_s=0)
print("begun", flush=True)
run_loop(loop, lambda step: print(step.step, flush=True))
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_fit_that_is_killed_ends_alike(fitted, data, sizes, tmp_path):
    folder, _ = fitted
    rng = np.random.default_rng()
    tests = Path(__file__).parents[1]
    path = os.pathsep.join([str(tests), *sys.path])
    command = [sys.executable, "-c", FITTING, str(data), sizes, str(tmp_path / "run")]
    kills = 0
    for attempt in range(3):
        child = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
        )
        wanted = int(rng.integers(1, 4)) if attempt < 2 else 10**6
        for seen, _ in enumerate(child.stdout):
            if seen >= wanted:
                time.sleep(rng.uniform(0, 0.05))
                child.send_signal(signal.SIGKILL)
                break
        code = child.wait()
        kills += code == -signal.SIGKILL
        child.stdout.close()
    assert kills >= 1 and code == 0
    assert same(weights(tmp_path / "run"), weights(folder))
    best = "best_state_dict.pth"
    assert same(weights(tmp_path / "run", best), weights(folder, best))


def test_other_settings_or_data_do_not_resume(data, sizes, tmp_path):
    out = tmp_path / "run"
    run(data, out, network=sizes, epochs=1)
    with pytest.raises(FitError, match="another lr"):
        run(data, out, network=sizes, epochs=1, lr=0.2, resume=True)
    other = write_set(tmp_path / "other", n_trials=4)
    with pytest.raises(FitError, match="other data"):
        run(other, out, network=sizes, epochs=1, resume=True)
    report = run(data, out, network=sizes, epochs=1, cycles=2, resume=True)
    assert report.rounds_done == 2


# -- a trained core --------------------------------------------------------------------


def write_core(folder, *, lstm=True):
    network = new_network(3, sizes_of(SIZES), torch.Generator().manual_seed(5))
    state = network.state_dict()
    core = {key: value for key, value in state.items() if key.startswith("core.")}
    folder.mkdir()
    torch.save(core, folder / "params_core.pt")
    if lstm:
        rest = {key: value for key, value in state.items() if key not in core}
        torch.save(rest, folder / "params_4_7.pt")
    return state


def test_a_trained_core_stays_as_it_is(data, sizes, tmp_path):
    state = write_core(tmp_path / "core")
    core = str(tmp_path / "core" / "params_core.pt")
    run(data, tmp_path / "run", network=sizes, core=core, epochs=2)
    found = weights(tmp_path / "run")
    first = task_of(data, network=sizes).network.state_dict()
    for key, value in found.items():
        if key.startswith(("core.", "modulation.lstm.")):
            assert torch.equal(value, state[key]), key
    changed = [
        key for key, value in found.items() if not torch.equal(value, first[key])
    ]
    for part in ("perspective.monitor.center", "modulation.mlp.linears.0.weights.0"):
        assert part in changed
    assert {"readout.position.mu", "readout.feature.weights.1"} <= {*changed}


def test_a_core_without_a_scan_beside_it_trains_the_lstm(data, sizes, tmp_path, caplog):
    write_core(tmp_path / "core", lstm=False)
    task = task_of(data, network=sizes, core=str(tmp_path / "core"))
    assert task.settings["frozen"] == ["core."]
    assert "LSTM" in caplog.text
    assert any(name.startswith("modulation.lstm.") for name in task.parameters)


def test_a_whole_network_is_a_core(fitted, data, sizes):
    folder, _ = fitted
    trained = read_core(folder / WEIGHTS, (4, 7))
    assert trained.has_lstm and trained.files == [WEIGHTS]
    task = task_of(data, network=sizes, core=str(folder / WEIGHTS))
    assert not any(name.startswith("core.") for name in task.parameters)


def test_a_core_of_other_sizes_is_refused(data, tmp_path):
    write_core(tmp_path / "core")
    other = write_sizes(tmp_path / "sizes.json", hidden=12)
    with pytest.raises(WeightsError, match="same sizes"):
        task_of(data, network=other, core=str(tmp_path / "core"))


def test_a_file_without_a_core_is_refused(tmp_path):
    torch.save({"a": torch.zeros(1)}, tmp_path / "a.pt")
    with pytest.raises(FitError, match="no tensor of a core"):
        read_core(tmp_path / "a.pt", (4, 7))


# -- what does not fit -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"sample_size": FRAMES + 1}, "frames and sample_size"),
        ({"burnin_frames": 8}, "burnin_frames is 8"),
        ({"lr": 0.0}, "lr is 0.0"),
        ({"epochs": 0}, "cycle_size is 0"),
        ({"max_items": 3}, "flagged for validation"),
        ({"device": "cuda:99"}, "cuda"),
        ({"core": 3}, "core"),
    ],
)
def test_parameters_that_are_refused(given, said, data, sizes):
    with pytest.raises(ig.InsilicoError, match=said):
        task_of(data, network=sizes, **given)


def test_frames_of_another_size_are_refused(data):
    with pytest.raises(
        FitError, match="32 x 18 pixels, and the network takes 256 x 144"
    ):
        task_of(data)


@pytest.mark.parametrize(
    "wrong",
    [
        {"groups": 3},
        {"groups": 1},
        {"hidden": "many"},
        {"width": 3},
        {"first_kernel": 5},
        {"retina_shape": [15, 24]},
        {"blocks": []},
        {"streams": 0},
        {"retina_degrees": 200},
    ],
)
def test_sizes_that_do_not_fit_each_other(wrong, data, tmp_path):
    with pytest.raises(WeightsError, match=r"size|cannot be built"):
        task_of(data, network=write_sizes(tmp_path / "s.json", **wrong))


def test_responses_that_make_the_loss_infinite_end_the_fit(sizes, tmp_path):
    data = write_set(tmp_path / "set")
    for trial in range(3):
        change(data, "units", trial, lambda a: (a + np.float32(1e30)).astype("f4"))
    with pytest.raises(FitError, match="objective"):
        run(data, tmp_path / "run", network=sizes, lr=1e3 - 1, clip=1e30, eps=0.0)


def test_a_run_without_weights_says_so(tmp_path):
    about = {"format": "insilico_gui wang2025 run", "units": 3, "sizes": SIZES}
    (tmp_path / "network.json").write_text(json.dumps(about))
    assert list(twin.sessions(tmp_path)) == []
    with pytest.raises(ig.InsilicoError, match="no weights yet"):
        twin.open("wang2025/run", tmp_path, "cpu")
    with pytest.raises(ig.InsilicoError, match="no fitted network"):
        twin.open("wang2025/run", tmp_path / "nowhere", "cpu")


# -- in one call -----------------------------------------------------------------------


def test_one_call_finds_the_fit_by_its_data(data, sizes, tmp_path, monkeypatch):
    where = "insilico_wang2025.fitting.fit_command:wang2025"
    other = "insilico_nnpoisson.fit_command:nnpoisson"
    points = [
        EntryPoint("nnpoisson", other, registry.ENTRY_POINT_GROUP),
        EntryPoint("wang2025", where, registry.ENTRY_POINT_GROUP),
    ]
    monkeypatch.setattr(registry, "entry_points", lambda group: points)
    assert registry.find_fit(None, {"seed": 0}, data).name == "wang2025"
    with pytest.raises(FitError, match="2 of the fits"):
        registry.find_fit(None, {"seed": 0}, tmp_path)
    write_core(tmp_path / "core")
    report = ig.fitting.fit(
        data,
        core=str(tmp_path / "core" / "params_core.pt"),
        out=tmp_path / "run",
        resume=True,
        network=sizes,
        **{**FIT, "epochs": 1},
    )
    assert report.complete and report.task == "wang2025"
    session = ig.open_session("wang2025/run", directory=tmp_path / "run", device="cpu")
    assert len(session.units) == UNITS

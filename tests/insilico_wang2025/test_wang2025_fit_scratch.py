"""What helps a network that is trained from scratch: Adam, and standard retinal pixels."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from insilico_wang2025.fitting import fit_command
from insilico_wang2025.fitting.adam import Adam
from insilico_wang2025.fitting.checking import open_training_set
from insilico_wang2025.fitting.first_retina import standardize_retina
from insilico_wang2025.fitting.initial import new_network
from insilico_wang2025.fitting.optimiser import Rule
from insilico_wang2025.sizes import sizes_of
from support.wang2025_recording import FIT, SIZES, change, write_set, write_sizes

from insilico_gui.errors import FitError
from insilico_gui.fitting import FitLoop
from insilico_gui.fitting.running import run_loop


def test_steps_of_adam_are_those_of_torch():
    """With decay of one parameter alone, and steps without a gradient of the other."""
    rng = torch.Generator().manual_seed(0)
    shapes = {"weight": (3, 4), "bias": (3,)}
    first = {name: torch.randn(shape, generator=rng) for name, shape in shapes.items()}
    ours = {name: torch.nn.Parameter(value.clone()) for name, value in first.items()}
    theirs = {name: torch.nn.Parameter(value.clone()) for name, value in first.items()}
    rules = {"weight": Rule((1,), decays=True), "bias": Rule((0,), scale=7.0)}
    optimiser = Adam(ours, rules, decay=0.1, momentum=0.8)
    wanted = torch.optim.AdamW(
        [
            {"params": [theirs["weight"]], "weight_decay": 0.1},
            {"params": [theirs["bias"]], "weight_decay": 0.0},
        ],
        lr=0.03,
        betas=(0.8, 0.99),
        eps=1e-8,
    )
    for step in range(4):
        for name, shape in shapes.items():
            gradient = torch.randn(shape, generator=rng)
            skipped = name == "bias" and step == 1
            ours[name].grad = None if skipped else gradient.clone()
            theirs[name].grad = None if skipped else gradient.clone()
        optimiser.step(0.03)
        wanted.step()
    for name in shapes:
        torch.testing.assert_close(ours[name], theirs[name], rtol=1e-5, atol=1e-6)


def test_adam_refuses_what_makes_no_optimiser():
    with pytest.raises(FitError, match=r"momentum 1\.0"):
        Adam({}, {}, momentum=1.0)


def test_retinal_pixels_begin_with_mean_0_and_deviation_1(tmp_path):
    folder = write_set(tmp_path / "set", n_trials=6)
    for trial in range(6):  # a small spread about a large mean
        change(folder, "stimuli", trial, lambda a: (150 + a // 8).astype(np.uint8))
    network = new_network(3, sizes_of(SIZES), torch.Generator().manual_seed(0))
    trials = open_training_set(folder).of(True)
    standardize_retina(network, trials)
    frames = np.stack(
        [np.load(trial.files["stimuli"].path)[0, ..., 0] for trial in trials]
    )
    grey = torch.from_numpy(frames)[None].float() / 255
    with torch.no_grad():
        seen = network.perspective(grey, torch.zeros(1, len(frames), 2))
    assert abs(float(seen.mean())) < 1e-4
    assert abs(float(seen.std()) - 1) < 1e-3


def test_frames_of_one_grey_leave_the_retina_as_it_is(tmp_path):
    folder = write_set(tmp_path / "set")
    for trial in range(5):
        change(folder, "stimuli", trial, lambda a: 0 * a)
    network = new_network(3, sizes_of(SIZES), torch.Generator().manual_seed(0))
    standardize_retina(network, open_training_set(folder).of(True))
    pixel = network.perspective.retina_pixel
    assert (pixel.scale.item(), pixel.offset.item()) == (1, 0)


def test_a_fit_with_adam_goes_on_alike_after_a_stop(tmp_path):
    data = write_set(tmp_path / "set")
    given = {
        **FIT,
        "network": write_sizes(tmp_path / "sizes.json"),
        "optimiser": "adam",
        "standard_retina": True,
        "lr": 0.01,
    }

    def loop(name: str, **how: object) -> FitLoop:
        return FitLoop(fit_command.wang2025.task(data, given), tmp_path / name, **how)

    run_loop(loop("whole"))
    stopped = loop("halves").run()
    for _ in range(6):
        next(stopped)
    stopped.close()
    run_loop(loop("halves", resume=True))
    whole, halves = (
        torch.load(tmp_path / name / "state_dict.pth", weights_only=True)
        for name in ("whole", "halves")
    )
    assert all(torch.equal(whole[key], halves[key]) for key in whole)


def test_an_unknown_optimiser_is_refused(tmp_path):
    data = write_set(tmp_path / "set")
    with pytest.raises(FitError, match="optimiser"):
        fit_command.wang2025.task(data, {**FIT, "optimiser": "rmsprop"})

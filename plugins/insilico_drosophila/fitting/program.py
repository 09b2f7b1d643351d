"""The published program: its command line, and its stages one after the other."""

from __future__ import annotations

import argparse
import logging
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from insilico_drosophila.files.folder import VERSIONS
from insilico_drosophila.fitting.estimate import estimate_first
from insilico_drosophila.fitting.evaluation import (
    evaluate,
    required,
    simulate_recording,
)
from insilico_drosophila.fitting.first_round import check_batches, train_first
from insilico_drosophila.fitting.losses import LOSSES
from insilico_drosophila.fitting.reports import OnReport, Report, nothing
from insilico_drosophila.fitting.results_folder import ResultsFolder, results_folder
from insilico_drosophila.fitting.second_round import train_second
from insilico_drosophila.fitting.settings import (
    MODES,
    STYLES,
    Settings,
    settings_from,
)
from insilico_drosophila.opening import open_fly
from insilico_gui.device import available_devices

if TYPE_CHECKING:
    from collections.abc import Sequence

    from insilico_drosophila.fly import Fly

logger = logging.getLogger(__name__)

_HELP = {
    "mode": "stages to run",
    "flywire_version": "release of the connectome",
    "neural_activity_id": "recording",
    "bin_size": "width of bins of rates, Hz",
    "devices": "number of the GPU, if there is one and --device is auto",
    "filepath": "folder of results; made from the settings by default",
    "epoch_round1": "epochs of train1",
    "epoch_round2": "epochs of train2, of 100 steps",
    "batch_size": "frames of a batch in train1, sequences of one in train2",
    "lr": "learning rate of train1",
    "lr_round2": "learning rate of train2, times 0.9 every 10 epochs",
    "input_style": "train2: v1 half recorded, half simulated rates; v2 simulated ones",
    "etrace_decay": "decay of eligibility traces in a step; 0: the last step only",
    "scale_factor": "weight of a synapse, mV",
    "n_rank": "rank of the trained addition to the weights",
    "n_hidden": "hidden units of the recurrent network",
    "sim_before_train": "share of a frame that passes before spikes count",
    "noise_sigma": "train2: noise on simulated rates, Hz",
    "max_firing_rate": "rate that recorded rates are fractions of, Hz",
    "loss_fn": "train1: loss between rates",
    "grad_clip": "train1: largest norm of the gradient; none: no limit",
    "dt": "duration of a step, ms",
    "seed": "of all random numbers",
    "split": "has no effect, as in the published program",
    "device": "auto, cpu, cuda or cuda:N",
    "data": "folder with the connectome and spike_rates",
    "reference_bugs": "reproduce confirmed faults of the published program: train2 clips "
    "simulated rates from above, evaluate compares all frames with frame 1",
}
_CHOICES = {
    "mode": MODES,
    "flywire_version": VERSIONS,
    "input_style": STYLES,
    "loss_fn": tuple(LOSSES),
}
_EPILOG = (
    "The recurrent network predicts frame i + 1 from i, and the spiking network was "
    "trained to turn frame i - 1 into i: together they shift by two frames, as in the "
    "published program."
)


def parser() -> argparse.ArgumentParser:
    """The arguments of the published program, and ours."""
    made = argparse.ArgumentParser(
        prog="insilico-gui fit drosophila",
        description="Fit the whole-brain model of Drosophila to recorded rates.",
        epilog=_EPILOG,
        argument_default=argparse.SUPPRESS,  # what is not given may come from a log
    )
    for field in fields(Settings):
        name = f"--{field.name}"
        help_text = f"{_HELP[field.name]} (default: {field.default})"
        if field.type == "bool":
            made.add_argument(name, action="store_true", help=_HELP[field.name])
        elif field.name in _CHOICES:
            made.add_argument(name, choices=_CHOICES[field.name], help=help_text)
        else:
            made.add_argument(name, type=_TYPES[str(field.type)], help=help_text)
    made.add_argument(
        "--resume", action="store_true", help="go on with training that was stopped"
    )
    return made


def main(
    argv: Sequence[str] | None = None, on_report: OnReport = print
) -> ResultsFolder:
    """Run the program.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; default those of the process.
    on_report : callable, optional
        See :class:`.reports.Report`.

    Returns
    -------
    ResultsFolder

    Raises
    ------
    InsilicoError
        One sentence on what is missing or wrong.
    """
    given = vars(parser().parse_args(argv))
    resume = bool(given.pop("resume", False))
    return run(given, on_report, resume)


def run(
    given: dict[str, Any], on_report: OnReport = nothing, resume: bool = False
) -> ResultsFolder:
    """Run the stages that the settings name.

    Parameters
    ----------
    given : dict
        Settings by name; missing ones are those of the log in ``filepath``, or defaults.
    on_report : callable, optional
    resume : bool
        Go on with training; without it a stage whose checkpoint exists is left out.
    """
    folder, settings = results_folder(settings_from(given), given)
    fly = open_fly(
        settings.data,
        settings.flywire_version,
        settings.neural_activity_id,
        device=_device(settings),
        max_firing_rate=settings.max_firing_rate,
    )
    _check(fly, settings, folder)
    folder.begin_log(settings)
    for stage in MODES[1:] if settings.mode == "all" else (settings.mode,):
        _stage(stage, fly, settings, folder, on_report, resume)
    return folder


def _stage(
    stage: str,
    fly: Fly,
    settings: Settings,
    folder: ResultsFolder,
    on_report: OnReport,
    resume: bool,
) -> None:
    if stage == "train1":
        if _is_left_out(folder.first_checkpoint.is_file(), stage, resume):
            return
        cost = estimate_first(fly, settings)
        values = {"hours": cost.seconds / 3600, "GiB": cost.memory_bytes / 2**30}
        on_report(Report("estimate of train1", 0, settings.epoch_round1, values))
        train_first(fly, settings, folder, on_report, resume)
    elif stage == "eval1":
        simulate_recording(fly, settings, folder, on_report)
    elif stage == "train2":
        path = folder.second_checkpoint(settings.input_style)
        if _is_left_out(path.is_file(), stage, resume):
            return
        train_second(fly, settings, folder, on_report, resume)
    else:
        evaluate(fly, settings, folder, on_report)


def _is_left_out(has_checkpoint: bool, stage: str, resume: bool) -> bool:
    if has_checkpoint and not resume:
        logger.warning(
            "%s is left out, since its checkpoint is there; --resume goes on.", stage
        )
        return True
    return False


def _check(fly: Fly, settings: Settings, folder: ResultsFolder) -> None:
    """Refuse what would fail at the end of a long stage."""
    if settings.mode in ("all", "train1"):
        check_batches(fly, settings)
    if settings.mode in ("eval1", "evaluate"):
        required(folder.first_checkpoint, "train1")
    if settings.mode == "train2":
        required(folder.simulated, "eval1")
    if settings.mode == "evaluate":
        required(folder.second_checkpoint(settings.input_style), "train2")


def _device(settings: Settings) -> str:
    """The GPU of the number in `devices`, if it is there and nothing else is asked for."""
    numbered = f"cuda:{settings.devices}"
    is_free = settings.device == "auto" and numbered in available_devices()
    return numbered if is_free else settings.device


def _number_or_none(text: str) -> float | None:
    return None if text.lower() == "none" else float(text)


_TYPES: dict[str, Any] = {
    "str": str,
    "str | None": str,
    "int": int,
    "float": float,
    "float | None": _number_or_none,
}

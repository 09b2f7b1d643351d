"""The fit as it is declared: parameters by the names of the published program.

All are optional: what is not given is taken from the log in the folder of results, if
there is one, and else is the default.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from insilico_gui.errors import FitError, quoted
from insilico_gui.fitting import FitTask, declare
from insilico_gui.parameters import About

DATA = (
    "Folder with the tables of the connectome, and the recorded rates in spike_rates."
)


def folder(parameters: Mapping[str, Any]) -> Path:
    """The folder for results, where none is given."""
    from insilico_drosophila.fitting.results_folder import results_folder
    from insilico_drosophila.fitting.settings import settings_from

    return results_folder(settings_from(_settings(parameters)))


@declare("drosophila", data=DATA, default_data="data", folder=folder)
def drosophila(
    data: Path,
    *,
    mode: Annotated[
        Literal["all", "train1", "eval1", "train2", "evaluate"] | None,
        About("Stages to run; default all."),
    ] = None,
    flywire_version: Annotated[
        Literal["630", "783"] | None,
        About("Release of the connectome; default 630."),
    ] = None,
    neural_activity_id: Annotated[
        str | None, About("Recording; default 2017-10-26_1.")
    ] = None,
    bin_size: Annotated[
        float | None, About("Width of bins of rates; default 0.25.", "Hz")
    ] = None,
    devices: Annotated[
        str | None,
        About("Number of the GPU, if there is one and device is auto; default 0."),
    ] = None,
    filepath: Annotated[
        str | None,
        About("Folder of results where none is given; default made from settings."),
    ] = None,
    epoch_round1: Annotated[int | None, About("Epochs of train1; default 500.")] = None,
    epoch_round2: Annotated[
        int | None, About("Epochs of train2, of 100 steps; default 1000.")
    ] = None,
    batch_size: Annotated[
        int | None,
        About("Frames of a batch in train1, sequences of one in train2; default 128."),
    ] = None,
    lr: Annotated[float | None, About("Learning rate of train1; default 0.01.")] = None,
    lr_round2: Annotated[
        float | None,
        About("Learning rate of train2, times 0.9 every 10 epochs; default 0.001."),
    ] = None,
    input_style: Annotated[
        Literal["v1", "v2"] | None,
        About(
            "train2: v1 half recorded, half simulated rates; v2 the latter. Default v1."
        ),
    ] = None,
    etrace_decay: Annotated[
        float | None,
        About("Decay of traces in a step; 0: the last step only. Default 0.99."),
    ] = None,
    scale_factor: Annotated[
        float | None, About("Weight of a synapse; default 0.000825.", "mV")
    ] = None,
    n_rank: Annotated[
        int | None, About("Rank of the trained addition to the weights; default 20.")
    ] = None,
    n_hidden: Annotated[
        int | None, About("Hidden units of the recurrent network; default 256.")
    ] = None,
    sim_before_train: Annotated[
        float | None,
        About("Share of a frame that passes before spikes count; default 0.1."),
    ] = None,
    noise_sigma: Annotated[
        float | None, About("train2: noise on simulated rates; default 0.05.", "Hz")
    ] = None,
    max_firing_rate: Annotated[
        float | None,
        About("Rate that recorded rates are fractions of; default 100.", "Hz"),
    ] = None,
    loss_fn: Annotated[
        Literal["mse", "mae", "huber", "cosine_distance", "log_cosh"] | None,
        About("train1: loss between rates; default mse."),
    ] = None,
    grad_clip: Annotated[
        str | None,
        About("train1: largest norm of the gradient, or none; default 1."),
    ] = None,
    dt: Annotated[float | None, About("Duration of a step; default 0.2.", "ms")] = None,
    seed: Annotated[int | None, About("Of all random numbers; default 2025.")] = None,
    split: Annotated[
        float | None, About("Has no effect, as in the published program.")
    ] = None,
    device: Annotated[
        str | None, About("auto, cpu, cuda or cuda:N; default auto.")
    ] = None,
    reference_bugs: Annotated[
        bool,
        About(
            "Reproduce confirmed faults of the published program: train2 clips simulated "
            "rates from above, evaluate compares all frames with frame 1."
        ),
    ] = False,
) -> FitTask:
    """Fit the whole-brain model of Drosophila to recorded rates.

    Writes the published files. The recurrent network predicts frame i + 1 from i, and the
    spiking network was trained to turn frame i - 1 into i: together they shift by two
    frames, as in the published program.
    """
    from insilico_drosophila.fitting.task import DrosophilaTask

    given = {k: v for k, v in locals().items() if k in _NAMES and v is not None}
    return DrosophilaTask(data, _settings(given))


_NAMES = frozenset(parameter.name for parameter in drosophila.parameters)


def _settings(given: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as settings; `False` is what is not given."""
    made = {k: v for k, v in given.items() if v is not None and v is not False}
    clip = made.get("grad_clip")
    if isinstance(clip, str):
        try:
            made["grad_clip"] = None if clip.lower() == "none" else float(clip)
        except ValueError as error:
            raise FitError(
                f"grad_clip is {quoted(clip)}; give a number, or none."
            ) from error
    return made

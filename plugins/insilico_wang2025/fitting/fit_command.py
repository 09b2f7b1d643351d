"""The fit as it is declared: parameters by the names of the published configuration."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated, Any, Literal

from insilico_gui.errors import FitError
from insilico_gui.fitting import FitTask, declare
from insilico_gui.parameters import About
from insilico_gui.untrusted.door import as_path
from insilico_wang2025.fitting.trials import looks_like_training_set

DATA = (
    "Folder with the sub-folders training, samples, stimuli, perspectives, modulations "
    "and units, each of <trial>.npy."
)

logger = logging.getLogger(__name__)


@declare("wang2025", data=DATA, recognizes=looks_like_training_set)
def wang2025(
    data: Path,
    *,
    core: Annotated[
        str | None,
        About(
            "params_core.pt of trained weights, which stays as it is; without one, "
            "everything is trained.",
            names="file",
        ),
    ] = None,
    config: Annotated[
        str | None,
        About("config.yaml of the published training script.", names="file"),
    ] = None,
    network: Annotated[
        str | None,
        About("Sizes of a smaller network, as JSON.", names="file"),
    ] = None,
    epochs: Annotated[
        int | None, About("Epochs of a cycle of the schedule; default 100.")
    ] = None,
    cycles: Annotated[int | None, About("Cycles of the schedule; default 1.")] = None,
    warmup_epochs: Annotated[
        int | None, About("Epochs of rising lr; default a tenth of the epochs.")
    ] = None,
    lr: Annotated[float | None, About("Learning rate; default 0.1.")] = None,
    decay: Annotated[float | None, About("Weight decay; default 0.0001.")] = None,
    momentum: Annotated[float | None, About("Momentum; default 0.9.")] = None,
    clip: Annotated[
        float | None,
        About("Largest gradient as a share of a parameter; default 0.01."),
    ] = None,
    eps: Annotated[
        float | None, About("Gradients below it are not clipped; default 0.001.")
    ] = None,
    sample_size: Annotated[
        int | None, About("Frames of a window; default 100.")
    ] = None,
    batch_size: Annotated[int | None, About("Windows side by side; default 4.")] = None,
    training_size: Annotated[
        int | None, About("Batches of an epoch; default 500.")
    ] = None,
    validation_size: Annotated[
        int | None, About("Batches of validation after an epoch; default 20.")
    ] = None,
    burnin_frames: Annotated[
        int | None, About("Frames of a window that do not count; default 10.")
    ] = None,
    sample_stream: Annotated[
        bool | None, About("Whether a batch trains one stream of four; default yes.")
    ] = None,
    find_positions: Annotated[
        bool,
        About(
            "Begin readouts where local motion predicts units best, instead of in the "
            "middle as published."
        ),
    ] = False,
    first_sigma: Annotated[
        float | None,
        About("Spread of readout positions before training; default 0.4."),
    ] = None,
    optimiser: Annotated[
        Literal["sgd", "adam"] | None,
        About(
            "sgd with adaptive clipping as published, or adam, which learns from scratch "
            "in fewer steps (lr about 0.005); default sgd."
        ),
    ] = None,
    standard_retina: Annotated[
        bool,
        About("Begin with retinal pixels of mean 0 and sd 1 over the training clips."),
    ] = False,
    max_items: Annotated[int | None, About("Read the first trials only.")] = None,
    fill_missing: Annotated[
        bool,
        About("Take missing eye positions and behaviour to be their mean."),
    ] = False,
    seed: Annotated[
        int | None, About("Of first values, batches and noise; default 0.")
    ] = None,
    device: Annotated[str, About("auto, cpu, cuda or cuda:N.")] = "auto",
) -> FitTask:
    """Fit the network of Wang et al. 2025 to recordings, on a trained core or from scratch.

    Writes state_dict.pth, the best weights and the metrics as the published script does;
    the folder opens as the session wang2025/run.
    """
    given = {
        "cycle_size": epochs,
        "cycles": cycles,
        "warmup_epochs": warmup_epochs,
        "lr": lr,
        "decay": decay,
        "momentum": momentum,
        "clip": clip,
        "eps": eps,
        "sample_size": sample_size,
        "batch_size": batch_size,
        "training_size": training_size,
        "validation_size": validation_size,
        "burnin_frames": burnin_frames,
        "sample_stream": sample_stream,
        "seed": seed,
        "find_positions": find_positions,
        "first_sigma": first_sigma,
        "optimiser": optimiser,
        "standard_retina": standard_retina,
    }
    return _task(data, core, config, network, max_items, fill_missing, device, given)


def _task(
    data: Path,
    core: str | None,
    config: str | None,
    network: str | None,
    max_items: int | None,
    fill_missing: bool,
    device: str,
    given: dict[str, Any],
) -> FitTask:
    from insilico_wang2025.fitting.checking import open_training_set
    from insilico_wang2025.fitting.core_file import read_core
    from insilico_wang2025.fitting.fitting_task import Wang2025Task
    from insilico_wang2025.fitting.settings import DEFAULT, read_config, with_changes
    from insilico_wang2025.runs import read_sizes
    from insilico_wang2025.sizes import PUBLISHED

    found = DEFAULT if config is None else read_config(as_path(config, FitError))
    settings = with_changes(found.settings, given)
    sizes = PUBLISHED if network is None else read_sizes(as_path(network, FitError))
    where = core if core is not None else found.core_directory
    trained = None
    if where is not None:
        trained = read_core(as_path(where, FitError), found.core_scan)
        if not trained.has_lstm:
            logger.warning(
                "%s comes without a scan's params file, so the LSTM of behaviour is "
                "trained, too",
                trained.files[0],
            )
    recorded = open_training_set(
        data, max_items or found.max_items, fill_missing=fill_missing
    )
    return Wang2025Task(recorded, settings, found.outputs, trained, sizes, device)

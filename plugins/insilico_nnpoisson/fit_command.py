"""The fit as it is declared: parameters by the names of the published program."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from insilico_gui.fitting import FitTask, declare
from insilico_gui.parameters import About

GENERATED = ("generated:steinmetz", "generated:hierarchy")
DATA = (
    "Folder with train.npz and test.npz, the published train.pickle and test.pickle, "
    f"recorded sessions, or simulations; or {' or '.join(GENERATED)}."
)


@declare("nnpoisson", data=DATA, generated=GENERATED)
def nnpoisson(
    data: Path,
    *,
    stim_shape: Annotated[
        int | None, About("Columns of the stimulus; default those of the data.")
    ] = None,
    n_regions: Annotated[
        int | None, About("Brain regions; default those of the data.")
    ] = None,
    iterations: Annotated[
        int | None, About("Rounds; default 2000, or 6000 for simulations.")
    ] = None,
    episodes: Annotated[int, About("Passes over all batches in a round.")] = 10,
    time_limit: Annotated[
        float | None, About("Longest trial; default that of the data.", "s")
    ] = None,
    n_batches: Annotated[
        int | None,
        About("Batches of each region; default 10, or 30 for simulations."),
    ] = None,
    lr: Annotated[float, About("Learning rate.")] = 1e-4,
    flt: Annotated[Literal["32", "64"], About("Bits of a number.")] = "32",
    size_hidden: Annotated[int, About("Width of every hidden layer.")] = 10,
    beh_norm_factor: Annotated[
        float, About("The behaviour losses are divided by it.")
    ] = 200.0,
    neuro_norm_factor: Annotated[
        float | None,
        About("The neural loss is divided by it; default 200 for each region."),
    ] = None,
    neuro_weight: Annotated[float, About("Weight of the neural loss.")] = 1.0,
    beh_weight: Annotated[float, About("Weight of the behaviour losses.")] = 0.01,
    save_every: Annotated[int, About("Rounds from one saved model to the next.")] = 20,
    seed: Annotated[int, About("Of first weights, batches and generated data.")] = 0,
    behaviour_scale: Annotated[
        Literal["reference", "none"],
        About(
            "Whether actions are seen in the scaled time of their trial, as published, or "
            "in seconds, which makes densities of response times out of intensities."
        ),
    ] = "reference",
    trust_pickles: Annotated[
        bool, About("Read pickled data; set it if you trust whoever made them.")
    ] = False,
) -> FitTask:
    """Fit spikes of brain regions and choices with one network.

    Writes test.csv, region_index.csv, run.log and models-<iteration>/model-fwd.h5 as the
    published program does, and model.npz, which opens as a session.
    """
    from insilico_nnpoisson.data.files import read_recordings
    from insilico_nnpoisson.training.fitting_task import NNPoissonTask
    from insilico_nnpoisson.training.settings import Settings

    found = read_recordings(
        data, time_limit=time_limit, trust_pickles=trust_pickles, seed=seed
    )
    simulated = found.synthetic
    given: dict[str, Any] = {
        "stim_shape": (found.n_columns if stim_shape is None else stim_shape,),
        "n_regions": len(found.region_index) if n_regions is None else n_regions,
        "iterations": iterations or (6000 if simulated else 2000),
        "n_batches": n_batches or (30 if simulated else 10),
        "neuro_norm_factor": 0.0 if neuro_norm_factor is None else neuro_norm_factor,
    }
    settings = Settings(
        **given,
        time_limit=found.time_limit,
        episodes=episodes,
        lr=lr,
        flt=flt,
        size_hidden=size_hidden,
        beh_norm_factor=beh_norm_factor,
        neuro_weight=neuro_weight,
        beh_weight=beh_weight,
        save_every=save_every,
        seed=seed,
        behaviour_scale=behaviour_scale,
    )
    return NNPoissonTask(found, settings)

"""Reference data of NNPoisson as objects of its package."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import numpy as np
from insilico_nnpoisson.data.events import (
    RawSession,
    RegionSpikes,
    split_of_sessions,
)
from insilico_nnpoisson.data.trials import RegionTrials, recordings
from insilico_nnpoisson.data.wimmer import POPULATIONS, Simulation

FOLDER = Path(__file__).parents[1] / "data" / "nnpoisson"
MODEL = FOLDER / "model-fwd.h5"
BEHAVIOUR = ("stim_hist", "resp_time_left", "resp_time_right", "trial_num")


def steinmetz():
    return np.load(FOLDER / "steinmetz.npz")


def synthetic():
    return np.load(FOLDER / "synthetic.npz")


def weights(golden, step=0):
    start = f"model.w{step}."
    return {k[len(start) :]: golden[k] for k in golden.files if k.startswith(start)}


def sessions(golden, split):
    found, k = [], 0
    while f"raw.{split}.{k}.beh_data" in golden:
        start = f"raw.{split}.{k}."
        keys = [key[len(start) :] for key in golden.files if key.startswith(start)]
        regions = {}
        for name in {key.rsplit(".", 1)[0] for key in keys if "." in key}:
            times, neurons, n = (
                golden[f"{start}{name}.{key}"]
                for key in ("spikes_times", "sp_id", "#neuron")
            )
            regions[name] = RegionSpikes(times, neurons, int(n))
        found.append(RawSession(golden[f"{start}beh_data"], regions))
        k += 1
    return found


def golden_recordings(golden):
    train, index = split_of_sessions(sessions(golden, "train"), 0.4)
    test, _ = split_of_sessions(sessions(golden, "test"), 0.4)
    return recordings(train, test, index, 0.4)


def simulations(golden):
    found = []
    for k in range(len(golden["in.cohs"])):
        spikes = {}
        for name in POPULATIONS:
            here = golden[f"in.{name}.sim"] == k
            times, neurons = (
                golden[f"in.{name}.{key}"][here] for key in ("time", "neuron")
            )
            n = int(golden[f"in.{name}.n_neurons"])
            spikes[name] = [times[neurons == one] for one in range(n)]
        found.append(Simulation(float(golden["in.cohs"][k]), spikes))
    return found


def region_arrays(trials):
    """Arrays of a region by their published names."""
    names = [field.name for field in fields(RegionTrials)]
    return {
        "#neuron" if name == "n_neurons" else name: getattr(trials, name)
        for name in names
    }


def session_folder(folder, *, about=None):
    """The reference model with its index of regions, as a session."""
    folder.mkdir(exist_ok=True)
    (folder / "model-fwd.h5").write_bytes(MODEL.read_bytes())
    index = ",0\nleft-CP,0\nleft-MOs,1\nleft-VISp,2\n"
    (folder / "region_index.csv").write_text(index)
    if about is not None:
        (folder / "session.json").write_text(about)
    return folder

"""Folders of data to fit: our ``.npz``, published pickles, sessions, and simulations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from insilico_gui.errors import FitError, InsilicoError, listed, quoted
from insilico_gui.files import claim
from insilico_gui.untrusted.door import reading
from insilico_gui.untrusted.npy import read_pickled_dict, with_text_keys
from insilico_gui.untrusted.plain_arrays import read_npz
from insilico_nnpoisson.data.events import (
    RawSession,
    RegionSpikes,
    split_of_sessions,
)
from insilico_nnpoisson.data.hierarchy import (
    make_synthetic_hierarchy,
    read_simulations,
)
from insilico_nnpoisson.data.steinmetz import make_synthetic_steinmetz
from insilico_nnpoisson.data.trials import (
    Recordings,
    RegionTrials,
    Split,
    behaviour_of,
    recordings,
    region_trials,
)
from insilico_nnpoisson.data.wimmer import split_of_simulations
from insilico_nnpoisson.stimulus_code import KNOWN

SPLITS = ("train", "test")
GENERATED = "generated:"
GENERATORS = ("hierarchy", "steinmetz")
SESSIONS = "_sessions.npz"
ADVICE = "prepare the data again"
TIME_LIMITS = {8: 0.4, 3: 2.0}
"""Time limits (s) of data that do not say theirs, by columns of the stimulus."""

KINDS = (
    "train.npz and test.npz",
    "train.pickle and test.pickle",
    f"train{SESSIONS} and test{SESSIONS}",
    "the folders train and test of simulations",
)


def read_recordings(
    data: Path,
    *,
    time_limit: float | None = None,
    trust_pickles: bool = False,
    seed: int = 0,
) -> Recordings:
    """Data to fit from a folder, or generated.

    Parameters
    ----------
    data : Path
        A folder with one of :data:`KINDS`, or ``generated:steinmetz`` or
        ``generated:hierarchy``.
    time_limit : float, optional
        Longest trial (s); default what the files say, or 0.4 s for 8 stimulus columns
        and 2 s for 3.
    trust_pickles : bool
        Read pickled data too; of those, plain data only are read in any case.
    seed : int
        Of generated data.

    Raises
    ------
    InsilicoError
        If there are no such data, or they are damaged or do not fit together.
    """
    if str(data).startswith(GENERATED):
        return generated(str(data).removeprefix(GENERATED), seed, time_limit)
    if not data.is_dir():
        raise FitError(
            f"{quoted(data.name)} is no folder of data; give one with {listed(KINDS)}."
        )
    if all((data / f"{name}.npz").is_file() for name in SPLITS):
        return _from_npz(data, time_limit)
    pickles = [_pickle_of(data, name) for name in SPLITS]
    if all(pickles):
        return _from_pickles([p for p in pickles if p], time_limit, trust_pickles)
    if all((data / f"{name}{SESSIONS}").is_file() for name in SPLITS):
        sessions = [read_sessions(data / f"{name}{SESSIONS}") for name in SPLITS]
        return of_sessions(sessions[0][0], sessions[1][0], time_limit, sessions[0][1])
    if all((data / name / "cohs.npy").is_file() for name in SPLITS):
        if not trust_pickles:
            raise _not_trusted("cohs.npy")
        train, test = (
            split_of_simulations(read_simulations(data / name)) for name in SPLITS
        )
        return _of_simulations(train, test, time_limit)
    raise FitError(
        f"{quoted(data.name)} holds no data to fit; it needs {' or '.join(KINDS)}."
    )


def generated(name: str, seed: int, time_limit: float | None = None) -> Recordings:
    """Generated data of a size that is fitted in minutes."""
    if name == "steinmetz":
        made = make_synthetic_steinmetz(seed, time_limit=time_limit or TIME_LIMITS[8])
        return of_sessions(made.train, made.test, time_limit, list(KNOWN[8]))
    if name == "hierarchy":
        simulations = make_synthetic_hierarchy(seed, 240)
        train, test = (
            split_of_simulations(part)
            for part in (simulations[:180], simulations[180:])
        )
        return _of_simulations(train, test, time_limit)
    raise FitError(
        f"There is no generator {quoted(name)}; choose {' or '.join(GENERATORS)}."
    )


def of_sessions(
    train: Sequence[RawSession],
    test: Sequence[RawSession],
    time_limit: float | None = None,
    stimulus: Sequence[str] = (),
    regions: Sequence[str] | None = None,
) -> Recordings:
    """Data of recorded sessions; `regions` are those that are kept, default all."""
    limit = TIME_LIMITS[8] if time_limit is None else time_limit
    kept, index = split_of_sessions(train, limit, regions)
    tested, _ = split_of_sessions(test, limit, index)
    return recordings(kept, tested, index, limit, stimulus=tuple(stimulus))


def _of_simulations(train: Split, test: Split, time_limit: float | None) -> Recordings:
    limit = TIME_LIMITS[3] if time_limit is None else time_limit
    index = tuple(train.regions)
    return recordings(
        train, test, index, limit, stimulus=tuple(KNOWN[3]), synthetic=True
    )


# -- our own files ---------------------------------------------------------------------


def write_recordings(folder: Path, data: Recordings) -> None:
    """Write ``train.npz`` and ``test.npz``, both or none."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"{name}.npz" for name in SPLITS]
    with claim(folder, names, FitError) as held:
        for name, split in zip(names, (data.train, data.test), strict=True):
            arrays: dict[str, Any] = {
                "region_index": np.array(data.region_index),
                "total_trial_num": np.array(split.n_trials),
                "time_limit": np.array(data.time_limit),
                "stimulus": np.array(data.stimulus or ("",)),
                "synthetic": np.array(data.synthetic),
            }
            for key in ("stim_hist", "resp_time_left", "resp_time_right", "trial_num"):
                arrays[f"all_beh/{key}"] = getattr(split.behaviour, key)
            for region, trials in split.regions.items():
                for key, values in published_names(trials).items():
                    arrays[f"{region}/{key}"] = values
            with (held.new / name).open("wb") as file:
                np.savez(file, **arrays)
        held.publish(names)


def published_names(trials: RegionTrials) -> dict[str, NDArray[Any]]:
    """Arrays of a region by their published names."""
    found = {name: getattr(trials, name) for name in RegionTrials.__dataclass_fields__}
    return {"#neuron" if k == "n_neurons" else k: v for k, v in found.items()}


def _from_npz(folder: Path, time_limit: float | None) -> Recordings:
    both = []
    for name in SPLITS:
        path = folder / f"{name}.npz"
        with reading(path.name, FitError, ADVICE):
            both.append(_nested(read_npz(path, path.name, FitError)))
    first = both[0]
    with reading(f"{SPLITS[0]}.npz", FitError, ADVICE):
        index = tuple(str(region) for region in np.atleast_1d(first["region_index"]))
        known = first.get("time_limit")
        stimulus = tuple(str(t) for t in np.atleast_1d(first.get("stimulus", ())) if t)
        synthetic = bool(first.get("synthetic", False))
    if time_limit is None and known is not None:
        time_limit = float(known)
    train, test = (
        _split(values, f"{name}.npz") for values, name in zip(both, SPLITS, strict=True)
    )
    limit = _limit(time_limit, train)
    return recordings(train, test, index, limit, stimulus=stimulus, synthetic=synthetic)


def _nested(arrays: Mapping[str, Any]) -> dict[str, Any]:
    """Arrays named ``<region>/<key>`` as dictionaries of regions."""
    found: dict[str, Any] = {"region_data": {}}
    for name, array in arrays.items():
        region, slash, key = name.rpartition("/")
        if not slash:
            found[name] = array[()] if array.ndim == 0 else array
        elif region == "all_beh":
            found.setdefault("all_beh", {})[key] = array
        else:
            found["region_data"].setdefault(region, {})[key] = array
    return found


def _split(values: Mapping[str, Any], what: str) -> Split:
    """A set of trials from dictionaries by the published names."""
    for name, kind in (("all_beh", dict), ("region_data", dict)):
        if not isinstance(values.get(name), kind):
            raise FitError(f"{what} has no {quoted(name)}; {ADVICE}.")
    behaviour = behaviour_of(with_text_keys(values["all_beh"]), f"{what}: behaviour")
    width = behaviour.stim_hist.shape[1]
    regions = {}
    for name, trials in with_text_keys(values["region_data"]).items():
        if not isinstance(name, str) or not isinstance(trials, dict):
            raise FitError(f"{what} has a region that is no dictionary; {ADVICE}.")
        label = f"{what}: {quoted(name, '')}"
        regions[name] = region_trials(with_text_keys(trials), label, width)
    if not regions:
        raise FitError(f"{what} holds no region; {ADVICE}.")
    total = values.get("total_trial_num", len(behaviour.trial_num))
    with reading(what, FitError, ADVICE):
        number = int(total)
    if number != len(behaviour.trial_num):
        raise FitError(
            f"{what} says that it has {number} trials, and behaviour is known of "
            f"{len(behaviour.trial_num)}; {ADVICE}."
        )
    return Split(regions, behaviour, number)


def _limit(time_limit: float | None, train: Split) -> float:
    if time_limit is not None:
        return time_limit
    width = train.behaviour.stim_hist.shape[1]
    if width not in TIME_LIMITS:
        raise FitError(
            f"The data do not say how long a trial may be, and their stimulus has {width} "
            "columns; give time_limit."
        )
    return TIME_LIMITS[width]


# -- published pickles -----------------------------------------------------------------


def _pickle_of(folder: Path, name: str) -> Path | None:
    for suffix in ("", "_sample"):
        path = folder / f"{name}{suffix}.pickle"
        if path.is_file():
            return path
    return None


def _not_trusted(name: str) -> InsilicoError:
    return FitError(
        f"{name} is a pickle, a format that can carry programs; if you trust whoever made "
        "it, set trust_pickles (--trust-pickles): plain data are then read, and nothing "
        "else.",
        in_window=f"{name} is a pickle, a format that can carry programs; if you trust "
        "whoever made it, allow pickles in the form: plain data are then read, and "
        "nothing else.",
    )


def _from_pickles(
    paths: Sequence[Path], time_limit: float | None, trusted: bool
) -> Recordings:
    if not trusted:
        raise _not_trusted(paths[0].name)
    both = [with_text_keys(read_pickled_dict(path)) for path in paths]
    index = both[0].get("region_index")
    if not isinstance(index, dict):
        raise FitError(f"{paths[0].name} has no 'region_index'; {ADVICE}.")
    index = with_text_keys(index)
    numbers = [*index.values()]
    if sorted(map(str, numbers)) != sorted(map(str, range(len(numbers)))):
        raise FitError(
            f"{paths[0].name} does not number its regions from 0 to {len(numbers) - 1}; "
            f"{ADVICE}."
        )
    order = tuple(sorted(index, key=lambda name: int(index[name])))
    train = _split(both[0], paths[0].name)
    test = _split(_as_train(both[1]), paths[1].name)
    width = train.behaviour.stim_hist.shape[1]
    return recordings(
        train,
        test,
        order,
        _limit(time_limit, train),
        stimulus=tuple(KNOWN.get(width, ())),
        synthetic=width == 3,
    )


def _as_train(values: Mapping[str, Any]) -> dict[str, Any]:
    """Entries of a test file by the names of a training file."""
    return {name.removeprefix("test_"): value for name, value in values.items()}


# -- recorded sessions -----------------------------------------------------------------


def write_sessions(
    path: Path, sessions: Sequence[RawSession], stimulus: Sequence[str] = ()
) -> None:
    """Write sessions to a ``.npz`` file, with what each stimulus column means."""
    arrays: dict[str, Any] = {"stim_columns": np.array(tuple(stimulus) or ("",))}
    for k, session in enumerate(sessions):
        arrays[f"{k}/beh_data"] = session.events
        for region, spikes in session.regions.items():
            arrays[f"{k}/{region}/spikes_times"] = spikes.times
            arrays[f"{k}/{region}/sp_id"] = spikes.neurons
            arrays[f"{k}/{region}/#neuron"] = np.array(spikes.n_neurons)
    path.parent.mkdir(parents=True, exist_ok=True)
    with claim(path.parent, [path.name], FitError) as held:
        with (held.new / path.name).open("wb") as file:
            np.savez(file, **arrays)
        held.publish([path.name])


def read_sessions(path: Path) -> tuple[list[RawSession], list[str]]:
    """Sessions that :func:`write_sessions` wrote, and what the columns mean.

    Raises
    ------
    FitError
        If the file is damaged, or does not say what its columns mean.
    """
    name = quoted(path.name, "")
    with reading(name, FitError, ADVICE):
        arrays = read_npz(path, name, FitError)
    if "stim_columns" not in arrays:
        raise FitError(
            f"{name} has no 'stim_columns', which says what each stimulus column means; "
            f"{ADVICE}."
        )
    stimulus = [str(text) for text in np.atleast_1d(arrays.pop("stim_columns")) if text]
    events: dict[int, NDArray[np.float64]] = {}
    regions: dict[int, dict[str, dict[str, Any]]] = {}
    for key, array in arrays.items():
        parts = key.split("/")
        if len(parts) not in (2, 3) or not parts[0].isdecimal():
            raise FitError(f"{name} has an unknown array {quoted(key)}; {ADVICE}.")
        k = int(parts[0])
        if len(parts) == 2:
            events[k] = np.asarray(array, np.float64)
        else:
            regions.setdefault(k, {}).setdefault(parts[1], {})[parts[2]] = array
    found = []
    for k in sorted({*events, *regions}):
        if k not in events:
            raise FitError(f"{name} has no 'beh_data' of session {k}; {ADVICE}.")
        spikes = {
            region: _spikes(values, f"{name}: {quoted(region, '')} of session {k}")
            for region, values in regions.get(k, {}).items()
        }
        found.append(RawSession(events[k], spikes))
    return found, stimulus


def _spikes(values: Mapping[str, Any], what: str) -> RegionSpikes:
    with reading(what, FitError, ADVICE):
        return RegionSpikes(
            np.asarray(values["spikes_times"], np.float64),
            np.asarray(values["sp_id"], np.int64),
            int(values["#neuron"]),
        )

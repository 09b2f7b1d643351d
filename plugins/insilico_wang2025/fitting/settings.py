"""Settings of a fit, and the ``config.yaml`` of the published training script.

Imports no torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from insilico_gui.errors import FitError, quoted
from insilico_gui.stimuli.spec.plain_yaml import read_yaml
from insilico_gui.untrusted.door import reading
from insilico_gui.untrusted.text import read_text
from insilico_wang2025.fitting.schedule import Schedule

OPTIMISERS = ("sgd", "adam")


@dataclass(frozen=True)
class Settings:
    """Settings of a fit by their published names; the defaults are the published ones.

    Attributes
    ----------
    cycle_size, warmup_epochs, warmup_cycles : int
        See :class:`.Schedule`.
    cycles : int
        How often the schedule is run through.
    lr, decay, momentum, nesterov, clip, eps
        See :class:`.ClippedSGD`.
    seed : int
        Of first values, batches and noise.
    sample_size : int
        Frames of a window.
    batch_size : int
        Windows side by side.
    training_size, validation_size : int
        Batches of an epoch.
    sample_stream : bool
        Whether each training batch runs one stream, drawn at random, or all.
    burnin_frames : int
        Frames at the start of a window whose losses are dropped.
    find_positions : bool
        Whether readouts begin where local motion predicts units best, by
        :func:`.find_positions`; else in the middle of the maps, as published.
    first_sigma : float
        Standard deviation of readout positions, before training.
    optimiser : {"sgd", "adam"}
        :class:`.ClippedSGD` as published, or :class:`.Adam`, which takes lr, decay and
        momentum alone.
    standard_retina : bool
        Whether retinal pixels begin with mean 0 and standard deviation 1 over the
        training clips, by :func:`.standardize_retina`; else as published.
    """

    cycle_size: int = 100
    warmup_epochs: int = 10
    warmup_cycles: int = 1
    cycles: int = 1
    lr: float = 0.1
    decay: float = 0.0001
    momentum: float = 0.9
    nesterov: bool = True
    clip: float = 0.01
    eps: float = 0.001
    seed: int = 0
    sample_size: int = 100
    batch_size: int = 4
    training_size: int = 500
    validation_size: int = 20
    sample_stream: bool = True
    burnin_frames: int = 10
    find_positions: bool = False
    first_sigma: float = 0.4
    optimiser: str = "sgd"
    standard_retina: bool = False

    def __post_init__(self) -> None:
        for name, least in (
            ("cycle_size", 1),
            ("cycles", 1),
            ("sample_size", 1),
            ("batch_size", 1),
            ("training_size", 1),
            ("validation_size", 0),
            ("burnin_frames", 0),
            ("seed", 0),
        ):
            value = getattr(self, name)
            if not least <= value <= 10_000_000:
                raise FitError(f"{name} is {value}; give {least} to 10000000.")
        if not 0 < self.first_sigma <= 1:
            raise FitError(f"first_sigma is {self.first_sigma}; give up to 1.")
        if self.optimiser not in OPTIMISERS:
            raise FitError(
                f"There is no optimiser {quoted(self.optimiser)}; give one of "
                f"{', '.join(OPTIMISERS)}."
            )
        if not 0 < self.lr < 1000:
            raise FitError(f"lr is {self.lr}; give a positive number.")
        if self.burnin_frames >= self.sample_size:
            raise FitError(
                f"burnin_frames is {self.burnin_frames} of {self.sample_size} frames; "
                "give fewer than sample_size."
            )
        _ = self.schedule  # checks its own numbers

    @property
    def schedule(self) -> Schedule:
        """Learning rate of each epoch."""
        return Schedule(
            self.lr, self.cycle_size, self.warmup_epochs, self.warmup_cycles
        )

    @property
    def epochs(self) -> int:
        """In all cycles."""
        return self.cycle_size * self.cycles

    def plain(self) -> dict[str, Any]:
        """JSON-able."""
        return asdict(self)


@dataclass(frozen=True)
class Outputs:
    """Names of the files that a fit writes, as in the published configuration."""

    state_dict: str = "state_dict.pth"
    metrics_csv: str = "training_metrics.csv"
    metrics_tensor: str = "training_metrics.pt"


@dataclass(frozen=True)
class Config:
    """What a ``config.yaml`` says.

    Attributes
    ----------
    settings : Settings
    outputs : Outputs
    core_scan : (int, int)
        Session and scan that the core's companions are taken from.
    core_directory : str or None
        Folder of the published weights.
    training_directory, evaluation_directory : str or None
    max_items : int or None
        Trials to read at most.
    """

    settings: Settings
    outputs: Outputs = Outputs()
    core_scan: tuple[int, int] = (4, 7)
    core_directory: str | None = None
    training_directory: str | None = None
    evaluation_directory: str | None = None
    max_items: int | None = None


DEFAULT = Config(Settings())

#: Sections of the file with their keys and the type of each; None stands for a mapping.
_SCHEDULER = {"cycle_size": int, "warmup_epochs": int, "warmup_cycles": int}
_OPTIMIZER = {
    "lr": float,
    "decay": float,
    "momentum": float,
    "nesterov": bool,
    "clip": float,
    "eps": float,
    "seed": int,
}
_LOADER = {
    "sample_size": int,
    "batch_size": int,
    "training_size": int,
    "validation_size": int,
}
_OBJECTIVE = {"sample_stream": bool, "burnin_frames": int}
_SAVE = {"directory": str, "state_dict": str, "metrics_csv": str, "metrics_tensor": str}
_SOURCES: dict[str, Mapping[str, type]] = {
    "foundation-core": {"session": int, "scan_idx": int, "directory": str},
    "training": {"directory": str, "max_items": int},
    "evaluation": {"directory": str, "max_items": int},
}
_SECTIONS: dict[str, Mapping[str, type]] = {
    "scheduler": _SCHEDULER,
    "optimizer": _OPTIMIZER,
    "loader": _LOADER,
    "objective": _OBJECTIVE,
}


def read_config(path: Path) -> Config:
    """Read the ``config.yaml`` of the published training script.

    Parameters
    ----------
    path : Path
        With the sections ``data-source, scheduler, optimizer, loader, objective,
        save-state``, each of which may be left out. Folders in it are relative to it.

    Raises
    ------
    FitError
        If there is an unknown section or key, or a value of another type.
    """
    with reading(quoted(path.name), FitError, "write it as published"):
        content = read_yaml(read_text(path, FitError, limit="spec_bytes"))
    known = (*_SECTIONS, "data-source", "save-state")
    sections = _mapping(content, path.name, "the file", known)
    values: dict[str, Any] = {}
    for name, keys in _SECTIONS.items():
        values |= _section(sections.get(name), path.name, name, keys)
    sources = _mapping(
        sections.get("data-source") or {}, path.name, "data-source", tuple(_SOURCES)
    )
    core, training, evaluation = (
        _section(sources.get(name), path.name, f"data-source: {name}", keys)
        for name, keys in _SOURCES.items()
    )
    saved = _section(sections.get("save-state"), path.name, "save-state", _SAVE)
    names = {name: saved[name] for name in saved if name != "directory"}
    for name, file in names.items():
        if Path(file).name != file or file.startswith("."):
            raise FitError(
                f"{quoted(path.name)} names the file {quoted(file)} as {name}; give a "
                "name without folders, and the folder as out."
            )
    return Config(
        Settings(**values),
        Outputs(**names),
        (core.get("session", 4), core.get("scan_idx", 7)),
        _beside(path, core.get("directory")),
        _beside(path, training.get("directory")),
        _beside(path, evaluation.get("directory")),
        training.get("max_items"),
    )


def with_changes(settings: Settings, given: Mapping[str, Any]) -> Settings:
    """The settings with those that were given; None stands for one that was not.

    Where the number of epochs was given and their warm-up was not, a tenth of them is.
    """
    changes = {name: value for name, value in given.items() if value is not None}
    if "cycle_size" in changes and "warmup_epochs" not in changes:
        changes["warmup_epochs"] = changes["cycle_size"] // 10
    if "warmup_epochs" in changes:
        changes.setdefault("warmup_cycles", int(changes["warmup_epochs"] > 0))
    return replace(settings, **changes)


def _beside(path: Path, folder: str | None) -> str | None:
    return None if folder is None else str(path.parent / Path(folder).expanduser())


def _mapping(
    value: Any, file: str, where: str, known: tuple[str, ...]
) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise FitError(
            f"{quoted(file)}: {where} is no mapping; give some of {', '.join(known)}."
        )
    for key in value:
        if key not in known:
            raise FitError(
                f"{quoted(file)}: {where} has an unknown key {quoted(key)}; those that "
                f"there are: {', '.join(known)}."
            )
    return value


def _section(
    value: Any, file: str, where: str, keys: Mapping[str, type]
) -> dict[str, Any]:
    """Checked values of a section that may be missing; None leaves a key out."""
    found = {}
    for key, item in _mapping(value or {}, file, where, tuple(keys)).items():
        if item is None:
            continue
        kind = keys[key]
        right = isinstance(item, kind) and (kind is bool or not isinstance(item, bool))
        if kind is float and isinstance(item, int | str) and not isinstance(item, bool):
            item, right = _as_float(item)  # YAML reads 1e-4 as text
        if not right:
            raise FitError(
                f"{quoted(file)}: {where}: {key} is {quoted(item)}; give a value of type "
                f"{kind.__name__}."
            )
        found[key] = item
    return found


def _as_float(item: int | str) -> tuple[Any, bool]:
    try:
        return float(item), True
    except ValueError:
        return item, False

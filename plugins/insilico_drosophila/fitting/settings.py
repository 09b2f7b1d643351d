"""Arguments of the published program, with its names and defaults."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from insilico_drosophila.files.folder import DEFAULT_RECORDING, VERSIONS
from insilico_drosophila.fitting.losses import LOSSES
from insilico_drosophila.network.neuron_model import step_constants
from insilico_gui.errors import StimulusError, listed, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from insilico_drosophila.fitting.network_step import StepOptions

MODES = ("all", "train1", "eval1", "train2", "evaluate")
STYLES = ("v1", "v2")


@dataclass(frozen=True)
class Settings:
    """All settings of a fit.

    The last two are ours: `device` in torch's words, and `reference_bugs`, which reproduces
    confirmed faults of the published program.
    """

    mode: str = "all"
    flywire_version: str = "630"
    neural_activity_id: str = DEFAULT_RECORDING
    bin_size: float = 0.25
    devices: str = "0"
    filepath: str | None = None
    epoch_round1: int = 500
    epoch_round2: int = 1000
    batch_size: int = 128
    lr: float = 0.01
    lr_round2: float = 0.001
    input_style: str = "v1"
    etrace_decay: float = 0.99
    scale_factor: float = 0.000825
    n_rank: int = 20
    n_hidden: int = 256
    sim_before_train: float = 0.1
    noise_sigma: float = 0.05
    max_firing_rate: float = 100.0
    loss_fn: str = "mse"
    grad_clip: float | None = 1.0
    dt: float = 0.2
    seed: int = 2025
    split: float = 0.6
    device: str = "auto"
    reference_bugs: bool = False

    def __post_init__(self) -> None:
        _check(self)

    @property
    def steps_per_frame(self) -> int:
        """Steps of a frame of 1/1.2 s; 4166 of 0.2 ms."""
        return int(1000.0 / 1.2 / self.dt)

    @property
    def n_discarded(self) -> int:
        """Steps of a frame before spikes count."""
        return int(self.sim_before_train * self.steps_per_frame)

    def step_options(self) -> StepOptions:
        """What a step of descent needs."""
        from insilico_drosophila.fitting.network_step import StepOptions

        return StepOptions(
            self.steps_per_frame,
            self.n_discarded,
            self.dt,
            self.etrace_decay,
            self.loss_fn,
            self.grad_clip,
            self.lr,
        )

    def as_dict(self) -> dict[str, Any]:
        """Names and values."""
        return asdict(self)

    def folder_name(self, stamp: str) -> str:
        """Name of the results folder that is made from settings."""
        trace = "ETraceParam" if self.etrace_decay else "NonTempParam"
        parts = [
            self.flywire_version,
            self.neural_activity_id,
            f"{self.max_firing_rate}Hz",
            self.etrace_decay,
            self.loss_fn,
            trace,
            trace,
            f"{self.scale_factor:.6f}",
            self.n_rank,
            self.sim_before_train,
            self.seed,
            self.bin_size,
            self.noise_sigma,
            stamp,
        ]
        return "#".join(str(part) for part in parts)


def settings_from(values: Mapping[str, Any]) -> Settings:
    """Settings from names and values, of a log or a command line; others are ignored.

    Raises
    ------
    StimulusError
        If a value is of the wrong type or out of range.
    """
    known = {field.name: field for field in fields(Settings)}
    given = {}
    for name, value in values.items():
        if name in known:
            given[name] = _typed(name, value, str(known[name].type))
    return Settings(**given)


def _typed(name: str, value: Any, kind: str) -> Any:
    if value is None and "None" in kind:
        return None
    wanted = kind.split(" ")[0]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if wanted == "float" and is_number:
        return float(value)
    if wanted == "int" and isinstance(value, int) and not isinstance(value, bool):
        return value
    if wanted == "bool" and isinstance(value, bool):
        return value
    if wanted == "str" and isinstance(value, str | int):
        return str(value)
    raise StimulusError(
        f"The setting {name} is {quoted(value)}; give {_WORDS[wanted]}."
    )


_WORDS = {
    "float": "a number",
    "int": "a whole number",
    "bool": "True or False",
    "str": "text",
}

_CHOICES = {
    "mode": MODES,
    "flywire_version": VERSIONS,
    "input_style": STYLES,
    "loss_fn": tuple(LOSSES),
}
_RANGES: dict[str, tuple[float, float]] = {
    "bin_size": (1e-4, 1000),
    "epoch_round1": (0, 10**7),
    "epoch_round2": (0, 10**7),
    "batch_size": (1, 100_000),
    "lr": (1e-12, 1e3),
    "lr_round2": (1e-12, 1e3),
    "etrace_decay": (0, 1 - 1e-9),
    "scale_factor": (0, 1e3),
    "n_rank": (1, 10_000),
    "n_hidden": (1, 100_000),
    "sim_before_train": (0, 1 - 1e-9),
    "noise_sigma": (0, 1e6),
    "max_firing_rate": (1e-3, 10_000),
    "grad_clip": (1e-12, 1e12),
    "seed": (0, 2**63 - 1),
}


def _check(settings: Settings) -> None:
    for name, choices in _CHOICES.items():
        if getattr(settings, name) not in choices:
            raise StimulusError(
                f"The setting {name} is {quoted(getattr(settings, name))}; it is one of "
                f"{listed(choices)}."
            )
    for name, (low, high) in _RANGES.items():
        value = getattr(settings, name)
        if value is not None and not low <= value <= high:
            raise StimulusError(
                f"The setting {name} is {quoted(value, '')}; it is at least {low:g} and at "
                f"most {high:g}."
            )
    step_constants(settings.dt)

"""The folder of results, and what is in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.errors import WeightsError
from insilico_gui.untrusted.door import reading
from insilico_gui.untrusted.plain_arrays import read_npy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from insilico_drosophila.fitting.settings import Settings

ROOT = Path("results") / "v4_2"


@dataclass(frozen=True)
class ResultsFolder:
    """Paths of the files of a fit."""

    path: Path

    @property
    def first_checkpoint(self) -> Path:
        """Best weights of the spiking network."""
        return self.path / "first-round-checkpoint.msgpack"

    @property
    def first_last(self) -> Path:
        """Weights of the spiking network at the end of its training."""
        return self.path / "first-round-last.msgpack"

    @property
    def log(self) -> Path:
        """Settings, and the loss of every batch."""
        return self.path / "first-round-losses.txt"

    @property
    def images(self) -> Path:
        """Pictures made while training."""
        return self.path / "images"

    @property
    def simulated(self) -> Path:
        """Rates [T, P] of eval1."""
        return self.path / "simulated_neuropil_fr.npy"

    @property
    def predictions(self) -> Path:
        """Rates [T, P] of the closed loop."""
        return self.path / "neuropil_fr_predictions.npy"

    @property
    def stats(self) -> Path:
        """Four numbers on the predictions."""
        return self.path / "evaluation_stats.txt"

    @property
    def plots(self) -> Path:
        """Pictures of the predictions."""
        return self.path / "evaluation_plots"

    def second_checkpoint(self, style: str) -> Path:
        """Best weights of the recurrent network."""
        return self.path / f"second-round-rnn-checkpoint-{style}.msgpack"

    def read_rates(self, path: Path, shape: tuple[int, int]) -> NDArray[np.float32]:
        """Rates [T, P] of an earlier stage, in Hz."""
        name = path.name
        with reading(name, WeightsError, "run the stage that makes it again"):
            rates = read_npy(path, name, WeightsError)
        if rates.shape != shape or rates.dtype.kind != "f":
            raise WeightsError(
                f"{name} has rates {list(rates.shape)} and {list(shape)} fits the "
                "recording; run eval1 again."
            )
        if not np.isfinite(rates).all():
            raise WeightsError(f"{name} has NaN or infinity; run eval1 again.")
        return rates.astype(np.float32)


def write_rates(path: Path, rates: NDArray[np.float32]) -> None:
    """Write rates [T, P] in Hz."""
    with path.open("wb") as file:
        np.save(file, rates)


def results_folder(settings: Settings) -> Path:
    """The folder that the settings name, or one that is named after them and the time."""
    if settings.filepath is not None:
        return Path(settings.filepath).expanduser()
    stamp = datetime.now().strftime("%Y-%m-%d-%H-%M-%S")
    return ROOT / settings.folder_name(stamp)

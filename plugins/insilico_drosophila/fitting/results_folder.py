"""The folder of results, and what is in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_drosophila.files.losses_log import read_settings, settings_line
from insilico_drosophila.fitting.settings import Settings, settings_from
from insilico_gui.errors import SessionError, WeightsError, quoted
from insilico_gui.files import publishing, writing
from insilico_gui.untrusted.door import reading
from insilico_gui.untrusted.plain_arrays import read_npy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

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
        """Where training of the spiking network is."""
        return self.path / "first-round-last.npz"

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

    def second_last(self, style: str) -> Path:
        """Where training of the recurrent network is."""
        return self.path / f"second-round-rnn-last-{style}.npz"

    def begin_log(self, settings: Settings) -> None:
        """Write the first line of the log, unless there is a log."""
        if not self.log.is_file():
            self.append(f"{settings_line(settings.as_dict())}\n")

    def append(self, text: str) -> None:
        """Add to the log."""
        with writing(self.log, SessionError), self.log.open("a", encoding="utf-8") as f:
            f.write(text)

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

    def write_rates(self, path: Path, rates: NDArray[np.float32]) -> None:
        """Write rates [T, P] in Hz."""
        with publishing(path, WeightsError) as new, new.open("wb") as file:
            np.save(file, rates)


def results_folder(
    settings: Settings, given: Mapping[str, Any]
) -> tuple[ResultsFolder, Settings]:
    """The folder, made if need be, and the settings, which may be its log's.

    Settings that are `given` explicitly go before those of the log.

    Raises
    ------
    InsilicoError
        If the folder cannot be made, or its log is wrong.
    """
    if settings.filepath is None:
        stamp = datetime.now().strftime("%Y-%m-%d-%H-%M-%S")
        folder = ResultsFolder(ROOT / settings.folder_name(stamp))
    else:
        folder = ResultsFolder(Path(settings.filepath).expanduser())
    if folder.log.is_file():
        logged = read_settings(folder.log)
        settings = settings_from({**logged, **given, "filepath": settings.filepath})
    try:
        folder.path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SessionError(
            f"The folder {quoted(folder.path)} cannot be made ({error.strerror}); choose "
            "another one with --filepath."
        ) from error
    return folder, settings

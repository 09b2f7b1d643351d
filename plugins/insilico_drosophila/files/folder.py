"""Where the files of one fly lie in a folder."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from insilico_gui.errors import SessionError, listed, quoted
from insilico_gui.untrusted.door import reading
from insilico_gui.untrusted.text import read_json

VERSIONS = ("630", "783")
DEFAULT_RECORDING = "2017-10-26_1"

#: Names differ between the two releases of the connectome.
_NEURONS = {"630": "Completeness_630_final.csv", "783": "Completeness_783.csv"}
_PAIRS = {"630": "Connectivity_630_final.parquet", "783": "Connectivity_783.parquet"}
_SYNAPSES = {
    "630": "630_connections_processed.csv",
    "783": "783_connections_processed.csv",
}
_RATES = re.compile(r"ito_(.+)_spike_rate\.npz")


FITTED = "fly.json"
"""In a folder of results: where the tables and the recording of the fit are."""

_MOST_TEXT = 4096


@dataclass(frozen=True)
class FittedFly:
    """What a folder of results was fitted to.

    Attributes
    ----------
    data : Path
        Folder of the tables.
    version, recording : str
    max_firing_rate : float
        Rate in Hz that recorded rates are fractions of.
    """

    data: Path
    version: str
    recording: str
    max_firing_rate: float

    def text(self) -> str:
        """What is written to the folder of results."""
        return json.dumps(
            {
                "data": str(self.data),
                "version": self.version,
                "recording": self.recording,
                "max_firing_rate": self.max_firing_rate,
            },
            indent=1,
        )


def fitted_fly(directory: Path) -> FittedFly | None:
    """What a folder of results was fitted to; None if it is none.

    Raises
    ------
    SessionError
        If what the folder says of it cannot be read.
    """
    path = directory / FITTED
    if not path.is_file():
        return None
    with reading(FITTED, SessionError, "fit again, or open the folder of the tables"):
        found = read_json(path, FITTED, SessionError)
    texts = [
        found.get(key) if isinstance(found, dict) else None
        for key in ("data", "version", "recording")
    ]
    known = all(isinstance(t, str) and 0 < len(t) <= _MOST_TEXT for t in texts)
    rate = found.get("max_firing_rate") if known else None
    if isinstance(rate, bool) or not isinstance(rate, int | float):
        raise SessionError(
            f"{FITTED} does not say where the data of the fit are, and of what recording; "
            "fit again, or open the folder of the tables."
        )
    data, version, recording = map(str, texts)
    return FittedFly(directory / data, version, recording_id(recording), float(rate))


@dataclass(frozen=True)
class FlyFolder:
    """A folder with the five kinds of files.

    Attributes
    ----------
    path : Path
        The folder that holds the tables of the connectome.
    """

    path: Path

    def neurons(self, version: str) -> Path:
        """Table of neurons, in the order of their indices."""
        return self.path / _NEURONS[version]

    def pairs(self, version: str) -> Path:
        """Table of connected pairs."""
        return self.path / _PAIRS[version]

    def synapses(self, version: str) -> Path:
        """Table of synapses by pair and neuropil."""
        return self.path / _SYNAPSES[version]

    def rates(self, recording: str) -> Path:
        """Recorded rates of one recording, in ``spike_rates`` or beside the tables."""
        name = rates_name(recording)
        inside = self.path / "spike_rates" / name
        return inside if inside.is_file() else self.path / name

    def versions(self) -> list[str]:
        """Releases of the connectome that are complete here."""
        return [v for v in VERSIONS if not self.missing(v)]

    def missing(self, version: str) -> list[str]:
        """Names of the tables of one release that are not here."""
        files = (self.neurons(version), self.pairs(version), self.synapses(version))
        return [file.name for file in files if not file.is_file()]

    def recordings(self) -> list[str]:
        """Ids of the recordings here, such as ``2017-10-26_1``, sorted."""
        found = set()
        for folder in (self.path, self.path / "spike_rates"):
            for name in _names(folder):
                if match := _RATES.fullmatch(name):
                    found.add(match[1])
        return sorted(found)


def recording_id(recording: str) -> str:
    """The id of a recording, given as ``2017-10-26_1`` or ``ito_2017-10-26_1``."""
    return recording.removeprefix("ito_").removesuffix("_spike_rate")


def rates_name(recording: str) -> str:
    """Name of the file with the rates of a recording."""
    return f"ito_{recording_id(recording)}_spike_rate.npz"


def find_folder(directory: Path, version: str, recording: str) -> FlyFolder:
    """The folder with the tables: `directory`, or ``data`` in it.

    Raises
    ------
    SessionError
        Saying what is missing, or what there is instead.
    """
    if version not in VERSIONS:
        raise SessionError(
            f"There is no version {quoted(version)} of the connectome; use "
            f"{' or '.join(VERSIONS)}."
        )
    folder = _holding(directory)
    missing = folder.missing(version)
    if missing:
        have = listed(folder.versions())
        raise SessionError(
            f"{listed(missing)} of version {version} is not in {_shown(directory)} "
            f"(complete there: {have}); put it there, or choose another version."
        )
    if not folder.rates(recording).is_file():
        have = listed(folder.recordings())
        raise SessionError(
            f"{rates_name(recording)} is not in {_shown(directory)} (recordings there: "
            f"{have}); choose one of those, or put it into its sub-folder spike_rates."
        )
    return folder


def find_checkpoint(checkpoint: Path, directory: Path) -> Path:
    """A checkpoint named relative to `directory`, its ``data``, or the current folder."""
    if checkpoint.is_absolute():
        return checkpoint
    places = (directory, directory / "data", Path())
    found = (place / checkpoint for place in places if (place / checkpoint).is_file())
    return next(found, directory / checkpoint)


def found_sessions(directory: Path) -> list[tuple[str, str]]:
    """Version and recording of all sessions that can be opened from a folder."""
    folder = _holding(directory)
    return [(v, r) for v in folder.versions() for r in folder.recordings()]


def _holding(directory: Path) -> FlyFolder:
    inside = FlyFolder(directory / "data")
    here = FlyFolder(directory)
    return inside if inside.versions() and not here.versions() else here


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _shown(directory: Path) -> str:
    return quoted(directory.name or str(directory))

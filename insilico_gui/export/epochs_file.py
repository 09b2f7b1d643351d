"""Courses of channels as epochs that MNE-Python reads (``-epo.fif``).

Each image is an epoch, and each repeat of an image one of its own; the metadata of the
epochs say which, in the columns ``image`` and ``repeat``. The name of the image is that of
its event. There is no baseline correction. Channels are of the type that the attribute
``channel_type`` names, without a unit, and in the places of the extended 10-20 system if
the attribute ``electrode_layout`` says so. Provenance goes into ``NAME-epo.fif.json``.
"""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from insilico_gui.errors import ExportError
from insilico_gui.export.columns import restore
from insilico_gui.export.exporter import require
from insilico_gui.export.sidecar import SidecarExporter

if TYPE_CHECKING:
    from pathlib import Path

    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.export.fitting import Kind
    from insilico_gui.export.record import Record

TYPES = ("csd", "eeg", "mag", "grad", "seeg", "ecog", "misc")
EXTENDED_10_20 = "extended 10-20"
#: MNE's names for it, the present one first.
MONTAGES = ("colin27_1005", "standard_1005")
LARGEST = 1_900_000_000  # bytes of a single file
TOLERANCE = 0.01  # of a sample


class EpochsFile(SidecarExporter):
    """One ``.fif`` file and its sidecar."""

    suffixes = ("-epo.fif", ".fif")
    holds = "courses of channels, one for each image"
    rank = 6

    def misfit(self, kind: Kind) -> str:
        """Channels over time, in answer to images."""
        if kind.unit_dim != "channel" or not {"trial", "time"} <= {*kind.dims}:
            return f"have the dims {list(kind.dims)} instead of trial, channel and time"
        return ""

    def require_packages(self, suffix: str) -> None:
        """MNE-Python writes the file."""
        require("mne", "eeg", suffix)

    def check(self, target: Path, record: Record) -> None:
        """Refuse names, times and sizes that such a file cannot hold."""
        channels = _channels(record)
        if len({*channels}) < len(channels):
            raise ExportError(
                "Several channels have the same name, which .fif cannot hold; rename them "
                "in the coordinate 'unit_id'."
            )
        for name in channels:
            if not name or name != name.encode("latin-1", "replace").decode("latin-1"):
                raise ExportError(
                    f".fif cannot hold the channel name {name!r}; rename it."
                )
        _rate(record)
        _channel_type(record)
        if 4 * np.prod(record.shape, dtype=np.int64) > LARGEST:
            raise ExportError(
                f"A .fif file holds {LARGEST / 1e9} GB; export fewer images at a time, or "
                "to .npz or .zarr."
            )

    def write_values(
        self, path: Path, responses: xr.DataArray, record: Record
    ) -> dict[str, Any]:
        """Write the epochs."""
        mne = require("mne", "eeg", ".fif")
        rate, first = _rate(record)
        others = [d for d in record.dims if d not in ("trial", "time", record.unit_dim)]
        ordered = responses.transpose("trial", *others, record.unit_dim, "time")
        values = ordered.to_numpy().reshape(-1, *ordered.shape[-2:]).astype(np.float64)
        table = _metadata(record, others)
        codes = _event_codes(table["image"].tolist())
        numbers = [codes[label][1] for label in table["image"]]
        onsets = np.arange(len(values)) * values.shape[2]
        epochs = mne.EpochsArray(
            values,
            _info(record, rate),
            events=np.column_stack([onsets, np.zeros_like(onsets), numbers]),
            tmin=first / rate,
            event_id=dict(codes.values()),
            baseline=None,
            proj=False,
            metadata=table,
            verbose="error",
        )
        with warnings.catch_warnings():
            # MNE advises names that end in -epo.fif; others are the user's choice
            warnings.filterwarnings("ignore", "This filename", RuntimeWarning)
            epochs.save(path, fmt="single", overwrite=True, verbose="error")
        return {
            "dims": ["epoch", "channel", "time"],
            "epochs": "every image in turn, and every repeat of it",
            "values": record.attrs.get("response_label", "response"),
            "baseline": None,
        }


def _info(record: Record, rate: float) -> Any:
    """Channels with type, place and no unit."""
    mne = require("mne", "eeg", ".fif")
    channels = _channels(record)
    # Places are given to channels of voltage only; these change their type afterwards
    info = mne.create_info(channels, rate, "eeg", verbose="error")
    if record.attrs.get("electrode_layout") == EXTENDED_10_20:
        known = mne.channels.get_builtin_montages()
        montage = mne.channels.make_standard_montage(
            next(name for name in MONTAGES if name in known)
        )
        info.set_montage(
            montage, match_case=False, on_missing="ignore", verbose="error"
        )
    typed, unitless = (
        mne.create_info(["x"], rate, kind, verbose="error")["chs"][0]
        for kind in (_channel_type(record), "misc")
    )
    for channel in info["chs"]:
        channel.update(
            kind=typed["kind"], coil_type=typed["coil_type"], unit=unitless["unit"]
        )
    info["description"] = json.dumps(record.attrs)
    return info


def _metadata(record: Record, others: list[str]) -> pd.DataFrame:
    """A row for each epoch: its image, its repeat, and the trial table."""
    sizes = dict(zip(record.dims, record.shape, strict=True))
    counted = [sizes[dim] for dim in ("trial", *others)]
    places = dict(zip(("trial", *others), np.indices(counted), strict=True))
    rows = {}
    for dim, place in places.items():
        labels = (
            record.axes[dim].values if dim in record.axes else np.arange(sizes[dim])
        )
        rows["image" if dim == "trial" else dim] = labels[place.ravel()]
    table = pd.DataFrame(rows)
    table["image"] = table["image"].astype(str)
    for name, column in (record.trials or {}).items():
        values = restore(column.spec, column.values)
        fits = column.kind != "json" and len(values) == sizes["trial"]
        if fits and name not in table:
            table[name] = values[places["trial"].ravel()]
    return table


def _event_codes(labels: list[str]) -> dict[str, tuple[str, int]]:
    """For each distinct label the name and number of its event.

    The file separates names by semicolons and knows the letters of Western Europe.
    """
    codes: dict[str, tuple[str, int]] = {}
    taken: set[str] = set()
    for label in labels:
        if label in codes:
            continue
        safe = label.replace(";", "_").encode("latin-1", "backslashreplace")
        name = safe.decode("latin-1") or "image"
        if name in taken:
            name = f"{name} ({len(codes) + 1})"
        taken.add(name)
        codes[label] = (name, len(codes) + 1)
    return codes


def _channels(record: Record) -> list[str]:
    return [str(name) for name in record.units["unit_id"].values]


def _channel_type(record: Record) -> str:
    kind = record.attrs.get("channel_type", "misc")
    if kind not in TYPES:
        raise ExportError(
            f"The attribute 'channel_type' is {kind!r}; give one of {', '.join(TYPES)}."
        )
    return str(kind)


def _rate(record: Record) -> tuple[float, int]:
    """Samples per second, and the number of the first one, counted from time 0."""
    times: NDArray[np.float64] = record.axes["time"].values
    rate = first = 0.0
    if len(times) > 1 and np.isfinite(times).all() and times[-1] > times[0]:
        rate = (len(times) - 1) / (times[-1] - times[0])
        rate = round(rate, 6)
        first = round(times[0] * rate)
        grid = (first + np.arange(len(times))) / rate
        if np.abs(grid - times).max() * rate > TOLERANCE:
            rate = 0.0
    if not rate:
        raise ExportError(
            "A .fif file takes several times, evenly spaced and with 0 s among them or "
            "in line with them; export other times to .npz or .zarr."
        )
    return rate, int(first)

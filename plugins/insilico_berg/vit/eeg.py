"""Human EEG (THINGS EEG2) as a session: images in, courses of every electrode out."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch

from insilico_berg.linear_files import LinearModel, read_eeg
from insilico_berg.linear_model import Readout
from insilico_berg.vit.electrodes import electrode_positions
from insilico_berg.vit.metadata import EegMetadata, read_eeg_metadata
from insilico_berg.vit.session import TransformerSession, load_parts
from insilico_gui.errors import SelectionError, SessionError, WeightsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor

    from insilico_berg.tree import Entry
    from insilico_berg.vit.backbone import Backbone
    from insilico_berg.vit.session import LastStep

CITATION = (
    "Gifford et al. (2022), A large and rich EEG dataset for modeling human visual "
    "object recognition, NeuroImage 264, 119754"
)
DOI = "10.1016/j.neuroimage.2022.119754"


class EegSession(TransformerSession):
    """One subject; see :class:`insilico_gui.session.ImageSession`.

    The repeats are models fitted to the repeats of the training images, and no samples
    of noise: their mean is the cleaner estimate.
    """

    response_dims: tuple[str, ...] = ("repeat", "channel", "time")
    unit_dim = "channel"
    response_label = "CSD (a.u.)"

    def __init__(
        self,
        session_id: str,
        metadata: EegMetadata,
        attrs: Mapping[str, Any],
        backbone: Backbone,
        model: LinearModel,
    ) -> None:
        super().__init__(session_id, unit_table(metadata), attrs, backbone, model)
        repeats = np.array([int(name) for name in model.regressions])
        self.response_coords: Mapping[str, NDArray[Any]] = {
            "repeat": repeats,
            "time": metadata.times,
        }
        self._n_times = len(metadata.times)
        self.points = np.arange(self._n_times)

    def at(self, points: Sequence[int] | NDArray[np.integer]) -> EegSession:
        """The same session at some of its time points, in this order.

        Raises
        ------
        SelectionError
            If it has no such time points.
        """
        points = np.asarray(points)
        n_times = len(self.response_coords["time"])
        if not len(points) or points.min() < 0 or points.max() >= n_times:
            raise SelectionError(
                f"{self.id} has the time points 0 to {n_times - 1}; choose some of those."
            )
        restricted = copy(self)
        restricted.points = self.points[points]
        times = self.response_coords["time"][points]
        restricted.response_coords = {**self.response_coords, "time": times}
        return restricted

    def last_step(self, units: NDArray[Any] | None) -> LastStep:
        """See :class:`insilico_berg.vit.session.TransformerSession`."""
        channels = np.arange(len(self.units)) if units is None else units
        rows = (channels[:, None] * self._n_times + self.points).ravel()
        readouts = [
            Readout(regression, rows, self.device)
            for regression in self._model.regressions.values()
        ]
        shape = len(readouts), len(channels), len(self.points)

        def last_step(scores: Sequence[Tensor]) -> Tensor:
            # One projection for all repeats, or one for each
            each = list(scores) * len(readouts) if len(scores) == 1 else scores
            made = [readout(s) for readout, s in zip(readouts, each, strict=True)]
            return torch.stack(made, dim=1).view(-1, *shape)

        return last_step

    def _numbers_of_unit(self) -> int:
        return len(self._model.regressions) * len(self.points)


def unit_table(metadata: EegMetadata) -> pd.DataFrame:
    """One row for each channel: where it is, if known, and how well it is predicted."""
    return pd.DataFrame(
        {
            "unit_id": metadata.channels,
            **electrode_positions(metadata.channels),
            **metadata.accuracy,
        }
    )


def open_eeg(
    session_id: str, entry: Entry, directory: Path | None, device: str
) -> EegSession:
    """Load one subject.

    Raises
    ------
    InsilicoError
        One clear sentence on what is missing or wrong.
    """
    if entry.metadata is None:
        raise SessionError(
            f"{session_id} cannot be opened without the metadata, which name its "
            f"channels and times; put metadata_subject-{entry.key.subject:02}.npy into the "
            "folder metadata beside the weights."
        )
    metadata = read_eeg_metadata(entry.metadata)
    model = read_eeg(entry.weights)
    responses = len(next(iter(model.regressions.values())).coef)
    expected = len(metadata.channels) * len(metadata.times)
    if responses != expected:
        raise WeightsError(
            f"{entry.weights[-1].name} has {responses} responses, and "
            f"{entry.metadata.name} names {expected} (channels times time points); use "
            "files that were published together."
        )
    backbone, attrs = load_parts(entry, model, directory, device)
    about = {
        "twin": "EEG encoding model on a vision transformer (BERG, THINGS EEG2)",
        "citation": CITATION,
        "doi": DOI,
        "subject": entry.key.subject,
        "eeg_reference": "current source density",
        "channel_type": "csd",
        "electrode_layout": "extended 10-20",
        "axes": "RAS",
    }
    return EegSession(session_id, metadata, {**about, **attrs}, backbone, model)

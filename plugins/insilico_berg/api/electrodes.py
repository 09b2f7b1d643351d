"""Electrodes (eeg-things_eeg_2-vit_b_32): channels and time points may be selected."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from insilico_berg import catalogue
from insilico_berg.api.arguments import chosen, one_name
from insilico_berg.api.family import IMAGES, SubjectFamily
from insilico_berg.api.model import ImageModel
from insilico_berg.errors import ValidationError
from insilico_berg.vit.metadata import read_eeg_metadata

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from insilico_berg.api.arguments import Selection
    from insilico_berg.tree import Entry


class Electrodes(SubjectFamily):
    """See :class:`insilico_berg.api.family.Family`."""

    id = catalogue.EEG
    n_subjects = 10
    arguments = MappingProxyType({"subject": "1 to 10"})
    selection = MappingProxyType(
        {
            "channels": "list of names, which the responses follow in order",
            "timepoints": "0 or 1 for each time point",
        }
    )
    stimulus = IMAGES
    response = "[n, 4 repeats, channels, time points], current source density (a.u.)"

    def load(
        self, entry: Entry, directory: Path, selection: Selection, device: str
    ) -> ElectrodeModel:
        """See :meth:`insilico_berg.api.family.Family.load`."""
        channels = points = None
        # Before the weights, which take a while
        if entry.metadata is not None:
            metadata = read_eeg_metadata(entry.metadata)
            if "channels" in selection:
                channels = _channels(selection["channels"], metadata.channels)
            if "timepoints" in selection:
                n_times = len(metadata.times)
                points = chosen(selection["timepoints"], n_times, "timepoints")
        from insilico_berg.vit.eeg import open_eeg  # imports torch

        session = open_eeg(f"{self.id}/{entry.name}", entry, directory, device)
        if points is not None:
            session = session.at(points)
        every = np.arange(len(session.units))
        selected = {
            "channels": every if channels is None else channels,
            "timepoints": session.points,
        }
        return ElectrodeModel(entry, session, selected, channels)


class ElectrodeModel(ImageModel):
    """Channels of one subject."""

    family_id = catalogue.EEG


def _channels(value: object, names: Sequence[str]) -> NDArray[np.int64]:
    """Rows of channels, in the order of the list; one may be there twice."""
    if not isinstance(value, list | tuple):
        raise ValidationError(
            f"'channels' is a {type(value).__name__}; give a list of names of channels."
        )
    if not value:
        raise ValidationError("'channels' is empty; name at least one channel.")
    rows = [names.index(one_name(name, names, "channels")) for name in value]
    return np.array(rows, dtype=np.int64)

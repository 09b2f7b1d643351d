"""Metadata of a model: a dictionary in a ``.npy`` file, of which any part may lack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.errors import WeightsError, echoed
from insilico_gui.untrusted import read_npy_dict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

_RECORDED = ("fmri", "eeg", "calcium_2p")
# The mouse model has this section's name in the singular.
_MODEL = ("encoding_models", "encoding_model")


@dataclass(frozen=True)
class Metadata:
    """What a file of metadata says.

    Attributes
    ----------
    content : dict
        All of it, as it is in the file.
    recorded : dict
        The section on the recording; empty if it lacks.
    model : dict
        The section on the encoding model; empty if it lacks.
    file : str
        Name of the file.
    """

    content: Mapping[str, Any]
    recorded: Mapping[str, Any]
    model: Mapping[str, Any]
    file: str

    def numbers(
        self, section: Mapping[str, Any], name: str, shape: tuple[int, ...]
    ) -> NDArray[Any] | None:
        """An array of numbers of a section; None if it lacks.

        Raises
        ------
        WeightsError
            If it is something else, or has another shape than the weights ask for.
        """
        if name not in section:
            return None
        values = np.asarray(section[name])
        if values.dtype.kind not in "biuf":
            raise WeightsError(
                f"{self.file} has {echoed(name)} with entries that are not numbers; "
                "copy it again from the published data."
            )
        if values.shape != shape:
            raise WeightsError(
                f"{self.file} has {echoed(name)} of shape {list(values.shape)}, but "
                f"the weights are of {list(shape)}; use the file published with these "
                "weights, or move it away to do without."
            )
        return values


def read_metadata(path: Path) -> Metadata:
    """Read a file of metadata of any of the models.

    Raises
    ------
    WeightsError
        If it is missing, or a section is no dictionary.
    UntrustedFileError
        If it carries more than plain data.
    """
    content = read_npy_dict(path)
    recorded, model = (_section(content, names, path) for names in (_RECORDED, _MODEL))
    return Metadata(content, recorded, model, path.name)


def _section(
    content: Mapping[str, Any], names: tuple[str, ...], path: Path
) -> Mapping[str, Any]:
    for name in names:
        if name in content:
            section = content[name]
            if not isinstance(section, dict):
                raise WeightsError(
                    f"{path.name} has a {echoed(name)} that is no section; copy it "
                    "again from the published data."
                )
            return section
    return {}

"""NNPoisson: spikes of brain regions and choices of an animal from one small network.

For a stimulus and a time the network gives the expected number of spikes of each region
and of each action; intensities are its derivatives by time (Khajehnejad et al., ICML
2022). Sessions, fitting to recordings, and synthetic recordings are here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os

    from insilico_nnpoisson.model import Model

__all__ = ["load_model"]


def load_model(
    path: str | os.PathLike[str], *, dtype: str = "float32", device: str = "cpu"
) -> Model:
    """See :func:`insilico_nnpoisson.model.load_model`."""
    from insilico_nnpoisson import model

    return model.load_model(path, dtype=dtype, device=device)

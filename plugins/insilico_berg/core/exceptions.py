"""The errors, under their published path; see :mod:`insilico_berg.errors`."""

from __future__ import annotations

from insilico_berg.errors import (
    BERGError,
    InvalidParameterError,
    ModelLoadError,
    ModelNotFoundError,
    ResourceError,
    StimulusError,
    ValidationError,
)

__all__ = [
    "BERGError",
    "InvalidParameterError",
    "ModelLoadError",
    "ModelNotFoundError",
    "ResourceError",
    "StimulusError",
    "ValidationError",
]

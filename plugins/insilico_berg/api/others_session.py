"""The session of a model that somebody else registered: images in, units out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch

from insilico_berg.api import foreign
from insilico_berg.image_encoder import ImageEncoder, default_budget
from insilico_berg.pictures import resize
from insilico_gui.errors import EncodingError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor

    from insilico_berg.api.others_twin import Instance
    from insilico_berg.image_encoder import Answer
    from insilico_gui.session import InputKind

FRAME_SHAPE = (224, 224)
"""Of pictures for models whose card does not say in which size they take them."""


class RegisteredSession(ImageEncoder):
    """See :class:`insilico_gui.session.ImageSession`."""

    input_kind: InputKind = "images"
    response_dims = ("unit",)
    unit_dim = "unit"

    def __init__(self, instance: Instance, model: Any, device: str) -> None:
        self.id = instance.id
        self.device = device
        self.frame_shape = _frame_shape(instance.card["input"]["shape"])
        self.response_coords: Mapping[str, NDArray[Any]] = {}
        self.response_label = str(instance.card["output"]["description"] or "response")
        self.memory_budget = default_budget(device)
        self.attrs: Mapping[str, Any] = {
            "twin": instance.entry.model_id,
            "weights_hash": "unknown: a model that was registered",
            "module": instance.entry.module_path,
            "arguments": {name: str(v) for name, v in instance.arguments.items()},
        }
        self._model = model
        grey = np.full((1, 3, *self.frame_shape), 128, np.uint8)
        n_units = self._responses(grey).shape[1]
        self.units = pd.DataFrame({"unit_id": np.arange(n_units)})

    def fit(self, pictures: Tensor) -> Tensor:
        """Resized to the size of the card, of whole levels."""
        if tuple(pictures.shape[2:]) == self.frame_shape:
            return pictures.float()
        return resize(pictures, self.frame_shape)

    def prepare(self, units: NDArray[np.int64] | None) -> Answer:
        """See :class:`insilico_berg.image_encoder.ImageEncoder`."""

        def answer(pictures: Tensor) -> Tensor:
            levels = self.fit(pictures).clamp(0, 255).to(torch.uint8).cpu().numpy()
            responses = self._responses(levels)
            chosen = responses if units is None else responses[:, units]
            return torch.from_numpy(np.ascontiguousarray(chosen))

        return answer

    def image_bytes(self, image_shape: tuple[int, int], n_units: int) -> int:
        """As of an ``ImageEncoder``; the model's own are not known."""
        pixels = image_shape[0] * image_shape[1] + self.frame_shape[0] ** 2
        return 64 * pixels + 8 * n_units

    def _responses(self, levels: NDArray[np.uint8]) -> NDArray[np.float32]:
        found = foreign.respond(self._model, levels, {"show_progress": False})
        responses = np.asarray(found, dtype=np.float32)
        if responses.ndim != 2 or len(responses) != len(levels) or not responses.size:
            raise EncodingError(
                f"{self.id} answered {len(levels)} images with an array of the shape "
                f"{list(responses.shape)}; its card promises [images, units]."
            )
        if not np.isfinite(responses).all():
            raise EncodingError(f"{self.id} answered with NaN or infinity.")
        return responses


def open_registered(
    instance: Instance, directory: Path, device: str
) -> RegisteredSession:
    """Load a model, and find out how many units it has."""
    arguments = dict(instance.arguments)
    selection = arguments.pop("selection", None)
    model = foreign.load(instance.entry, directory, device, selection, arguments)
    return RegisteredSession(instance, model, device)


def _frame_shape(shape: object) -> tuple[int, int]:
    last = list(shape)[-2:] if isinstance(shape, list | tuple) else []
    if len(last) == 2 and all(type(n) is int and n > 0 for n in last):
        return last[0], last[1]
    return FRAME_SHAPE

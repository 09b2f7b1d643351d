"""What the sessions on top of the backbone have in common: pictures in, scores out."""

from __future__ import annotations

from abc import abstractmethod
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import torch

import insilico_berg.columns  # noqa: F401 - tells what they are called
from insilico_berg.image_encoder import ImageEncoder, default_budget
from insilico_berg.linear_model import HELD_ON_CPU, ROWS_AT_ONCE, Projection
from insilico_berg.vit.preprocessing import CROP, fit, prepare, resized_shape
from insilico_berg.vit.weights import find_backbone, load_backbone
from insilico_gui.errors import WeightsError
from insilico_gui.untrusted.hashes import weights_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray
    from torch import Tensor

    from insilico_berg.linear_files import LinearModel
    from insilico_berg.tree import Entry
    from insilico_berg.vit.backbone import Backbone
    from insilico_gui.session import InputKind

    # Scores on components, one tensor [n, K] or one for each repeat, to responses
    LastStep = Callable[[Sequence[Tensor]], Tensor]

#: Images at a time. On a CPU more only cost memory.
MAX_BATCH = MappingProxyType({"cpu": 32, "cuda": 256})


class TransformerSession(ImageEncoder):
    """A session whose responses are linear in the layers of the backbone.

    See :class:`insilico_gui.session.ImageSession`. Subclasses say what the responses
    are, and make the last step.
    """

    input_kind: InputKind = "images"
    frame_shape = (CROP, CROP)

    def __init__(
        self,
        session_id: str,
        units: pd.DataFrame,
        attrs: Mapping[str, Any],
        backbone: Backbone,
        model: LinearModel,
    ) -> None:
        self.id = session_id
        self.units = units
        self.attrs = attrs
        self.device = str(backbone.class_token.device)
        self.max_batch = MAX_BATCH["cpu" if self.device == "cpu" else "cuda"]
        self.memory_budget = default_budget(self.device)
        self._backbone = backbone
        self._model = model
        self._projection = Projection(
            model.scaler, model.components, model.scores, self.device
        )

    def fit(self, pictures: Tensor) -> Tensor:
        """See :class:`insilico_berg.image_encoder.ImageEncoder`."""
        return fit(pictures)

    @abstractmethod
    def last_step(self, units: NDArray[Any] | None) -> LastStep:
        """From scores to the responses of some units, in this order."""

    def prepare(self, units: NDArray[Any] | None) -> Callable[[Tensor], Tensor]:
        """See :class:`insilico_berg.image_encoder.ImageEncoder`."""
        last_step = self.last_step(units)

        def answer(pictures: Tensor) -> Tensor:
            layers = self._backbone.layers(prepare(pictures))
            responses = last_step(self._projection(layers))
            if not bool(torch.isfinite(responses).all()):
                raise WeightsError(
                    f"{self.id} gave responses that are no numbers, because its weights "
                    "hold NaN or infinity; copy them again from the published data."
                )
            return responses

        return answer

    def image_bytes(self, image_shape: tuple[int, int], n_units: int) -> int:
        """See :class:`insilico_berg.image_encoder.ImageEncoder`."""
        sizes = self._backbone.sizes
        height, width = image_shape
        resized = resized_shape(image_shape)
        # as it comes and as float32; resized along one side, then along both, rounded
        pixels = 5 * height * width + 4 * max(height * resized[1], width * resized[0])
        pixels += 8 * resized[0] * resized[1] + 4 * 4 * CROP**2
        # tokens, queries, keys and values, hidden layer before and after its function
        numbers = sizes.tokens * (8 * sizes.width + 2 * sizes.hidden)
        each = self._numbers_of_unit()
        return 3 * pixels + 4 * numbers + 2 * 4 * each * n_units

    def fixed_bytes(self, n_units: int) -> int:
        """See :class:`insilico_berg.image_encoder.ImageEncoder`."""
        if self.device != "cpu":  # everything is there from the start
            return 0
        sizes, scores = self._backbone.sizes, self._model.scores
        components = 4 * scores * sizes.tokens * sizes.width  # of one layer
        n_regressions = len(self._model.regressions)
        rows = n_units * self._numbers_of_unit() // n_regressions
        coefficients = 4 * scores * rows
        if coefficients > HELD_ON_CPU:
            coefficients = 2 * 4 * scores * ROWS_AT_ONCE
        # Products of matrices keep a part of them in another order
        packed = 3 * 4 * sizes.width * sizes.hidden
        return components + n_regressions * coefficients + packed

    def _numbers_of_unit(self) -> int:
        """How many numbers the response of one unit is."""
        return 1


def load_parts(
    entry: Entry, model: LinearModel, directory: Path | None, device: str
) -> tuple[Backbone, dict[str, Any]]:
    """The backbone for a linear model, and where everything came from.

    Returns
    -------
    backbone : Backbone
    provenance : dict of str to Any
        JSON-able; for the ``attrs`` of the session.

    Raises
    ------
    WeightsError
        If the backbone is missing, or another than the model was fitted to.
    """
    path = find_backbone(directory)
    backbone = load_backbone(path, device)
    if backbone.sizes.features != model.features:
        raise WeightsError(
            f"{entry.weights[0].name} is made for {model.features} features and the "
            f"backbone {path.name} has {backbone.sizes.features}; use torchvision's "
            "ViT-B/32 with the published weights."
        )
    files = (*entry.weights, path)
    attrs = {
        "weights_hash": weights_hash(files),
        "weights_files": [file.name for file in files],
        "metadata_file": "" if entry.metadata is None else entry.metadata.name,
    }
    return backbone, attrs

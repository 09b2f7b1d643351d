"""A base for sessions that answer images: batches of any size in a given memory.

A model writes :meth:`ImageEncoder.prepare`, which gives a function from pictures to
responses; this class makes the contract of
:class:`insilico_gui.session.ImageSession` out of it: checks, batches that fit the memory
budget, and running out of memory, which halves the batch and goes on.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import numpy as np

from insilico_berg.pictures import as_pictures
from insilico_gui.device import free_memory, full_float32
from insilico_gui.errors import SelectionError
from insilico_gui.streaming import ADVICE_ON_IMAGES, is_out_of_memory, memory_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import pandas as pd
    from numpy.typing import NDArray
    from torch import Tensor

    # Pictures uint8 [n, 3, H, W] on the device to responses float32 [n, ...]
    Answer = Callable[[Tensor], Tensor]

logger = logging.getLogger(__name__)


def default_budget(device: str) -> int:
    """A quarter of the memory that is free now."""
    return free_memory(device) // 4


class ImageEncoder(ABC):
    """Makes ``respond`` and ``batch_size``; the rest of the protocol is the model's.

    Attributes
    ----------
    memory_budget : int
        Bytes for the work on a batch, beside the weights.
    max_batch : int
        More images at a time than this are no faster.
    """

    id: str
    units: pd.DataFrame
    device: str
    memory_budget: int
    max_batch: int = 100

    @abstractmethod
    def prepare(self, units: NDArray[np.int64] | None) -> Answer:
        """A function that answers pictures with the responses of some units."""

    @abstractmethod
    def fit(self, pictures: Tensor) -> Tensor:
        """Pictures in the size of the model: whole levels, float32 on their device."""

    @abstractmethod
    def image_bytes(self, image_shape: tuple[int, int], n_units: int) -> int:
        """Memory that one picture of this height and width takes while it is encoded."""

    def batch_size(
        self, image_shape: tuple[int, int], units: NDArray[np.integer] | None = None
    ) -> int:
        """How many images of this size to encode at a time, within the memory budget."""
        n_units = len(self.units) if units is None else len(units)
        left = self.memory_budget - self.fixed_bytes(n_units)
        fitting = left // self.image_bytes(image_shape, n_units)
        return int(min(max(fitting, 1), self.max_batch))

    def fixed_bytes(self, n_units: int) -> int:
        """Memory that encoding takes whatever the number of pictures."""
        del n_units
        return 0

    def seen(self, images: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """See :meth:`insilico_gui.session.ImageSession.seen`."""
        import torch

        pictures = torch.tensor(np.ascontiguousarray(as_pictures(images, "Images")))
        levels: NDArray[np.uint8] = self.fit(pictures).to(torch.uint8).numpy()
        return levels

    def respond(
        self,
        images: Iterable[NDArray[np.uint8]],
        units: NDArray[np.integer] | None = None,
    ) -> Iterator[NDArray[np.float32]]:
        """See :meth:`insilico_gui.session.ImageSession.respond`.

        Raises
        ------
        StimulusError
            If a batch is not of RGB pictures [n, 3, H, W] of 0 to 255.
        SelectionError
            If `units` are not units of the session.
        EncodingMemoryError
            If a single image does not fit the memory of the device.
        """
        columns = self._columns(units)
        answer = self.prepare(columns)
        largest = self.max_batch
        for batch in images:
            pictures = as_pictures(batch, "Images")
            shape = pictures.shape[2], pictures.shape[3]
            size = min(self.batch_size(shape, columns), largest)
            pieces: list[NDArray[np.float32]] = []
            start = 0
            while start < len(pictures) or not pieces:
                part = pictures[start : start + size]
                try:
                    pieces.append(self._answer(answer, part))
                except Exception as error:
                    if not is_out_of_memory(error):
                        raise
                    largest = size = len(part) // 2
                    if size < 1:
                        raise memory_error(
                            error, "a single image", self.device, ADVICE_ON_IMAGES
                        ) from error
                    logger.warning("Out of memory: going on with %d images", size)
                    # The failed call's frames hold its tensors alive.
                    error.__traceback__ = None
                    continue
                start += max(len(part), 1)
            yield pieces[0] if len(pieces) == 1 else np.concatenate(pieces)

    def _answer(
        self, answer: Answer, pictures: NDArray[np.uint8]
    ) -> NDArray[np.float32]:
        import torch

        with torch.inference_mode(), full_float32():
            # Copied: torch warns of arrays that must not be written to. And it takes no
            # flipped views.
            batch = torch.tensor(np.ascontiguousarray(pictures), device=self.device)
            responses: NDArray[np.float32] = answer(batch).cpu().numpy()
        return responses

    def _columns(self, units: NDArray[np.integer] | None) -> NDArray[np.int64] | None:
        if units is None:
            return None
        columns = np.asarray(units)
        n = len(self.units)
        if columns.ndim != 1 or (columns.size and columns.dtype.kind not in "iu"):
            raise SelectionError(f"{self.id} takes a list of whole numbers as units.")
        if ((columns < 0) | (columns >= n)).any():
            raise SelectionError(
                f"{self.id} has units 0 to {n - 1}; {columns.min()} to {columns.max()} "
                "were asked for."
            )
        return columns.astype(np.int64)

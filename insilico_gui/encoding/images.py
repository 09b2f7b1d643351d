"""The engine for images: batches of images, whose responses are independent."""

from __future__ import annotations

import hashlib
import math
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from insilico_gui.encoding.inputs import stimulus_warning
from insilico_gui.encoding.prefetch import ahead
from insilico_gui.encoding.provenance import chosen_units, provenance, unit_coords
from insilico_gui.encoding.store import ScratchStore, zarr_path
from insilico_gui.encoding.timeline import Moments
from insilico_gui.errors import EncodingError
from insilico_gui.export import Destination, load_responses
from insilico_gui.progress import Progress
from insilico_gui.responses import SECONDS, with_unit_index
from insilico_gui.settings import most_at_once
from insilico_gui.streaming import ADVICE_ON_IMAGES, telling_of_memory

if TYPE_CHECKING:
    import os
    from collections.abc import Generator, Iterator

    from numpy.typing import ArrayLike, NDArray

    from insilico_gui.session import ImageSession
    from insilico_gui.stimuli.readers.images import ImageSet
    from insilico_gui.units.selection import Selection

LARGEST_BATCH = 32
"""Images in one step: enough for efficiency, few enough to cancel and draw between."""


class ImageJob:
    """One image set through one session; nothing is computed before :meth:`run`.

    Parameters are those of :func:`.encode`; they are all checked here.

    Attributes
    ----------
    session : ImageSession
    stimulus : ImageSet
    selection : Selection
        Units that are computed.
    n_frames : int
        Number of images.
    n_times : int
        Moments of the response to one image; 1 if it has no time.
    moments : Moments
        Responses by moment, for playback; filled while the job runs.
    """

    def __init__(
        self,
        session: ImageSession,
        stimulus: ImageSet,
        units: Selection | ArrayLike | None = None,
        *,
        unit_ids: ArrayLike | None = None,
        indices: ArrayLike | None = None,
        store: str | os.PathLike[str] | None = None,
        overwrite: bool = False,
    ) -> None:
        self.session = session
        self.stimulus = stimulus
        self.n_frames = stimulus.n_images
        if self.n_frames == 0:
            raise EncodingError(
                f"{stimulus.name} holds no images; choose some before encoding."
            )
        self.selection = chosen_units(session, units, unit_ids, indices)
        self._everything = len(self.selection) == len(session.units)
        self._target: Destination | None = None
        if store is not None:
            self._target = Destination(zarr_path(store), overwrite, EncodingError)
        self._shape = tuple(
            len(self.selection)
            if dim == session.unit_dim
            else len(session.response_coords[dim])
            for dim in session.response_dims
        )
        self._store = ScratchStore((self.n_frames, math.prod(self._shape)))
        self.moments = Moments(
            self._store, self._shape, session.response_dims, session.unit_dim
        )
        self.n_times = self.moments.n_times
        self._hash = hashlib.sha256()

    def run(self) -> Generator[Progress, None, xr.DataArray]:
        """Encode, yielding after every batch; returns the labelled responses.

        Closing the generator stops the job within one batch.
        """
        complete = False
        try:
            device = self.session.device
            with telling_of_memory("one batch of images", device, ADVICE_ON_IMAGES):
                yield from self._fill()
            values = self._store.finish({}, {}).to_numpy()
            responses = xr.DataArray(
                values.reshape(self.n_frames, *self._shape),
                self._coords(),
                ("trial", *self.session.response_dims),
                name="responses",
                attrs=self._attrs(),
            )
            responses = with_unit_index(responses)
            if self._target is not None:
                responses = load_responses(self._target.write(responses))
            complete = True
            return responses
        finally:
            if self._target is not None:
                self._target.close()
            if not complete:
                self._store.discard()

    def _fill(self) -> Iterator[Progress]:
        started = time.perf_counter()
        units = None if self._everything else self.selection.indices
        # While the session computes, the next images are read.
        with closing(ahead(self._batches(units))) as batches:
            for block in self.session.respond(batches, units):
                if block.shape[1:] != self._shape:
                    raise EncodingError(
                        f"{self.session.id} answered an image with {block.shape[1:]} "
                        f"numbers where {self._shape} were expected; its plugin needs "
                        "mending."
                    )
                self._store.write(block.reshape(len(block), -1))
                elapsed = time.perf_counter() - started
                yield Progress(self._store.n_done, self.n_frames, elapsed, "images")
        if self._store.n_done != self.n_frames:
            raise EncodingError(
                f"{self.session.id} answered {self._store.n_done} of {self.n_frames} "
                "images; its plugin needs mending."
            )

    def _batches(self, units: NDArray[np.int64] | None) -> Iterator[NDArray[np.uint8]]:
        """Batches [n, 3, H, W] of consecutive images of one size that fit into memory."""
        waiting: list[NDArray[np.uint8]] = []
        size, most = 1, most_at_once() or LARGEST_BATCH
        for k in range(self.n_frames):
            image = np.ascontiguousarray(np.moveaxis(self.stimulus.image(k), -1, 0))
            self._hash.update(f"{image.shape}".encode())
            self._hash.update(image.data)
            if waiting and (image.shape != waiting[0].shape or len(waiting) == size):
                yield np.stack(waiting)
                waiting = []
            if not waiting:
                fitting = self.session.batch_size(image.shape[1:], units)
                size = max(1, min(LARGEST_BATCH, fitting, most))
            waiting.append(image)
        yield np.stack(waiting)

    def _coords(self) -> dict[str, Any]:
        return {
            "trial": list(self.stimulus.labels),
            **{
                name: (name, np.asarray(values), SECONDS if name == "time" else {})
                for name, values in self.session.response_coords.items()
            },
            **unit_coords(self.session, self.selection, self.session.unit_dim),
        }

    def _attrs(self) -> dict[str, Any]:
        warning = stimulus_warning(self.stimulus)
        return {
            **provenance(self.session, self.selection),
            "response_label": self.session.response_label,
            "stimulus": self.stimulus.name,
            "stimulus_hash": f"sha256:{self._hash.hexdigest()}",
            "stimulus_attrs": dict(self.stimulus.attrs),
            **({"warning": warning} if warning else {}),
        }

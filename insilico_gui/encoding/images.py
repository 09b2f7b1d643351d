"""The engine for images: batches of pictures, each answered for itself."""

from __future__ import annotations

import hashlib
import math
import os
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from insilico_gui.encoding.ahead import ahead
from insilico_gui.encoding.progress import Progress
from insilico_gui.encoding.provenance import chosen_units, provenance, unit_coords
from insilico_gui.encoding.store import ScratchStore, zarr_path
from insilico_gui.errors import EncodingError, StimulusError
from insilico_gui.export import export, load_responses
from insilico_gui.files import check_target
from insilico_gui.session import is_image_session
from insilico_gui.stimuli import Stimulus, open_stimulus
from insilico_gui.stimuli.images import FrameImages, ImageArray, ImageSet, open_images
from insilico_gui.streaming import ADVICE_ON_IMAGES, telling_of_memory

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray

    from insilico_gui.selection import Selection
    from insilico_gui.session import ImageSession, Session

LARGEST_BATCH = 32
"""Images in one step: enough to batch work, few enough to cancel and draw between."""


class ImageJob:
    """An image set through one session; computes nothing until it runs.

    Parameters are those of :func:`.encode`; they are all checked here.

    Attributes
    ----------
    session : ImageSession
    stimulus : ImageSet
    selection : Selection
        Which units are computed.
    n_frames : int
        Number of images.
    n_times : int
        Moments of the response to one image; 1 if it has no time.
    moments : Moments
        Responses by moment, for playback; fills while the job runs.
    """

    def __init__(
        self,
        session: ImageSession,
        stimulus: ImageSet,
        units: Selection | ArrayLike | None = None,
        *,
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
        self.selection = chosen_units(units, len(session.units))
        self._everything = len(self.selection) == len(session.units)
        self._target = None if store is None else zarr_path(store)
        if self._target is not None:
            check_target(self._target, overwrite, EncodingError)
        self._overwrite = overwrite
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
            if self._target is not None:
                responses = load_responses(
                    export(responses, self._target, overwrite=self._overwrite)
                )
            complete = True
            return responses
        finally:
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
        """Images [n, 3, H, W]: neighbours of one size, as many as memory allows."""
        waiting: list[NDArray[np.uint8]] = []
        size = 1
        for k in range(self.n_frames):
            image = np.ascontiguousarray(np.moveaxis(self.stimulus.image(k), -1, 0))
            self._hash.update(f"{image.shape}".encode())
            self._hash.update(image.data)
            if waiting and (image.shape != waiting[0].shape or len(waiting) == size):
                yield np.stack(waiting)
                waiting = []
            if not waiting:
                fitting = self.session.batch_size(image.shape[1:], units)
                size = max(1, min(LARGEST_BATCH, fitting))
            waiting.append(image)
        yield np.stack(waiting)

    def _coords(self) -> dict[str, Any]:
        return {
            "trial": list(self.stimulus.labels),
            **{
                name: (name, np.asarray(values))
                for name, values in self.session.response_coords.items()
            },
            **unit_coords(self.session, self.selection, self.session.unit_dim),
        }

    def _attrs(self) -> dict[str, Any]:
        return {
            **provenance(self.session, self.selection),
            "response_label": self.session.response_label,
            "stimulus": self.stimulus.name,
            "stimulus_hash": f"sha256:{self._hash.hexdigest()}",
            "stimulus_attrs": dict(self.stimulus.attrs),
        }


class Moments:
    """Responses to images as a row of units for each moment, for playback.

    The moments of one image follow each other in time (a single one, if the response
    has no time), then come those of the next. Repeats are averaged.

    Attributes
    ----------
    shape : (int, int)
        Moments of all images, and units.
    n_times : int
        Moments of one image.
    """

    def __init__(
        self,
        store: ScratchStore,
        shape: tuple[int, ...],
        dims: tuple[str, ...],
        unit_dim: str,
    ) -> None:
        sizes = dict(zip(dims, shape, strict=True))
        self.n_times = sizes.get("time", 1)
        self.shape: tuple[int, ...] = (
            store.shape[0] * self.n_times,
            sizes[unit_dim],
        )
        self._store, self._sizes = store, sizes
        self._others = [dim for dim in dims if dim not in ("time", unit_dim)]
        self._order = [
            dim for dim in ("trial", "time", unit_dim) if dim in (*dims, "trial")
        ]

    @property
    def n_done(self) -> int:
        """Moments whose responses are known."""
        return self._store.n_done * self.n_times

    def rows(self, start: int, stop: int) -> NDArray[np.float32]:
        """Responses at some moments, float32 [n, U]."""
        first = start // self.n_times
        last = -(-stop // self.n_times)
        flat = self._store.rows(first, last)
        block = xr.DataArray(
            flat.reshape(len(flat), *self._sizes.values()), dims=("trial", *self._sizes)
        )
        by_moment: NDArray[np.float32] = (
            block.mean(self._others)
            .transpose(*self._order)
            .to_numpy()
            .reshape(-1, self.shape[1])
        )
        skipped = start - first * self.n_times
        return by_moment[skipped : skipped + stop - start]

    def to_image(self, k: int) -> xr.DataArray:
        """Responses to one image, float32, with all the dimensions of the session.

        Image `k` must be done; see :attr:`n_done`.
        """
        values = self._store.rows(k, k + 1)[0].reshape(tuple(self._sizes.values()))
        return xr.DataArray(values, dims=tuple(self._sizes))

    def row(self, moment: int) -> NDArray[np.float32]:
        """Responses at one moment, float32 [U]."""
        row: NDArray[np.float32] = self.rows(moment, moment + 1)[0]
        return row


def open_for(
    session: Session | None,
    source: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | NDArray[Any],
    *,
    frame_rate: float | None = None,
    interval_s: float | None = None,
) -> Stimulus | ImageSet:
    """Open a stimulus as `session` takes it: as images, else as a video.

    Parameters
    ----------
    session : Session or None
    source : path, array or, for images, several paths
        See :func:`.open_stimulus` and :func:`.open_images`.
    frame_rate : float, optional
        Frames per second (Hz) of a video that has no rate of its own.
    interval_s : float, optional
        Seconds between the images taken from a video; default every frame.

    Returns
    -------
    ImageSet or Stimulus
        Images for a session driven by images, else a video.

    Raises
    ------
    StimulusError
        If the source cannot be opened, or an option does not apply.
    """
    if session is not None and is_image_session(session):
        if frame_rate is not None:
            raise StimulusError(
                f"{session.id} answers single images, which have no frame rate; leave it "
                "out."
            )
        return open_images(source, interval_s=interval_s)
    if interval_s is not None:
        raise StimulusError(
            "An interval between images is for sessions driven by images; leave it out."
        )
    if not isinstance(source, str | os.PathLike | np.ndarray):
        raise StimulusError(
            "Several files at once are for sessions driven by images; for a video of "
            "them, put them into a folder and open that."
        )
    return open_stimulus(source, frame_rate=frame_rate)


def as_image_set(stimulus: ImageSet | Stimulus | NDArray[Any]) -> ImageSet:
    """The images that a stimulus consists of: of a video, every frame."""
    if isinstance(stimulus, ImageSet):
        return stimulus
    if isinstance(stimulus, Stimulus):
        return FrameImages(stimulus)
    return ImageArray(np.asarray(stimulus))

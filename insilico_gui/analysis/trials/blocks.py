"""Reading responses block by block, so that stored ones never fill the memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from insilico_gui.errors import AnalysisError
from insilico_gui.progress import in_blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.progress import OnProgress

BLOCK_BYTES = 32 * 2**20
"""About how much is read at once."""

LAYOUTS = (("time", "unit"), ("trial", "time", "unit"))


def are_to_images(responses: xr.DataArray) -> bool:
    """Whether responses are to single images, by their dims."""
    dims = set(responses.dims)
    return "trial" in dims and dims != {"trial", "time", "unit"}


def check_layout(responses: xr.DataArray) -> None:
    """Check dims and times of responses.

    Raises
    ------
    AnalysisError
        If the dims are others, as of responses to single images, or the times are
        missing, not finite or not ascending.
    """
    if are_to_images(responses):
        raise AnalysisError(
            "These are responses to single images, with the dims "
            f"{', '.join(map(str, responses.dims))}; this analysis needs responses to a "
            "video."
        )
    if responses.dims not in LAYOUTS:
        raise AnalysisError(
            f"The responses have the dims {list(map(str, responses.dims))}; bring them "
            "to ('time', 'unit') or ('trial', 'time', 'unit'), e.g. with transpose."
        )
    if responses.sizes["time"] == 0 or responses.sizes["unit"] == 0:
        raise AnalysisError("The responses hold no frames or no units.")
    if "time" not in responses.coords:
        raise AnalysisError(
            "The responses have no coordinate 'time' (seconds); add one."
        )
    time = responses["time"].to_numpy()
    if (
        time.dtype.kind != "f"
        or not np.isfinite(time).all()
        or (np.diff(time) <= 0).any()
    ):
        raise AnalysisError(
            "The times of the responses are not ascending numbers of seconds."
        )


def videos(responses: xr.DataArray) -> list[xr.DataArray]:
    """The videos of a batch, or the one video, each with dims (time, unit)."""
    if "trial" not in responses.dims:
        return [responses]
    return [responses.isel(trial=i) for i in range(responses.sizes["trial"])]


def frame_blocks(
    video: xr.DataArray, on_progress: OnProgress | None = None
) -> Iterator[tuple[int, int]]:
    """Frames to read at once: (start, stop), along whole storage chunks if possible."""
    n_frames, n_units = video.shape
    stored = video.encoding.get("preferred_chunks", {}).get("time", 1)
    wanted = max(1, BLOCK_BYTES // (video.dtype.itemsize * n_units))
    length = max(stored, wanted // stored * stored)
    for frames in in_blocks(n_frames, length, on_progress):
        yield frames.start, frames.stop


def read(video: xr.DataArray, start: int, stop: int) -> NDArray[np.generic]:
    """Frames `start` to `stop` (excluded) of a video, [n, U]."""
    block: NDArray[np.generic] = video.isel(time=slice(start, stop)).to_numpy()
    return block

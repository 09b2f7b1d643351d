"""What the engine remembers from chunk to chunk, in groups of videos side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from insilico_wang2025.network.modulation import LSTMState

if TYPE_CHECKING:
    from torch import Tensor

    from insilico_wang2025.engine.feedforward import History


class VideoState(NamedTuple):
    """All that is remembered of one video, or of a few side by side."""

    modulation: LSTMState
    feedforward: History
    recurrent: LSTMState

    @property
    def n_videos(self) -> int:
        """How many videos it is of."""
        return len(self.feedforward[0])


EngineState = tuple[VideoState, ...]


def split(state: VideoState, size: int) -> EngineState:
    """The same as states of at most `size` videos.

    If there are several, they do not keep the memory of the whole.
    """
    n = state.n_videos
    if n <= size:
        return (state,)

    def parts(tensor: Tensor, axis: int) -> list[Tensor]:
        per_video = tensor.shape[axis] // n
        edges = [per_video * video for video in range(size, n, size)]
        return [part.clone() for part in tensor.tensor_split(edges, axis)]

    modulation = zip(*(parts(tensor, 1) for tensor in state.modulation), strict=True)
    feedforward = zip(*(parts(tensor, 0) for tensor in state.feedforward), strict=True)
    recurrent = zip(*(parts(tensor, 0) for tensor in state.recurrent), strict=True)
    return tuple(
        VideoState(LSTMState(*m), f, LSTMState(*r))
        for m, f, r in zip(modulation, feedforward, recurrent, strict=True)
    )

"""Arguments of runs, for type checkers and editors."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from insilico_drosophila.targets import Spec
    from insilico_gui.progress import OnProgress


class NetworkOptions(TypedDict, total=False):
    """Of :meth:`.fly.Fly.simulate`."""

    embedding_hz: ArrayLike | None
    frame: int | None
    v0: ArrayLike | None
    g0: ArrayLike | None
    poisson_events: tuple[ArrayLike, ArrayLike] | None
    seed: int
    stimulate: Spec | None
    silence: Spec | None
    lora: float | bool


class RunOptions(NetworkOptions, total=False):
    """Of :meth:`.fly.Fly.run`."""

    record: str | Sequence[str]
    neurons: Sequence[int] | None
    window_ms: float | None
    n_discard: int
    on_progress: OnProgress | None

"""The keys of the playback."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt

from insilico_gui.app.shell.keys import WindowKey

if TYPE_CHECKING:
    from collections.abc import Callable

    from insilico_gui.experiment.playback import Playback


def playback_keys(
    playback: Playback, stay: Callable[[], object]
) -> tuple[WindowKey, ...]:
    """Keys that play, step and go to the ends; `stay` ends the following of responses."""

    def step(frames: int) -> None:
        stay()
        playback.step(frames)

    def go(frame: int) -> None:
        stay()
        playback.seek_frame(frame)

    key = Qt.Key
    return (
        WindowKey(
            *(key.Key_Space, "Play or pause", playback.toggle),
            everywhere=True,
            repeats=False,
        ),
        WindowKey(key.Key_Left, "One frame back", lambda: step(-1)),
        WindowKey(key.Key_Right, "One frame on", lambda: step(1)),
        WindowKey(key.Key_Home, "To the first frame", lambda: go(0)),
        WindowKey(
            key.Key_End, "To the last frame", lambda: go(max(playback.n_frames - 1, 0))
        ),
    )

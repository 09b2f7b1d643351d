"""What is being done, and what of it failed, on the line below the map."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from insilico_gui.app.shell.window import InsilicoWindow
    from insilico_gui.app.work.jobs import Job


def show_work(window: InsilicoWindow) -> None:
    """Show the job that was started last; encoding before others."""
    jobs, encoding = window.jobs.announced(), window.encoding.running
    for panel in window.panels:
        if panel.is_seen:
            panel.draw_work()
    if not jobs:
        window.playback_bar.hide_progress()
        return
    shown = encoding if encoding in jobs else jobs[-1]
    more = len(window.encoding.waiting) if shown is encoding else 0
    waiting = f" (then {more} more)" if more else ""
    window.playback_bar.show_progress(shown.title + waiting, shown.latest)


class Failures:
    """What went wrong in work that follows itself: files that queue, runs that wait.

    One that fails is told at once; the others go on, and what is said when they are done
    tells of it again.
    """

    def __init__(self) -> None:
        self._texts: list[str] = []

    def began(self, window: InsilicoWindow, job: Job) -> None:
        """A job began: what went wrong earlier is over, unless its work goes on."""
        if window.encoding.goes_on or window.stimuli.goes_on:
            return
        if all(other is job or other.cancelled for other in window.jobs.announced()):
            self._texts.clear()
            window.playback_bar.forget_problem()

    def failed(self, window: InsilicoWindow, text: str) -> None:
        """Something failed; one sentence."""
        self._texts.append(text)
        window.say(text, problem=True)

    def completed(self, window: InsilicoWindow, text: str) -> None:
        """A run is done; one sentence."""
        failed = list(dict.fromkeys(self._texts))
        window.say(" ".join([text, *failed]), problem=bool(failed))

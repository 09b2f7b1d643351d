"""What is being done, on the line below the map."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from insilico_gui.app.shell.window import InsilicoWindow


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

"""Cancelling work on the user's behalf, and saying what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from insilico_gui.app.work.jobs import Job, Jobs


def cancel_all(jobs: Jobs, say: Callable[[str], object]) -> None:
    """Cancel all work that users are told of; says so, and how it ended."""
    asked = [job for job in jobs.announced() if not job.cancelled]
    left = set(asked)

    def ended(job: Job) -> None:
        left.discard(job)
        if not left:
            say(_what_became_of(asked))

    for job in asked:
        job.cancel()
        job.ended.connect(ended)
    if asked:
        say(f"Cancelling: {_titles(asked)}…")


def _what_became_of(jobs: list[Job]) -> str:
    """What is said of work that was to be cancelled, now that it has ended."""
    stopped = [job for job in jobs if job.stopped]
    done = [job for job in jobs if not job.stopped]
    said = []
    if stopped:
        said.append(
            f"Cancelled: {_titles(stopped)}. What it had computed was discarded."
        )
    if done:
        said.append(f"Too late to cancel, it was done: {_titles(done)}.")
    return " ".join(said)


def _titles(jobs: list[Job]) -> str:
    return ", ".join(job.title for job in jobs)

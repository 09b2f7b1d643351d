"""How far an encoding is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """How far a job is.

    Attributes
    ----------
    done, total : int
        Frames, or images.
    elapsed_s : float
        Seconds since the first was asked for.
    what : str
        ``"frames"`` or ``"images"``.
    """

    done: int
    total: int
    elapsed_s: float
    what: str = "frames"

    @property
    def per_s(self) -> float:
        """Average rate so far."""
        return self.done / self.elapsed_s if self.elapsed_s > 0 else 0.0

    @property
    def remaining_s(self) -> float | None:
        """Seconds left at this rate; None before there is a rate."""
        rate = self.per_s
        return (self.total - self.done) / rate if rate > 0 else None

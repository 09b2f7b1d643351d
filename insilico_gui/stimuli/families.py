"""The parametric families that people choose from, by the name they know them by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from insilico_gui.stimuli.gratings import drifting_gratings

if TYPE_CHECKING:
    from collections.abc import Callable

    from insilico_gui.stimuli.parametric import RenderedStimulus

FAMILIES: dict[str, Callable[..., RenderedStimulus]] = {
    "drifting gratings": drifting_gratings,
}
"""Functions whose typed parameters are the form; each returns a stimulus with trials."""

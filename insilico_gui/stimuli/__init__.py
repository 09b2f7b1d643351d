"""Stimuli: video and images from files, arrays, and parametric families."""

from __future__ import annotations

from insilico_gui.stimuli.base import ArrayStimulus, Stimulus

__all__ = ["ArrayStimulus", "Stimulus"]

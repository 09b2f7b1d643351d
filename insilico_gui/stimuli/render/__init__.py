"""Painting frames: carriers, apertures, shapes, noise.

Nothing here knows trials or parameters of a family: that is in
:mod:`insilico_gui.stimuli.families`.
"""

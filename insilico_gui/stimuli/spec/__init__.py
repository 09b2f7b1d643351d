"""Specifications: plain frozen data that says all of a parametric stimulus.

Their files, trial tables and sequences are here; the families themselves, which
derive from them, are in :mod:`insilico_gui.stimuli.families`.
"""

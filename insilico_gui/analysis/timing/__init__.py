"""How responses run within a trial: modulation, latency, tuning from time to time.

Functions on frames around the onsets of trials. What is measured of one number for each
trial is in :mod:`insilico_gui.analysis.tuning`, what repeats tell in
:mod:`insilico_gui.analysis.variability`.
"""

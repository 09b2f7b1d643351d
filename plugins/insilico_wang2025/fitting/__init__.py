"""Fitting a twin of one's own recordings, from a published core or from scratch.

What is learned and how: data sets, batches, objective, optimiser, schedule, first values.
The loop around the steps, checkpoints and curves are :mod:`insilico_gui.fitting`.
"""

"""Fitting: losses, optimiser, steps, the published outputs, and judging the result.

The loop around the steps is :mod:`insilico_gui.fitting`.
"""

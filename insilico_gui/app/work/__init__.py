"""Slow work off the GUI thread: jobs with progress and cancel, encoding, reading.

What is computed is the business of :mod:`insilico_gui.experiment` and below.
"""

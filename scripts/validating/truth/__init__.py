"""Truths: the demo's equations, the screen, and sessions whose answers are known.

Nothing here is what is measured: no code of :mod:`insilico_gui.analysis`, and of the demo
its parameters only.
"""

"""Behaviour of the animal, for sessions that take it: given, and drawn in time.

What a trace has to be is checked in :mod:`insilico_gui.encoding`.
"""

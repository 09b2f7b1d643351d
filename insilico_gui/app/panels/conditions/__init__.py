"""Panels of sessions that answer named conditions: the sheet of conditions, and trials.

Nothing here computes: what is drawn comes from declared analyses and from what is on show.
"""

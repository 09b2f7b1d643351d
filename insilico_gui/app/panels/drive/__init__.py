"""Panels of sessions that are driven: the sheet of a drive, and what the session did.

Nothing here computes: what is drawn comes from declared analyses and from what is on show.
"""

"""Declarations of analyses, a file for each kind of session.

How an analysis is declared is in :mod:`insilico_gui.experiment.analyses`; what they compute
is in :mod:`insilico_gui.analysis`.
"""

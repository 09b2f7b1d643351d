"""What repeats tell: intervals, responsiveness, noise, reliability, explained variance.

Functions on responses with repeated trials. How responses run in time is in
:mod:`insilico_gui.analysis.timing`, agreement with recordings that have a prediction of
every frame in :mod:`insilico_gui.analysis.agreement`.
"""

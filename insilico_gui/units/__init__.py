"""Units: their identity and table, selections, conditions on columns, result columns.

A session and its unit table are in :mod:`insilico_gui.session`; the numbers in
columns are made by :mod:`insilico_gui.analysis`.
"""

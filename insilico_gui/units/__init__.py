"""Units: identity and table, facts about columns, selections, conditions, results.

A session and its unit table are in :mod:`insilico_gui.session`; the numbers in
columns are made by :mod:`insilico_gui.analysis`.
"""

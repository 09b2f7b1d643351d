"""One file for each panel of the window, and what panels have in common.

Plots and forms that several use are in ``widgets``, jobs in ``work``.
"""

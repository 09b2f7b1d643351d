"""Widgets and texts that panels share: plots, forms, lists, labels.

None of them knows the window or another panel.
"""

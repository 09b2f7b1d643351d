"""The window as a whole: start, docks, drops, layers that are ours, theme, closing.

What a dock holds is in ``panels``, the map in ``map``.
"""

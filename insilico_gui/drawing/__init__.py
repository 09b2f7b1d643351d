"""What pictures of units share, in the window and outside it: places and colours.

Layouts of a map, the colours of columns and lines, and small pictures of a session. No
toolkit is imported here: napari draws them in the window, matplotlib in plots.
"""

"""What a user prefers in all experiments: the dialog that shows and changes it.

Where it is kept is in :mod:`insilico_gui.settings`.
"""

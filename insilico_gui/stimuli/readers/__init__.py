"""Stimuli from files and arrays: pictures, folders, stacks, animations, arrays.

Video and TIFF have rooms of their own. What a stimulus is, and its grey levels, is
in :mod:`insilico_gui.stimuli.core`; nothing here is parametric.
"""

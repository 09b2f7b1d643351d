"""Video files: container, index of frames, decoder, exact grey levels and colours.

The way of a file name to a reader is :mod:`insilico_gui.stimuli.readers.opening`;
resampling to a session is :mod:`insilico_gui.stimuli.core.conversion`.
"""

"""TIFF stacks: pages, samples, codecs.

Other pictures are in :mod:`insilico_gui.stimuli.readers`; grey levels of samples are
made by :mod:`insilico_gui.stimuli.core.pixels`, as for every reader.
"""

"""Parametric families, a file each, and the registry of those that people choose from.

Each is a specification with its trials and its renderer. What several of them paint
with is in :mod:`insilico_gui.stimuli.render`.
"""

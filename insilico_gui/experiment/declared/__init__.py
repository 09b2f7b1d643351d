"""The analyses that come with insilico_gui, a file for each subject.

A file of this folder registers its analyses by being here; see
:mod:`insilico_gui.experiment.analyses`. The computations are in
:mod:`insilico_gui.analysis`.
"""

"""Files of the published model: connectome, recorded rates, checkpoints, logs.

Every reader goes through the host's door for untrusted files and raises one sentence of
the type :class:`insilico_gui.errors.WeightsError`. Nothing here computes with a network.
"""

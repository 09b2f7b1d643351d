"""Data to fit: trials with spikes and responses, from files, events or generators.

How the network is fitted to them is in :mod:`insilico_nnpoisson.training`.
"""

"""Voxels of human visual cortex: feature-weighted receptive fields on a small network.

The model of St-Yves & Naselaris (2018, NeuroImage 180, 188-202), with free-form pooling
fields, fitted to the Natural Scenes Dataset.
"""

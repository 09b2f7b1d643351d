"""Encoding models published as BERG (NEST before): voxels, vertices and electrodes."""

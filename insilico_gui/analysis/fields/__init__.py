"""Receptive fields: weighted means of what was shown, and Gaussians fitted to them.

The registry names the methods that a stimulus allows. Maps over the cortex are in
``cortex``.
"""

"""Models fitted to curves, batched over units, and what they stand on.

Least squares, von Mises, Gaussian, angles, flatness. Nothing here knows trials or
responses: the tuning to a parameter is in ``tuning``.
"""

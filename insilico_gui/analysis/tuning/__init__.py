"""Tuning of units to what the trials vary, with its indices and fits.

The registry names what a trial table allows. Values of trials come from ``trials``,
models from ``fits``; receptive fields are in ``fields``.
"""

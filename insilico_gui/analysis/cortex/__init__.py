"""Maps over the cortex or the scalp: retinotopy, field sign, electrode positions.

Receptive fields of single units are in ``fields``.
"""

"""Analyses of stimuli made for one question: plaids, surrounds, coherent motion.

Tuning to any column of a trial table is in ``tuning``; what populations do, in
``population``.
"""

"""From responses to one value for each trial, and designs of trials.

Windows, parts of sequences, grouping, strata and permutations. Curves over the
trials are in ``tuning``, maps in ``fields``.
"""

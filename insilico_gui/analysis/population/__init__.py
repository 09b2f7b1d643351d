"""What a population does: correlations, sparseness, images that drive units most.

One unit at a time is in ``tuning`` and ``fields``; comparisons of responses are in
``agreement``.
"""

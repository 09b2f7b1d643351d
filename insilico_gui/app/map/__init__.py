"""The map of the units: layouts, colours, backdrop, lasso.

Which units are selected and what colours them is state of the ``Experiment``.
"""

"""The panel that fits a twin to data, and what it is made of.

Losses and steps belong to the declared fits; the work in the background is in ``app.work``.
"""

"""Every declared analysis against a truth that it shares no code with.

``of_*.py`` hold checks, one for each analysis or for several of one stimulus; a check
yields :class:`Quantity`. ``truth`` is what they are held against, ``page.py`` writes the
page. A new analysis without a check fails ``tests/analysis/test_validation.py``.
"""

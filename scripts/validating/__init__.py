"""Every declared analysis against a truth that it shares no code with.

``of_*.py`` hold checks, one for each analysis or for several of one stimulus; a check
yields :class:`Quantity`. ``closed_form.py`` is the demo's model without a screen,
``known_sessions.py`` are sessions with known answers; ``page.py`` writes the page. A new
analysis without a check fails ``tests/analysis/test_validation.py``.
"""

"""Parts that panels are made of, and what several of them share.

They are panels without a place of their own in the window.
"""

"""Agreement of responses: with recordings, other responses, published columns.

Nothing here measures tuning: it compares what others measured.
"""

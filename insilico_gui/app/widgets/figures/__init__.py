"""Plots as files: pictures for papers, and the data that is drawn.

Nothing here knows a panel; a plot tells what it draws, and a panel what it is called.
"""

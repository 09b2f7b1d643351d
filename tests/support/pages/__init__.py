"""Pages of the docs, run as they are written.

Here is how the code of a page is read and run: ``blocks`` finds it, ``runner`` runs the
blocks of one page in order, ``server`` forks a process for each page and each command.
What pages there are, and what is given to them, is in ``tests/docs``.
"""

"""Files and folders that come to the window: told apart, and taken or answered.

What is then done with them is the window's, ``work``'s and the experiment's.
"""

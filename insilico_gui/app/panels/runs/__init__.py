"""The rail of runs: sessions and stimuli as a list with small pictures, or as icons.

Here are the panel, the list that it draws, the pictures, and the script of one run. What
is done with the responses of a run is in the other panels.
"""

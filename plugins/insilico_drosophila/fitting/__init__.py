"""Fitting the network to recorded rates: four stages and what they share.

train1 fits the spiking network frame by frame with an online learning rule, eval1 runs
it, train2 fits a recurrent network that predicts the next frame, and evaluate runs both
in a closed loop.
"""

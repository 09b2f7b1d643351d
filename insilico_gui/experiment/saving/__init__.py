"""Files of experiments, and what is left of one after a crash."""

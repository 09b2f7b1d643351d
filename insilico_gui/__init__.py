"""In silico experiments with digital twins of the brain."""

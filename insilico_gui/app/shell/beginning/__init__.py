"""What an empty window offers, and the download of weights."""

"""Panels along the time axis: traces of units, the raster of all, responses to trials."""

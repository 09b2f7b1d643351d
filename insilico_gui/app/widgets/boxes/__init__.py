"""Boxes to choose from that differ from those of Qt; nothing of experiments."""

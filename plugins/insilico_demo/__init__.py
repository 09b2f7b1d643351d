"""The demo twin."""

"""Commands for recordings: importing them, and judging sessions by them."""

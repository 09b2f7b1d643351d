"""The stimulus behind the units, or beside them."""

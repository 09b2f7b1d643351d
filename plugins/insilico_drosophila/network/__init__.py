"""The spiking network: its constants, its input events, and its steps in time.

Knows arrays only: no files, no recordings. :mod:`.event_engine` steps one network on a
CPU, :mod:`.dense_engine` any number of copies on any device.
"""

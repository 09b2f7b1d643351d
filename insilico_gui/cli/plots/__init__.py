"""``insilico-gui plot``: plots of results as files, drawn by :mod:`insilico_gui.plot`."""

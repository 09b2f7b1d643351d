"""Pictures and films of what is on show: the menu of the map, and what asks for a film.

How films are drawn and written is in :mod:`insilico_gui.films`, and maps in
:mod:`insilico_gui.plot`; menus of single plots are in ``app.widgets.figures``.
"""

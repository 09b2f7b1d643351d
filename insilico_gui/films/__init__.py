"""Films of runs: the map with its legend, the stimulus, and traces, frame by frame.

Here: what a film shows, how its pages are drawn and written. No window, and no clock: a
film has every frame of a run. Files of stimuli alone are in :mod:`.stimuli.render`.
"""

from __future__ import annotations

from insilico_gui.films.declaration import FILM_SUFFIXES, Film, film_of
from insilico_gui.films.saving import save_film, write_film

__all__ = ["FILM_SUFFIXES", "Film", "film_of", "save_film", "write_film"]

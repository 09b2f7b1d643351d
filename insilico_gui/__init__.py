"""In silico experiments with digital twins of the brain.

>>> import insilico_gui as ig
>>> session = ig.open_session("demo")
>>> stimulus = ig.stimuli.drifting_gratings(n_directions=8)
>>> responses = ig.encode(session, stimulus)
>>> ig.export(responses, "responses.npz")

Importing this package takes neither Qt nor torch; the window is in
:mod:`insilico_gui.app`.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from insilico_gui import analysis, fitting, plot, stimuli
from insilico_gui.encoding import encode
from insilico_gui.errors import EncodingCancelled, InsilicoError
from insilico_gui.experiment import Experiment
from insilico_gui.export import export, export_spikes, load_responses
from insilico_gui.films import save_film
from insilico_gui.opening import (
    list_sessions,
    open_properties,
    open_session,
    session_infos,
)
from insilico_gui.session import Session, SessionInfo
from insilico_gui.stimuli import ImageSet, Stimulus, open_images, open_stimulus
from insilico_gui.units.selection import Selection, select

try:
    __version__ = version("insilico-gui")
except PackageNotFoundError:  # a folder of sources that was not installed
    __version__ = "unknown"

__all__ = [
    "EncodingCancelled",
    "Experiment",
    "ImageSet",
    "InsilicoError",
    "Selection",
    "Session",
    "SessionInfo",
    "Stimulus",
    "analysis",
    "encode",
    "export",
    "export_spikes",
    "fitting",
    "list_sessions",
    "load_responses",
    "open_images",
    "open_properties",
    "open_session",
    "open_stimulus",
    "plot",
    "save_film",
    "select",
    "session_infos",
    "stimuli",
]


def __dir__() -> list[str]:
    return [*__all__, "__version__"]

"""Opening the window: from Python, the command line or napari's menu."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import napari
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QWidget

from insilico_gui.app.shell.after_script import run_until_closed, stay_after_script
from insilico_gui.app.shell.window import InsilicoWindow
from insilico_gui.errors import InsilicoError
from insilico_gui.experiment.document import SessionEntry

if TYPE_CHECKING:
    import os

    import numpy as np
    from numpy.typing import NDArray

    from insilico_gui.session import Session
    from insilico_gui.stimuli import Stimulus
    from insilico_gui.stimuli.readers.images import ImageSet


def launch(
    session: Session | str | None = None,
    *,
    stimulus: Stimulus
    | ImageSet
    | NDArray[np.uint8]
    | str
    | os.PathLike[str]
    | None = (None),
    directory: str | os.PathLike[str] | None = None,
    device: str = "auto",
    viewer: napari.Viewer | None = None,
    encode: bool = True,
    block: bool | None = None,
) -> InsilicoWindow:
    """Open the window.

    Session and stimulus are loaded before it appears; encoding goes on in the
    background, see :meth:`InsilicoWindow.wait`. A script goes on with its next line, and
    when it has ended, the window stays until it is closed.

    Parameters
    ----------
    session : Session or str, optional
        A session, or the id of one.
    stimulus : Stimulus, ImageSet, array or path, optional
        What to show.
    directory : path, optional
        Folder with the weights of `session`.
    device : str
        See :func:`insilico_gui.open_session`.
    viewer : napari.Viewer, optional
        Where to put the panels, unless it has them already; default a new viewer.
    encode : bool
        Start encoding at once when there are a session and a stimulus.
    block : bool, optional
        True: return when the window is closed. False: the window goes when the script
        ends. Default: as above; in IPython and in napari it lives in their event loop.

    Returns
    -------
    InsilicoWindow
        With ``viewer`` (layers named "Stimulus" and "Units") and ``experiment``.

    Raises
    ------
    InsilicoError
        If the session or the stimulus cannot be opened.
    """
    if block is None:
        stay_after_script()  # first: what cannot be shown is closed at the end, too
    window = open_window(
        session,
        stimulus=stimulus,
        directory=directory,
        device=device,
        viewer=viewer,
        encode=encode,
    )
    if block:
        run_until_closed()
    return window


def open_window(
    session: Session | str | None,
    *,
    stimulus: Any = None,
    directory: str | os.PathLike[str] | None = None,
    device: str = "auto",
    viewer: napari.Viewer | None = None,
    encode: bool = True,
) -> InsilicoWindow:
    """The window of :func:`launch`; one that cannot show what is asked for is closed."""
    window = _shown_in(viewer) if viewer is not None else InsilicoWindow()
    try:
        _show(window, session, stimulus, directory, device, encode=encode)
    except BaseException:
        if viewer is None:
            window.viewer.close()
        raise
    return window


def _show(
    window: InsilicoWindow,
    session: Session | str | None,
    stimulus: Any,
    directory: str | os.PathLike[str] | None,
    device: str,
    *,
    encode: bool,
) -> None:
    """Put a session and a stimulus on show, and encode them if wanted."""
    experiment, name, shown = window.experiment, None, None
    if isinstance(session, str):
        name = experiment.add_session(session, directory, device)
    elif session is not None:
        name = experiment.put_session(SessionEntry(id=session.id), session)
    if name is not None:
        experiment.show(session=name)
    if stimulus is not None:
        shown = experiment.add_stimulus(stimulus, session=name, show=True)
    opened = window.now.condition_session
    if opened is not None and shown is None:
        window.say(
            f"{opened.id} is loaded; choose the conditions that it is to answer."
        )
    if encode and name is not None and shown is not None:
        window.encode()


class PluginWidget(QWidget):
    """Opens the panels in a viewer that exists already (napari's Plugins menu).

    napari docks the widget. It is only the door: its dock goes again at once, so that
    opening the plugin once more comes here and shows the panels that there are.

    Attributes
    ----------
    window_ : InsilicoWindow
    """

    def __init__(self, napari_viewer: napari.Viewer | None = None) -> None:
        super().__init__()
        # What plugins are handed hides the window, in which the panels have to go.
        viewer = napari.current_viewer() or napari_viewer
        if viewer is None:
            raise InsilicoError("There is no napari viewer to open the panels in.")
        self.window_ = _shown_in(viewer)
        QTimer.singleShot(0, self._leave)

    def _leave(self) -> None:
        with suppress(LookupError):  # not docked
            self.window_.viewer.window.remove_dock_widget(self)
        self.deleteLater()


def _shown_in(viewer: napari.Viewer) -> InsilicoWindow:
    """The panels of a viewer, shown and in front; new ones if it has none."""
    window = InsilicoWindow.in_viewer(viewer)
    if window is None:
        return InsilicoWindow(viewer)
    window.show_again()
    return window

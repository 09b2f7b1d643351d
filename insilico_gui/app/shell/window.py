"""The window: a napari viewer with the panels of an experiment around it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import napari
from qtpy.QtWidgets import QMessageBox

from insilico_gui.app.map.stimulus.inset import StimulusInset
from insilico_gui.app.shell.arriving.arrivals import Arrivals
from insilico_gui.app.shell.arriving.frame_rates import FrameRates
from insilico_gui.app.shell.beginning.welcome import Welcome
from insilico_gui.app.shell.closing import CloseGuard
from insilico_gui.app.shell.docks import child_of
from insilico_gui.app.shell.experiment_files import ExperimentFiles
from insilico_gui.app.shell.focus_ring import FocusRing
from insilico_gui.app.shell.keys import WindowKeys
from insilico_gui.app.shell.map_tools import MapTools
from insilico_gui.app.shell.menus.file_menu import file_menu_of
from insilico_gui.app.shell.menus.help_menu import HelpMenu
from insilico_gui.app.shell.menus.top_bar import TopBar
from insilico_gui.app.shell.menus.view_menu import ViewMenu
from insilico_gui.app.shell.pictures.map_pictures import MapPictures
from insilico_gui.app.shell.playback_keys import playback_keys
from insilico_gui.app.shell.result_colors import color_by_result
from insilico_gui.app.shell.work_line import Failures, show_work
from insilico_gui.app.shell.workspace import Workspace
from insilico_gui.app.work.analysis_run import AnalysisRun
from insilico_gui.app.work.cancelling import cancel_all
from insilico_gui.app.work.encoding_run import EncodingRun
from insilico_gui.app.work.frame_reader import FrameReader
from insilico_gui.app.work.jobs import sentence
from insilico_gui.app.work.opening import Opening
from insilico_gui.app.work.stimulus_opening import StimulusOpening
from insilico_gui.errors import InsilicoError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from insilico_gui.app.map.lasso import Lasso
    from insilico_gui.app.panels.panel import Panel
    from insilico_gui.app.work.jobs import Job
    from insilico_gui.experiment import Experiment


class InsilicoWindow(Workspace):
    """Ties an experiment to a napari viewer: what is shown when, and what runs.

    Parameters
    ----------
    viewer : napari.Viewer, optional
        Where to show; default a new one. See :meth:`in_viewer` for one that may have the
        panels already.
    experiment : Experiment, optional
        Default a new one.
    own : bool, optional
        See :class:`.Workspace`; default whether the viewer is a new one.

    Attributes
    ----------
    viewer : napari.Viewer
        With layers named "Stimulus" and "Units" once there is something to show.
    experiment : Experiment
    now : Resolved
        What is on show; replaced whole after every command on the experiment.
    jobs : Jobs
        Work in the background.
    reader, encoding : FrameReader, EncodingRun

    Raises
    ------
    InsilicoError
        If the viewer has the panels already.
    """

    def __init__(
        self,
        viewer: napari.Viewer | None = None,
        experiment: Experiment | None = None,
        *,
        own: bool | None = None,
    ) -> None:
        if viewer is not None and self.in_viewer(viewer) is not None:
            raise InsilicoError(
                "This viewer has the panels already; get them by "
                "InsilicoWindow.in_viewer(viewer)."
            )
        super().__init__(
            viewer or napari.Viewer(title="insilico_gui"),
            experiment,
            own=viewer is None if own is None else own,
        )
        window, experiment, jobs = self.docks.window, self.experiment, self.jobs
        self._played: int | None = None  # the moment that the map shows, while it plays
        self.map_tools = MapTools(self)
        self._failures = Failures()
        self.reader = FrameReader(experiment, jobs, self)
        self.inset = StimulusInset(self.docks.canvas, self.reader.peek)
        self.encoding = EncodingRun(experiment, jobs, self.reader, self)
        self.analyses = AnalysisRun(experiment, jobs, self)
        self.opening = Opening(experiment, jobs, self)
        self.stimuli = StimulusOpening(experiment, jobs, self)
        self.arrivals, self.frame_rates = Arrivals(self), FrameRates(self)
        self.files = ExperimentFiles(self)
        self.pictures = MapPictures(self)
        self.menu = file_menu_of(self)
        self.view_menu, self.help_menu = ViewMenu(self), HelpMenu(self)
        self.top_bar = TopBar(self)
        # A script that closes the viewer has decided about what runs and is not saved
        self._guard = CloseGuard(
            *(window, jobs, lambda q: self.arrivals.closes_viewer or self.confirm(q)),
            lambda: self.arrivals.closes_viewer or self.files.may_close(),
            self,
        )
        self.keys = WindowKeys(window, playback_keys(experiment.playback, self.stay))
        self.focus_ring = FocusRing(window, self.viewer, self.docks.canvas)
        self.welcome = Welcome(self)
        self._connect()
        self._changed()
        self.docks.follow((self.playback_bar, *self.slots))
        self.say(
            "Load a session and drop a video on the window: its responses play back here."
        )
        self.files.look_for_leftovers()

    @property
    def lasso(self) -> Lasso:
        """Draws around units on the map."""
        return self.map_tools.lasso

    @classmethod
    def in_viewer(cls, viewer: napari.Viewer) -> InsilicoWindow | None:
        """The panels that a viewer has, if it has any: there is one set for each."""
        return child_of(viewer, cls)

    def _connect(self) -> None:
        """Connect what changes by itself: the experiment, its clock, and work."""
        self.experiment.changed.connect(self._changed)
        self.experiment.playback.events.connect(self._playback_changed)
        self.viewer.dims.events.current_step.connect(self._slider_moved)
        self.jobs.changed.connect(self._show_work)
        self.jobs.began.connect(self._job_began)
        self.jobs.progressed.connect(self._show_work)
        self.reader.replaced.connect(self._show_frames)
        self.reader.made.connect(self._frames_made)
        self.encoding.grew.connect(self._grow)
        self.encoding.completed.connect(self._run_completed)
        self.opening.missing.connect(self.files.encode_again)
        self.opening.moved.connect(self.files.offer_search)
        self.stimuli.added.connect(self._stimulus_added)
        self.analyses.completed.connect(self._color_by)
        self._guard.closing.connect(self._close)
        self.layer_owner.refused.connect(self.say)
        self.jobs.failed.connect(self._job_failed)
        for problem in (self.reader.problem, self._guard.problem):
            problem.connect(self._say_problem)

    # -- commands ----------------------------------------------------------------------

    def open_stimuli(self, given: Sequence[Any], **options: Any) -> None:
        """Open stimuli in the background, and add each to the experiment.

        Parameters
        ----------
        given : sequence
            Each a path, a list of paths of images, or a stimulus that is open.
        **options
            Of :meth:`.Experiment.add_stimulus`.
        """
        options.setdefault("session", self.now.session_name)
        options.setdefault("fit", self.now.fit)
        self.stimuli.open(given, **options)

    def open_reference(self, path: Path) -> None:
        """Compare what is on show with the responses in a file, read in the background."""
        self.stimuli.open_reference(path, self.say)

    def drop(self, paths: Sequence[str | Path]) -> None:
        """Take files and folders: stimuli, sessions, responses, tables, experiments."""
        self.arrivals.take(paths)

    def encode(self, pairs: Sequence[tuple[str, str]] | None = None) -> None:
        """Encode runs in the background, after those that are queued.

        Parameters
        ----------
        pairs : sequence of (session, stimulus), optional
            Names in the document; default the run on show.
        """
        now, experiment = self.now, self.experiment
        shown, selected_only = experiment.on_show(), now.view.encode_selected
        if pairs is None:
            if shown[0] is None or shown[1] is None:
                missing = "session" if shown[0] is None else "stimulus"
                self._say_problem(f"To encode, first choose a {missing}.")
                return
            pairs = [(shown[0], shown[1])]
        for pair in pairs:
            try:
                # What was declared in another way stays so, unless it is looked at
                if pair == shown or experiment.document.run(*pair) is None:
                    experiment.plan_run(*pair, selected_only=selected_only)
                self.encoding.add(*pair)
            except InsilicoError as error:
                self._say_problem(sentence(error))
        self._show_work()  # also that they wait

    def save_selections(self, names: Sequence[str] = ()) -> None:
        """Ask for a file, and save selections of the session; by default all."""
        self.arrivals.save_selections(names)

    def load_selections(self) -> None:
        """Ask for a file of selections, and take them."""
        self.arrivals.load_selections()

    def analyse(self, analysis: str, parameters: dict[str, Any]) -> None:
        """Run an analysis of the run on show in the background."""
        with suppress(InsilicoError):
            self.analyses.start(analysis, parameters, on_problem=self._say_problem)

    def cancel(self) -> None:
        """Stop what runs in the background, and forget what it had done so far."""
        self.encoding.waiting.clear()
        self.stimuli.waiting.clear()
        cancel_all(self.jobs, self.say)

    def film(self) -> None:
        """Ask which film of the run on show to write."""
        self.pictures.ask_for_film()

    def arm_lasso(self, on: bool = True) -> None:
        """Let the user draw around units, in a flat layout; or not any more."""
        self.map_tools.arm_lasso(on)

    def stay(self) -> None:
        """The user moved in time: do not follow responses that come in."""
        self.encoding.stay()

    def peek(self, frame: int) -> NDArray[np.uint8] | None:
        """A frame on show, uint8 [H, W] or [H, W, 3], if it has been made."""
        return self.reader.peek(frame)

    def say(
        self,
        text: str,
        *,
        problem: bool = False,
        undo: Callable[[], object] | None = None,
    ) -> None:
        """Show one sentence until the next; with `undo`, a button that calls it."""
        self.playback_bar.say(text, problem=problem, undo=undo)

    def wait(self, timeout_s: float = 60.0) -> None:
        """Process events until no job runs; for scripts and pictures.

        Raises
        ------
        TimeoutError
            If work is still going on after `timeout_s` seconds.
        """
        self.jobs.wait(timeout_s)

    def confirm(self, question: str) -> bool:
        """Ask a yes-or-no question."""
        answer = QMessageBox.question(self.docks.window, "insilico_gui", question)
        return answer == QMessageBox.StandardButton.Yes

    # -- the experiment has changed ----------------------------------------------------

    def _changed(self, *_: object) -> None:
        """Resolve what is on show once, and have every part draw what differs."""
        before, now = self.now, self._resolver.resolve()
        changed = now.changed_since(before)
        layout = None
        if changed & {"session", "units", "view.layout"}:
            layout = self.map_tools.layout_for(now)
        if layout is not None:
            # A command of its own, after which all is drawn
            self.experiment.look(layout=layout)
            return
        self.now = now
        if changed & {"session", "view.layout"}:
            self.map_tools.put_away()
        self.map.take(self.now, changed)
        if "shown" in changed:
            self._show_new_stimulus()
        if changed & {"shown", "view.layout"}:
            self.inset.take(now, self.experiment.playback.frame // now.n_times)
        if changed & {"session", "session_name", "shown"}:
            self._offer_panels()
        if changed & {"session_name", "stimulus_name"}:
            self.welcome.draw()
        self._tell_panels(changed)
        self.top_bar.draw()
        self.encoding.check()
        self.opening.catch_up(self.now)
        if changed & {"path", "is_saved", "view", "session_name", "stimulus_name"}:
            self.files.draw()

    def _show_new_stimulus(self) -> None:
        shown, playback = self.now.shown, self.experiment.playback
        n_times = self.now.n_times
        if shown is None:
            playback.set_length(0, 1.0)
        else:
            playback.set_length(shown.n_items * n_times, shown.rate * n_times)
        self.reader.read(self.now)
        # Last: napari moves its own slider when there is another layer
        playback.seek(self.now.view.time_s)

    def _show_frames(self, frames: NDArray[np.uint8] | None) -> None:
        self.map.show_frames(frames)
        self.map.coloring_changed()
        if frames is not None:
            self.map_fit.again()  # unless the user has zoomed

    def _playback_changed(self, *_: object) -> None:
        """Another time, or the clock began or stopped."""
        playback = self.experiment.playback
        moment = playback.frame if playback.playing else None
        if moment is None or moment != self._played:  # the clock ticks within a frame
            self.map.show_time()
            self.map_tools.draw_time()
            self.inset.show_frame(playback.frame // self.now.n_times)
        self._played = moment
        for panel in self.panels:
            if panel.is_seen:
                panel.draw_time()

    def _slider_moved(self) -> None:
        """The user moved napari's own slider."""
        if self.map.frames.is_ahead:
            return  # it stands still while the stimulus plays
        steps, n_times = self.viewer.dims.current_step, self.now.n_times
        frame = steps[0] if len(steps) == 4 else None
        playback = self.experiment.playback
        if frame is not None and frame != playback.frame // n_times:
            self.encoding.stay()
            playback.seek_frame(frame * n_times)

    def _stimulus_added(self, stimulus: str) -> None:
        """Encode it at once, if that is wanted and a session is there to answer."""
        session, misfit = self.now.session_name, self.now.misfit
        self.frame_rates.ask(stimulus)
        if session is not None and misfit and stimulus == self.now.stimulus_name:
            self.say(misfit, problem=True)
        if session is None or not self.now.view.encode_at_once:
            return
        if self.experiment.takes(session, stimulus) is not False:
            self.encode([(session, stimulus)])

    def _color_by(self, columns: list[str]) -> None:
        color_by_result(self, columns)

    def _panel_made(self, panel: Panel) -> None:
        super()._panel_made(panel)
        self.map_tools.show_lasso(panel)

    # -- work in the background --------------------------------------------------------

    def _grow(self) -> None:
        """Responses have come in."""
        self.color_anew()

    def _frames_made(self) -> None:
        layer = self.map.stimulus_layer
        if layer is not None:
            layer.refresh()
        self._playback_changed()

    def _job_began(self, job: Job) -> None:
        self._failures.began(self, job)

    def _job_failed(self, text: str) -> None:
        self._failures.failed(self, text)

    def _run_completed(self, text: str) -> None:
        self._failures.completed(self, text)

    def _show_work(self) -> None:
        show_work(self)

    def _close(self, ended: bool) -> None:
        """The window closes: pause, and when all work has ended, give everything up."""
        self.experiment.playback.playing = False
        if ended:
            if self.is_own:
                self.layout.remember()
            self.reader.close()
            self.files.close()
            self.menu.release()
            self.layer_owner.release()

    def _say_problem(self, text: str) -> None:
        self.say(text, problem=True)

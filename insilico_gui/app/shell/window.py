"""The window: a napari viewer with the panels of an experiment around it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import napari
import numpy as np
from qtpy.QtWidgets import QMessageBox

from insilico_gui.app.map.lasso import Lasso, points_inside
from insilico_gui.app.panels.session_panel import SessionPanel
from insilico_gui.app.shell.closing import CloseGuard
from insilico_gui.app.shell.docks import child_of
from insilico_gui.app.shell.drops import DropFilter, FileSorter
from insilico_gui.app.shell.experiment_files import ExperimentFiles
from insilico_gui.app.shell.file_menu import file_menu_of
from insilico_gui.app.shell.space_key import SpaceKey
from insilico_gui.app.shell.viewer_open import Opener
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
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from insilico_gui.app.panels.panel import Panel
    from insilico_gui.app.work.jobs import Job
    from insilico_gui.experiment import Experiment
    from insilico_gui.experiment.resolved import Resolved

DRAW = "Hold the mouse button down and draw around units; Esc puts the lasso away."


class InsilicoWindow(Workspace):
    """Ties an experiment to a napari viewer: what is shown when, and what runs.

    Parameters
    ----------
    viewer : napari.Viewer, optional
        Where to show; default a new one. See :meth:`in_viewer` for one that may have the
        panels already.
    experiment : Experiment, optional
        Default a new one.

    Attributes
    ----------
    viewer : napari.Viewer
        With layers named "Stimulus" and "Units" once there is something to show.
    experiment : Experiment
    now : Resolved
        What is on show; replaced whole after every command on the experiment.
    jobs : Jobs
        Work in the background.
    reader : FrameReader
    encoding : EncodingRun

    Raises
    ------
    InsilicoError
        If the viewer has the panels already.
    """

    def __init__(
        self,
        viewer: napari.Viewer | None = None,
        experiment: Experiment | None = None,
    ) -> None:
        if viewer is not None and self.in_viewer(viewer) is not None:
            raise InsilicoError(
                "This viewer has the panels already; get them by "
                "InsilicoWindow.in_viewer(viewer)."
            )
        super().__init__(viewer or napari.Viewer(title="insilico_gui"), experiment)
        window, experiment, jobs = self.docks.window, self.experiment, self.jobs
        self.lasso = Lasso(self.viewer, self.layer_owner, self)
        self.reader = FrameReader(experiment, jobs, self)
        self.encoding = EncodingRun(experiment, jobs, self.reader, self)
        self.analyses = AnalysisRun(experiment, jobs, self)
        self.opening = Opening(experiment, jobs, self)
        self.stimuli = StimulusOpening(experiment, jobs, self)
        self._files = FileSorter(jobs, self)
        self._drops = DropFilter(window, self.drop)
        self._opener = Opener(self.viewer, self)
        self.files = ExperimentFiles(self)
        self.menu = file_menu_of(self)
        # A script that closes the viewer has decided about what runs and is not saved
        self._guard = CloseGuard(
            *(window, jobs, lambda q: self._opener.closes_viewer or self.confirm(q)),
            lambda: self._opener.closes_viewer or self.files.may_close(),
            self,
        )
        self._space = SpaceKey(window, experiment.playback.toggle)
        self._connect()
        self._changed()
        self.docks.follow((self.playback_bar, *self.slots))
        self.say(
            "Load a session and drop a video on the window: its responses play back here."
        )
        self.files.look_for_leftovers()

    @classmethod
    def in_viewer(cls, viewer: napari.Viewer) -> InsilicoWindow | None:
        """The panels that a viewer has, if it has any: there is one set for each."""
        return child_of(viewer, cls)

    def _connect(self) -> None:
        """Connect what changes by itself: the experiment, its clock, and work."""
        self.experiment.changed.connect(self._changed)
        self.experiment.playback.events.connect(self._playback_changed)
        self.viewer.dims.events.current_step.connect(self._slider_moved)
        self.viewer.bind_key(
            "Space", lambda _: self.experiment.playback.toggle(), overwrite=True
        )
        self.jobs.changed.connect(self._show_work)
        self.jobs.began.connect(self._job_began)
        self.jobs.progressed.connect(self._show_work)
        self.reader.replaced.connect(self._show_frames)
        self.reader.made.connect(self._frames_made)
        self.encoding.grew.connect(self._grow)
        self.encoding.completed.connect(self.say)
        self.lasso.changed.connect(self._lasso_changed)
        self.opening.missing.connect(self.files.encode_again)
        self.opening.moved.connect(self.files.offer_search)
        self.stimuli.added.connect(self._stimulus_added)
        self._files.sorted_out.connect(self._take_files)
        self._opener.opened.connect(self.drop)
        self._guard.closing.connect(self._close)
        self.layer_owner.refused.connect(self.say)
        for problem in (self.jobs.failed, self.reader.problem, self._files.problem):
            problem.connect(self._say_problem)
        self._guard.problem.connect(self._say_problem)

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
        """Take stimuli, a folder with sessions or images, or exported responses."""
        self._files.sort(paths, of_images=self.now.image_session is not None)

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

    def analyse(self, analysis: str, parameters: dict[str, Any]) -> None:
        """Run an analysis of the run on show in the background."""
        with suppress(InsilicoError):
            self.analyses.start(analysis, parameters, on_problem=self._say_problem)

    def cancel(self) -> None:
        """Stop what runs in the background, and forget what it had done so far."""
        self.encoding.waiting.clear()
        self.stimuli.waiting.clear()
        cancel_all(self.jobs, self.say)

    def arm_lasso(self, on: bool = True) -> None:
        """Let the user draw around units, in a flat layout; or not any more."""
        if not on or self.map.units_layer is None:
            self.lasso.cancel()
            self._show_lasso()
            return
        if self.now.view.layout == "anatomical 3-D":
            flat = [name for name in self.map.available_layouts() if "3-D" not in name]
            layout = "anatomical" if "anatomical" in flat else flat[0]
            self.experiment.look(layout=layout)
        self.lasso.start()
        self.say(DRAW)

    def stay(self) -> None:
        """The user moved in time: do not follow responses that come in."""
        self.encoding.stay()

    def peek(self, frame: int) -> NDArray[np.uint8] | None:
        """A frame on show, uint8 [H, W] or [H, W, 3], if it has been made."""
        return self.reader.peek(frame)

    def say(self, text: str, *, problem: bool = False) -> None:
        """Show one sentence until the next."""
        self.playback_bar.say(text, problem=problem)

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
        if changed & {"session", "view.layout"}:
            layout = self._layout_for(now)
        if layout is not None:
            # A command of its own, after which all is drawn
            self.experiment.look(layout=layout)
            return
        self.now = now
        if changed & {"session", "view.layout"}:
            self.lasso.stop()
        self.map.take(self.now, changed)
        if "shown" in changed:
            self._show_new_stimulus()
        if changed & {"session", "shown"}:
            self._offer_panels()
        self._tell_panels(changed)
        self.encoding.check()
        self.opening.catch_up(self.now)
        if changed & {"path", "is_saved", "view", "session_name", "stimulus_name"}:
            self.files.draw()

    def _layout_for(self, now: Resolved) -> str | None:
        """The layout to change to if the session lacks the one in use; else None."""
        layouts = self.map.layouts_of(now)
        return None if not layouts or now.view.layout in layouts else layouts[0]

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
            self.fit_view()

    def _playback_changed(self, *_: object) -> None:
        """Another time, or the clock began or stopped."""
        self.map.show_time()
        for panel in self.panels:
            if panel.is_seen:
                panel.draw_time()

    def _slider_moved(self) -> None:
        """The user moved napari's own slider."""
        steps, n_times = self.viewer.dims.current_step, self.now.n_times
        frame = steps[0] if len(steps) == 4 else None
        playback = self.experiment.playback
        if frame is not None and frame != playback.frame // n_times:
            self.encoding.stay()
            playback.seek_frame(frame * n_times)

    # -- files -------------------------------------------------------------------------

    def _take_files(self, kind: str, given: Any) -> None:
        """Take files of a kind that was found out."""
        if kind == "stimuli":
            self.show_panel("Stimulus")
            self.open_stimuli(given)
        elif kind == "sessions":
            self.panel(SessionPanel).use_folder(given)
        elif kind == "experiment":
            self.files.open(given)
        elif kind == "responses":
            self.show_panel("Compare")
            self.open_reference(given)

    def _stimulus_added(self, stimulus: str) -> None:
        """Encode it at once, if that is wanted and a session is there to answer."""
        session, misfit = self.now.session_name, self.now.misfit
        if session is not None and misfit and stimulus == self.now.stimulus_name:
            self.say(misfit, problem=True)
        if session is None or not self.now.view.encode_at_once:
            return
        if self.experiment.takes(session, stimulus) is not False:
            self.encode([(session, stimulus)])

    # -- the lasso ---------------------------------------------------------------------

    def _show_lasso(self) -> None:
        for panel in self.panels:
            panel.draw_lasso(armed=self.lasso.layer is not None)

    def _panel_made(self, panel: Panel) -> None:
        super()._panel_made(panel)
        panel.draw_lasso(armed=self.lasso.layer is not None)

    def _lasso_changed(self, what: str, polygon: object) -> None:
        self._show_lasso()
        layer = self.map.units_layer
        if what == "drawn" and layer is not None:
            corners = np.asarray(polygon, float)
            indices = points_inside(layer, corners)
            try:
                self.experiment.lasso(self.now.view.layout, corners, indices)
            except InsilicoError as error:
                self._say_problem(sentence(error))
                return
            self.viewer.layers.selection.active = layer
            self.say(f"{len(indices):,} units are inside the lasso.")
        elif what == "missed":
            self.say(f"Nothing was drawn around. {DRAW}")
        elif what == "cancelled":
            self.say("The lasso is put away; the selection is as it was.")

    # -- work in the background --------------------------------------------------------

    def _grow(self) -> None:
        """Responses have come in."""
        self.map.coloring_changed()
        self._tell_panels(grown=True)

    def _frames_made(self) -> None:
        layer = self.map.stimulus_layer
        if layer is not None:
            layer.refresh()
        self._playback_changed()

    def _job_began(self, job: Job) -> None:
        """What went wrong earlier is over, unless it was in work that still goes on."""
        if all(other is job or other.cancelled for other in self.jobs.announced()):
            self.playback_bar.forget_problem()

    def _show_work(self) -> None:
        """Show the job that was started last; encoding before others."""
        jobs, encoding = self.jobs.announced(), self.encoding.running
        for panel in self.panels:
            if panel.is_seen:
                panel.draw_work()
        if not jobs:
            self.playback_bar.hide_progress()
            return
        shown = encoding if encoding in jobs else jobs[-1]
        more = len(self.encoding.waiting) if shown is encoding else 0
        waiting = f" (then {more} more)" if more else ""
        self.playback_bar.show_progress(shown.title + waiting, shown.latest)

    def _close(self, ended: bool) -> None:
        """The window closes: pause, and when all work has ended, give everything up."""
        self.experiment.playback.playing = False
        if ended:
            self.reader.close()
            self.files.close()
            self.menu.release()
            self.layer_owner.release()

    def _say_problem(self, text: str) -> None:
        self.say(text, problem=True)

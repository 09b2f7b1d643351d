"""The window: a napari viewer with the panels of an experiment around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import napari
import numpy as np
from qtpy.QtWidgets import QMessageBox

from insilico_gui.app.map.lasso import Lasso, points_inside
from insilico_gui.app.shell.closing import CloseGuard
from insilico_gui.app.shell.docks import child_of
from insilico_gui.app.shell.drops import DropFilter, FileSorter
from insilico_gui.app.shell.space_key import SpaceKey
from insilico_gui.app.shell.viewer_open import Opener
from insilico_gui.app.shell.workspace import Workspace
from insilico_gui.app.work.encoding_run import EncodingRun
from insilico_gui.app.work.frame_reader import FrameReader
from insilico_gui.errors import InsilicoError, quoted
from insilico_gui.units.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from insilico_gui.app.work.jobs import Job

DRAW = "Hold the mouse button down and draw around units; Esc puts the lasso away."


class InsilicoWindow(Workspace):
    """Ties an experiment to a napari viewer: commands, and what is shown when.

    Parameters
    ----------
    viewer : napari.Viewer, optional
        Where to show; default a new one. See :meth:`in_viewer` for one that may have the
        panels already.

    Attributes
    ----------
    viewer : napari.Viewer
        With layers named "Stimulus" and "Units" once there is something to show.
    experiment : WindowState
    jobs : Jobs
        Work in the background.
    reader : FrameReader
    encoding : EncodingRun

    Raises
    ------
    InsilicoError
        If the viewer has the panels already.
    """

    def __init__(self, viewer: napari.Viewer | None = None) -> None:
        if viewer is not None and self.in_viewer(viewer) is not None:
            raise InsilicoError(
                "This viewer has the panels already; get them by "
                "InsilicoWindow.in_viewer(viewer)."
            )
        super().__init__(viewer or napari.Viewer(title="insilico_gui"))
        window = self.docks.window
        self.lasso = Lasso(self.viewer, self.layer_owner, self)
        self.reader = FrameReader(self.experiment, self.jobs, self)
        self.encoding = EncodingRun(self.experiment, self.jobs, self)
        self._files = FileSorter(self.experiment, self.jobs, self)
        self._drops = DropFilter(window, self._files.sort)
        self._opener = Opener(self.viewer, self)
        self._guard = CloseGuard(
            window, self.jobs, lambda text: self.confirm(text), self
        )
        self._space = SpaceKey(window, self.experiment.playback.toggle)
        self._connect_experiment()
        self._connect_panels()
        self._connect_work()
        self.playback_bar.say(
            "Load a session and drop a video on the window: its responses play back here."
        )

    @classmethod
    def in_viewer(cls, viewer: napari.Viewer) -> InsilicoWindow | None:
        """The panels that a viewer has, if it has any: there is one set for each."""
        return child_of(viewer, cls)

    def _connect_experiment(self) -> None:
        experiment = self.experiment
        experiment.session_changed.connect(self._session_changed)
        experiment.stimulus_changed.connect(self._stimulus_changed)
        experiment.job_changed.connect(self._coloring_changed)
        experiment.responses_changed.connect(self._coloring_changed)
        experiment.units_changed.connect(self._coloring_changed)
        experiment.selection_changed.connect(self.map.show_selection)
        experiment.view.events.layout.connect(self._layout_changed)
        experiment.view.events.color_by.connect(self._coloring_changed)
        experiment.view.events.limits.connect(self._coloring_changed)
        experiment.playback.events.time.connect(self._time_changed)
        self.viewer.dims.events.current_step.connect(self._slider_moved)
        self.viewer.bind_key(
            "Space", lambda _: experiment.playback.toggle(), overwrite=True
        )

    def _connect_panels(self) -> None:
        for panel in self.panels:
            panel.problem.connect(self._say_problem)
        self.session_panel.loaded.connect(self._session_loaded)
        self.stimulus_panel.encode_requested.connect(self.encode)
        self.selection_panel.lasso_requested.connect(self._toggle_lasso)
        self.lasso.armed.connect(self.selection_panel.show_lasso)
        self.lasso.drawn.connect(self._lasso_drawn)
        self.lasso.missed.connect(self._lasso_missed)
        self.lasso.cancelled.connect(self._lasso_cancelled)
        self.compare_panel.loaded.connect(self._responses_loaded)
        self.rf_panel.changed.connect(self._outlines_changed)
        self.playback_bar.touched.connect(self.encoding.stay)
        self.playback_bar.cancel_requested.connect(self.cancel)

    def _connect_work(self) -> None:
        self.jobs.changed.connect(self._show_work)
        self.jobs.began.connect(self._job_began)
        self.jobs.progressed.connect(self._show_work)
        self.jobs.failed.connect(self._say_problem)
        self.layer_owner.refused.connect(self.playback_bar.say)
        self.reader.replaced.connect(self._show_frames)
        self.reader.made.connect(self._frames_made)
        self.encoding.progressed.connect(self.playback_bar.show_progress)
        self.encoding.grew.connect(self._coloring_changed)
        for panel in (self.traces_panel, self.course_panel, self.images_panel):
            self.encoding.grew.connect(panel.grow)
        self.encoding.completed.connect(self.playback_bar.say)
        self._opener.opened.connect(self._files.sort)
        self._files.stimulus.connect(self._open_given)
        self._files.sessions.connect(self._offer_sessions)
        self._files.responses.connect(self._open_responses)
        self._guard.closing.connect(self._pause)
        self._guard.closed.connect(self._stop_reading)
        for part in (self.reader, self.encoding, self._files, self._guard):
            part.problem.connect(self._say_problem)

    # -- commands ----------------------------------------------------------------------

    def open_stimulus(self, path: str | Path | list[Path]) -> None:
        """Open a file, or images, in the background; encode if the panel says so."""
        self.stimulus_panel.open(path)

    def drop(self, paths: Sequence[str | Path]) -> None:
        """Take a stimulus, a folder with sessions or images, or exported responses."""
        self._files.sort(paths)

    def encode(self) -> None:
        """Encode the stimulus in the background and show responses as they come."""
        selected_only = self.stimulus_panel.selected_only.isChecked()
        self.encoding.start(selected_only=selected_only)

    def cancel(self) -> None:
        """Stop what runs in the background, and forget what it had done so far."""
        asked = [job for job in self.jobs.announced() if not job.cancelled]
        left = set(asked)

        def ended(job: Job) -> None:
            left.discard(job)
            if not left:
                self._say_cancelled(asked)

        for job in asked:
            job.cancel()
            job.ended.connect(ended)
        if asked:
            self.playback_bar.say(f"Cancelling: {_titles(asked)}…")

    def _say_cancelled(self, jobs: list[Job]) -> None:
        """Say what became of work that was to be cancelled, now that it has ended."""
        stopped = [job for job in jobs if job.stopped]
        done = [job for job in jobs if not job.stopped]
        said = []
        if stopped:
            said.append(
                f"Cancelled: {_titles(stopped)}. What it had computed was discarded."
            )
        if done:
            said.append(f"Too late to cancel, it was done: {_titles(done)}.")
        self.playback_bar.say(" ".join(said))

    def start_lasso(self) -> None:
        """Let the user draw around units; switches to a flat layout."""
        if self.experiment.view.layout == "anatomical 3-D":
            flat = [name for name in self.map.available_layouts() if "3-D" not in name]
            self.experiment.view.layout = (
                "anatomical" if "anatomical" in flat else flat[0]
            )
        self.lasso.start()
        self.playback_bar.say(DRAW)

    def _toggle_lasso(self, on: bool) -> None:
        if on and self.map.units_layer is not None:
            self.start_lasso()
        else:
            self.lasso.cancel()
            self.selection_panel.show_lasso(False)

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

    # -- reacting to the experiment ----------------------------------------------------

    def _session_changed(self) -> None:
        self.lasso.stop()
        self.map.show_session()
        layouts = self.map.available_layouts()
        view = self.experiment.view
        if layouts and (view.layout not in layouts or "scalp" in layouts):
            view.layout = layouts[0]
        self.offer_panels()

    def _stimulus_changed(self) -> None:
        self.encoding.stop()  # it reads the frames that are given up now
        self.reader.read()

    def _show_frames(self, frames: NDArray[np.uint8] | None) -> None:
        self.map.show_frames(frames)
        self._coloring_changed()
        if frames is not None:
            self.fit_view()

    def _layout_changed(self) -> None:
        self.lasso.stop()
        self.map.show_outlines([])  # pixels and lengths cannot be shown together
        self.map.show_layout()
        self._outlines_changed()

    def _coloring_changed(self, *_: object) -> None:
        self.map.coloring_changed()

    def _time_changed(self, _time: float) -> None:
        self.map.show_time()
        self._show_preview()

    def _slider_moved(self) -> None:
        """The user moved napari's own slider."""
        steps = self.viewer.dims.current_step
        frame = steps[0] if len(steps) == 4 else None
        experiment = self.experiment
        if frame is not None and frame != experiment.frame_on_show:
            self.encoding.stay()
            experiment.playback.seek_frame(frame * experiment.n_times)

    # -- reacting to the panels and to the user ----------------------------------------

    def _session_loaded(self) -> None:
        """A session was loaded by hand: encode the stimulus that is there already."""
        self.show_panel(self.stimulus_panel)
        session = self.experiment.session
        if session is None:
            return
        self.playback_bar.say(
            f"{session.id} is loaded on {session.device}: {len(session.units):,} units."
        )
        if self.experiment.frames is not None and (
            self.stimulus_panel.auto_encode.isChecked()
        ):
            self.encode()

    def _open_given(self, stimulus: Path | list[Path]) -> None:
        self.show_panel(self.stimulus_panel)
        self.open_stimulus(stimulus)

    def _open_responses(self, path: Path) -> None:
        self.show_panel(self.compare_panel)
        self.compare_panel.load(path)

    def _responses_loaded(self, name: str) -> None:
        self.playback_bar.say(
            f"The responses in {quoted(name)} are now the reference that the panel "
            "Compare compares the current ones with."
        )

    def _offer_sessions(self, folder: Path) -> None:
        self.show_panel(self.session_panel)
        self.session_panel.use_folder(folder)

    def _outlines_changed(self) -> None:
        self.map.show_outlines(self.rf_panel.outlines_shown())

    def _lasso_drawn(self, polygon: NDArray[np.float64]) -> None:
        layer = self.map.units_layer
        if layer is None:
            return
        indices = points_inside(layer, polygon)
        rule = {
            "lasso": np.round(polygon, 3).tolist(),
            "layout": self.experiment.view.layout,
        }
        self.experiment.use_selection(Selection(indices, rule))
        self.viewer.layers.selection.active = layer
        self.playback_bar.say(f"{len(indices):,} units are inside the lasso.")

    def _lasso_missed(self) -> None:
        self.playback_bar.say(f"Nothing was drawn around. {DRAW}")

    def _lasso_cancelled(self) -> None:
        self.playback_bar.say("The lasso is put away; the selection is as it was.")

    # -- reacting to work in the background --------------------------------------------

    def _frames_made(self) -> None:
        layer = self.map.stimulus_layer
        if layer is not None:
            layer.refresh()
        self._show_preview()

    def _show_preview(self) -> None:
        picture = self.reader.peek(self.experiment.frame_on_show)
        if picture is not None:
            self.stimulus_panel.preview.show_frame(picture)

    def _job_began(self, job: Job) -> None:
        """What went wrong earlier is over, unless it was in work that still goes on."""
        if all(other is job or other.cancelled for other in self.jobs.announced()):
            self.playback_bar.forget_problem()

    def _show_work(self) -> None:
        """Show the job that was started last; encoding shows its own progress."""
        jobs = self.jobs.announced()
        if not jobs:
            self.playback_bar.hide_progress()
        elif self.encoding.running not in jobs:
            self.playback_bar.show_progress(jobs[-1].title, jobs[-1].latest)

    def _pause(self) -> None:
        self.experiment.playback.playing = False

    def _stop_reading(self) -> None:
        self.encoding.stop()
        self.reader.close()
        self.layer_owner.release()

    def _say_problem(self, text: str) -> None:
        self.playback_bar.say(text, problem=True)


def _titles(jobs: list[Job]) -> str:
    return ", ".join(job.title for job in jobs)

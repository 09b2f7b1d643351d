"""The window: a napari viewer with the panels of an experiment around it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import napari
import numpy as np
from qtpy.QtCore import QEvent, QObject, QTimer
from qtpy.QtWidgets import QApplication, QMessageBox, QWidget

from insilico_gui.app.compare_panel import ComparePanel
from insilico_gui.app.course_panel import CoursePanel
from insilico_gui.app.docks import Docks
from insilico_gui.app.drops import DropFilter
from insilico_gui.app.export_panel import ExportPanel
from insilico_gui.app.images_panel import ImagesPanel
from insilico_gui.app.jobs import Job, Jobs, sentence
from insilico_gui.app.lasso import Lasso, points_inside
from insilico_gui.app.map_panel import MapPanel
from insilico_gui.app.playback_bar import PlaybackBar
from insilico_gui.app.population_panel import PopulationPanel
from insilico_gui.app.retinotopy_panel import RetinotopyPanel
from insilico_gui.app.rf_panel import ReceptiveFieldPanel
from insilico_gui.app.selection_panel import SelectionPanel
from insilico_gui.app.session_panel import SessionPanel
from insilico_gui.app.stimulus_panel import StimulusPanel
from insilico_gui.app.traces_panel import TracesPanel
from insilico_gui.app.tuning_panel import TuningPanel
from insilico_gui.app.unit_map import UnitMap
from insilico_gui.errors import InsilicoError
from insilico_gui.experiment import Experiment
from insilico_gui.selection import Selection
from insilico_gui.session import is_image_session, session_infos
from insilico_gui.stimuli import SUPPORTED_SUFFIXES, CachedFrames

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.encoding import EncodingJob, ImageJob, Progress


REDRAW_S = 0.4
"""While responses come in, colours and traces take them up this often."""

FILL_FRAMES = 16
"""Frames converted between two chances to stop."""


class InsilicoWindow(QObject):
    """Ties an experiment to a napari viewer.

    Parameters
    ----------
    viewer : napari.Viewer, optional
        Where to show; default a new one.
    dock_session_panel : bool
        False if the caller docks :attr:`session_area` itself and then calls
        :meth:`place_session_panel`.

    Attributes
    ----------
    viewer : napari.Viewer
        With layers named "Stimulus" and "Units" once there is something to show.
    experiment : Experiment
    jobs : Jobs
        Work in the background.
    """

    def __init__(
        self, viewer: napari.Viewer | None = None, *, dock_session_panel: bool = True
    ) -> None:
        self.viewer = viewer or napari.Viewer(title="insilico_gui")
        window = self.viewer.window._qt_window
        super().__init__(window)
        self.experiment = Experiment()
        self.jobs = Jobs(self)
        self.map = UnitMap(self.viewer, self.experiment)
        self.lasso = Lasso(self.viewer, self._lasso_drawn)
        self._encoding: Job | None = None
        self._filling: Job | None = None
        self._closing = False
        self._cache: CachedFrames | None = None
        self._follow = False
        self._last_redraw = 0.0

        self.session_panel = SessionPanel(self.experiment, self.jobs)
        self.stimulus_panel = StimulusPanel(self.experiment, self.jobs)
        self.map_panel = MapPanel(self.experiment, self.jobs, self.map)
        self.selection_panel = SelectionPanel(self.experiment, self.jobs)
        self.export_panel = ExportPanel(self.experiment, self.jobs)
        self.traces_panel = TracesPanel(self.experiment, self.jobs)
        self.course_panel = CoursePanel(self.experiment, self.jobs)
        self.images_panel = ImagesPanel(self.experiment, self.jobs)
        self.tuning_panel = TuningPanel(self.experiment, self.jobs)
        self.population_panel = PopulationPanel(self.experiment, self.jobs)
        self.rf_panel = ReceptiveFieldPanel(self.experiment, self.jobs)
        self.retinotopy_panel = RetinotopyPanel(self.experiment, self.jobs)
        self.compare_panel = ComparePanel(self.experiment, self.jobs)
        self.playback_bar = PlaybackBar(self.experiment, self.jobs)
        self.session_area = self.session_panel.scrolled()
        self.docks = Docks(self.viewer)
        self._add_docks(dock_session_panel)
        self._connect()

        self._drops = DropFilter(window, self._takes, self.drop)
        window.installEventFilter(self)
        self.playback_bar.say(
            "Load a session and drop a video on the window: its responses play back here."
        )

    # -- putting the window together ---------------------------------------------------

    def _add_docks(self, dock_session_panel: bool) -> None:
        docks = self.docks
        playback = docks.add(self.playback_bar, self.playback_bar.title, "bottom")
        docks.add_tabs("left", (self.stimulus_panel,))
        docks.add_tabs(
            "right",
            (
                self.map_panel,
                self.selection_panel,
                self.compare_panel,
                self.export_panel,
            ),
        )
        docks.add_tabs(
            "bottom",
            (
                self.traces_panel,
                self.course_panel,
                self.images_panel,
                self.tuning_panel,
                self.rf_panel,
                self.retinotopy_panel,
                self.population_panel,
            ),
            below=playback,
        )
        if dock_session_panel:
            docks.add(self.session_area, self.session_panel.title, "left")
            self.place_session_panel()
        self._offer_panels()
        QTimer.singleShot(0, self._size_docks)

    def _size_docks(self) -> None:
        self.docks.resize((self.stimulus_panel, self.map_panel), self.traces_panel)
        if self.experiment.session is None:
            self.docks.of(self.session_panel).raise_()
        self._fit_view()

    def _fit_view(self) -> None:
        """Fit the map to the canvas, once that has the size it is about to get."""
        QTimer.singleShot(0, self.map.fit_view)

    def place_session_panel(self) -> None:
        """Put the session panel beside the stimulus panel: in front until one is loaded."""
        self.docks.tab_left(self.session_panel, self.stimulus_panel)
        is_first = self.experiment.session is None
        front = self.session_panel if is_first else self.stimulus_panel
        self.docks.of(front).raise_()

    def show_panel(self, panel: QWidget) -> None:
        """Bring a panel's tab to the front."""
        self.docks.show(panel)

    def _connect(self) -> None:
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

        self.session_panel.loaded.connect(self._session_loaded)
        self.stimulus_panel.encode_requested.connect(self.encode)
        self.selection_panel.lasso_requested.connect(self.start_lasso)
        self.rf_panel.changed.connect(self._outlines_changed)
        self.playback_bar.touched.connect(self._stop_following)
        self.playback_bar.cancel_requested.connect(self.cancel)
        self.jobs.changed.connect(self._show_work)
        self.jobs.progressed.connect(self._show_work)
        self.jobs.failed.connect(self._say_problem)
        for panel in (
            self.session_panel,
            self.stimulus_panel,
            self.selection_panel,
            self.tuning_panel,
            self.compare_panel,
            self.map_panel,
            self.rf_panel,
            self.retinotopy_panel,
        ):
            panel.problem.connect(self._say_problem)
        self.viewer.bind_key(
            "Space", lambda _: experiment.playback.toggle(), overwrite=True
        )

    # -- commands ----------------------------------------------------------------------

    def open_stimulus(self, path: str | Path) -> None:
        """Open a file in the background; encode it if the panel says so."""
        self.stimulus_panel.open(path)

    def drop(self, paths: list[Path]) -> None:
        """Take a dropped stimulus, or a folder with sessions or with images."""
        session = self.experiment.session
        if len(paths) > 1 and session is not None and is_image_session(session):
            self.show_panel(self.stimulus_panel)
            self.stimulus_panel.open(paths)
            return
        if len(paths) > 1:
            self._say_problem(
                "Drop one file or folder at a time; to show several images one after "
                "the other, put them into a folder and drop that."
            )
            return
        path = paths[0]
        if not path.is_dir():
            self._drop_stimulus(path)
            return

        def take(has_sessions: bool) -> None:
            if has_sessions:
                self.show_panel(self.session_panel)
                self.session_panel.use_folder(path)
            else:
                self._drop_stimulus(path)

        self.jobs.start(
            f"Looking into {path.name}", lambda: _holds_sessions(path), on_return=take
        )

    def _drop_stimulus(self, path: Path) -> None:
        self.show_panel(self.stimulus_panel)
        self.open_stimulus(path)

    def encode(self) -> None:
        """Encode the stimulus in the background and show responses as they come."""
        if self.experiment.session is None or self.experiment.frames is None:
            missing = "session" if self.experiment.session is None else "stimulus"
            self.playback_bar.say(f"To encode, first choose a {missing}.", problem=True)
            return
        if self._encoding is not None:
            self._encoding.cancel()
        try:
            job = self.experiment.encoding_job(
                selected_only=self.stimulus_panel.selected_only.isChecked()
            )
        except InsilicoError as error:
            self.playback_bar.say(sentence(error), problem=True)
            return
        self.experiment.use_job(job)
        self._follow = True
        self._last_redraw = 0.0

        def work() -> Generator[Progress, None, xr.DataArray]:
            return (yield from job.run())

        def take(responses: xr.DataArray) -> None:
            if self.experiment.job is job:
                self.experiment.use_responses(responses)
                self._encoded(job)

        def ended(worker_job: Job) -> None:
            if self._encoding is worker_job:
                self._encoding = None
            if self.experiment.job is job and self.experiment.responses is None:
                self.experiment.drop_job()

        self._encoding = self.jobs.start(
            f"Encoding {job.stimulus.name}",
            work,
            on_progress=lambda progress: self._progressed(job, progress),
            on_return=take,
            on_end=ended,
        )

    def cancel(self) -> None:
        """Stop what runs in the background, and forget what it had done so far."""
        jobs = self.jobs.announced()
        names = [job.title for job in jobs]
        for job in jobs:
            job.cancel()
        if names:
            self.playback_bar.say(
                f"Cancelled: {', '.join(names)}. What it had computed was discarded."
            )

    def start_lasso(self) -> None:
        """Let the user draw around units; switches to a flat layout."""
        if self.experiment.view.layout == "anatomical 3-D":
            flat = [name for name in self.map.available_layouts() if "3-D" not in name]
            self.experiment.view.layout = (
                "anatomical" if "anatomical" in flat else flat[0]
            )
        self.lasso.start()
        self.playback_bar.say("Hold the mouse button and draw around units on the map.")

    def wait(self, timeout_s: float = 60.0) -> None:
        """Process events until no job runs; for scripts and pictures.

        Raises
        ------
        TimeoutError
            If work is still going on after `timeout_s` seconds.
        """
        deadline = time.monotonic() + timeout_s
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < 0.3:
            QApplication.processEvents()
            time.sleep(0.005)
            if self.jobs.running:
                quiet_since = time.monotonic()
            if time.monotonic() > deadline:
                raise TimeoutError(", ".join(job.title for job in self.jobs.running))

    # -- reacting to the experiment ----------------------------------------------------

    def _session_changed(self) -> None:
        self.map.show_session()
        layouts = self.map.available_layouts()
        view = self.experiment.view
        if layouts and (view.layout not in layouts or "scalp" in layouts):
            view.layout = layouts[0]
        self._offer_panels()
        self._drops.watch(self.viewer.window._qt_window)

    def _offer_panels(self) -> None:
        """Show the panels for single images if the session answers those."""
        session = self.experiment.session
        of_images = session is not None and is_image_session(session)
        in_time = of_images and "time" in session.response_coords
        for panel, is_offered, is_first in (
            (self.course_panel, in_time, in_time),
            (self.images_panel, of_images, of_images and not in_time),
        ):
            dock = self.docks.of(panel)
            dock.setVisible(is_offered)
            if is_first:
                dock.raise_()

    def _session_loaded(self) -> None:
        """A session was loaded by hand: encode the stimulus that is there already."""
        self.show_panel(self.stimulus_panel)
        session = self.experiment.session
        self.playback_bar.say(
            f"{session.id} is loaded on {session.device}: {len(session.units):,} units."
        )
        if self.experiment.frames is not None and (
            self.stimulus_panel.auto_encode.isChecked()
        ):
            self.encode()

    def _stimulus_changed(self) -> None:
        self._stop_reading()
        frames = self.experiment.frames
        if frames is None:
            self.map.show_frames(None)
            return
        try:
            cache = CachedFrames(frames)
        except InsilicoError as error:
            self.map.show_frames(None)
            self.playback_bar.say(sentence(error), problem=True)
            return
        self._cache = cache
        self.experiment.use_frames(cache)
        self.map.show_frames(cache.array)
        self._fit_view()
        self._coloring_changed()

        def fill() -> Iterator[int]:
            for start in range(0, cache.n_frames, FILL_FRAMES):
                cache.frames(start, min(start + FILL_FRAMES, cache.n_frames))
                yield start

        self._filling = self.jobs.start(
            f"Preparing {frames.name}",
            fill,
            on_progress=self._frames_ready,
            on_return=lambda _: self._frames_ready(None),
            quiet=True,
        )

    def _stop_reading(self) -> None:
        """Stop what reads the frames, then give them up."""
        for job in (self._encoding, self._filling):
            if job is not None:
                job.cancel()  # first, so that what it then stumbles over is not told
        if self._cache is not None:
            self._cache.close()
            self._cache = None

    def _frames_ready(self, start: int | None) -> None:
        """Frames that were missing may be the ones on show."""
        frame = self.experiment.frame_on_show
        if start is None or start <= frame < start + FILL_FRAMES:
            layer = self.map.stimulus_layer
            if layer is not None:
                layer.refresh()
            self._show_preview(frame)

    def _outlines_changed(self) -> None:
        self.map.show_outlines(self.rf_panel.outlines_shown())

    def _layout_changed(self) -> None:
        self.lasso.stop()
        self.map.show_layout()
        self._outlines_changed()

    def _coloring_changed(self, *_: object) -> None:
        self.map.coloring_changed()
        self.map_panel.show_colors()

    def _time_changed(self, _time: float) -> None:
        self.map.show_time()
        self._show_preview(self.experiment.frame_on_show)

    def _show_preview(self, frame: int) -> None:
        picture = self._cache.peek(frame) if self._cache is not None else None
        if picture is not None:
            self.stimulus_panel.preview.show_frame(picture)

    def _slider_moved(self) -> None:
        """The user moved napari's own slider."""
        steps = self.viewer.dims.current_step
        frame = steps[0] if len(steps) == 4 else None
        experiment = self.experiment
        if frame is not None and frame != experiment.frame_on_show:
            self._stop_following()
            experiment.playback.seek_frame(frame * experiment.n_times)

    # -- while encoding ----------------------------------------------------------------

    def _progressed(self, job: EncodingJob | ImageJob, progress: Progress) -> None:
        if self.experiment.job is not job or self._encoding is None:
            return
        if self._encoding.cancelled:
            return
        self.playback_bar.show_progress(f"Encoding {job.stimulus.name}", progress)
        now = time.monotonic()
        if now - self._last_redraw < REDRAW_S and progress.done < progress.total:
            return
        self._last_redraw = now
        playback = self.experiment.playback
        self._coloring_changed()
        if self._follow and not playback.playing:
            playback.seek_frame((progress.done - 1) * job.n_times)
        for panel in (self.traces_panel, self.course_panel, self.images_panel):
            panel.grow()

    def _encoded(self, job: EncodingJob | ImageJob) -> None:
        what = "frames" if self.experiment.images is None else "images"
        self.playback_bar.say(
            f"Encoded {job.n_frames} {what} of {job.stimulus.name} for "
            f"{len(job.selection):,} units."
        )
        if self._follow:
            self._follow = False
            self.experiment.playback.seek(0.0)

    def _say_problem(self, text: str) -> None:
        self.playback_bar.say(text, problem=True)

    def _stop_following(self) -> None:
        self._follow = False

    def _show_work(self) -> None:
        """Show the job that was started last; encoding shows its own progress."""
        jobs = self.jobs.announced()
        if not jobs:
            self.playback_bar.hide_progress()
        elif self._encoding not in jobs:
            self.playback_bar.show_progress(jobs[-1].title, jobs[-1].latest)

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

    # -- drops and closing -------------------------------------------------------------

    def _takes(self, path: Path) -> bool:
        return path.is_dir() or path.suffix.lower() in SUPPORTED_SUFFIXES

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ask before closing while something runs; then end it, so that exit is clean."""
        if event.type() == QEvent.Type.Close and not self._may_close():
            event.ignore()
            return True
        return False

    def _may_close(self) -> bool:
        if self._closing:
            return False
        busy = self.jobs.announced()
        if busy and not self.confirm(
            f"{busy[0].title} is not complete. Stop it and close?"
        ):
            return False
        self._closing = True
        try:
            self.experiment.playback.playing = False
            if not self.jobs.stop_all():
                self._say_problem(
                    "Something in the background cannot be stopped yet; close the window "
                    "again in a moment."
                )
                return False
            self._stop_reading()
        finally:
            self._closing = False
        return True

    def confirm(self, question: str) -> bool:
        """Ask a yes-or-no question."""
        answer = QMessageBox.question(
            self.viewer.window._qt_window, "insilico_gui", question
        )
        return answer == QMessageBox.StandardButton.Yes


def _holds_sessions(folder: Path) -> bool:
    """Whether some twin finds a session in a folder that it does not find without."""
    everywhere = {info.id for info in session_infos()}
    return any(info.id not in everywhere for info in session_infos(folder))

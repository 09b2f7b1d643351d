"""The headless state of an experiment and the commands that change it.

Whatever a click in the window does is a method here, which a script can call too; the
window redraws from the signals. Slow work is split in two: a job or function that may run
in any thread and touches nothing here, and a ``use_...`` command that takes its result,
called in the thread that owns the experiment.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike, NDArray
from psygnal import Signal

from insilico_gui.encoding import EncodingJob, ImageJob, encoding_job
from insilico_gui.errors import (
    AnalysisError,
    EncodingError,
    ExportError,
    InsilicoError,
    SelectionError,
)
from insilico_gui.experiment.encoded import copying, indices_of, row_of_all_units
from insilico_gui.experiment.map_view import MapView
from insilico_gui.experiment.playback import Playback
from insilico_gui.experiment.session_input import (
    as_shown,
    image_moment,
    moments_per_frame,
)
from insilico_gui.session import ImageSession, Session, is_image_session
from insilico_gui.stimuli import ConvertedStimulus, Fit, Stimulus
from insilico_gui.stimuli.readers.images import ImageSet
from insilico_gui.stimuli.readers.seen_images import SeenImages
from insilico_gui.units.filters import Conditions
from insilico_gui.units.identity import same_units
from insilico_gui.units.results import Measured, added_coords
from insilico_gui.units.selection import (
    Combine,
    Selection,
    arguments_of,
    invert,
    select,
    select_units,
    without_conditions,
)


class WindowState:
    """One session, one stimulus, their responses, a selection and analyses of it.

    Attributes
    ----------
    session : Session or None
    stimulus : Stimulus, ImageSet or None
        As opened or rendered, in its own size and rate.
    conversion : ConvertedStimulus or None
        How a video reaches the session, and in what frames.
    images : ImageSet or None
        What the session is shown, if it is driven by images.
    frames : Stimulus or None
        What the session sees, to be looked at and, of a video, to be encoded; perhaps
        from a cache.
    fit : {"crop", "pad", "stretch"}
        How the one becomes the other.
    job : EncodingJob, ImageJob or None
        The job whose responses are on show; while it runs, its moments fill.
    responses : xarray.DataArray or None
        Complete responses of :attr:`job`.
    units : pandas.DataFrame
        The session's unit table, with columns that analyses have added.
    selection : Selection or None
        Units of the session that are picked; None without a session.
    analyses : dict of str to xarray.Dataset
        Latest result of each analysis of :attr:`responses`, by its name.
    reference : xarray.DataArray or None
        Responses that the current ones are compared with.
    playback : Playback
    view : MapView
    """

    session_changed = Signal()
    stimulus_changed = Signal()
    job_changed = Signal()
    responses_changed = Signal()
    units_changed = Signal()
    selection_changed = Signal()
    analysis_changed = Signal(str)
    reference_changed = Signal()

    def __init__(self) -> None:
        self.session: Session | None = None
        self.stimulus: Stimulus | ImageSet | None = None
        self.conversion: ConvertedStimulus | None = None
        self.images: ImageSet | None = None
        self.frames: Stimulus | None = None
        self.fit: Fit = "crop"
        self.job: EncodingJob | ImageJob | None = None
        self.responses: xr.DataArray | None = None
        self.units = pd.DataFrame()
        self.selection: Selection | None = None
        self.analyses: dict[str, xr.Dataset] = {}
        self.reference: xr.DataArray | None = None
        self._measured = Measured()
        self.playback = Playback()
        self.view = MapView()

    def use_session(self, session: Session) -> None:
        """Work with `session` from now on; its units are all selected."""
        shown = as_shown(self.stimulus, session, self.fit)
        self._drop_responses()
        self.session = session
        self.units = session.units.copy()
        self._measured = Measured()
        self.selection = select(session)
        self.session_changed.emit()
        self.units_changed.emit()
        self.selection_changed.emit()
        self._show(shown)

    def use_stimulus(self, stimulus: Stimulus | ImageSet) -> None:
        """Show `stimulus` from now on."""
        shown = as_shown(stimulus, self.session, self.fit)
        self._drop_responses()
        self.stimulus = stimulus
        self._show(shown)

    def use_fit(self, fit: Fit) -> None:
        """Bring the stimulus to the session's aspect ratio in another way."""
        if fit == self.fit:
            return
        shown = as_shown(self.stimulus, self.session, fit)
        self.fit = fit
        if self.stimulus is not None:
            self._drop_responses()
            self._show(shown)

    def use_frames(self, frames: Stimulus) -> None:
        """Replace :attr:`frames` by an equal stimulus that is faster to read."""
        self.frames = frames

    def _show(self, shown: ConvertedStimulus | SeenImages | None) -> None:
        self.frames = shown
        self.images = shown.images if isinstance(shown, SeenImages) else None
        self.conversion = None if isinstance(shown, SeenImages) else shown
        if shown is not None:
            times = self.n_times
            self.playback.set_length(shown.n_frames * times, shown.frame_rate * times)
        self.stimulus_changed.emit()

    @property
    def n_times(self) -> int:
        """Moments of playback for each frame: those of the response to one image."""
        return moments_per_frame(self.session)

    @property
    def frame_on_show(self) -> int:
        """Index of the frame of :attr:`frames` that goes with the playback."""
        return self.playback.frame // self.n_times

    @property
    def image_session(self) -> ImageSession | None:
        """:attr:`session` if it is driven by images; else None."""
        session = self.session
        return session if session is not None and is_image_session(session) else None

    def moment(self) -> str:
        """The moment on show in words, where a time in the stimulus does not say it."""
        session, images = self.image_session, self.images
        if session is None or images is None:
            return ""
        return image_moment(session, images.n_images, self.playback.frame)

    def encoding_job(self, *, selected_only: bool = False) -> EncodingJob | ImageJob:
        """Check that encoding can start and make the job; see :meth:`use_job`.

        Raises
        ------
        EncodingError
            Without a session or a stimulus, or with an empty selection.
        """
        if self.session is None:
            raise EncodingError("No session is loaded; load one before encoding.")
        if self.frames is None:
            raise EncodingError(
                "There is no stimulus; open or render one to encode it."
            )
        units = self.selection if selected_only else None
        shown = self.frames if self.images is None else self.images
        return encoding_job(self.session, shown, units)

    def use_job(self, job: EncodingJob | ImageJob) -> None:
        """Show the responses of `job`, which may be running."""
        self._drop_responses()
        self.job = job
        self.job_changed.emit()

    def use_responses(self, responses: xr.DataArray) -> None:
        """Take the complete responses of :attr:`job`."""
        self.responses = responses
        self.responses_changed.emit()

    def drop_job(self) -> None:
        """Forget a job that was cancelled or failed, with what it had computed."""
        if self.job is not None:
            self._drop_responses()
            self.job_changed.emit()

    def response_at(self, moment: int) -> NDArray[np.float32] | None:
        """Responses of every unit at a moment of playback, float32 [U].

        NaN for units that were not encoded; None if the moment has not been yet.
        """
        return row_of_all_units(self.job, moment, len(self.units))

    def _drop_responses(self) -> None:
        self.job = None
        self.responses = None
        for name in list(self.analyses):
            del self.analyses[name]
            self.analysis_changed.emit(name)

    # -- selection ---------------------------------------------------------------------

    def select(
        self,
        areas: Sequence[str] | None = None,
        fields: Sequence[int] | None = None,
        units: ArrayLike | None = None,
        combine: Combine = "all",
        where: Conditions | None = None,
        *,
        unit_ids: ArrayLike | None = None,
        indices: ArrayLike | None = None,
    ) -> Selection:
        """Select units; arguments as in :func:`insilico_gui.select`.

        Conditions are on :attr:`units`, with the columns that analyses have added.
        """
        owner = self._session().id
        selection = select_units(
            self.units,
            owner,
            areas,
            fields,
            units,
            combine,
            where,
            unit_ids=unit_ids,
            indices=indices,
        )
        self.use_selection(selection)
        return selection

    @property
    def conditions(self) -> Conditions:
        """Conditions on columns that the selection fulfils by its rule."""
        return {} if self.selection is None else self.selection.rule.get("where", {})

    def use_conditions(self, where: Conditions) -> Selection:
        """Narrow the selection by conditions, in place of those it has; {} for none."""
        if self.selection is None:
            raise SelectionError("No session is loaded; load one before selecting.")
        return self.select(**without_conditions(self.selection), where=where)

    def _reselect(self, columns: Sequence[str]) -> None:
        """Let conditions on these columns speak of the values that they have now."""
        wanted = set(self.conditions)
        given = arguments_of(self.selection.rule) if self.selection else None
        if given and wanted & set(columns) and wanted <= set(self.units):
            self.select(**given)

    def invert_selection(self) -> None:
        """Select what is not selected."""
        if self.selection is not None:
            self.use_selection(invert(self._session(), self.selection))

    def clear_selection(self) -> None:
        """Select nothing."""
        self.use_selection(Selection(np.empty(0, np.int64), {"indices": []}))

    def use_selection(self, selection: Selection) -> None:
        """Make `selection` the current one."""
        if selection != self.selection or selection.rule != self.selection.rule:
            self.selection = selection
            self.selection_changed.emit()

    def selected_columns(self) -> NDArray[np.int64]:
        """Columns of :attr:`responses` (or the job's moments) that are selected."""
        chosen = () if self.selection is None else self.selection.indices
        return np.flatnonzero(np.isin(self.job_indices(), chosen))

    def selected_responses(self) -> xr.DataArray:
        """Complete responses of the selected units, with the rule in ``attrs``.

        Columns that analyses have added to the unit table come along.

        Raises
        ------
        ExportError
            If nothing is encoded, or nothing of it is selected.
        """
        return self.responses_to_take()()

    def responses_to_take(self) -> Callable[[], xr.DataArray]:
        """:meth:`selected_responses` in two steps: check now, copy in any thread."""
        if self.responses is None or self.selection is None:
            raise ExportError("There are no responses yet; encode a stimulus first.")
        columns = self.selected_columns()
        units = self.units.iloc[self.job_indices()[columns]]
        parameters = self._measured.parameters
        return copying(self.responses, columns, self.selection.rule, units, parameters)

    def job_indices(self) -> NDArray[np.int64]:
        """Units, by row of the unit table, that :attr:`job` computes."""
        return indices_of(self.job)

    # -- analysis and export -----------------------------------------------------------

    def use_analysis(
        self,
        name: str,
        result: xr.Dataset,
        columns: pd.DataFrame,
        *,
        of_all_units: bool = False,
    ) -> None:
        """Take the result of an analysis of :attr:`responses`, or of the unit table.

        The result replaces an earlier one of that name. `columns` has one row per encoded
        unit, or per row of :attr:`units` with `of_all_units`, and is joined to
        :attr:`units` by the ids (without ids: in order). A column that the session has
        too gets another name, and the ``attrs`` (the parameters of the analysis) go with
        every export. Rows of other units raise an AnalysisError.
        """
        rows = np.arange(len(self.units)) if of_all_units else self.job_indices()
        order = same_units(self.units.iloc[rows], columns)
        if order is None or not (of_all_units or self.job):
            raise AnalysisError(
                f"This {name} belongs to other responses; compute it again."
            )
        attrs = {} if self.responses is None else self.responses.attrs
        self.units = self._measured.put(
            self.units,
            name,
            columns.iloc[order],
            rows,
            own=self._session().units.columns,
            parameters={
                **columns.attrs,
                "stimulus": attrs.get("stimulus"),
                "stimulus_hash": attrs.get("stimulus_hash"),
            },
        )
        self.analyses[name] = result
        self.analysis_changed.emit(name)
        self.units_changed.emit()
        self._reselect(self.analysis_columns(name))

    def analysis_columns(self, name: str) -> list[str]:
        """Columns of :attr:`units` that the latest analysis of that name made."""
        return self._measured.columns(name)

    def origin(self, column: str) -> tuple[str, dict[str, Any]] | None:
        """Name and parameters of the analysis that made a column of :attr:`units`."""
        return self._measured.origin(column)

    def is_current(self, column: str) -> bool:
        """Whether a column of :attr:`units` is the session's, or of these responses."""
        origin = self.origin(column)
        return origin is None or origin[0] in self.analyses

    def keep_as_reference(self) -> None:
        """Make the current responses, with what analyses added, the reference."""
        if self.responses is None:
            raise ExportError("There are no responses yet; encode a stimulus first.")
        added = added_coords(self.units.iloc[self.job_indices()], self.responses)
        self.use_reference(self.responses.assign_coords(added))

    def use_reference(self, reference: xr.DataArray | None) -> None:
        """Compare with `reference` from now on; None for with nothing."""
        self.reference = reference
        self.reference_changed.emit()

    def export(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write the selected units' responses; format by suffix."""
        from insilico_gui.export import export

        return export(self.selected_responses(), path, overwrite=overwrite)

    def _session(self) -> Session:
        if self.session is None:
            raise InsilicoError("No session is loaded; load one first.")
        return self.session

"""Predicted against recorded responses to repeated clips, unit by unit.

The measures are those of :mod:`insilico_gui.analysis.agreement.reliability`: each repeat
is predicted with its own behaviour, predictions and recordings are averaged over repeats.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from insilico_gui.analysis.agreement.reliability import reliability_columns
from insilico_gui.errors import EncodingCancelled, FitError, quoted
from insilico_gui.fitting.judging.judgement import MEASURES, JudgedClip, Judgement
from insilico_gui.fitting.judging.predicting import (
    BEHAVIOR,
    Predictor,
    Presentation,
    predictor,
)
from insilico_gui.fitting.recordings.layout import (
    Item,
    RecordedSet,
    open_evaluation_set,
)
from insilico_gui.fitting.report import FitReport
from insilico_gui.progress import reporting
from insilico_gui.responses import BURN_IN_FRAMES
from insilico_gui.untrusted.plain_arrays import check_memory

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from numpy.typing import NDArray

    from insilico_gui.progress import OnProgress

OnNan = Literal["refuse", "fill"]

_TAKEN = ("session", "scan_idx", "area", "field", "x", "y", "z")


def evaluate(
    model_or_session: object,
    evaluation_dir: str | os.PathLike[str],
    burn_in_frames: int = BURN_IN_FRAMES,
    *,
    on_nan: OnNan = "refuse",
    on_progress: OnProgress | None = None,
    cancel: Event | None = None,
    progress: bool = False,
) -> pd.DataFrame:
    """CC_abs, CC_max and CC_norm of every unit, for clips that were shown several times.

    Parameters
    ----------
    model_or_session : Session, FitReport, or a model with ``predict``
        A session that takes video at 30 Hz, what a fit gave, or a model that a script
        loaded.
    evaluation_dir : path
        Sub-folders ``stimuli``, ``perspectives``, ``modulations`` and ``units``, each of
        ``<video>/<repeat>.npy``.
    burn_in_frames : int
        Left out at the start of every clip.
    on_nan : {"refuse", "fill"}
        Behaviour that is not known: refuse it, or take it to be at rest (0, the mean of
        the training set).
    on_progress : callable(done, total), optional
        In frames.
    cancel : threading.Event, optional
        Once set, the evaluation stops.
    progress : bool
        Show a bar.

    Returns
    -------
    pandas.DataFrame
        A row for each unit, in response order: ``unit_id``, ``cc_abs``, ``cc_max``,
        ``cc_norm``, and of ``session``, ``scan_idx``, ``area``, ``field``, ``x``, ``y``,
        ``z`` what the session knows. ``attrs`` says where they are from, and in
        ``"notes"`` what was filled or assumed.

    Raises
    ------
    FitError
        If recordings are incomplete, do not fit together or the session, or hold NaN in
        behaviour.
    AnalysisError
        If there is a single repeat, or nothing is left after the burn-in.
    EncodingCancelled
        If `cancel` was set.
    """
    with reporting(progress, on_progress, "Judging", unit="frame") as tell:
        return judge(
            model_or_session,
            evaluation_dir,
            burn_in_frames,
            on_nan=on_nan,
            on_progress=tell,
            cancel=cancel,
        ).table


def judge(
    model_or_session: object,
    evaluation_dir: str | os.PathLike[str],
    burn_in_frames: int = BURN_IN_FRAMES,
    *,
    on_nan: OnNan = "refuse",
    on_progress: OnProgress | None = None,
    cancel: Event | None = None,
) -> Judgement:
    """:func:`evaluate` with the traces; for a report, see :func:`.report.write_report`."""
    if on_nan not in ("refuse", "fill"):
        raise FitError(f"on_nan is {quoted(on_nan)}; give 'refuse' or 'fill'.")
    if isinstance(model_or_session, FitReport):
        model_or_session = model_or_session.session()
    model = predictor(model_or_session)
    recorded = open_evaluation_set(evaluation_dir)
    notes: list[str] = []
    columns = _columns(model, recorded, notes)
    _check_length(recorded, burn_in_frames)
    n_bytes = 2 * 4 * recorded.n_frames * recorded.n_units
    check_memory(n_bytes, f"The recordings in {quoted(recorded.folder.name)}", FitError)
    run = _Run(model, columns, on_nan, cancel)
    clips = []
    done = 0
    for items in recorded.videos():

        def tell(frames: int, before: int = done) -> None:
            if on_progress is not None:
                on_progress(before + frames, recorded.n_frames)

        clips.append(run.clip(items, tell))
        done += sum(item.n_frames for item in items)
    notes += run.notes()
    return _judgement(model, recorded, clips, burn_in_frames, notes)


class _Run:
    """Predicts the clips of an evaluation set, one after the other."""

    def __init__(
        self,
        model: Predictor,
        columns: NDArray[np.int64],
        on_nan: OnNan,
        cancel: Event | None,
    ) -> None:
        self._model, self._columns = model, columns
        self._on_nan, self._cancel = on_nan, cancel
        # Without behaviour, one prediction is that of every repeat
        self._alike = len(model.unused) == len(BEHAVIOR)
        self._filled = dict.fromkeys(BEHAVIOR, 0)

    def clip(self, items: list[Item], tell: Callable[[int], object]) -> JudgedClip:
        """Read and predict all repeats of a clip; `tell` is called with frames done."""
        lengths = {item.n_frames for item in items}
        if len(lengths) > 1:
            raise FitError(
                f"The repeats of the clip {quoted(items[0].video)} have "
                f"{' and '.join(map(str, sorted(lengths)))} frames; repeats of a clip "
                "are equally long, so import the recording again."
            )
        n_frames, n = items[0].n_frames, self._model.at_once
        total = np.zeros((n_frames, len(self._model.units)))
        recorded = np.empty((len(items), *total.shape), np.float32)
        first = items[0].frames()
        for start in range(0, len(items), n):
            batch = items[start : start + n]
            shown = [self._presentation(item, first) for item in batch]
            before = start * n_frames

            def told(
                done: int, _: int, before: int = before, k: int = len(batch)
            ) -> None:
                tell(before + done * k)

            if start == 0 or not self._alike:
                predicted = self._predicted(shown[:1] if self._alike else shown, told)
            if self._alike:
                total += predicted[0] * np.float64(len(batch))
                tell(before + len(batch) * n_frames)
            else:
                total += predicted.sum(axis=0, dtype=np.float64)
            for place, item in enumerate(batch, start):
                recorded[place] = _finite(item)[:, self._columns]
        return JudgedClip(
            items[0].video, recorded, (total / len(items)).astype(np.float32)
        )

    def _predicted(
        self, shown: list[Presentation], told: OnProgress
    ) -> NDArray[np.float32]:
        if self._cancel is not None and self._cancel.is_set():
            raise EncodingCancelled("The evaluation was cancelled.")
        values = self._model.predict(shown, told, self._cancel)
        wanted = (len(shown), len(shown[0].frames), len(self._model.units))
        if values.shape != wanted or not np.isfinite(values).all():
            raise FitError(
                f"{self._model.name} predicted an array {list(values.shape)} where "
                f"{list(wanted)} of finite numbers are needed; check the model."
            )
        return values

    def _presentation(self, item: Item, first: NDArray[np.uint8]) -> Presentation:
        frames = item.frames()
        if not np.array_equal(frames, first):
            raise FitError(
                f"{quoted(item.name, '')} shows other frames than the first repeat of "
                "its clip; repeats belong together only if they show the same."
            )
        behavior = {}
        for name, kind in BEHAVIOR.items():
            values = item.read(kind).astype(np.float32)
            lacking = ~np.isfinite(values)
            if lacking.any() and name not in self._model.unused:
                self._refuse_or_count(item, kind, name, lacking)
            values[lacking] = 0
            behavior[name] = values
        return Presentation(frames, behavior)

    def _refuse_or_count(
        self, item: Item, kind: str, name: str, lacking: NDArray[np.bool_]
    ) -> None:
        n_frames = int(lacking.any(axis=1).sum())
        if self._on_nan == "refuse":
            said = (
                f"{kind}/{quoted(item.name, marks='')} is not known in {n_frames} of "
                f"{item.n_frames} frames (NaN); remove that repeat, or fill it with the "
                "mean of the training set"
            )
            raise FitError(
                f"{said} by on_nan='fill' (--fill).",
                in_window=f"{said}: choose yes at “Fill gaps”.",
            )
        self._filled[name] += n_frames

    def notes(self) -> list[str]:
        """What was filled, and what was not used."""
        said = [
            f"The {name} was not known in {n} frames, which were taken to be at the mean "
            "of the training set (0)."
            for name, n in self._filled.items()
            if n
        ]
        if self._model.unused:
            same = ", so its predictions are the same for every repeat"
            said.append(
                f"{self._model.name} takes no {' and no '.join(self._model.unused)}"
                f"{same if self._alike else ''}."
            )
        return said


def _finite(item: Item) -> NDArray[np.float32]:
    """Recorded responses [T, U]; NaN is missing, infinity an error."""
    values = item.read("units").astype(np.float32)
    if np.isinf(values).any():
        raise FitError(
            f"units/{quoted(item.name, marks='')} holds infinite values; mark what is "
            "missing as NaN."
        )
    return values


def _check_length(recorded: RecordedSet, burn_in_frames: int) -> None:
    if burn_in_frames < 0:
        raise FitError(
            f"A burn-in of {burn_in_frames} frames is not possible; give 10."
        )
    shortest = min(recorded.items, key=lambda item: item.n_frames)
    if shortest.n_frames <= burn_in_frames:
        raise FitError(
            f"{quoted(shortest.name, '')} has {shortest.n_frames} frames, so nothing is "
            f"left after a burn-in of {burn_in_frames}; give a shorter burn-in."
        )
    if max(map(len, recorded.videos())) < 2:
        raise FitError(
            f"No clip of {quoted(recorded.folder.name)} was shown twice, so noise cannot "
            "be told from signal; give clips with repeats."
        )


def _columns(
    model: Predictor, recorded: RecordedSet, notes: list[str]
) -> NDArray[np.int64]:
    """Column of the recordings of each unit of a model."""
    n_units = len(model.units)
    if n_units != recorded.n_units:
        raise FitError(
            f"{model.name} has {n_units} units and the recordings in "
            f"{quoted(recorded.folder.name)} have {recorded.n_units}; give recordings of "
            "the units that it was fitted to."
        )
    order = np.arange(n_units)
    if recorded.unit_ids is None:
        return order
    ids = model.units["unit_id"].to_numpy()
    if np.array_equal(ids, recorded.unit_ids):
        return order
    places = {str(one): k for k, one in enumerate(recorded.unit_ids)}
    if len(places) == n_units and all(str(one) in places for one in ids):
        return np.array([places[str(one)] for one in ids], np.int64)
    notes.append(
        f"The ids of units of {model.name} are not those of the recordings, so units "
        "were matched by their order."
    )
    return order


def _judgement(
    model: Predictor,
    recorded: RecordedSet,
    clips: list[JudgedClip],
    burn_in_frames: int,
    notes: list[str],
) -> Judgement:
    measured = reliability_columns(
        [clip.predicted[None] for clip in clips],
        [clip.recorded for clip in clips],
        burn_in_frames,
    )
    table = pd.DataFrame({"unit_id": model.units["unit_id"].to_numpy()})
    for name in MEASURES:
        table[name] = measured[name].to_numpy()
    for name in _TAKEN:
        if name in model.units:
            table[name] = model.units[name].to_numpy()
    counts = sorted({len(clip.recorded) for clip in clips})
    about: dict[str, Any] = {
        **model.about,
        "evaluation": Path(recorded.folder).name,
        "n_videos": len(clips),
        "n_repeats": " to ".join(map(str, dict.fromkeys((counts[0], counts[-1])))),
        **{key: measured.attrs[key] for key in ("variant", "n_samples", "n_nan")},
    }
    table.attrs.update(about, burn_in_frames=burn_in_frames, notes=[*notes])
    return Judgement(table, tuple(clips), burn_in_frames, tuple(notes), about)

"""Sequences: parametric stimuli one after the other, as one stimulus.

A sequence is a specification like that of a family, made of others: its frames are
rendered by its parts, its trial table is theirs with the onsets moved, and it has a
hash and a file as they have.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli.core.display import Display
from insilico_gui.stimuli.core.random_words import random_order
from insilico_gui.stimuli.render.carrier import GREY
from insilico_gui.stimuli.spec.parameter_types import TypedNumber
from insilico_gui.stimuli.spec.parameters import seconds, specification, whole, word
from insilico_gui.stimuli.spec.parametric import Renderer, StimulusSpec, spec_from_dict
from insilico_gui.stimuli.spec.trial_spec import SEED_HELP, Order

OF_EVERY_PART = ("onset", "duration", "condition", "part")
"""First columns of the trial table; ``repeat`` is the last."""


@specification
class Sequence(StimulusSpec):
    """Specification of a sequence of parametric stimuli.

    All parts are for one display and frame rate, which are those of the sequence.

    Attributes
    ----------
    parts : tuple of StimulusSpec
        What is shown, in this order.

    Raises
    ------
    StimulusError
        If a value makes no sense, or the parts do not go together.
    """

    family: ClassVar[str] = "sequence"

    # Those of the parts; set before anything is checked
    display: Display = field(init=False, repr=False, compare=False)
    frame_rate: float = field(init=False, repr=False, compare=False)

    parts: tuple[StimulusSpec, ...]
    blank_s: TypedNumber = seconds(
        1.0,
        "Blank screen before each part and after the last, in seconds; rounded to "
        "frames. It comes on top of the blanks that a part has itself.",
    )
    blank_level: int = whole(GREY, "Grey level of the blanks, 0 to 255.", 0, 255)
    repeats: int = whole(
        1, "How often the whole is shown. A part looks the same each time.", 1
    )
    order: Order = word(
        "sequential",
        "Random: each repeat shows all parts in a new order, drawn with `seed`.",
    )
    seed: int = whole(0, SEED_HELP)

    def __post_init__(self) -> None:
        parts = _checked(self.parts)
        for name in ("display", "frame_rate"):
            object.__setattr__(self, name, getattr(parts[0], name))
        object.__setattr__(self, "parts", parts)
        super().__post_init__()

    @property
    def title(self) -> str:
        """For people: what is shown."""
        n = len(self.parts)
        return f"sequence of {n} part{'s' * (n > 1)}"

    @property
    def labels(self) -> tuple[str, ...]:
        """Name of each part in the trial table: its family, numbered from the second."""
        return part_labels(part.family for part in self.parts)

    # -- time --------------------------------------------------------------------------

    @property
    def _blank_frames(self) -> int:
        return round(self.blank_s * self.frame_rate)

    @property
    def _fewest_frames(self) -> int:
        return self.repeats * len(self.parts)

    @property
    def n_frames(self) -> int:
        """Number of frames: for each part the blank, then the part; a blank."""
        shown = self.repeats * sum(part.n_frames for part in self.parts)
        return shown + self._blank_frames * (self.repeats * len(self.parts) + 1)

    @property
    def part_order(self) -> NDArray[np.int64]:
        """Which of `parts` is shown, one after the other; int64 [repeats x parts]."""
        n = len(self.parts)
        if self.order == "sequential":
            return np.tile(np.arange(n), self.repeats)
        orders = [random_order(self.seed, n, part=k) for k in range(self.repeats)]
        return np.concatenate(orders)

    @property
    def part_onsets(self) -> NDArray[np.int64]:
        """First frame of each of `part_order`; int64."""
        shown = np.array([part.n_frames for part in self.parts])[self.part_order]
        onsets: NDArray[np.int64] = np.cumsum(self._blank_frames + shown) - shown
        return onsets

    @property
    def trials(self) -> pd.DataFrame:
        """Trial table of all parts, in the order in which they are shown.

        ``part`` is one of `labels`, ``condition`` that with the part's own condition,
        ``repeat`` counts the presentations of a condition. Where a part lacks a
        parameter of another, numbers are NaN and texts are empty.
        """
        tables = [
            self._part_trials(part, label)
            for part, label in zip(self.parts, self.labels, strict=True)
        ]
        n_trials = np.array([len(table) for table in tables])
        once = _together(tables)
        order = self.part_order
        n_shown = n_trials[order]
        # Row of `once` for each trial: those of its part, one after the other
        first_row = (np.cumsum(n_trials) - n_trials)[order]
        first_trial = np.cumsum(n_shown) - n_shown
        rows = np.arange(n_shown.sum()) + np.repeat(first_row - first_trial, n_shown)
        trials: pd.DataFrame = once.iloc[rows].reset_index(drop=True)
        frames = np.rint(trials["onset"].to_numpy() * self.frame_rate)
        frames += np.repeat(self.part_onsets, n_shown)
        # Each repeat of the sequence shows every part once
        before = np.arange(len(order)) // len(self.parts)
        own_repeats = np.array([table["repeat"].max() + 1 for table in tables])
        trials["onset"] = frames / self.frame_rate
        trials["repeat"] += np.repeat(before * own_repeats[order], n_shown)
        return trials

    def _part_trials(self, part: StimulusSpec, label: str) -> pd.DataFrame:
        trials = part.trials.copy()
        trials["condition"] = [f"{label}/{name}" for name in trials["condition"]]
        trials["part"] = label
        return trials

    # -- frames ------------------------------------------------------------------------

    def renderer(self) -> Renderer:
        """See :meth:`StimulusSpec.renderer`; each part is prepared when it is reached."""
        order, onsets = self.part_order, self.part_onsets
        shape = self.display.pixels

        @functools.cache
        def part_renderer(which: int) -> Renderer:
            return self.parts[which].renderer()

        def render(start: int, stop: int) -> NDArray[np.uint8]:
            frames = np.full((stop - start, *shape), self.blank_level, np.uint8)
            first = max(int(np.searchsorted(onsets, start, side="right")) - 1, 0)
            after = int(np.searchsorted(onsets, stop, side="left"))
            for which, onset in zip(
                order[first:after], onsets[first:after], strict=True
            ):
                begin = max(start, int(onset))
                end = min(stop, int(onset) + self.parts[which].n_frames)
                if begin < end:
                    frames[begin - start : end - start] = part_renderer(int(which))(
                        begin - int(onset), end - int(onset)
                    )
            return frames

        return render

    # -- files -------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Family and all fields, JSON-able."""
        return {
            "family": self.family,
            "parts": [part.to_dict() for part in self.parts],
            "blank_s": self.blank_s,
            "blank_level": self.blank_level,
            "repeats": self.repeats,
            "order": self.order,
            "seed": self.seed,
        }

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> Self:
        """See :meth:`StimulusSpec.from_fields`; errors name the part they are in."""
        parts = fields.get("parts")
        if not isinstance(parts, list | tuple):
            raise StimulusError(
                "A sequence needs parts, a list of specifications with a family each."
            )
        read = []
        for k, part in enumerate(parts, 1):
            if not isinstance(part, Mapping):
                raise StimulusError(
                    f"Part {k} of the sequence is no specification; give a family and "
                    "its parameters."
                )
            try:
                read.append(spec_from_dict(part))
            except StimulusError as error:
                raise StimulusError(f"Part {k} of the sequence: {error}") from error
        return super().from_fields({**fields, "parts": tuple(read)})


def part_labels(families: Iterable[str]) -> tuple[str, ...]:
    """Names of parts of these families, in this order: see :attr:`Sequence.labels`."""
    seen: Counter[str] = Counter()
    labels = []
    for family in families:
        seen[family] += 1
        labels.append(family if seen[family] == 1 else f"{family}_{seen[family]}")
    return tuple(labels)


def _checked(parts: object) -> tuple[StimulusSpec, ...]:
    """The parts as a tuple, if they can be shown one after the other."""
    if not isinstance(parts, list | tuple) or not parts:
        raise StimulusError("A sequence has no parts; give a list of specifications.")
    for k, part in enumerate(parts, 1):
        if isinstance(part, Sequence):
            raise StimulusError(
                f"Part {k} of the sequence is a sequence itself; give its parts."
            )
        if not isinstance(part, StimulusSpec):
            raise StimulusError(
                f"Part {k} of the sequence is a {type(part).__name__}; give "
                "specifications, such as drifting_gratings().spec."
            )
        for name, what in (("frame_rate", "frame rate"), ("display", "display")):
            if getattr(part, name) != getattr(parts[0], name):
                raise StimulusError(
                    f"Part {k} of the sequence ({part.family}) has another {what} than "
                    f"the first ({getattr(part, name)} and {getattr(parts[0], name)}); "
                    "make all parts for one."
                )
    return tuple(parts)


def _together(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """Trials of all parts, columns in order, empty text for text that a part lacks."""
    trials = pd.concat(tables, ignore_index=True)
    parameters = [n for n in trials if n not in (*OF_EVERY_PART, "repeat")]
    texts = [n for n in parameters if trials[n].dtype.kind not in "iufb"]
    ordered: pd.DataFrame = trials[[*OF_EVERY_PART, *parameters, "repeat"]]
    return ordered.fillna(dict.fromkeys(texts, ""))

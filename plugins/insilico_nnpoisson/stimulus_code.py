"""What each column of the stimulus means: from named conditions to one-hot rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.conditions import ConditionParameter
from insilico_gui.errors import WeightsError, quoted

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

TRIAL_LENGTH = "trial_length"
"""Parameter of every session: how long the trial is, at most the time limit."""

SHORTEST = 1e-3
"""Shortest trial, as a part of the time limit."""

CONTRASTS = (0.0, 0.25, 0.5, 1.0)
KNOWN: dict[int, tuple[str, ...]] = {
    8: tuple(
        f"contrast_{side}={value:g}"
        for side in ("left", "right")
        for value in CONTRASTS
    ),
    3: ("coherence=0.8", "coherence=0.5", "coherence=0"),
}
"""Columns that are assumed where a file does not say, by their number."""

HELP = {
    "contrast_left": "Contrast of the picture in the left half of the visual field.",
    "contrast_right": "Contrast of the picture in the right half of the visual field.",
    "coherence": "Part of the dots that move together.",
    "stimulus": "Column of the stimulus that is one.",
}


@dataclass(frozen=True)
class StimulusCode:
    """Columns of the stimulus: each is one where a parameter has a value, else zero.

    Attributes
    ----------
    columns : tuple of (str, float)
        Parameter and value.
    assumed : bool
        Whether no file said so.
    """

    columns: tuple[tuple[str, float], ...]
    assumed: bool

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters, in order of their first column."""
        return tuple(dict.fromkeys(name for name, _ in self.columns))

    @property
    def texts(self) -> list[str]:
        """Columns as ``"contrast_left=0.25"``, as files hold them."""
        return [f"{name}={value:g}" for name, value in self.columns]

    def parameters(self, time_limit: float) -> tuple[ConditionParameter, ...]:
        """Parameters of a condition: those of the stimulus, and the trial's length."""
        found = []
        for name in self.names:
            values = sorted(value for n, value in self.columns if n == name)
            default = 0.0 if len(self.names) > 1 and 0.0 in values else None
            found.append(
                ConditionParameter(
                    name, "", tuple(values), default=default, help=HELP.get(name, "")
                )
            )
        return (
            *found,
            ConditionParameter(
                TRIAL_LENGTH,
                "s",
                (),
                SHORTEST * time_limit,
                time_limit,
                default=time_limit,
                help="Time to the end of the trial; responses scale with it.",
            ),
        )

    def rows(self, conditions: pd.DataFrame) -> NDArray[np.float64]:
        """Stimuli [n, D] of checked conditions."""
        found = np.zeros((len(conditions), len(self.columns)))
        for k, (name, value) in enumerate(self.columns):
            found[:, k] = np.isclose(conditions[name].to_numpy(float), value)
        return found

    def of_rows(self, rows: NDArray[Any]) -> dict[str, NDArray[np.float64]]:
        """Values of each parameter [n] of stimuli [n, D]; NaN where none is one."""
        found = {}
        for name in self.names:
            columns = [k for k, (n, _) in enumerate(self.columns) if n == name]
            values = np.array([self.columns[k][1] for k in columns])
            part = np.asarray(rows)[:, columns]
            known = values[np.argmax(part, axis=1)]
            found[name] = np.where(part.max(axis=1) > 0, known, np.nan)
        return found


def stimulus_code(n_columns: int, texts: Any = None) -> StimulusCode:
    """The code of a model with `n_columns`; `texts` as a file holds them, if it does.

    Raises
    ------
    WeightsError
        If the texts are none, or of another number.
    """
    if texts is None:
        known = KNOWN.get(n_columns)
        given = known or [f"stimulus={k}" for k in range(n_columns)]
        return StimulusCode(tuple(_parsed(text) for text in given), assumed=True)
    if not isinstance(texts, list | tuple) or len(texts) != n_columns:
        raise WeightsError(
            f"The description of the stimulus has not {n_columns} entries, one for each "
            "column; write them like 'contrast_left=0.25'."
        )
    columns = tuple(_parsed(text) for text in texts)
    if len(set(columns)) < len(columns):
        raise WeightsError(
            "The description of the stimulus names a column twice; give each its own "
            "value."
        )
    return StimulusCode(columns, assumed=False)


def _parsed(text: object) -> tuple[str, float]:
    name, equals, value = str(text).partition("=")
    try:
        number = float(value)
    except ValueError:
        number = np.nan
    taken = name in (TRIAL_LENGTH, "trial", "time", "unit", "unit_id")
    if not equals or not name.isidentifier() or taken or not np.isfinite(number):
        raise WeightsError(
            f"{quoted(text)} describes no column of the stimulus; write it like "
            "'contrast_left=0.25'."
        )
    return name, number

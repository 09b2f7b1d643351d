"""Responses to one part of a sequence of stimuli.

The trial table of a sequence names the part of every trial in its column ``part``.
Analyses are of trials that vary something together, so each is of one part: take it
with :func:`take_part`, and whatever analyses responses analyses those of the part.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import xarray as xr

from insilico_gui.analysis.trials.windows import trial_table
from insilico_gui.errors import AnalysisError
from insilico_gui.responses import check_responses
from insilico_gui.stimuli.spec.sequence import part_labels

PART = "part"


def sequence_parts(responses: xr.DataArray) -> list[str]:
    """Parts of the sequence that responses are to, as shown first; else none."""
    check_responses(responses)
    if responses.attrs.get("trials") is None or PART not in responses.attrs["trials"]:
        return []
    return list(dict.fromkeys(map(str, responses.attrs["trials"][PART])))


def part_name(responses: xr.DataArray, asked: str) -> str:
    """The part that somebody means.

    Parameters
    ----------
    responses : xarray.DataArray
        To a :class:`insilico_gui.stimuli.Sequence`.
    asked : str
        Name of a part, with ``-`` or blanks for ``_`` if one likes; or its number in the
        sequence, from 1.

    Returns
    -------
    str
        One of :func:`sequence_parts`.

    Raises
    ------
    AnalysisError
        If there is no such part.
    """
    check_responses(responses)
    shown = sequence_parts(responses)
    spec = whole_specification(responses)
    in_order = _labels(spec) if "parts" in spec else shown
    numbered = {str(k): name for k, name in enumerate(in_order, start=1)}
    name = numbered.get(asked, asked.strip().replace("-", "_").replace(" ", "_"))
    if name not in shown:
        parts = ", ".join(f"{k} {name}" for k, name in numbered.items())
        raise AnalysisError(
            f"The stimulus has no part {asked!r}; it has {parts}."
            if shown
            else f"The stimulus is no sequence, so it has no part {asked!r}; analyse "
            "all of its trials."
        )
    return name


def take_part(responses: xr.DataArray, part: str) -> xr.DataArray:
    """The same responses with the trials of one part of the sequence.

    Parameters
    ----------
    responses : xarray.DataArray
        To a :class:`insilico_gui.stimuli.Sequence`.
    part : str
        One of :func:`sequence_parts`, such as ``"drifting_gratings"``.

    Returns
    -------
    xarray.DataArray
        All frames, in which the times of the trials are; ``attrs["trials"]`` has the
        rows of the part and the columns that it has, and ``attrs["part"]`` its name.

    Raises
    ------
    AnalysisError
        If the responses are to no sequence, or it has no such part.
    """
    check_responses(responses)
    parts = sequence_parts(responses)
    if part not in parts:
        raise AnalysisError(
            f"The stimulus has no part {part!r}; it has {', '.join(parts)}."
            if parts
            else f"The stimulus is no sequence, so it has no part {part!r}; analyse "
            "all of its trials."
        )
    tables = part_tables(trial_table(responses))
    trials = tables[parts.index(part)].to_dict(orient="list")
    return responses.assign_attrs(trials=trials, part=part)


def part_tables(table: pd.DataFrame) -> list[pd.DataFrame]:
    """Trial tables of the parts, with the columns that each has; one if no sequence."""
    if PART not in table:
        return [table]
    tables = []
    for _, rows in table.groupby(table[PART].map(str), sort=False):
        empty = [name for name in rows if _is_empty(rows[name])]
        tables.append(rows.drop(columns=empty).reset_index(drop=True))
    return tables


def parts_where(table: pd.DataFrame, fits: Callable[[pd.DataFrame], bool]) -> list[str]:
    """Names of the parts whose trials fit an analysis; none if there is no sequence."""
    if PART not in table:
        return []
    fitting = [part for part in part_tables(table) if fits(part)]
    return [str(part[PART].iloc[0]) for part in fitting]


def part_that(
    responses: xr.DataArray, fits: Callable[[pd.DataFrame], bool], what: str
) -> xr.DataArray:
    """Responses to the one part whose trials fit an analysis, as from :func:`take_part`.

    As they are if they are to no sequence, or if no part fits; an error if several do.
    `what` says what parts that fit do.
    """
    if not sequence_parts(responses):
        return responses
    names = parts_where(trial_table(responses), fits)
    if len(names) > 1:
        raise AnalysisError(
            f"Several parts of the sequence {what}: {', '.join(names)}; choose one of "
            "them (--part on the command line, take_part in Python), or show them in "
            "sequences of their own.",
            in_window=f"Several parts of the sequence {what}: {', '.join(names)}; choose "
            "one of them in the box beside the method, or show them in sequences of "
            "their own.",
        )
    return take_part(responses, names[0]) if names else responses


def specification(responses: xr.DataArray) -> dict[str, Any]:
    """Parameters of the parametric stimulus, or of the part taken of a sequence.

    Empty if the responses do not say them, or are to several parts.
    """
    spec = whole_specification(responses)
    if "parts" not in spec:
        return spec
    own = dict(zip(_labels(spec), spec["parts"], strict=True))
    return dict(own.get(str(responses.attrs.get(PART)), {}))


def whole_specification(responses: xr.DataArray) -> dict[str, Any]:
    """Specification of the parametric stimulus that responses are to.

    Returns
    -------
    dict
        As of :meth:`insilico_gui.stimuli.StimulusSpec.to_dict`; empty if the responses
        do not say it.
    """
    about: Any = responses.attrs.get("stimulus_attrs")
    while isinstance(about, dict):
        spec = about.get("spec")
        if isinstance(spec, dict):
            return spec
        about = about.get("source")
    return {}


def _labels(spec: dict[str, Any]) -> tuple[str, ...]:
    """Names of the parts of a sequence in its order, as its trial table has them."""
    return part_labels(own["family"] for own in spec["parts"])


def _is_empty(column: pd.Series[Any]) -> bool:
    return bool((column.isna() | (column.astype(str) == "")).all())

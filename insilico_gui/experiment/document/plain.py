"""Values of a document: checked plain data, and what is frozen."""

from __future__ import annotations

import math
from collections.abc import Mapping
from keyword import iskeyword
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
)

MAX_ENTRIES = 10_000
MAX_TEXT = 10_000
MAX_ROWS = 2_000
MAX_DEPTH = 20

Name = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f/\\]{1,100}$")]
Text = Annotated[str, StringConstraints(max_length=MAX_TEXT)]
Hash = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9:_. -]{1,200}$")]
Color = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
Finite = Annotated[float, Field(allow_inf_nan=False)]


def _plain(value: Any, depth: int = 0) -> Any:
    """Plain data with tuples for lists: texts, numbers, truth values, None, mappings."""
    if depth > MAX_DEPTH:
        raise ValueError("it is nested too deeply")
    if value is None or isinstance(value, bool | int | str):
        if isinstance(value, str) and len(value) > MAX_TEXT:
            raise ValueError("a text is too long")
        if isinstance(value, int) and abs(value) > 2**64:
            raise ValueError("a number is too large")
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError("a number is not finite")
        return value
    if isinstance(value, list | tuple):
        return tuple(_plain(entry, depth + 1) for entry in value)
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise ValueError("a key is not a text")
        return {key: _plain(entry, depth + 1) for key, entry in value.items()}
    raise ValueError(f"a {type(value).__name__} is not plain data")


Plain = Annotated[dict[str, Any], AfterValidator(_plain)]
"""A mapping of plain data, such as the parameters of an analysis."""


RULE = frozenset({"areas", "fields", "unit_ids", "indices", "combine", "where"})
"""Arguments of :func:`insilico_gui.select` that a rule may have."""

_TAKEN = frozenset({"analysis", "session", "stimulus", "on_progress", "self"})


def _rule(values: dict[str, Any]) -> dict[str, Any]:
    """A rule without a key that is no argument of a selection."""
    for name in values:
        if name not in RULE:
            raise ValueError(f"{name[:80]!r} is no argument of a selection")
    where = values.get("where")
    if isinstance(where, dict):
        # A tuple would be taken for a range, which names do not have
        lists = {k: list(v) if isinstance(v, tuple) else v for k, v in where.items()}
        return {**values, "where": lists}
    return values


def _named(values: dict[str, Any]) -> dict[str, Any]:
    """Parameters whose names can be those of arguments: they become code in scripts."""
    for name in values:
        if not name.isidentifier() or iskeyword(name) or name in _TAKEN:
            raise ValueError(f"{name[:80]!r} is no name of a parameter")
    return values


Rule = Annotated[Plain, AfterValidator(_rule)]
Parameters = Annotated[Plain, AfterValidator(_named)]


class Frozen(BaseModel):
    """Data that is not changed, and has no keys but those that are declared."""

    model_config = ConfigDict(frozen=True, extra="forbid")

"""Output files of a command: checked and reserved before the computation starts."""

from __future__ import annotations

from contextlib import ExitStack
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import numpy as np

from insilico_gui.cli.terminal.telling import is_file, needs_output, written
from insilico_gui.errors import ExportError
from insilico_gui.export import export_suffixes, suffix_of
from insilico_gui.files import (
    Claim,
    check_target,
    claim,
    publishing,
    refuse_folder,
    settle,
    shown,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    import xarray as xr

P = ParamSpec("P")
T = TypeVar("T")


@dataclass
class _Kept:
    """Claims of the command that is running."""

    stack: ExitStack
    of: dict[Path, Claim] = field(default_factory=dict)


_kept: ContextVar[_Kept | None] = ContextVar("kept", default=None)


def keeping_outputs(command: Callable[P, T]) -> Callable[P, T]:
    """Wrap a command so that its reserved outputs are released when it ends."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        with ExitStack() as stack:
            stack.callback(_kept.reset, _kept.set(_Kept(stack)))
            return command(*args, **kwargs)

    return run


def check_output(
    output: Path | None, overwrite: bool, suffixes: Sequence[str] | None = None
) -> None:
    """Check the name of an output; by default it may have any suffix of an export.

    Standard output needs no check, and none is needed with ``--json``.
    """
    needs_output(output)
    if output is None or not is_file(output):
        return
    suffixes = export_suffixes() if suffixes is None else suffixes
    if not suffix_of(output, suffixes):
        raise ExportError(
            f"{shown(output.name)} has no known format; end it in {' or '.join(suffixes)}."
        )
    settle(output.parent)
    check_target(output, overwrite, ExportError)
    if output.suffix.lower() != ".zarr":
        refuse_folder(output, ExportError)


def reserve(
    output: Path | None, overwrite: bool, suffixes: Sequence[str], *beside: str
) -> None:
    """Check an output and the files `beside` it, and reserve their names.

    Other processes cannot write these names while the command runs; the command gets them
    by :func:`output_claim` or :func:`output_file`.
    """
    check_output(output, overwrite, suffixes)
    if output is None or not is_file(output):
        return
    for name in beside:
        check_target(output.with_name(name), overwrite, ExportError)
    kept = _kept.get()
    if kept is not None:
        made = claim(output.parent, [output.name, *beside], ExportError)
        kept.of[output] = kept.stack.enter_context(made)


def output_claim(output: Path, *beside: str) -> Claim:
    """The claim that :func:`reserve` made, or one that is made now."""
    held = _held(output)
    return held or claim(output.parent, [output.name, *beside], ExportError)


def output_file(output: Path) -> AbstractContextManager[Path]:
    """A path to write a file to that was reserved; see :func:`.files.publishing`."""
    return publishing(output, ExportError, _held(output))


def check_arrays(output: Path | None, overwrite: bool) -> None:
    """Check and reserve a file of arrays, if one is asked for."""
    if output is not None:
        reserve(output, overwrite, (".npz",))


def write_arrays(output: Path, dataset: xr.Dataset, names: Sequence[str]) -> None:
    """Write those arrays of a dataset that it has, under their names."""
    arrays: dict[str, Any] = {
        name: dataset[name].to_numpy() for name in names if name in dataset.variables
    }
    texts = {k: v.astype(str) for k, v in arrays.items() if v.dtype.kind in "OT"}
    with output_file(output) as partial, partial.open("wb") as file:
        np.savez_compressed(file, **{**arrays, **texts})
    written(output)


def _held(output: Path) -> Claim | None:
    kept = _kept.get()
    return None if kept is None else kept.of.get(output)

"""Responses of one session to several stimuli, by name."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from insilico_gui.errors import EncodingError, listed, quoted
from insilico_gui.export.tidy_table import tidy_table, write_tidy_table
from insilico_gui.notebook import card, table

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pandas as pd
    import xarray as xr

    from insilico_gui.encoding.shelf import Kept

MOST_NAMES = 6
"""Names that a repr lists."""


class Runs(Mapping[str, "xr.DataArray"]):
    """Named responses of a session to several stimuli, from :func:`insilico_gui.encode`.

    A mapping in the order of the stimuli: ``runs["clip.mp4"]`` are the responses to that
    one. Few are kept in memory, further ones on disk until they are asked for.

    Attributes
    ----------
    session : str
        Id of the session.
    failed : dict of str to str
        Stimuli that could not be encoded, and why; they are not in the mapping.
    """

    def __init__(self, session: str) -> None:
        self.session = session
        self.failed: dict[str, str] = {}
        self._kept: dict[str, Kept] = {}
        self._shapes: dict[str, tuple[Mapping[Any, int], str]] = {}

    def add(self, name: str, responses: xr.DataArray, kept: Kept) -> None:
        """Add the responses of a run, and how to get them back."""
        self._kept[name] = kept
        time = responses.coords.get("time")
        lasts = "" if time is None or len(time) < 2 else _seconds(time.to_numpy())
        self._shapes[name] = (dict(responses.sizes), lasts)

    def tell_of_failures(self) -> None:
        """Warn of what could not be encoded; an EncodingError if that is everything."""
        if not self.failed:
            return
        said = "; ".join(f"{quoted(k)}: {why}" for k, why in self.failed.items())
        n = len(self.failed) + len(self)
        if not len(self):
            name, why = next(iter(self.failed.items()))
            more = "" if n == 1 else f"; none of the {n} stimuli could be encoded"
            raise EncodingError(f"{quoted(name, '')}: {why.rstrip('.')}{more}.")
        warnings.warn(
            f"{len(self.failed)} of {n} stimuli could not be encoded: {said}",
            RuntimeWarning,
            stacklevel=4,
        )

    def __getitem__(self, name: str) -> xr.DataArray:
        if name in self._kept:
            return self._kept[name]()
        if name in self.failed:
            raise EncodingError(
                f"{quoted(name)} could not be encoded: {self.failed[name]}"
            )
        raise KeyError(f"no run {quoted(name)}; there is {listed(self)}")

    def __contains__(self, name: object) -> bool:
        return name in self._kept

    def __iter__(self) -> Iterator[str]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)

    def table(
        self,
        bin_s: float | None = None,
        *,
        burn_in_frames: int | None = None,
        unit_columns: str | Sequence[str] = ("area",),
    ) -> pd.DataFrame:
        """One tidy table of all runs: a row for each unit and bin, or unit and stimulus.

        Parameters
        ----------
        bin_s : float, optional
            Length of a bin in seconds; default one bin from the burn-in to the end. Bins
            are counted from the first frame; the last one of a run may be shorter.
        burn_in_frames : int, optional
            Frames at the beginning that no bin has; default the number that the
            responses name (10 of video, else 0).
        unit_columns : str or sequence of str
            Columns of the unit table to take along, where there are such; session and
            scan are always taken.

        Returns
        -------
        pandas.DataFrame
            ``stimulus`` (name of the run), ``trial`` and its labels for responses in
            trials, ``time_s`` (beginning of the bin) and ``n_frames`` (frames in it) for
            responses in time, ``unit_id``, the columns of the unit table, and
            ``response``, the mean in float32. ``attrs`` have how it was made.

        Raises
        ------
        AnalysisError
            If a run is shorter than the burn-in, or has no bins of this length.
        """
        return tidy_table(
            self,
            bin_s,
            burn_in_frames=burn_in_frames,
            unit_columns=unit_columns,
            failed=self.failed,
        )

    def to_parquet(
        self,
        path: str | os.PathLike[str],
        bin_s: float | None = None,
        *,
        burn_in_frames: int | None = None,
        unit_columns: str | Sequence[str] = ("area",),
        overwrite: bool = False,
    ) -> Path:
        """Write :meth:`table` run by run to a ``.parquet`` file, in little memory.

        Parameters
        ----------
        path : path
        overwrite : bool
            Replace an existing file.
        bin_s, burn_in_frames, unit_columns
            See :meth:`table`.

        Returns
        -------
        Path

        Raises
        ------
        AnalysisError
            As :meth:`table`.
        ExportError
            If the file exists, or cannot be written.
        """
        return write_tidy_table(
            path,
            self,
            bin_s,
            burn_in_frames=burn_in_frames,
            unit_columns=unit_columns,
            failed=self.failed,
            overwrite=overwrite,
        )

    def __repr__(self) -> str:
        names = [*self]
        shown = ", ".join(quoted(name) for name in names[:MOST_NAMES])
        more = f", and {len(names) - MOST_NAMES} more" if names[MOST_NAMES:] else ""
        failed = f"; failed: {listed(self.failed, chr(39))}" if self.failed else ""
        runs = "1 run" if len(names) == 1 else f"{len(names):,} runs"
        return f"<Runs of {quoted(self.session, '')}: {runs} ({shown}{more}){failed}>"

    def _repr_html_(self) -> str:
        """In a notebook: name, size and length of every run, and what failed."""
        rows = [
            (name, ", ".join(f"{dim}: {n:,}" for dim, n in sizes.items()), lasts)
            for name, (sizes, lasts) in self._shapes.items()
        ]
        tables = [table(("stimulus", "size", "length"), rows)]
        if self.failed:
            tables.append(table(("failed", "why"), self.failed.items()))
        return card(
            f"runs of {self.session}",
            {"runs": len(self), "failed": len(self.failed) or ""},
            tables=tables,
        )


def _seconds(time: Any) -> str:
    return f"{time[-1] - time[0] + (time[1] - time[0]):.4g} s"

"""Which neurons are stimulated or silenced: by id, index, neuropil or transmitter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from insilico_drosophila.network.drive import Pulse
from insilico_gui.errors import SelectionError, StimulusError, listed, quoted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from insilico_drosophila.files.connectome import Connectome, SynapseTable
    from insilico_gui.stimuli import Target

TARGET = ("neuropil", "share", "transmitter", "root_ids", "indices")
"""Keys that say which neurons; of several, neurons that all of them name."""
PULSE = ("rate_hz", "strength_mv", "onset_ms", "duration_ms")
CUT = "cut"

Spec = Mapping[str, Any] | Sequence[Mapping[str, Any]]
_SHARE = 0.8
_ROWS = 2**18
"""Rows of the table of synapses that are looked at together."""


def spec_of(target: Target) -> dict[str, Any]:
    """A target of the host as the description of neurons that :func:`neurons` takes."""
    spec: dict[str, Any] = dict(target.groups)
    if target.share is not None:
        spec["share"] = target.share
    if target.ids:
        spec["root_ids"] = [_root_id(one) for one in target.ids]
    return spec


def _root_id(given: int | str) -> int:
    """A root id; text of digits is one."""
    if isinstance(given, int):
        found = given
    elif given.isascii() and given.isdecimal() and len(given) < 20:
        found = int(given)
    else:
        raise SelectionError(
            f"The root id {quoted(given)} is no whole number; give the digits alone."
        )
    if not 0 <= found < 2**63:
        raise SelectionError(
            f"The root id {quoted(given)} is not of 64 bits; copy it from the table of "
            "neurons."
        )
    return found


def neurons(connectome: Connectome, spec: Mapping[str, Any]) -> NDArray[np.int64]:
    """Indices of the neurons that a description names, ascending.

    Parameters
    ----------
    connectome : Connectome
    spec : mapping
        With one or several of ``neuropil`` (name; the fewest neurons that make ``share``,
        default 0.8, of its synapses), ``transmitter`` (name), ``root_ids`` and
        ``indices``.

    Raises
    ------
    SelectionError
        If nothing is named, or something that is not there.
    """
    found = []
    if "neuropil" in spec:
        share = spec.get("share", _SHARE)
        found.append(connectome.of_neuropil(spec["neuropil"], share))
    if "transmitter" in spec:
        found.append(connectome.of_transmitter(spec["transmitter"]))
    if "root_ids" in spec:
        found.append(connectome.indices(spec["root_ids"]))
    if "indices" in spec:
        found.append(_indices(spec["indices"], connectome.n_neurons))
    if not found:
        raise SelectionError(
            f"{quoted(dict(spec), '')} names no neurons; give neuropil, transmitter, "
            "root_ids or indices."
        )
    chosen = reduce(np.intersect1d, found)
    if not len(chosen):
        raise SelectionError(
            f"No neuron is in all of {listed(k for k in TARGET if k in spec)}; give fewer."
        )
    return np.unique(chosen).astype(np.int64)


def pulses(connectome: Connectome, spec: Spec | None, dt_ms: float) -> list[Pulse]:
    """Stimulation as extra events in steps.

    Parameters
    ----------
    connectome : Connectome
    spec : mapping or sequence of mapping, optional
        Each names neurons (:func:`neurons`) and has ``rate_hz`` and ``strength_mv`` of
        extra Poisson events, ``onset_ms`` (default 0) and ``duration_ms`` (default: to
        the end).
    dt_ms : float

    Raises
    ------
    StimulusError
        If a number is missing or out of range.
    SelectionError
        As :func:`neurons` does.
    """
    made = []
    for one in _all(spec, (*TARGET, *PULSE), "stimulate"):
        rate, strength = (_number(one, key) for key in ("rate_hz", "strength_mv"))
        onset = _number(one, "onset_ms", 0.0)
        duration = _number(one, "duration_ms", np.inf)
        probability = rate * dt_ms / 1000
        if rate < 0 or probability > 1 or onset < 0 or duration <= 0:
            raise StimulusError(
                f"A stimulation of {rate:g} Hz from {onset:g} ms for {duration:g} ms is "
                f"out of range; rates are 0 to {1000 / dt_ms:g} Hz, onsets at least 0, "
                "durations above 0."
            )
        start = round(onset / dt_ms)
        stop = 2**62 if duration == np.inf else start + max(1, round(duration / dt_ms))
        who = neurons(connectome, one)
        made.append(Pulse(who, probability, strength, start, stop))
    return made


def silenced(
    connectome: Connectome, spec: Spec | None
) -> tuple[NDArray[np.int64] | None, list[str]]:
    """Neurons that never spike, and neuropils to cut.

    Parameters
    ----------
    connectome : Connectome
    spec : mapping or sequence of mapping, optional
        Each names neurons (:func:`neurons`), or is ``{"cut": NEUROPIL}``.

    Returns
    -------
    indices : int array or None
    cuts : list of str
    """
    cuts, found = [], []
    for one in _all(spec, (*TARGET, CUT), "silence"):
        if CUT in one:
            name = one[CUT]
            if len(one) > 1 or name not in connectome.neuropils:
                raise SelectionError(
                    f"{quoted(dict(one), '')} does not say which neuropil is cut; give "
                    f"one of {listed(connectome.neuropils)} and nothing else."
                )
            cuts.append(name)
        else:
            found.append(neurons(connectome, one))
    return (np.unique(np.concatenate(found)) if found else None), cuts


def without(
    connectome: Connectome, table: SynapseTable, cuts: Sequence[str]
) -> sparse.csr_array:
    """Weights [N, N] without the synapses of neuropils.

    A pair keeps its synapses outside of them, and its sign. The table is gone through in
    parts and one copy of the weights is changed in place, since both are large.
    """
    weights = connectome.weights
    places = np.array([connectome.neuropils.index(name) for name in cuts])
    left = np.abs(weights.data)
    for first in range(0, len(table.neuropil), _ROWS):
        at = slice(first, first + _ROWS)
        rows = first + np.flatnonzero(np.isin(table.neuropil[at], places))
        place, known = _pairs(weights, table.pre[rows], table.post[rows])
        np.subtract.at(left, place, table.count[rows[known]].astype(np.float32))
    np.maximum(left, 0, out=left)
    np.copysign(left, weights.data, out=left)
    parts = left, weights.indices, weights.indptr  # indices are not copied
    return sparse.csr_array(parts, shape=weights.shape)


def _pairs(
    weights: sparse.csr_array, pre: NDArray[np.int32], post: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Positions of pairs [R] among the entries, and which of the pairs are connected."""
    at, end = (weights.indptr[pre + k].astype(np.int64) for k in (0, 1))
    stop = end
    while (at < stop).any():  # bisection for all pairs at once: columns are sorted
        middle = (at + stop) // 2
        is_before = (at < stop) & (weights.indices[np.minimum(middle, end - 1)] < post)
        at = np.where(is_before, middle + 1, at)
        stop = np.where(is_before, stop, np.minimum(middle, stop))
    known = np.flatnonzero(at < end)
    known = known[weights.indices[at[known]] == post[known]]
    return at[known], known


def _all(spec: Spec | None, keys: Sequence[str], what: str) -> list[Mapping[str, Any]]:
    given = [] if spec is None else [spec] if isinstance(spec, Mapping) else spec
    if isinstance(given, str) or not all(isinstance(one, Mapping) for one in given):
        raise StimulusError(
            f"{what} is {quoted(spec)}; give a dictionary, or a list of dictionaries, with "
            f"{listed(keys)}."
        )
    for one in given:
        unknown = [key for key in one if key not in keys]
        if unknown:
            raise StimulusError(
                f"{what} has the unknown entry {listed(unknown)}; there are {listed(keys)}."
            )
    return list(given)


def _number(spec: Mapping[str, Any], key: str, default: float | None = None) -> float:
    value = spec.get(key, default)
    if value is None and default is not None:
        value = default
    is_number = isinstance(value, int | float | np.number) and not isinstance(
        value, bool
    )
    if not is_number or not (np.isfinite(value) or value == default):
        raise StimulusError(
            f"A stimulation has {key} = {quoted(value)}; give a number."
        )
    return float(value)


def _indices(given: Any, n: int) -> NDArray[np.int64]:
    values = np.asarray(given)
    if values.ndim != 1 or values.dtype.kind not in "iu" or not len(values):
        raise SelectionError("Indices of neurons are a list of whole numbers.")
    if values.min() < 0 or values.max() >= n:
        raise SelectionError(
            f"There are neurons 0 to {n - 1}; {values.min()} to {values.max()} were "
            "asked for."
        )
    return np.unique(values).astype(np.int64)

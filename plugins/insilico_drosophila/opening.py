"""Opening a fly from the published files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from insilico_drosophila.files.cache import load_connectome
from insilico_drosophila.files.checkpoints import read_network
from insilico_drosophila.files.folder import (
    DEFAULT_RECORDING,
    find_checkpoint,
    find_folder,
    recording_id,
)
from insilico_drosophila.files.rates import read_rates
from insilico_drosophila.fly import MAX_FIRING_RATE_HZ, Fly
from insilico_drosophila.weights import initial_weights
from insilico_gui.device import resolve_device
from insilico_gui.errors import SessionError, quoted
from insilico_gui.untrusted.door import as_path
from insilico_gui.untrusted.hashes import weights_hash

if TYPE_CHECKING:
    import os

_UNTRAINED = "none (initial weights of training)"


def open_fly(
    directory: str | os.PathLike[str],
    version: str = "630",
    recording: str = DEFAULT_RECORDING,
    checkpoint: str | os.PathLike[str] | None = None,
    device: str = "auto",
    *,
    max_firing_rate: float = MAX_FIRING_RATE_HZ,
) -> Fly:
    """Open a fly from the published files.

    Parameters
    ----------
    directory : path
        Folder with the tables of the connectome, and rates in it or in its
        ``spike_rates``; or the folder whose ``data`` that is.
    version : {"630", "783"}
        Release of the connectome.
    recording : str
        Such as ``"2017-10-26_1"`` or ``"ito_2017-10-26_1"``.
    checkpoint : path, optional
        ``first-round-checkpoint.msgpack``, relative to `directory` or to the current
        folder; without one the network is untrained.
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"cuda:N"``.
    max_firing_rate : float
        Rate in Hz that recorded rates are fractions of.

    Returns
    -------
    Fly

    Raises
    ------
    InsilicoError
        One sentence on what is missing, wrong, or does not fit together.
    """
    where = resolve_device(device)
    if not 0 < max_firing_rate <= 10_000:
        raise SessionError(
            f"A maximal rate of {quoted(max_firing_rate, '')} Hz is not above 0 and at "
            "most 10,000 Hz; the published one is 100."
        )
    path = as_path(directory, SessionError)
    folder = find_folder(path, str(version), recording)
    connectome = load_connectome(folder, str(version))
    recorded = read_rates(folder.rates(recording))
    weights, source = (
        initial_weights(connectome.n_neurons, len(recorded.neuropils)),
        None,
    )
    if checkpoint is not None:
        source = find_checkpoint(as_path(checkpoint, SessionError), path)
        weights = read_network(source, connectome.n_neurons, len(recorded.neuropils))
    attrs = {
        "session": f"drosophila/{version}_{recording_id(recording)}",
        "twin": "whole-brain spiking network of Drosophila (FlyWire connectome)",
        "connectome_hash": connectome.hash,
        "rates_hash": weights_hash([folder.rates(recording)]),
        "checkpoint": _UNTRAINED if source is None else source.name,
        "weights_hash": connectome.hash if source is None else weights_hash([source]),
        "device": where,
        "dtype": "float32",
    }
    return Fly(folder, connectome, recorded, weights, attrs, where, max_firing_rate)

"""NNPoisson: spikes of brain regions and choices of an animal from one small network.

For a stimulus and a time the network gives the expected number of spikes of each region
and of each action; intensities are its derivatives by time (Khajehnejad et al., ICML
2022). Sessions, fitting to recordings, and synthetic recordings are here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import os

    from insilico_gui.fitting import FitReport
    from insilico_nnpoisson.data.steinmetz import Generated
    from insilico_nnpoisson.data.wimmer import Simulation
    from insilico_nnpoisson.model import Model

__all__ = [
    "fit",
    "load_model",
    "make_synthetic_hierarchy",
    "make_synthetic_steinmetz",
]


def load_model(
    path: str | os.PathLike[str], *, dtype: str = "float32", device: str = "cpu"
) -> Model:
    """See :func:`insilico_nnpoisson.model.load_model`."""
    from insilico_nnpoisson import model

    return model.load_model(path, dtype=dtype, device=device)


def fit(
    stim_shape: tuple[int, ...] | int | None = None,
    n_regions: int | None = None,
    iterations: int | None = None,
    episodes: int = 10,
    time_limit: float | None = None,
    n_batches: int | None = None,
    *,
    data: str | os.PathLike[str],
    out: str | os.PathLike[str],
    **options: Any,
) -> FitReport:
    """Fit the network to data, with the arguments of the published entry point.

    Equal to ``insilico-gui fit nnpoisson DATA --out OUT`` with options of these names.

    Parameters
    ----------
    stim_shape : (int,), optional
        Columns of the stimulus; default those of the data.
    n_regions : int, optional
    iterations, episodes, n_batches : int, optional
        Rounds, passes over all batches in a round, batches of each region.
    time_limit : float, optional
        Longest trial (s).
    data, out : path
        See :func:`insilico_gui.fitting.fit`.
    **options
        Further parameters of the fit, and those of :func:`insilico_gui.fitting.fit`.

    Returns
    -------
    FitReport

    Raises
    ------
    InsilicoError
        If data or parameters are wrong, or a loss is not finite.
    """
    from insilico_gui import fitting
    from insilico_gui.errors import FitError

    if isinstance(stim_shape, tuple | list):
        if len(stim_shape) != 1:
            raise FitError(
                f"stim_shape is {list(stim_shape)}; the stimulus is one row, so give one "
                "number, such as (8,)."
            )
        stim_shape = int(stim_shape[0])
    given: dict[str, Any] = {
        "stim_shape": stim_shape,
        "n_regions": n_regions,
        "iterations": iterations,
        "time_limit": time_limit,
        "n_batches": n_batches,
    }
    given = {name: value for name, value in given.items() if value is not None}
    return fitting.fit(
        data, out=out, twin="nnpoisson", episodes=episodes, **given, **options
    )


def make_synthetic_hierarchy(
    seed: int = 0, n_trials: int = 600, n_neurons: int = 25
) -> list[Simulation]:
    """See :func:`insilico_nnpoisson.data.hierarchy.make_synthetic_hierarchy`."""
    from insilico_nnpoisson.data import hierarchy

    return hierarchy.make_synthetic_hierarchy(seed, n_trials, n_neurons)


def make_synthetic_steinmetz(seed: int = 0, **options: Any) -> Generated:
    """See :func:`insilico_nnpoisson.data.steinmetz.make_synthetic_steinmetz`."""
    from insilico_nnpoisson.data import steinmetz

    return steinmetz.make_synthetic_steinmetz(seed, **options)

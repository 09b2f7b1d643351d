"""From the dataset of a tuning to columns of the unit table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from insilico_gui.errors import AnalysisError
from insilico_gui.units.identity import of_result, result_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import pandas as pd
    import xarray as xr
    from numpy.typing import NDArray

    from insilico_gui.analysis.fits.tuning_model import TuningModel
    from insilico_gui.progress import OnProgress


def axes_of(tuning: xr.Dataset, n: int) -> list[tuple[str, NDArray[np.float64]]]:
    """Names and levels [K] of the `n` numeric parameters of a tuning or map.

    An error if it has another number of parameters, or their levels are names.
    """
    names = tuning.attrs.get("analysis", {}).get("parameters", [])
    if len(names) != n:
        wanted = "parameter_tuning" if n == 1 else "parameter_map"
        raise AnalysisError(
            f"This dataset is not a tuning to {n} parameter{'s' * (n > 1)}; compute "
            f"one with {wanted} first."
        )
    for name in names:
        if tuning[name].dtype.kind != "f":
            raise AnalysisError(
                f"The levels of {name!r} are names, so no curve can be fitted to them."
            )
    return [(name, tuning[name].to_numpy()) for name in names]


def curve_of(tuning: xr.Dataset) -> NDArray[np.float64]:
    """The mean responses, float64 with units last."""
    return tuning["curve"].to_numpy()


def columns_table(
    tuning: xr.Dataset,
    columns: Mapping[str, NDArray[Any]],
    variant: str,
    **more: Any,
) -> pd.DataFrame:
    """Columns [U] as a result table, with how they were made in ``attrs``.

    See :func:`insilico_gui.units.identity.result_table`.
    """
    table = result_table(columns, of_result(tuning))
    analysis = tuning.attrs["analysis"]
    table.attrs.update({**analysis, "variant": variant, **more})
    if "p_tuning" in tuning.data_vars:
        name = "_".join(analysis["parameters"])
        table[f"p_{name}"] = tuning["p_tuning"].to_numpy()
    return table


def fitted_columns(
    model: TuningModel[Any],
    tuning: xr.Dataset,
    *,
    on_progress: OnProgress | None = None,
) -> pd.DataFrame:
    """The columns of a model fitted to a tuning.

    An error if the tuning is to something else than the model describes, or cannot be
    fitted.
    """
    axes = dict(axes_of(tuning, len(model.levels)))
    asked = [name.split(" x ") for name in model.of]
    names = next((names for names in asked if set(names) == set(axes)), list(axes))
    if names not in asked and not model.any_axis:
        described = " or ".join(" and ".join(names) for names in asked)
        raise AnalysisError(
            f"This is a tuning to {' and '.join(axes)}, not to {described}."
        )
    n_shown = min(len(levels) for levels in axes.values())
    if model.few is not None and n_shown < model.least:
        columns, lacking = model.few(tuning)
        reason = f"The fit needs {model.least} levels, and {n_shown} were shown"
        return columns_table(tuning, columns, model.name, absent={lacking: reason})
    curve = tuning["curve"].transpose(*names, "unit").to_numpy()
    levels = [axes[name] for name in names]
    fit = model.fit(curve, *levels, on_progress=on_progress, **model.more(tuning))
    absent: dict[str, Any] = {} if model.few is None else {"absent": {}}
    return columns_table(tuning, model.columns(fit, tuning), model.name, **absent)

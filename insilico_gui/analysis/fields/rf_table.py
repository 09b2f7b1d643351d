"""What receptive-field mapping adds to the unit table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from insilico_gui.analysis.fields.fitted_fields import ReceptiveFieldFit
from insilico_gui.analysis.fields.receptive_fields import POLARITIES
from insilico_gui.analysis.fields.rf_fit import fit_places, fit_receptive_fields
from insilico_gui.errors import AnalysisError
from insilico_gui.progress import OnProgress
from insilico_gui.stimuli.core.display import Angles, Display
from insilico_gui.units.identity import of_result, result_table


def receptive_field_fit(
    dataset: xr.Dataset,
    polarity: str = "on+off",
    on_progress: OnProgress | None = None,
) -> ReceptiveFieldFit:
    """Fit Gaussians to the maps of a receptive-field dataset.

    Of dots whose places are known, to the mean responses to a dot at each place
    (``place_response``); see :func:`.rf_fit.fit_places`.

    Parameters
    ----------
    dataset : xarray.Dataset
        From :func:`insilico_gui.analysis.dot_receptive_fields`,
        :func:`insilico_gui.analysis.noise_receptive_fields` or
        :func:`insilico_gui.analysis.sta_receptive_fields`. Of several lags, each unit's
        map at its lag with the largest standard deviation over cells is taken.
    polarity : {"on", "off", "on+off"}
        Which responses to dots.
    on_progress : callable(done, total), optional
        In units; see :mod:`insilico_gui.progress`.

    Returns
    -------
    ReceptiveFieldFit
        One Gaussian per unit, in pixels of the dataset's display.

    Raises
    ------
    AnalysisError
        If the dataset is another one, or has no such polarity.
    """
    analysis = _analysis(dataset)
    rf = dataset["rf"]
    if "polarity" in rf.dims:
        if polarity not in POLARITIES:
            raise AnalysisError(
                f"There is no polarity {polarity!r}; choose one of "
                f"{', '.join(POLARITIES)}."
            )
        rf = rf.sel(polarity=polarity)
    display = Display.from_dict(analysis["display"])
    if "place_response" in dataset:
        return _place_fit(dataset, polarity, display, on_progress)
    if "lag" in rf.dims:
        maps = rf.to_numpy()
        maps = maps[best_lags(dataset), np.arange(maps.shape[1])]
    else:
        maps = rf.to_numpy()
    return fit_receptive_fields(maps, display, on_progress)


def _place_fit(
    dataset: xr.Dataset,
    polarity: str,
    display: Display,
    on_progress: OnProgress | None = None,
) -> ReceptiveFieldFit:
    places = dataset["place_x"].to_numpy(), dataset["place_y"].to_numpy()
    values = dataset["place_response"].sel(polarity=polarity).to_numpy()
    return fit_places(values, *display.to_pixels(*places), display, on_progress)


def best_lags(dataset: xr.Dataset) -> NDArray[np.int64]:
    """Position in ``lag`` of each unit's map that varies most over cells, [U]."""
    maps = dataset["rf"].transpose("lag", "unit", "row", "column").to_numpy()
    deviation = np.nan_to_num(maps.std(axis=(2, 3)))
    best: NDArray[np.int64] = deviation.argmax(axis=0)
    return best


def rf_columns(
    dataset: xr.Dataset,
    fit: ReceptiveFieldFit | None = None,
    *,
    polarity: str = "on+off",
    angles: Angles = "spherical",
) -> pd.DataFrame:
    """The columns that receptive-field mapping adds to the unit table.

    Parameters
    ----------
    dataset : xarray.Dataset
        See :func:`receptive_field_fit`.
    fit : ReceptiveFieldFit, optional
        Of this dataset and polarity, if it was made already.
    polarity : {"on", "off", "on+off"}
        Which map of dots is fitted.
    angles : {"spherical", "per axis", "flat"}
        What degrees are, see :class:`insilico_gui.stimuli.Display`.

    Returns
    -------
    pandas.DataFrame
        One row per unit in the order of the responses, indexed by ``unit_id``, with
        ``session`` and ``scan_idx`` where they are known: ``rf_x_fit``,
        ``rf_y_fit`` (-1..1, y up), ``rf_azimuth_deg``, ``rf_elevation_deg``,
        ``rf_sigma_long_deg``, ``rf_sigma_short_deg``, ``rf_theta_deg``,
        ``rf_amplitude``, ``rf_offset``, ``rf_r2``, for dots ``SSI_on``, ``SSI_off`` and
        ``SSI_on+off``, and for several lags ``rf_lag_s``; ``rf_at_edge``, whether a
        part of the field is not on the screen (:attr:`.ReceptiveFieldFit.at_edge`).
        Of dots with places also ``rf_x_on``, ``rf_y_on``, ``rf_r2_on`` and the same of
        ``off``, the subfields fitted by themselves; ``rf_on_off_index``, (on - off) /
        (on + off) of how much the responses to each follow the fitted field, rectified
        at 0; ``p_rf`` if there is one. NaN (but for ``rf_r2``, SSI, p) where the fit
        failed or its centre is off the screen. ``attrs`` holds the parameters of the
        analysis, which degrees they are, and how many units were rejected.

    Raises
    ------
    AnalysisError
        If the dataset is another one, or the fit has other units.
    """
    analysis = _analysis(dataset)
    found = receptive_field_fit(dataset, polarity) if fit is None else fit
    n_units = dataset.sizes["unit"]
    if len(found.x0) != n_units:
        raise AnalysisError(
            f"The fit has {len(found.x0)} units and the dataset {n_units}; fit this "
            "dataset."
        )
    x, y = found.centre("stimulus")
    azimuth, elevation = found.centre("degrees", angles=angles)
    long, short, theta = found.axes_deg(angles=angles)
    columns: dict[str, NDArray[Any]] = {
        "rf_x_fit": x,
        "rf_y_fit": y,
        "rf_azimuth_deg": azimuth,
        "rf_elevation_deg": elevation,
        "rf_sigma_long_deg": long,
        "rf_sigma_short_deg": short,
        "rf_theta_deg": theta,
        "rf_amplitude": found.amplitude,
        "rf_offset": found.offset,
    }
    columns = {k: np.where(found.on_screen, v, np.nan) for k, v in columns.items()}
    columns["rf_r2"] = found.r2
    columns["rf_at_edge"] = found.at_edge
    if "place_response" in dataset:
        columns |= _subfields(dataset, found)
    if "p_rf" in dataset:
        columns["p_rf"] = dataset["p_rf"].to_numpy()
    if "SSI" in dataset:
        for name in POLARITIES:
            columns[f"SSI_{name}"] = dataset["SSI"].sel(polarity=name).to_numpy()
    if "lag" in dataset.dims:
        columns["rf_lag_s"] = dataset["lag_s"].to_numpy()[best_lags(dataset)]
    table = result_table(columns, of_result(dataset))
    table.attrs.update(analysis)
    table.attrs |= {
        "angles": angles,
        "n_rejected": int((~found.on_screen).sum()),
    }
    if "polarity" in dataset.dims:
        table.attrs["polarity"] = polarity
    return table


def _subfields(
    dataset: xr.Dataset, whole: ReceptiveFieldFit
) -> dict[str, NDArray[np.float64]]:
    """Columns [U] of the responses to bright and to dark dots by themselves."""
    columns: dict[str, NDArray[np.float64]] = {}
    for name in ("on", "off"):
        found = _place_fit(dataset, name, whole.display)
        x, y = (
            np.where(found.on_screen, at, np.nan) for at in found.centre("stimulus")
        )
        columns |= {
            f"rf_x_{name}": x,
            f"rf_y_{name}": y,
            f"rf_r2_{name}": found.r2,
        }
    row, column = whole.display.to_pixels(dataset["place_x"], dataset["place_y"])
    away = np.stack([column - whole.x0[:, None], whole.y0[:, None] - row], axis=-1)
    spread = np.where(whole.success[:, None, None], whole.covariance, np.eye(2))
    bell = np.exp(-np.einsum("upi,uij,upj->up", away, np.linalg.inv(spread), away) / 2)
    bell *= np.sign(whole.amplitude)[:, None]
    bell -= bell.mean(axis=1, keepdims=True)
    on, off = (
        np.clip(
            (bell * dataset["place_response"].sel(polarity=name)).sum("place"), 0, None
        )
        for name in ("on", "off")
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        index = ((on - off) / (on + off)).to_numpy()
    columns["rf_on_off_index"] = np.where(whole.success, index, np.nan)
    return columns


def _analysis(dataset: xr.Dataset) -> dict[str, Any]:
    analysis: dict[str, Any] | None = dataset.attrs.get("analysis")
    if "rf" not in dataset or analysis is None or "display" not in analysis:
        raise AnalysisError(
            "This dataset holds no receptive fields; map them first, e.g. with dots."
        )
    return analysis

"""Responses to images as a tuning: each image is a condition, shown once.

What is made of the tuning to conditions can then be made of images as well: sparseness,
signal correlations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from insilico_gui.analysis.trials.blocks import are_to_images
from insilico_gui.errors import AnalysisError
from insilico_gui.responses import check_responses, unit_dim, with_unit_index

if TYPE_CHECKING:
    from collections.abc import Sequence

    from insilico_gui.session import ImageSession

IMAGE = "image"
"""Name of the parameter whose levels are the labels of the images."""


def image_tuning(responses: xr.DataArray) -> xr.Dataset:
    """Response of every unit to each image.

    Parameters
    ----------
    responses : xarray.DataArray
        (``trial``, ``unit``), whatever units are called, as sessions driven by images
        give them; perhaps with ``repeat``, over which the mean is taken.

    Returns
    -------
    xarray.Dataset
        ``curve`` float64 (``image``, ``unit``) with the labels of the images, as from
        :func:`insilico_gui.analysis.parameter_tuning`. ``attrs["analysis"]`` holds the
        parameters.

    Raises
    ------
    AnalysisError
        If the responses are not to images, or have a course in time.
    """
    check_responses(responses)
    if not are_to_images(responses):
        raise AnalysisError(
            f"The responses have the dims {list(map(str, responses.dims))}; those to "
            "images have trial and unit."
        )
    units = unit_dim(responses)
    others = [str(dim) for dim in responses.dims if dim not in ("trial", units)]
    if set(others) - {"repeat"}:
        raise AnalysisError(
            f"The responses to an image have the dims {', '.join([*others, units])}, not "
            "one number for each unit; take the mean over a window of time first, e.g. "
            "responses.sel(time=slice(0.1, 0.2)).mean('time')."
        )
    means = responses.mean(others, dtype=np.float64).transpose("trial", units)
    labels = responses["trial"].to_numpy().astype(str)
    known = {
        name: ("unit", coord.to_numpy())
        for name, coord in responses.coords.items()
        if coord.dims == (units,) and name not in ("curve", "unit", IMAGE, units)
    }
    tuning = xr.Dataset(
        {"curve": ((IMAGE, "unit"), means.to_numpy())},
        {IMAGE: labels, **known},
        {
            "analysis": {
                "parameters": [IMAGE],
                "n_presentations": len(labels),
                "averaged_over": others,
            }
        },
    )
    return with_unit_index(tuning)


def silent_image_responses(
    session: ImageSession, labels: Sequence[str]
) -> xr.DataArray:
    """Responses to labelled images of one unit that never responds, float32 zeros.

    Dims are ``trial`` and those of a response to one image in the session; see
    :mod:`insilico_gui.analysis.trials.dry_run`.
    """
    sizes = {
        dim: 1 if dim == session.unit_dim else len(session.response_coords[dim])
        for dim in session.response_dims
    }
    return xr.DataArray(
        np.zeros((len(labels), *sizes.values()), np.float32),
        {"trial": list(labels), "unit_id": (session.unit_dim, [0])},
        ("trial", *sizes),
    )

"""Receptive fields from flashed dots or squares.

The mean response to the dots that cover a place (``VisualSpatialTuning`` of the
foundation pipeline)::

    RF(x) = sum_k m_k(x) r_k / sum_k m_k(x)

with the mask m_k of presentation k and its windowed response r_k. The denominator is
kept as density; where it is zero, nothing is known.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from insilico_gui.analysis.fields.dot_places import dot_places, place_means, place_p
from insilico_gui.analysis.fields.dots import polarities
from insilico_gui.analysis.fields.image_sums import (
    Images,
    PresentedImages,
    presentation_mean,
)
from insilico_gui.analysis.fields.rf_maps import map_dataset
from insilico_gui.analysis.fields.screen_grid import ScreenGrid
from insilico_gui.analysis.fields.spatial_selectivity import ssi
from insilico_gui.analysis.trials import windows
from insilico_gui.errors import AnalysisError
from insilico_gui.progress import OnProgress, parts
from insilico_gui.responses import BURN_IN_FRAMES, check_responses
from insilico_gui.stimuli.core.display import Angles, Display

POLARITIES = ("on", "off", "on+off")


def dot_receptive_fields(
    responses: xr.DataArray,
    masks: Images,
    trials: pd.DataFrame | None = None,
    *,
    shape: tuple[int, int] | None = None,
    display: Display | None = None,
    latency_s: float = 0.0,
    window_s: float | None = None,
    burn_in_frames: int = BURN_IN_FRAMES,
    angles: Angles = "flat",
    n_permutations: int = 0,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> xr.Dataset:
    """Receptive fields of every unit by flashed dots or squares.

    Parameters
    ----------
    responses, trials, latency_s, window_s, burn_in_frames
        See :func:`insilico_gui.analysis.trial_responses`. The trial table needs a
        column ``polarity``: 1 or "on" for brighter than the background, -1 or "off"
        for darker. Rows where it is empty (blanks) are left out.
    masks : array, [K, h, w], or callable
        For each row of the trial table, how much of the dot is at each place of the
        screen, 0 to 1; or a function from the row's position to its mask [h, w]. See
        :func:`insilico_gui.analysis.dot_masks`.
    shape : (int, int), optional
        Rows and columns of the maps: masks with more are averaged over the cells.
        Default: as they are. Dots need no more than a few cells between two of them.
    display : Display, optional
        Screen that the masks cover. Default: the standard one.
    angles : {"flat", "per axis", "spherical"}
        Degrees of ``azimuth_deg`` and ``elevation_deg``, where the trial table has no
        ``x`` and ``y``.
    n_permutations : int
        If positive, ``p_rf`` is added: the chance of as uneven responses over places if
        the place did not matter, by places exchanged within a polarity. Needs dots with
        places, and more dots than places.
    seed : int
        Of the permutations.
    on_progress : callable(done, total), optional
        See :mod:`insilico_gui.progress`.

    Returns
    -------
    xarray.Dataset
        ``rf`` float32 (``polarity``, ``unit``, ``row``, ``column``) for "on", "off" and
        "on+off", NaN where ``density`` is zero; ``density`` (``polarity``, ``row``,
        ``column``), the sum of masks, with a dim ``unit`` where units lack different
        trials; ``SSI`` (``polarity``, ``unit``); of dots whose places the table has,
        ``place_response`` (``polarity``, ``unit``, ``place``), mean responses with
        ``place_x`` and ``place_y`` (-1..1, y up); ``p_rf`` (``unit``). ``row`` and
        ``column`` are pixels of the display. ``attrs["analysis"]`` holds the parameters.

    Raises
    ------
    AnalysisError
        If the table or the masks do not fit, or no dot has a response.
    """
    check_responses(responses)
    reading, *mapping = parts(on_progress, 3)
    windowed = windows.trial_responses(
        responses, trials, latency_s, window_s, burn_in_frames, reading
    )
    table = windows.trial_table(windowed)
    images = PresentedImages(masks, len(table), "mask", shape)
    sign = polarities(table)
    on, off = (
        presentation_mean(windowed, images, np.flatnonzero(sign == polarity), report)
        for polarity, report in zip((1, -1), mapping, strict=True)
    )
    if not on.n + off.n:
        raise AnalysisError(
            f"None of the {int(np.isfinite(sign).sum())} dots of the trial table has a "
            "response; check their polarity, latency and burn-in."
        )
    means = (on, off, on + off)
    display = display or Display()
    found = dot_places(table, display, angles)
    if n_permutations and found is None:
        raise AnalysisError(
            "The significance of fields needs dots at a dozen known places or more; "
            "leave out the permutations."
        )
    grid = ScreenGrid(images.shape, display)
    dims = ("polarity", "unit", "row", "column")
    rf = np.stack([mean.by_images() for mean in means]).reshape(3, -1, *grid.shape)
    density = np.stack(np.broadcast_arrays(*(mean.density for mean in means)))
    density = density.reshape(3, -1, *grid.shape).astype(np.float32)
    shared = density.shape[1] == 1
    arrays: dict[str, Any] = {
        "rf": (dims, rf),
        "density": ((dims[0], *dims[2:]), density[:, 0]) if shared else (dims, density),
        "SSI": (("polarity", "unit"), np.stack([ssi(part) for part in rf])),
    }
    analysis: dict[str, Any] = {"n_on": on.n, "n_off": off.n}
    coordinates: dict[str, Any] = {"polarity": list(POLARITIES)}
    if found is not None:
        (places, place), values = found, windowed.to_numpy()
        at_places = place_means(values, sign, place, len(places))
        arrays["place_response"] = ((*dims[:2], "place"), at_places)
        coordinates |= {
            "place_x": ("place", places[:, 0]),
            "place_y": ("place", places[:, 1]),
        }
        if n_permutations:
            analysis |= {"n_permutations": n_permutations, "seed": seed}
            p = place_p(values, sign, place, len(places), n_permutations, seed)
            arrays["p_rf"] = ("unit", p)
    return map_dataset(
        arrays,
        windowed,
        grid,
        {"variant": "dots", **windowed.attrs["windows"], **analysis},
        coordinates,
    )

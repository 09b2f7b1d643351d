"""Populations: ``sparseness``, ``signal correlations`` and ``functional layout``."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from insilico_gui.analysis import (
    mean_signal_correlation,
    parameter_tuning,
    population_sparseness,
    sparseness_columns,
)
from insilico_gui.analysis.population.correlations import signal_correlations
from insilico_gui.analysis.population.embedding import (
    check_umap,
    principal_places,
    umap_places,
)
from insilico_gui.analysis.population.sparseness import SparsenessVariant
from insilico_gui.analysis.trials.blocks import are_to_images
from insilico_gui.analysis.tuning.image_tuning import image_tuning
from insilico_gui.analysis.tuning.tuned import columns_table, curve_of
from insilico_gui.errors import AnalysisError
from insilico_gui.experiment.analyses import About, Result, RunData, register
from insilico_gui.experiment.declared.shared import (
    BurnIn,
    Latency,
    Over,
    Part,
    Window,
    has_conditions,
    part_of,
)
from insilico_gui.progress import OnProgress
from insilico_gui.responses import BURN_IN_FRAMES, unit_dim
from insilico_gui.session import readout_weights
from insilico_gui.units.frame import KEYS
from insilico_gui.units.identity import result_table

OF_IMAGES = "The session answers single images, and each is a condition"
OF_TRIALS = ("condition", 0.0, None, BURN_IN_FRAMES)
"""Defaults of what only trials have: conditions, latency, window, burn-in."""

AlikeIn = Literal["weights", "responses"]
Placing = Literal["pca", "umap"]

FEATURES = {"weights": "readout weights", "responses": "responses"}
PLACINGS = {"pca": "principal components", "umap": "UMAP"}


def _check_sparseness(
    silent: RunData,
    *,
    variant: SparsenessVariant = "vinje_gallant",
    over: str = "condition",
    latency_s: float = 0.0,
    window_s: float | None = None,
    burn_in_frames: int = BURN_IN_FRAMES,
    part: str | None = None,
) -> None:
    """Raise what is wrong with the parameters; a single unit has no population."""
    means = _means(silent, over, latency_s, window_s, burn_in_frames, part, None)
    sparseness_columns(means, variant)


@register("sparseness", fits=has_conditions, rehearse=_check_sparseness)
def sparseness(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    variant: Annotated[
        SparsenessVariant, About("Definition of sparseness.")
    ] = "vinje_gallant",
    over: Over = "condition",
    latency_s: Latency = 0.0,
    window_s: Window = None,
    burn_in_frames: BurnIn = BURN_IN_FRAMES,
    part: Part = None,
) -> Result:
    """Lifetime sparseness of each unit, and sparseness of the population."""
    dataset = _means(data, over, latency_s, window_s, burn_in_frames, part, on_progress)
    columns = sparseness_columns(dataset, variant)
    (shown,) = dataset.attrs["analysis"]["parameters"]
    population = population_sparseness(curve_of(dataset), variant)
    dataset = dataset.assign({f"population_sparseness_{variant}": (shown, population)})
    return Result(dataset, columns, data.rows)


@register("signal correlations", view="matrix", fits=has_conditions, rehearse=True)
def correlations(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    over: Over = "condition",
    latency_s: Latency = 0.0,
    window_s: Window = None,
    burn_in_frames: BurnIn = BURN_IN_FRAMES,
    part: Part = None,
    matrix: Annotated[
        bool, About("Also the correlation of every pair of units.")
    ] = False,
) -> Result:
    """Mean signal correlation of each unit with all others."""
    dataset = _means(data, over, latency_s, window_s, burn_in_frames, part, on_progress)
    curve = curve_of(dataset)
    columns = columns_table(
        dataset,
        {"mean_signal_correlation": mean_signal_correlation(curve)},
        "Pearson, over means of conditions",
    )
    if matrix:
        pairs = signal_correlations(curve, on_progress=on_progress)
        dataset = dataset.assign(signal_correlation=(("unit", "unit_2"), pairs))
    return Result(dataset, columns, data.rows)


def _means(
    data: RunData,
    over: str,
    latency_s: float,
    window_s: float | None,
    burn_in_frames: int,
    part: str | None,
    on_progress: OnProgress | None,
) -> xr.Dataset:
    """Mean response of each unit to each condition or image."""
    responses = part_of(data, part)
    if are_to_images(responses):
        if (over, latency_s, window_s, burn_in_frames) != OF_TRIALS:
            raise AnalysisError(
                f"{OF_IMAGES}; leave out --over, --latency-s, --window-s and "
                "--burn-in-frames (over, latency_s, window_s and burn_in_frames in "
                "Python).",
                in_window=f"{OF_IMAGES}; leave column, latency, window and burn-in as "
                "they were.",
            )
        return image_tuning(responses)
    return parameter_tuning(
        responses,
        over,
        latency_s=latency_s,
        window_s=window_s,
        burn_in_frames=burn_in_frames,
        on_progress=on_progress,
    )


def _check_placing(silent: RunData, *, method: Placing = "pca", **_: Any) -> None:
    """Raise if the package that a method needs is not there."""
    if method == "umap":
        check_umap()


@register(
    "functional layout",
    alone=lambda given: given.get("of", "weights") == "weights",
    rehearse=_check_placing,
)
def functional_layout(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    of: Annotated[
        AlikeIn,
        About("What units near each other are alike in: readout weights, responses."),
    ] = "weights",
    method: Annotated[
        Placing, About("Two principal components; or UMAP, where that is installed.")
    ] = "pca",
    scaled: Annotated[
        bool | None,
        About(
            "Whether all units count alike: weights of length 1, z-scored responses. "
            "Default: of responses."
        ),
    ] = None,
) -> Result:
    """Places of units by principal components of their readout weights, or responses."""
    is_scaled = of == "responses" if scaled is None else scaled
    features = _weights(data) if of == "weights" else _responses(data)
    if is_scaled:
        features = _scaled(features, away=of == "responses")
    place = principal_places if method == "pca" else umap_places
    found = place(features, on_progress)
    about: dict[Any, Any] = {
        "variant": f"{PLACINGS[method]} of {FEATURES[of]}" + ", scaled" * is_scaled,
        "n_units": int(np.isfinite(found.places[:, 0]).sum()),
        "n_features": features.shape[1],
    }
    if method == "pca":
        about["explained"] = [round(float(part), 6) for part in found.explained]
    places = {f"functional_{axis}": found.places[:, k] for k, axis in enumerate("xy")}
    columns = result_table(places, data.units)
    columns.attrs = dict(about)
    units = data.units
    dataset = xr.Dataset(
        {name: ("unit", values) for name, values in places.items()},
        {key: ("unit", units[key].to_numpy()) for key in KEYS if key in units},
        about,
    )
    return Result(dataset, columns, data.rows)


def _weights(data: RunData) -> NDArray[np.floating]:
    """Readout weights [U, F] of the units that are analysed."""
    weights = None if data.session is None else readout_weights(data.session)
    if weights is None:
        what = f"{data.name} has no readout weights that are known"
        raise AnalysisError(
            f"{what}; place its units by their responses (--of responses on the command "
            "line, of='responses' in Python).",
            in_window=f"{what}; place its units by their responses.",
        )
    found: NDArray[np.floating] = weights[data.rows]
    return found


def _responses(data: RunData) -> NDArray[np.floating]:
    """Responses [U, F] of the units: to all frames, images or trials."""
    responses = data.responses
    values = responses.transpose(unit_dim(responses), ...).to_numpy()
    # Sums round by the order in memory, which depends on where the responses are from
    found: NDArray[np.floating] = np.ascontiguousarray(values.reshape(len(values), -1))
    return found


def _scaled(features: NDArray[np.floating], *, away: bool) -> NDArray[np.floating]:
    """Rows of length 1, or with their mean taken `away` z-scored; flat ones are 0."""
    if away:
        features = features - features.mean(axis=1, keepdims=True)
    size = np.sqrt(np.einsum("uf,uf->u", features, features))[:, None]
    size /= np.sqrt(features.shape[1]) if away else 1.0
    scaled: NDArray[np.floating] = features / np.where(size > 1e-12, size, 1.0)
    return scaled

"""``functional layout``: units in a plane, those near each other that are alike."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from insilico_gui.analysis.population.embedding import (
    check_umap,
    principal_places,
    umap_places,
)
from insilico_gui.errors import AnalysisError
from insilico_gui.experiment.analyses import About, Result, RunData, register
from insilico_gui.progress import OnProgress
from insilico_gui.responses import unit_dim
from insilico_gui.session import readout_weights
from insilico_gui.units.frame import KEYS
from insilico_gui.units.identity import result_table

Of = Literal["weights", "responses"]
Method = Literal["pca", "umap"]

WORDS = {"weights": "readout weights", "responses": "responses"}
NAMES = {"pca": "principal components", "umap": "UMAP"}


def _check(silent: RunData, *, method: Method = "pca", **_: Any) -> None:
    """Raise if the package that a method needs is not there."""
    if method == "umap":
        check_umap()


@register(
    "functional layout",
    alone=lambda given: given.get("of", "weights") == "weights",
    rehearse=_check,
)
def functional_layout(
    data: RunData,
    on_progress: OnProgress | None,
    *,
    of: Annotated[
        Of,
        About("What units near each other are alike in: readout weights, responses."),
    ] = "weights",
    method: Annotated[
        Method, About("Two principal components; or UMAP, where that is installed.")
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
    about = {
        "variant": f"{NAMES[method]} of {WORDS[of]}" + ", scaled" * is_scaled,
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

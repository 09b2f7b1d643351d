"""Reading scaler, components and regressions from the files of every generation.

Current EEG files hold one set of components, later ones a set for each repeat, each a
pickled scikit-learn object; the first ones are three files, two of them shared by all
subjects. Vertex models hold a regression for each hemisphere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_berg.linear_model import Components, Regression, Scaler
from insilico_berg.vit.metadata import HEMISPHERES
from insilico_gui.errors import UntrustedFileError, WeightsError
from insilico_gui.untrusted import InertObject, read_npy_dict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

PCA_CLASSES = (
    ("sklearn.decomposition._pca", "PCA"),
    ("sklearn.decomposition.pca", "PCA"),
)

_REPEAT = re.compile(r"rep-(\d+)")


@dataclass(frozen=True)
class LinearModel:
    """Everything after the backbone.

    Attributes
    ----------
    scaler : Scaler
    components : list of Components
        One for all regressions, or one for each.
    regressions : dict of str to Regression
        By repeat (``"1"``...) or by hemisphere (``"lh"``, ``"rh"``).
    """

    scaler: Scaler
    components: list[Components]
    regressions: dict[str, Regression]

    @property
    def features(self) -> int:
        """Numbers that the backbone gives for an image."""
        return len(self.scaler.mean)

    @property
    def scores(self) -> int:
        """Components that the regressions use."""
        first = next(iter(self.regressions.values()))
        return int(first.coef.shape[1])


def read_eeg(files: Sequence[Path]) -> LinearModel:
    """One file, or those of scaler, components and regression in this order.

    Raises
    ------
    WeightsError
        If an array is missing or does not fit the others.
    UntrustedFileError
        If a file carries more than plain data.
    """
    parts = [_read(path) for path in files]
    if len(parts) == 1:
        names = ("scaler_param", "pca_param", "reg_param")
        scaler, pca, reg = (_section(parts[0], name, files[0]) for name in names)
        files = [files[0]] * 3
    else:
        scaler, pca, reg = parts
    regressions = {
        repeat: _regression(_section(reg, name, files[2]), files[2], name)
        for repeat, name in _repeats(reg, files[2]).items()
    }
    if "components_" in pca:
        components = [_components(pca, files[1], "the PCA")]
    else:
        names_of = _repeats(pca, files[1])
        if list(names_of) != list(regressions):
            raise _wrong(
                files[1], "has other repeats in the PCA than in the regression"
            )
        components = [
            _components(_attributes(pca[name], files[1], name), files[1], name)
            for name in names_of.values()
        ]
    return _checked(
        LinearModel(_scaler(scaler, files[0]), components, regressions), files
    )


def read_fsaverage(path: Path) -> LinearModel:
    """A file with a regression for each hemisphere.

    Raises
    ------
    WeightsError, UntrustedFileError
        As :func:`read_eeg`.
    """
    content = _read(path)
    scaler, pca = (
        _section(content, name, path) for name in ("scaler_param", "pca_param")
    )
    regressions = {
        side: _regression(_section(content, f"{side}_reg_param", path), path, side)
        for side in HEMISPHERES
    }
    model = LinearModel(
        _scaler(scaler, path), [_components(pca, path, "the PCA")], regressions
    )
    return _checked(model, [path] * 3)


def _read(path: Path) -> dict[str, Any]:
    if path.suffix == ".joblib":
        raise UntrustedFileError(
            f"{path.name} was not loaded, because files of joblib can run any code; use "
            "the .npy files that replaced them."
        )
    return read_npy_dict(path, mapped=True, inert=PCA_CLASSES)


def _repeats(content: Mapping[str, Any], path: Path) -> dict[str, str]:
    """Number of each repeat, in order, and the name of its entry."""
    found = {int(m[1]): name for name in content if (m := _REPEAT.fullmatch(name))}
    if not found:
        raise _wrong(path, "has no entries rep-1, rep-2, ...")
    return {str(number): found[number] for number in sorted(found)}


def _attributes(value: object, path: Path, name: str) -> dict[str, Any]:
    if isinstance(value, InertObject):
        return value.attributes
    if isinstance(value, dict):
        return value
    raise _wrong(path, f"has something else than a PCA as {name}")


def _scaler(section: Mapping[str, Any], path: Path) -> Scaler:
    mean = _vector(section, "mean_", path, "the scaler")
    scale = _vector(section, "scale_", path, "the scaler")
    if (scale <= 0).any():
        raise _wrong(path, "has a scaler that divides by 0")
    return Scaler(mean, scale)


def _components(section: Mapping[str, Any], path: Path, name: str) -> Components:
    matrix = _matrix(section, "components_", path, name)
    return Components(_vector(section, "mean_", path, name), matrix)


def _regression(section: Mapping[str, Any], path: Path, name: str) -> Regression:
    coef = _matrix(section, "coef_", path, name)
    intercept = _vector(section, "intercept_", path, name)
    if len(intercept) != len(coef):
        raise _wrong(path, f"has another number of intercept_ than of coef_ in {name}")
    return Regression(coef, intercept)


def _checked(model: LinearModel, files: Sequence[Path]) -> LinearModel:
    if len(model.scaler.scale) != model.features:
        raise _wrong(files[0], "has another number of mean_ than of scale_")
    for part in model.components:
        if not len(part.mean) == part.matrix.shape[1] == model.features:
            raise _wrong(files[1], "has components of other features than the scaler's")
        if len(part.matrix) < model.scores:
            raise _wrong(files[1], f"has fewer than {model.scores} components")
    shapes = {regression.coef.shape for regression in model.regressions.values()}
    if len(shapes) > 1:
        raise _wrong(files[2], f"has regressions of different shapes {sorted(shapes)}")
    return model


def _section(content: Mapping[str, Any], name: str, path: Path) -> dict[str, Any]:
    section = content.get(name)
    if not isinstance(section, dict):
        raise _wrong(path, f"has no section {name}")
    return section


def _array(
    section: Mapping[str, Any], name: str, path: Path, where: str, ndim: int
) -> NDArray[Any]:
    values = section.get(name)
    if (
        not isinstance(values, np.ndarray)
        or values.ndim != ndim
        or values.dtype.kind not in "fiu"
        or values.size == 0
    ):
        raise _wrong(path, f"has no array {name} in {where}")
    return values


def _matrix(
    section: Mapping[str, Any], name: str, path: Path, where: str
) -> NDArray[Any]:
    return _array(section, name, path, where, 2)


def _vector(
    section: Mapping[str, Any], name: str, path: Path, where: str
) -> NDArray[np.float64]:
    values = np.array(_array(section, name, path, where, 1), dtype=np.float64)
    if not np.isfinite(values).all():
        raise _wrong(path, f"has NaN or infinity in {name} of {where}")
    return values


def _wrong(path: Path, what: str) -> WeightsError:
    return WeightsError(f"{path.name} {what}; copy it again from the published data.")

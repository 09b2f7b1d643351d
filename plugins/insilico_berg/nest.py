"""The interface of NEST, BERG's name until spring 2025, for scripts that call it.

A model is named by modality, data set, model, subject and region there, and metadata come
with the responses unless told otherwise. What wrong arguments raise is a ``TypeError`` or
a ``ValueError``, as it was, and an error of :mod:`insilico_berg.errors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from insilico_berg import catalogue
from insilico_berg.api import cards
from insilico_berg.api.berg import BERG, FAMILIES
from insilico_berg.errors import InvalidParameterError, ParameterTypeError
from insilico_berg.tree import scan_tree

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from insilico_berg.api.model import EncodingModel
    from insilico_berg.tree import Entry
    from insilico_gui.progress import OnProgress

__all__ = ["NEST"]


class NEST:
    """Encoding models of a data root.

    Parameters
    ----------
    nest_dir : path
        See :class:`insilico_berg.BERG`.
    """

    def __init__(self, nest_dir: str | os.PathLike[str]) -> None:
        self._berg = BERG(nest_dir)
        self.nest_dir = self._berg.berg_dir

    def which_modalities(self) -> list[str]:
        """Modalities of which models are there."""
        return list(self._folders())

    def which_train_datasets(self, modality: str) -> list[str]:
        """Data sets that models of a modality were trained on."""
        catalog = self._folders()
        return catalog[_one(modality, catalog, "modality")]

    def which_models(self, modality: str, train_dataset: str) -> list[str]:
        """Models of a data set."""
        names = self.which_train_datasets(modality)
        start = f"{modality}-{_one(train_dataset, names, 'train_dataset')}-"
        models = cards.installed(self.nest_dir)
        return [m.removeprefix(start) for m in models if m.startswith(start)]

    def which_subjects(
        self, modality: str, train_dataset: str, model: str | None = None
    ) -> list[int]:
        """Subjects whose weights are there, of one model or of all."""
        entries = self._entries(modality, train_dataset, model)
        return sorted({entry.key.subject for entry in entries if entry.key.subject})

    def which_rois(
        self,
        modality: str,
        train_dataset: str,
        model: str | None = None,
        subject: int | None = None,
    ) -> list[str]:
        """Regions whose weights are there, of one subject or of all."""
        entries = self._entries(modality, train_dataset, model)
        subjects = {entry.key.subject for entry in entries}
        if subject is not None and subject not in subjects:
            raise InvalidParameterError(
                f"There is no subject {subject!r} of {modality} and {train_dataset} here "
                f"(subjects: {', '.join(map(str, sorted(subjects)))})."
            )
        rois = {e.key.roi for e in entries if subject in (None, e.key.subject)}
        return [roi for roi in catalogue.VOXEL_ROIS if roi in rois]

    def get_encoding_model(
        self,
        modality: str,
        train_dataset: str,
        model: str,
        subject: int | str,
        roi: str | None = None,
        device: str = "auto",
    ) -> EncodingModel[Any]:
        """Load a model.

        Parameters
        ----------
        modality, train_dataset, model : str
            E.g. ``"fmri"``, ``"nsd"`` and ``"fwrf"``.
        subject : int
            Of the mouse model, the scan.
        roi : str, optional
            Region of models of voxels (which need it) or of vertices.
        device : str
            See :meth:`insilico_berg.BERG.get_encoding_model`.

        Returns
        -------
        EncodingModel
            See :meth:`insilico_berg.BERG.get_encoding_model`.

        Raises
        ------
        TypeError, ValueError
            If an argument is of another type or has another value; both also are an
            InvalidParameterError.
        ModelLoadError, ResourceError
            See :meth:`insilico_berg.BERG.get_encoding_model`.
        """
        model_id = _model_id(modality, train_dataset, model)
        if roi is not None and not isinstance(roi, str):
            raise ParameterTypeError(
                f"The roi is a {type(roi).__name__}; give its name as text."
            )
        if roi is not None and model_id not in (catalogue.VOXELS, catalogue.VERTICES):
            raise InvalidParameterError(f"{model_id} has no regions; leave roi out.")
        loaded: EncodingModel[Any] = self._berg.get_encoding_model(
            model_id,
            device=device,
            selection=None if roi is None else {"roi": roi},
            subject=subject,
        )
        return loaded

    def encode(
        self,
        model_dict: EncodingModel[Any],
        images: NDArray[Any],
        return_metadata: bool = True,
        device: str = "auto",
        *,
        show_progress: bool = True,
        on_progress: OnProgress | None = None,
    ) -> Any:
        """Responses, with the metadata unless told otherwise.

        See :meth:`insilico_berg.BERG.encode`.
        """
        return self._berg.encode(
            model_dict,
            images,
            return_metadata,
            show_progress=show_progress,
            on_progress=on_progress,
            device=device,
        )

    def _folders(self) -> dict[str, list[str]]:
        """Data sets of each modality, by the names that this interface has for them."""
        return cards.folders(cards.installed(self.nest_dir))

    def _entries(
        self, modality: str, train_dataset: str, model: str | None
    ) -> list[Entry]:
        models = self.which_models(modality, train_dataset)
        chosen = models if model is None else [_one(model, models, "model")]
        tree = scan_tree(self.nest_dir)
        ids = [catalogue.model_id(modality, train_dataset, name) for name in chosen]
        return [entry for name in ids for entry in tree.ready(name)]


def _model_id(modality: object, train_dataset: object, model: object) -> str:
    for name, value in (
        ("modality", modality),
        ("train_dataset", train_dataset),
        ("model", model),
    ):
        if not isinstance(value, str):
            raise ParameterTypeError(
                f"The {name} is a {type(value).__name__}; give its name as text."
            )
    made = catalogue.model_id(str(modality), str(train_dataset), str(model))
    if made not in FAMILIES:
        raise InvalidParameterError(
            f"There is no model {made!r}; known are {', '.join(sorted(FAMILIES))}."
        )
    return made


def _one(value: object, names: Iterable[str], what: str) -> str:
    names = list(names)
    if not isinstance(value, str):
        raise ParameterTypeError(
            f"The {what} is a {type(value).__name__}; give its name as text."
        )
    if value not in names:
        raise InvalidParameterError(
            f"There is no {what} {value!r} here; there are {', '.join(names) or 'none'}."
        )
    return value

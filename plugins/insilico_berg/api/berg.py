"""The interface of BERG, on the sessions of this project.

Where it differs from the published code is listed in ``docs/reference/berg.md``.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from insilico_berg import catalogue
from insilico_berg.api import cards, foreign
from insilico_berg.api.arguments import check_selection
from insilico_berg.api.electrodes import Electrodes
from insilico_berg.api.locate import find_entry, find_metadata, metadata_file
from insilico_berg.api.model import EncodingModel, read_all
from insilico_berg.api.mouse import Mouse
from insilico_berg.api.vertices import Vertices
from insilico_berg.api.voxels import Voxels
from insilico_berg.core.model_registry import card_of, registered
from insilico_berg.errors import (
    BERGWarning,
    InvalidParameterError,
    ModelNotFoundError,
    ParameterTypeError,
    while_loading,
)
from insilico_gui.device import resolve_device
from insilico_gui.errors import DeviceError, InsilicoError
from insilico_gui.progress import reporting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from insilico_berg.api.family import Family
    from insilico_gui.progress import OnProgress

FAMILIES: dict[str, Family] = {
    family.id: family for family in (Mouse(), Electrodes(), Voxels(), Vertices())
}


class BERG:
    """Encoding models of a data root.

    Parameters
    ----------
    berg_dir : path
        The folder that holds ``encoding_models``, that one, or one of a model in it.

    Raises
    ------
    InvalidParameterError
        If it is no folder.

    Examples
    --------
    >>> berg = BERG("data")  # doctest: +SKIP
    >>> model = berg.get_encoding_model(
    ...     "fmri-nsd-fwrf", subject=1, selection={"roi": "V1"}
    ... )  # doctest: +SKIP
    >>> responses = berg.encode(model, images)  # doctest: +SKIP
    """

    def __init__(self, berg_dir: str | os.PathLike[str]) -> None:
        if not isinstance(berg_dir, str | os.PathLike):
            raise ParameterTypeError(
                f"berg_dir is a {type(berg_dir).__name__}; give the path of the data root."
            )
        self.berg_dir = Path(berg_dir).expanduser()
        if not self.berg_dir.is_dir():
            raise InvalidParameterError(
                f"{berg_dir} is no folder; give the one that holds encoding_models."
            )

    def list_models(self, installed: bool = True) -> list[str]:
        """Ids of the models.

        Parameters
        ----------
        installed : bool
            Only those of which the data root holds weights; otherwise all that are known.
            Models that were registered are always there.

        Returns
        -------
        list of str
            For :meth:`get_encoding_model`, in order of registration.
        """
        ours = cards.installed(self.berg_dir) if installed else list(FAMILIES)
        return [*ours, *registered()]

    def get_model_catalog(
        self, print_format: bool = False, installed: bool = True
    ) -> dict[str, list[str]]:
        """Data sets of each modality.

        Parameters
        ----------
        print_format : bool
            Print it, too.
        installed : bool
            See :meth:`list_models`.

        Returns
        -------
        dict of str to list of str
            Names of data sets by modality, such as ``"fMRI"``, as the cards call them.
        """
        catalog = cards.catalog(self.list_models(installed))
        if print_format:
            for modality, names in catalog.items():
                print(f"{modality}: {', '.join(names)}")
        return catalog

    def describe(self, model_id: str) -> dict[str, Any]:
        """Print what a model takes and gives, and what of it is installed.

        Returns
        -------
        dict
            The same: ``model_id``, ``model_info``, ``description``, ``input``,
            ``output``, ``parameters``, ``parameters_by_function``, ``performance``,
            ``example_usage``; of the models of this package also ``installed`` and others.

        Raises
        ------
        ModelNotFoundError
            If there is no such model.
        """
        if model_id in registered():
            card = card_of(model_id)
        else:
            card = cards.describe(_family(model_id), self.berg_dir)
        print(cards.as_text(card))
        return card

    def get_encoding_model(
        self,
        model_id: str,
        device: str = "auto",
        selection: Mapping[str, Any] | None = None,
        **model_args: Any,
    ) -> Any:
        """Load a model.

        Parameters
        ----------
        model_id : str
            See :meth:`list_models`.
        device : str
            ``"auto"`` (CUDA if there is any), ``"cpu"``, ``"cuda"`` or ``"cuda:N"``.
        selection : dict, optional
            Which responses to compute; see :meth:`describe`.
        **model_args
            ``subject``, or ``train_session`` of the mouse model; of a model that was
            registered, whatever its class takes.

        Returns
        -------
        EncodingModel, or the class that was registered
            On the device, for :meth:`encode`.

        Raises
        ------
        ModelNotFoundError
            If there is no such model.
        InvalidParameterError
            If an argument or the selection does not fit it.
        ModelLoadError
            If a file is missing or wrong.
        ResourceError
            If memory runs out.
        """
        if model_id in registered():
            return foreign.load(
                registered()[model_id],
                self.berg_dir,
                _device(device),
                selection,
                model_args,
            )
        family = _family(model_id)
        chosen = check_selection(selection, tuple(family.selection), family.id)
        key = family.key(model_args, chosen)
        with while_loading():
            where = _device(device)
            entry = find_entry(self.berg_dir, family.id, key)
            return family.load(entry, self.berg_dir, chosen, where)

    def encode(
        self,
        model: Any,
        stimulus: NDArray[Any],
        return_metadata: bool = False,
        *,
        show_progress: bool = True,
        on_progress: OnProgress | None = None,
        device: str = "auto",
        **options: Any,
    ) -> Any:
        """Responses to images or videos.

        Parameters
        ----------
        model : EncodingModel
            From :meth:`get_encoding_model`.
        stimulus : array
            Numbers of 0 to 255 of any type: images [n, 3, H, W], for the mouse frames
            [F, 144, 256] or [B, F, 144, 256].
        return_metadata : bool
            Also give the metadata, as they are in the file; ``.selected`` of them says
            which entries the responses belong to. None, with a warning, if they are
            missing.
        show_progress : bool
            Show a bar, if there is a terminal.
        on_progress : callable, optional
            Called with the number of images or frames that are done, and of all.
        device : str
            The model's, or ``"auto"``. A model does not move: another is warned of.
        **options
            Of a model that was registered, what its ``generate_response`` takes.

        Returns
        -------
        float32 array
            Voxels [n, V]; EEG [n, 4, C, T]; of vertices a tuple, left [n, L] and right
            [n, R]; mouse [F, M] or [B, F, M].

        Raises
        ------
        StimulusError
            If the stimulus is of another shape or range.
        InvalidParameterError
            If `model` is none or was closed, or there is no such device.
        ResourceError
            If memory runs out.
        """
        if foreign.is_foreign(model):
            told = {"show_progress": show_progress} | options
            responses = foreign.respond(model, stimulus, told)
            return (responses, model.get_metadata()) if return_metadata else responses
        if not isinstance(model, EncodingModel):
            raise ParameterTypeError(
                f"The model is a {type(model).__name__}; load one with "
                "get_encoding_model."
            )
        if options:
            raise ParameterTypeError(
                f"{model.model_id} takes no option {', '.join(options)}; it takes "
                "show_progress, on_progress and device."
            )
        if device != "auto" and _device(device) != model.device:
            warnings.warn(
                f"The model stays on the device {model.device!r}, where it was loaded, "
                f"and does not go to {device!r}",
                BERGWarning,
                stacklevel=2,
            )
        with reporting(show_progress, on_progress, leave=False) as report:
            responses = model.respond(stimulus, report)
        return (responses, model.metadata()) if return_metadata else responses

    def get_model_metadata(self, model_id: str, **arguments: Any) -> Any:
        """Metadata of a model, which is not loaded.

        Parameters
        ----------
        model_id : str
        **arguments
            ``subject``; of the voxel models also ``roi``; ``train_session`` of the mouse.
            What a model does not know is left aside.

        Returns
        -------
        ModelMetadata
            Everything in its file of metadata, in plain types.

        Raises
        ------
        ModelNotFoundError
            If there is no such model.
        InvalidParameterError
            If an argument is missing or wrong, or the file is.
        """
        if model_id in registered():
            return foreign.metadata(registered()[model_id], self.berg_dir, arguments)
        family = _family(model_id)
        key = family.metadata_key(arguments)
        card = f"what it takes is in BERG.describe({family.id!r})"
        try:
            path = find_metadata(self.berg_dir, family.id, key)
            if path is not None:
                return read_all(path)
        except InsilicoError as error:
            raise InvalidParameterError(f"{error} ({card})") from error
        raise InvalidParameterError(
            f"The metadata {metadata_file(family.id, key)} of {family.id} are missing "
            f"below {self.berg_dir}; put them into the folder metadata of the model "
            f"({card})."
        )

    def __repr__(self) -> str:
        return f"BERG({str(self.berg_dir)!r})"


def _family(model_id: object) -> Family:
    family = None
    if isinstance(model_id, str):
        family = FAMILIES.get(catalogue.current_id(model_id.strip()))
    if family is None:
        raise ModelNotFoundError(
            f"There is no model {model_id!r}; known are "
            f"{', '.join([*FAMILIES, *registered()])}."
        )
    return family


def _device(device: object) -> str:
    try:
        return resolve_device(str(device))
    except DeviceError as error:
        raise InvalidParameterError(str(error)) from error

"""Models that others add: registered by name, imported when they are asked for."""

from __future__ import annotations

import importlib
import inspect
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from insilico_berg import catalogue
from insilico_berg.api.card_files import builtin_card, read_card
from insilico_berg.errors import (
    InvalidParameterError,
    ModelLoadError,
    ModelNotFoundError,
    ParameterTypeError,
)
from insilico_berg.interfaces.base_model import BaseModelInterface
from insilico_gui.errors import quoted

if TYPE_CHECKING:
    import os


@dataclass(frozen=True)
class Registered:
    """A model that was added; see :func:`register_model`."""

    model_id: str
    module_path: str
    class_name: str | None
    modality: str | None
    training_dataset: str | None
    yaml_path: Path | None

    def load_class(self) -> type[BaseModelInterface]:
        """Import the class.

        Raises
        ------
        ModelLoadError
            If there is none.
        """
        try:
            module = importlib.import_module(self.module_path)
        except Exception as error:  # whatever the code of others raises
            raise ModelLoadError(
                f"The module {self.module_path} of the model {self.model_id} cannot be "
                f"imported: {type(error).__name__} {quoted(error)}; install it, or "
                "register the model with another module_path."
            ) from error
        found: list[Any] = [
            value
            for name, value in vars(module).items()
            if name == self.class_name
            or (
                self.class_name is None
                and inspect.isclass(value)
                and issubclass(value, BaseModelInterface)
                and value.__module__ == module.__name__
            )
        ]
        kinds: list[Any] = [kind for kind in found if inspect.isclass(kind)]
        if len(kinds) != 1:
            raise ModelLoadError(
                f"The module {self.module_path} has no class {self.class_name}, or not "
                "just one model; register it with the right class_name."
            )
        kind: type[BaseModelInterface] = kinds[0]
        return kind

    def card(self) -> dict[str, Any]:
        """What is said of the model, with the keys of every card."""
        modality, _, rest = self.model_id.partition("-")
        told = {} if self.yaml_path is None else read_card(self.yaml_path)
        card = card_with_all_keys(told, self.model_id)
        info = card["model_info"]
        info["modality"] = self.modality or info["modality"] or modality
        info["training_dataset"] = (
            self.training_dataset or info["training_dataset"] or rest.rpartition("-")[0]
        )
        return card


_registered: dict[str, Registered] = {}


def register_model(
    model_id: str,
    module_path: str,
    class_name: str | None = None,
    modality: str | None = None,
    training_dataset: str | None = None,
    yaml_path: str | os.PathLike[str] | None = None,
) -> None:
    """Add a model, which :class:`insilico_berg.BERG` then lists, describes and loads.

    Parameters
    ----------
    model_id : str
        Not that of a model that is known already; one that was registered is replaced.
    module_path : str
        Module with the class, as it is imported.
    class_name : str, optional
        Default: the only model in the module.
    modality, training_dataset : str, optional
        For the catalogue; default: what the card says, or the parts of the id.
    yaml_path : path, optional
        The model's card.

    Raises
    ------
    InvalidParameterError
        If an argument is of another type, the id is taken, or there is no such card.
    """
    for name, value in (("model_id", model_id), ("module_path", module_path)):
        if not isinstance(value, str) or not value.strip():
            raise ParameterTypeError(f"{name} is {quoted(value)}; give a name as text.")
    if catalogue.current_id(model_id) in catalogue.KNOWN:
        raise InvalidParameterError(
            f"The id {model_id} is that of a model that is known already; register "
            "yours under another one."
        )
    path = None if yaml_path is None else Path(yaml_path).expanduser().absolute()
    if path is not None and not path.is_file():
        raise InvalidParameterError(
            f"There is no card {quoted(path)}; give the path of a file, or leave "
            "yaml_path out."
        )
    _registered[model_id] = Registered(
        model_id, module_path, class_name, modality, training_dataset, path
    )


def registered() -> dict[str, Registered]:
    """Models that were added, in the order in which they were."""
    return dict(_registered)


def card_of(model_id: str) -> dict[str, Any]:
    """The card of any model.

    Raises
    ------
    ModelNotFoundError
        If there is no such model.
    """
    if model_id in _registered:
        return _registered[model_id].card()
    if model_id in catalogue.KNOWN:
        return card_with_all_keys(builtin_card(model_id), model_id)
    raise ModelNotFoundError(
        f"There is no model {quoted(model_id)}; known are "
        f"{', '.join([*catalogue.KNOWN, *_registered])}."
    )


_OF_A_PARAMETER = (
    *("type", "required", "default", "valid_values", "example", "description"),
)


def card_with_all_keys(told: dict[str, Any], model_id: str) -> dict[str, Any]:
    """A card in the published form: what a file does not say is None or empty."""
    parameters = {
        name: _parameter(values, "get_encoding_model")
        for name, values in _dict(told.get("parameters")).items()
    }
    by_function: dict[str, dict[str, Any]] = {}
    for name, values in parameters.items():
        by_function.setdefault(str(values["function"]), {})[name] = values
    info = ("modality", "training_dataset", "model_architecture", "creator")
    ends = {
        part: {"type": None, "shape": None, "description": None, last: []}
        | _dict(told.get(part))
        for part, last in (("input", "constraints"), ("output", "dimensions"))
    }
    return {
        "model_id": model_id,
        "model_info": {key: told.get(key) for key in info},
        "description": str(told.get("description") or ""),
        **ends,
        "parameters": parameters,
        "parameters_by_function": by_function,
        "performance": {"metrics": [], "accuracy_plots": None}
        | _dict(told.get("performance")),
        "example_usage": str(told.get("example_usage") or ""),
    }


def _parameter(values: object, function: str | None) -> dict[str, Any]:
    told = _dict(values)
    whole = dict.fromkeys(_OF_A_PARAMETER) | {"required": False} | told
    if function is not None:
        whole["function"] = told.get("function", function)
    if "properties" in told:
        whole["properties"] = {
            name: _parameter(of_it, None)
            for name, of_it in _dict(told["properties"]).items()
        }
    return whole


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}

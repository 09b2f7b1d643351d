"""Reading the card of a model: a YAML file that says what it takes and gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from insilico_berg.errors import InvalidParameterError
from insilico_gui.errors import quoted
from insilico_gui.untrusted.door import open_input, reading

_CARDS = Path(__file__).parents[1] / "model_cards"
_ADVICE = "correct the card"


def builtin_card(model_id: str) -> dict[str, Any]:
    """The card of a model that this package has."""
    return read_card(_CARDS / f"{model_id}.yaml")


def read_card(path: Path) -> dict[str, Any]:
    """What a card says.

    Raises
    ------
    InvalidParameterError
        If it cannot be read, or is no dictionary.
    """
    name = quoted(path.name)
    with (
        open_input(path, InvalidParameterError, limit="spec_bytes") as file,
        reading(name, InvalidParameterError, _ADVICE),
    ):
        content = yaml.safe_load(file)
    if not isinstance(content, dict):
        raise InvalidParameterError(f"{name} is no card of a model; {_ADVICE}.")
    return content

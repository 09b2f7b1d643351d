"""Models that others registered, as sessions of this project. Imports no torch.

A model is a session if its card names two dimensions of its output, images and units, and
at most one argument is needed to load it, whose valid values then name the sessions.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from insilico_berg.core.model_registry import registered
from insilico_gui.device import resolve_device
from insilico_gui.errors import InsilicoError, SessionError, quoted
from insilico_gui.session import SessionInfo

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from insilico_berg.core.model_registry import Registered
    from insilico_gui.session import Session

FAMILY = "berg-registered"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Instance:
    """One session of a model.

    Attributes
    ----------
    id : str
    entry : Registered
    card : dict
    arguments : dict
        What is given to load it.
    """

    id: str
    entry: Registered
    card: dict[str, Any]
    arguments: dict[str, Any]


class RegisteredTwin:
    """Models that were registered; see :class:`insilico_gui.twin.Twin`."""

    def sessions(self, directory: Path | None) -> Sequence[SessionInfo]:
        """All of them, if there is a folder to load them from."""
        if directory is None:
            return []
        return [
            SessionInfo(
                instance.id,
                f"{instance.card['description'] or instance.entry.model_id} (registered)",
                0,
                input_kind="images",
            )
            for instance in _instances()
        ]

    def open(self, session_id: str, directory: Path | None, device: str) -> Session:
        """Load one."""
        found = {instance.id: instance for instance in _instances()}
        if session_id not in found:
            raise SessionError(
                f"There is no session {quoted(session_id)} (there are: "
                f"{', '.join(found) or 'none'}); register its model first, with a card "
                "that names two dimensions of its output."
            )
        if directory is None:
            raise SessionError(
                f"{session_id} needs its weights; give the folder that holds them."
            )
        from insilico_berg.api.others_session import open_registered  # imports torch

        return open_registered(found[session_id], directory, resolve_device(device))


def _instances() -> Iterator[Instance]:
    for entry in registered().values():
        try:
            card = entry.card()
        except InsilicoError as error:
            logger.warning("%s", error)
            continue
        needed = {
            name: parameter
            for name, parameter in card["parameters"].items()
            if parameter["function"] == "get_encoding_model"
            and parameter["required"]
            and name != "device"
        }
        fixed: dict[str, Any] = {}
        if "selection" in needed:
            fixed["selection"] = needed.pop("selection")["example"]
        dimensions = card["output"]["dimensions"]
        if not isinstance(dimensions, list) or len(dimensions) != 2 or len(needed) > 1:
            continue
        start = f"{FAMILY}/{entry.model_id}"
        if not needed:
            yield Instance(start, entry, card, fixed)
        for name, parameter in needed.items():
            for value in parameter["valid_values"] or [parameter["example"]]:
                whole = f"{start}/{name}-{value}"
                yield Instance(whole, entry, card, fixed | {name: value})

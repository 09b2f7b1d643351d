"""What a shell offers when the key Tab is pressed."""

from __future__ import annotations

from typing import Any

from insilico_gui.stimuli.families.registry import FAMILIES


def sessions(ctx: Any, incomplete: str) -> list[str]:
    """Ids of sessions that begin so, of the folder that was typed before."""
    from insilico_gui.errors import InsilicoError
    from insilico_gui.opening import list_sessions

    try:
        known = list_sessions(ctx.params.get("directory"))
    except InsilicoError:  # no such folder, which the command itself will say
        return []
    return [name for name in known if name.startswith(incomplete)]


def families(incomplete: str) -> list[str]:
    """Names of families of stimuli that begin so."""
    return [name for name in family_names() if name.startswith(incomplete)]


def family_names() -> list[str]:
    """Names of the families as they are typed."""
    return [name.replace(" ", "-") for name in FAMILIES]


def analysis_names(incomplete: str) -> list[str]:
    """Names of the analyses that begin so."""
    from insilico_gui.experiment.analyses import analyses

    return [name for name in analyses() if name.startswith(incomplete)]

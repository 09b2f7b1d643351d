"""What can be said of a model without loading it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from insilico_berg import known
from insilico_berg.api.family import title
from insilico_berg.tree import scan_tree

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from insilico_berg.api.family import Family

_SHOWN = 12  # instances that the text names


def describe(family: Family, directory: Path) -> dict[str, Any]:
    """What a model takes and gives, and which instances of it are there."""
    catalogue = scan_tree(directory)
    modality, train_dataset, model = family.id.split("-", 2)
    entries = catalogue.models.get(family.id, {}).values()
    return {
        "model_id": family.id,
        "title": title(family.id),
        "modality": modality,
        "train_dataset": train_dataset,
        "model": model,
        "arguments": dict(family.arguments),
        "selection": dict(family.selection),
        "metadata_arguments": list(family.metadata_arguments),
        "stimulus": family.stimulus,
        "response": family.response,
        "installed": [entry.name for entry in catalogue.ready(family.id)],
        "cannot_be_opened": {
            entry.name: entry.obstacle for entry in entries if entry.obstacle
        },
        "not_installed": catalogue.absent()[family.id],
    }


def as_text(card: dict[str, Any]) -> str:
    """A description for reading."""
    lines = [f"{card['model_id']}: {card['title']}"]
    for heading, key in (("Arguments", "arguments"), ("Selection", "selection")):
        lines.append(f"{heading}:")
        lines += [f"  {name}: {text}" for name, text in card[key].items()]
    lines += [
        f"Arguments for metadata: {', '.join(card['metadata_arguments'])}",
        f"Stimulus: {card['stimulus']}",
        f"Response: {card['response']}",
        f"Installed: {_some(card['installed']) or 'none'}",
    ]
    lines += [f"  {text}" for text in card["cannot_be_opened"].values()]
    return "\n".join(lines)


def catalog(models: Iterable[str]) -> dict[str, list[str]]:
    """Data sets of each modality, both in alphabetical order."""
    found: dict[str, set[str]] = {}
    for model in models:
        modality, train_dataset, _ = model.split("-", 2)
        found.setdefault(modality, set()).add(train_dataset)
    return {modality: sorted(names) for modality, names in sorted(found.items())}


def installed(directory: Path) -> list[str]:
    """Ids of models of which an instance can be opened."""
    catalogue = scan_tree(directory)
    return sorted(model for model in known.KNOWN if catalogue.ready(model))


def _some(names: list[str]) -> str:
    more = f", ... ({len(names)})" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more

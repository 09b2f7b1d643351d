"""What can be said of a model without loading it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from insilico_berg import catalogue
from insilico_berg.api.family import title
from insilico_berg.core.model_registry import card_of
from insilico_berg.tree import scan_tree

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from insilico_berg.api.family import Family

_SHOWN = 12  # instances that the text names


def describe(family: Family, directory: Path) -> dict[str, Any]:
    """What a model takes and gives, and which instances of it are there.

    The keys of the published card, and some of ours.
    """
    tree = scan_tree(directory)
    modality, train_dataset, model = family.id.split("-", 2)
    entries = tree.models.get(family.id, {}).values()
    return card_of(family.id) | {
        "title": title(family.id),
        "modality": modality,
        "train_dataset": train_dataset,
        "model": model,
        "arguments": dict(family.arguments),
        "selection": dict(family.selection),
        "metadata_arguments": list(family.metadata_arguments),
        "stimulus": family.stimulus,
        "response": family.response,
        "installed": [entry.name for entry in tree.ready(family.id)],
        "cannot_be_opened": {
            entry.name: entry.obstacle for entry in entries if entry.obstacle
        },
        "not_installed": tree.absent()[family.id],
    }


def as_text(card: dict[str, Any]) -> str:
    """A description for reading."""
    info = card["model_info"]
    lines = [f"{card['model_id']}: {card.get('title') or card['description']}"]
    lines += [f"{_words(key)}: {value}" for key, value in info.items() if value]
    for function, parameters in card["parameters_by_function"].items():
        lines.append(f"Arguments of {function}:")
        for name, parameter in parameters.items():
            lines.append(f"  {_line(name, parameter)}")
            lines += [
                f"    {_line(key, of_it)}"
                for key, of_it in parameter.get("properties", {}).items()
            ]
    for heading in ("input", "output"):
        end = card[heading]
        lines.append(f"{_words(heading)}: {end['shape']}, {end['description']}")
    if "installed" in card:
        lines.append(f"Installed: {_some(card['installed']) or 'none'}")
        lines += [f"  {text}" for text in card["cannot_be_opened"].values()]
    if card["example_usage"]:
        lines += ["Example:", *card["example_usage"].splitlines()]
    return "\n".join(lines)


def catalog(models: Iterable[str]) -> dict[str, list[str]]:
    """Data sets of each modality, as the cards call them."""
    found: dict[str, set[str]] = {}
    for model in models:
        info = card_of(model)["model_info"]
        found.setdefault(str(info["modality"]), set()).add(
            str(info["training_dataset"])
        )
    return {modality: sorted(names) for modality, names in sorted(found.items())}


def folders(models: Iterable[str]) -> dict[str, list[str]]:
    """Data sets of each modality, as the folders and ids call them."""
    found: dict[str, set[str]] = {}
    for model in models:
        modality, train_dataset, _ = model.split("-", 2)
        found.setdefault(modality, set()).add(train_dataset)
    return {modality: sorted(names) for modality, names in sorted(found.items())}


def installed(directory: Path) -> list[str]:
    """Ids of models of which an instance can be opened."""
    tree = scan_tree(directory)
    return sorted(model for model in catalogue.KNOWN if tree.ready(model))


def _line(name: str, parameter: dict[str, Any]) -> str:
    needed = "needed" if parameter["required"] else "optional"
    values = parameter["valid_values"] or ()
    one_of = f"; one of {', '.join(map(str, values))}" if values else ""
    return f"{name} ({parameter['type']}, {needed}): {parameter['description']}{one_of}"


def _words(key: str) -> str:
    return key.replace("_", " ").capitalize()


def _some(names: list[str]) -> str:
    more = f", ... ({len(names)})" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more

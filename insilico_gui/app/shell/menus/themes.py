"""The themes of all windows, which are napari's."""

from __future__ import annotations

from napari.settings import get_settings

THEMES = {"light": "Light", "dark": "Dark", "system": "As the system"}
"""Themes of napari, and what menus call them."""


def use_theme(theme: str) -> None:
    """Have all windows drawn in a theme of napari from now on."""
    get_settings().appearance.theme = theme

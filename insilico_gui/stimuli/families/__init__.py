"""Parametric families, a file each, and the registry of those that people choose from.

Each is a specification with its trials and its renderer. A module that is put here is
found. What several of them paint with is in :mod:`insilico_gui.stimuli.render`.
"""

from importlib import import_module
from pkgutil import iter_modules

from insilico_gui.stimuli.families.registry import FAMILIES

__all__ = ["FAMILIES"]

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

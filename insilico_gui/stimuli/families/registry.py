"""The parametric families that people choose from, by the name they know them by."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from insilico_gui.stimuli.spec import registry
from insilico_gui.stimuli.spec.parametric import RenderedStimulus


class Families(Mapping[str, Callable[..., RenderedStimulus]]):
    """Functions of the families, those of other packages included.

    Each takes keyword arguments, whose types make the form, and returns a stimulus with
    trials.
    """

    def __getitem__(self, name: str) -> Callable[..., RenderedStimulus]:
        function = registry.find_function(name.replace(" ", "_"))
        if function is None:
            raise KeyError(name)
        return function

    def __iter__(self) -> Iterator[str]:
        return (name.replace("_", " ") for name in registry.function_names())

    def __len__(self) -> int:
        return len(registry.function_names())


FAMILIES = Families()
"""All families, such as ``FAMILIES["drifting gratings"]``, in the order of lists."""

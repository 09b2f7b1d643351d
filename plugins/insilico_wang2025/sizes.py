"""Sizes of a network: those of the published one, or smaller ones of the same parts.

Imports no torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from insilico_gui.errors import WeightsError, quoted

LARGEST = 4096
"""Most of anything that is counted here."""


@dataclass(frozen=True)
class Sizes:
    """Sizes of a network; the defaults are the published ones.

    Attributes
    ----------
    streams : int
        Copies of the core that run side by side.
    frame_shape : (int, int)
        Height and width of stimulus frames in pixels.
    retina_shape : (int, int)
        Height and width of the retinal image in pixels.
    retina_degrees : float
        Angle of the ray at the left and right edge of the retina.
    monitor_distance : float
        From the eye to the centre of the monitor in halves of its width, before training.
    first_kernel, first_stride : int
        Of the first convolution, in pixels of the retina.
    blocks : tuple of (int, int)
        Channels and groups of each dense block; maps are halved between blocks.
    map_channels : int
        Of the feedforward and of the recurrent core's output.
    hidden, common, groups : int
        Channels of the recurrent core's state and of its attention, and their groups.
    modulation : int
        Features of behaviour.
    """

    streams: int = 4
    frame_shape: tuple[int, int] = (144, 256)
    retina_shape: tuple[int, int] = (128, 192)
    retina_degrees: float = 75.0
    monitor_distance: float = 0.5
    first_kernel: int = 6
    first_stride: int = 2
    blocks: tuple[tuple[int, int], ...] = ((32, 1), (64, 2), (128, 4))
    map_channels: int = 128
    hidden: int = 256
    common: int = 512
    groups: int = 8
    modulation: int = 16

    def __post_init__(self) -> None:
        for name in ("streams", "first_kernel", "first_stride", "map_channels"):
            self._refuse(name, not 1 <= getattr(self, name) <= LARGEST)
        for name in ("hidden", "common", "groups", "modulation"):
            self._refuse(name, not 1 <= getattr(self, name) <= LARGEST)
        for name in ("frame_shape", "retina_shape"):
            shape = getattr(self, name)
            self._refuse(name, len(shape) != 2 or not 2 <= min(shape) <= max(shape))
            self._refuse(name, max(shape) > LARGEST)
        self._refuse("groups", self.groups < 2)
        for name in ("hidden", "common"):
            self._refuse(name, getattr(self, name) % self.groups != 0)
        self._refuse("retina_degrees", not 1 <= self.retina_degrees <= 90)
        self._refuse("monitor_distance", not 0.01 <= self.monitor_distance <= 100)
        surplus = self.first_kernel - self.first_stride
        self._refuse("first_kernel", surplus < 0 or surplus % 2 != 0)
        self._refuse("blocks", not 1 <= len(self.blocks) <= 8)
        for block in self.blocks:
            channels, groups = block
            self._refuse("blocks", not 1 <= groups <= channels <= LARGEST)
            self._refuse("blocks", channels % groups != 0)
        step = self.first_stride * 2 ** (len(self.blocks) - 1)
        self._refuse("retina_shape", any(n % step for n in self.retina_shape))

    def _refuse(self, name: str, wrong: bool) -> None:
        if wrong:
            raise WeightsError(
                f"A network with {name} {quoted(getattr(self, name))} cannot be built; "
                "see the sizes of a network in the reference for what fits together."
            )

    @property
    def map_shape(self) -> tuple[int, int]:
        """Height and width of the maps that are read out."""
        step = self.first_stride * 2 ** (len(self.blocks) - 1)
        return self.retina_shape[0] // step, self.retina_shape[1] // step

    @property
    def block_shapes(self) -> tuple[tuple[int, int, int], ...]:
        """Channels per stream, height and width of the maps in each dense block."""
        found = []
        for k, (channels, _) in enumerate(self.blocks):
            step = self.first_stride * 2**k
            height, width = (n // step for n in self.retina_shape)
            found.append((channels, height, width))
        return tuple(found)

    def plain(self) -> dict[str, Any]:
        """JSON-able."""
        values = asdict(self)
        values["blocks"] = [list(block) for block in self.blocks]
        for name in ("frame_shape", "retina_shape"):
            values[name] = list(values[name])
        return values


PUBLISHED = Sizes()


def sizes_of(values: Mapping[str, Any]) -> Sizes:
    """Sizes from what :meth:`Sizes.plain` gives, as read from a file; any may be left out.

    Raises
    ------
    WeightsError
        If there is an unknown size, or one that is no number or does not fit the others.
    """
    known = {field.name: getattr(PUBLISHED, field.name) for field in fields(Sizes)}
    found: dict[str, Any] = {}
    for name, value in values.items():
        if name not in known:
            raise WeightsError(
                f"A network has no size {quoted(name)}; give some of {', '.join(known)}."
            )
        found[name] = _like(known[name], value, name)
    return Sizes(**found)


def _like(example: Any, value: Any, name: str) -> Any:
    """A value from JSON as a value of the kind of `example`."""
    if isinstance(example, tuple):
        if isinstance(value, list | tuple) and value:
            return tuple(_like(example[0], item, name) for item in value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        if isinstance(example, float) or float(value).is_integer():
            return type(example)(value)
    raise WeightsError(
        f"The size {name} is {quoted(value)}; give {example!r} or the like."
    )

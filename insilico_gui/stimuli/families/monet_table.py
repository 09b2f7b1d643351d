"""Between our Monet2 and the rows of the published table of its blocks.

The table (``stimulus.Monet2`` of the MICrONS functional database) counts directions
from 0 = up, clockwise, and speed in display widths per second.

:class:`Monet2Published` has the parameters of one of its rows: 30 seconds, a pattern 72
pixels wide, an orientation coherence of 1.5, a coherent part of 0.4, half-hamming at 4 Hz,
16 directions and 0.25 display widths per second. Speed and the finest detail of such a
pattern are those of the standard display, 216 degrees wide; what the table does not say is
as in :mod:`.monet2`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli.core.checks import finite_number, whole_number
from insilico_gui.stimuli.core.display import Display
from insilico_gui.stimuli.families.monet2 import Monet2, TempKernel
from insilico_gui.stimuli.spec.family_function import family_function
from insilico_gui.stimuli.spec.parameter_types import OptionalCount
from insilico_gui.stimuli.spec.parameters import again, specification

if TYPE_CHECKING:
    from collections.abc import Mapping

_SAME_IN_TABLE = (
    "temp_kernel",
    "temp_bandwidth",
    "ori_coherence",
    "ori_fraction",
    "ori_mix",
)


def monet_direction(direction: float) -> float:
    """Between our directions and those of the Monet2 tables, both ways, in degrees.

    Ours: 0 right, 90 up, counter-clockwise. Theirs: 0 up, 90 right, clockwise.
    """
    return (90 - finite_number(direction, "direction")) % 360


def to_monet_table(spec: Monet2, block: int = 0) -> dict[str, Any]:
    """A block by the names, units and convention of the published table.

    ``speed`` is in display widths per second; ``directions`` have 0 up and run
    clockwise, in the order shown.

    Raises
    ------
    StimulusError
        If there is no such block.
    """
    height, width = spec.display.pixels
    right, down = spec.display.degrees_per_pixel
    order = spec.direction_order(whole_number(block, "block", 0, spec.n_blocks - 1))
    return {
        "fps": spec.frame_rate,
        "duration": spec.duration_s,
        "rng_seed": spec.seed,
        "pattern_width": spec.pattern_width or width,
        "pattern_aspect": width * right / (height * down),
        "temp_kernel": spec.temp_kernel,
        "temp_bandwidth": spec.temp_bandwidth,
        "ori_coherence": spec.ori_coherence,
        "ori_fraction": spec.ori_fraction,
        "ori_mix": spec.ori_mix,
        "n_dirs": spec.n_periods,
        "speed": spec.speed_deg_s / (width * right),
        "directions": [monet_direction(spec.directions[k]) for k in order],
        "onsets": [k * spec.duration_s / spec.n_periods for k in range(spec.n_periods)],
    }


def from_monet_table(row: Mapping[str, Any], display: Display | None = None) -> Monet2:
    """A block with the parameters of a row of the published table.

    It has the same directions in the same order, but other noise, as the source of
    random numbers is another. Detail is limited to what ``pattern_width`` and the
    display can show.

    Raises
    ------
    StimulusError
        If a value is missing or makes no sense.
    """
    display = display or Display()
    try:
        same = {name: row[name] for name in _SAME_IN_TABLE}
        directions, speed = row["directions"], row["speed"]
        seed, rate, duration = row["rng_seed"], row["fps"], row["duration"]
        pattern = row["pattern_width"]
    except KeyError as error:
        raise StimulusError(
            f"The row has no {error.args[0]}; give one of the table of Monet2."
        ) from error
    width = display.pixels[1]
    pattern = min(whole_number(pattern, "pattern_width", 8), width)
    degrees = width * display.degrees_per_pixel[0]
    finest = min(pattern / degrees, 1 / display.degrees_per_pixel[1]) / 2
    return Monet2(
        duration_s=duration,
        directions=tuple(monet_direction(direction) for direction in directions),
        speed_deg_s=finite_number(speed, "speed") * degrees,
        spatial_cutoff=min(Monet2.spatial_cutoff, finest),
        pattern_width=None if pattern == width else pattern,
        order="sequential",
        seed=seed,
        display=display,
        frame_rate=rate,
        **same,
    )


PATTERN_WIDTH = 72
WIDTHS_PER_S = 0.25

_SCREEN = Display()
_WIDTH_DEG = _SCREEN.pixels[1] * _SCREEN.degrees_per_pixel[0]
_FINEST = int(1e4 * PATTERN_WIDTH / _WIDTH_DEG / 2) / 1e4


@specification
class Monet2Published(Monet2):
    """Blocks of directional pink noise as in a published table, with their trial table.

    The parameters are those of ``monet2``, with other defaults. ``trials`` has a row for
    each coherent window: ``onset``, ``duration``, ``condition``, ``direction``,
    ``speed_deg_s`` and ``repeat`` (the block).
    """

    family: ClassVar[str] = "monet2_published"

    duration_s: float = again(30.0)
    speed_deg_s: float = again(round(WIDTHS_PER_S * _WIDTH_DEG, 2))
    ori_coherence: float = again(1.5)
    ori_fraction: float = again(0.4)
    temp_kernel: TempKernel = again("half-hamming")
    spatial_cutoff: float = again(_FINEST)
    pattern_width: OptionalCount = again(PATTERN_WIDTH)


monet2_published = family_function(Monet2Published, place=16)

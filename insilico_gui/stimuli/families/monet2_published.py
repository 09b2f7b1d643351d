"""Monet2 with the parameters of a published table of blocks.

A row of the table (``stimulus.Monet2`` of a functional database of mouse cortex) gives 30
seconds, a pattern 72 pixels wide, an orientation coherence of 1.5, a coherent part of 0.4,
half-hamming at 4 Hz, 16 directions and 0.25 display widths per second. Speed and the
finest detail of such a pattern are those of the standard display, 216 degrees wide; what
the table does not say is as in :mod:`.monet2`. A row of one's own is read by
:func:`.monet_table.from_monet_table`.
"""

from __future__ import annotations

from typing import ClassVar

from insilico_gui.stimuli.core.display import Display
from insilico_gui.stimuli.families.monet2 import Monet2, TempKernel
from insilico_gui.stimuli.spec.family_function import family_function
from insilico_gui.stimuli.spec.parameter_types import OptionalCount
from insilico_gui.stimuli.spec.parameters import again, specification

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

"""Readout of the engine: maps to log responses, for all frames of a chunk at once.

A unit's features weight the maps at the four pixels around its position. Fetching four
rows of the map for every unit and frame moves much memory for little arithmetic. Units
that look between the same four pixels therefore go in blocks: what they look at is
fetched once, and a block is one matrix product over units, pixels and frames.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch

if TYPE_CHECKING:
    from torch import Tensor

    from insilico_wang2025.network.readout import Looks
    from insilico_wang2025.network.readout import Readout as PlainReadout

BLOCK = 32  # units


class _Plan(NamedTuple):
    """Units in blocks of B; empty places have zero features.

    Attributes
    ----------
    pixels : int64 Tensor, [blocks * 4]
    features : Tensor, [blocks, B, S * 128]
    shares : Tensor, [blocks, B, 1, 4]
        Of the four pixels.
    places : int64 Tensor, [u]
        Where each unit is among blocks * B.
    bias : Tensor, [u]
    """

    pixels: Tensor
    features: Tensor
    shares: Tensor
    places: Tensor
    bias: Tensor


class Readout:
    """Positions and features of the plain module, in blocks.

    Parameters
    ----------
    plain : Readout
        Folded.
    """

    def __init__(self, plain: PlainReadout) -> None:
        self._looks = plain.looks()
        self.units = len(self._looks.bias)
        self._plan = _plan(self._looks)
        self._selected: tuple[Tensor, _Plan] | None = None

    def __call__(self, maps: Tensor, units: Tensor | None) -> Tensor:
        """[384, F, S, 128] -> [F, u] for F frames, of all videos."""
        plan = self._plan if units is None else self._of(units)
        frames = maps.shape[1]
        seen = maps.flatten(2).index_select(0, plan.pixels)
        seen = seen.view(len(plan.features), 4 * frames, -1)
        products = torch.bmm(plan.features, seen.mT)
        products = products.view(*plan.features.shape[:2], 4, frames)
        logs = torch.matmul(plan.shares, products).flatten(0, 2)
        return (logs.index_select(0, plan.places) + plan.bias[:, None]).T

    def _of(self, units: Tensor) -> _Plan:
        """Plan of a selection; that of the last one is kept."""
        if self._selected is None or not torch.equal(self._selected[0], units):
            chosen = type(self._looks)(*(part[units] for part in self._looks))
            self._selected = units.clone(), _plan(chosen)
        return self._selected[1]


def _plan(looks: Looks) -> _Plan:
    pixels, shares, features, bias = looks
    # the first pixel does not name the place at the border, where pixels coincide
    cells, cell, counts = torch.unique(
        pixels, dim=0, return_inverse=True, return_counts=True
    )
    order = torch.argsort(cell, stable=True)
    first = counts.cumsum(0) - counts
    rank = torch.arange(len(cell), device=cell.device) - first[cell[order]]
    blocks = (counts + BLOCK - 1) // BLOCK
    first_block = blocks.cumsum(0) - blocks
    places = torch.empty_like(cell)
    places[order] = first_block[cell[order]] * BLOCK + rank
    n_blocks = int(blocks.sum())
    in_blocks = features.new_zeros(n_blocks * BLOCK, features.shape[1])
    in_blocks[places] = features
    shares_in_blocks = shares.new_zeros(n_blocks * BLOCK, 4)
    shares_in_blocks[places] = shares
    return _Plan(
        cells.repeat_interleave(blocks, dim=0).flatten(),
        in_blocks.view(n_blocks, BLOCK, -1),
        shares_in_blocks.view(n_blocks, BLOCK, 1, 4),
        places,
        bias,
    )

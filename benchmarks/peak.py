"""What this machine can do at best: multiplying large matrices."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES = (512, 1024, 1536, 2048, 3072)
CUDA_SIZES = (4096, 8192)


def seconds(work: Callable[[], object], device: torch.device) -> float:
    """How long `work` takes, with all that it has the device do."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    start = time.perf_counter()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - start


class Peak:
    """Speed of float32 products of square matrices, best of several sizes.

    Parameters
    ----------
    device : torch.device
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        sizes = CUDA_SIZES if device.type == "cuda" else SIZES
        self._matrices = [
            [torch.randn(n, n, device=device) for _ in range(3)] for n in sizes
        ]

    def gflops(self) -> float:
        """Measure now, with as many threads as torch uses, in 10^9 operations a second.

        An operation is an addition or a multiplication.
        """
        return max(self._rate(*matrices) for matrices in self._matrices)

    def _rate(self, a: torch.Tensor, b: torch.Tensor, out: torch.Tensor) -> float:
        operations = 2 * len(a) ** 3
        least = 2e13 if self._device.type == "cuda" else 2e10
        repeats = max(2, round(least / operations))

        def multiply() -> None:
            for _ in range(repeats):
                torch.mm(a, b, out=out)

        torch.mm(a, b, out=out)
        return operations * repeats / seconds(multiply, self._device) / 1e9

"""What the network can be computed in, where less than float32 is faster."""

from __future__ import annotations

import time
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

import torch

from insilico_gui.device import full_float32, tensor_float32

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

#: Types of the engine's large products. TF32 is a way to multiply float32 numbers.
DTYPES = MappingProxyType(
    {
        "float32": torch.float32,
        "tf32": torch.float32,
        "bf16": torch.bfloat16,
        "fp16": torch.float16,
    }
)


def offered(device: str) -> tuple[str, ...]:
    """Precisions in which `device` is at least as fast as in float32, that one first.

    Parameters
    ----------
    device : str
        ``"cpu"`` or ``"cuda:N"``.

    Returns
    -------
    tuple of str
        ``"float32"``, then those of ``"tf32"``, ``"bf16"`` and ``"fp16"`` that are fast.
    """
    if device == "cpu":
        return ("float32", "bf16") if _bf16_pays() else ("float32",)
    return offered_by_cuda(torch.cuda.get_device_capability(device))


def offered_by_cuda(capability: tuple[int, int]) -> tuple[str, ...]:
    """What CUDA devices multiply faster: fp16 from 7.0 on, all from 8.0 on."""
    if capability >= (8, 0):
        return tuple(DTYPES)
    return ("float32", "fp16") if capability >= (7, 0) else ("float32",)


def products(precision: str) -> AbstractContextManager[None]:
    """How products of float32 numbers are made in a precision."""
    return tensor_float32() if precision == "tf32" else full_float32()


@cache
def _bf16_pays() -> bool:
    """Whether this CPU multiplies bf16 at least as fast as float32.

    Some have instructions for it and are twice as fast; others emulate it and are many
    times slower. fp16 is slow on all that torch has kernels for.
    """
    factors = [(torch.ones(4, 256, 256), torch.ones(4, 256, 384))]
    factors += [(a.bfloat16(), b.bfloat16()) for a, b in factors]
    best = [float("inf")] * 2
    with torch.inference_mode():
        for _ in range(6):  # in turn; the first are warming up
            for k, (a, b) in enumerate(factors):
                started = time.perf_counter()
                torch.bmm(a, b)
                best[k] = min(best[k], time.perf_counter() - started)
    return best[1] <= best[0]

"""Choosing the compute device by name, and its precision."""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from insilico_gui.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager


def available_devices() -> list[str]:
    """Names that :func:`resolve_device` accepts on this machine, besides ``"auto"``."""
    import torch  # heavy: only when a device is asked for

    return ["cpu", *(f"cuda:{i}" for i in range(torch.cuda.device_count()))]


def resolve_device(name: str = "auto") -> str:
    """Turn ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"cuda:N"`` into an existing device.

    Parameters
    ----------
    name : str
        ``"auto"`` means the first CUDA device if there is one, else the CPU.

    Returns
    -------
    str
        ``"cpu"`` or ``"cuda:N"``.

    Raises
    ------
    DeviceError
        If the name is not of these forms or no such device exists.
    """
    if name == "cpu":
        return name
    if name != "auto" and not re.fullmatch(r"cuda(:\d+)?", name):
        raise DeviceError(
            f"{name!r} is not a device; use 'auto', 'cpu', 'cuda' or 'cuda:N'."
        )
    devices = available_devices()
    if name == "auto":
        return devices[1] if len(devices) > 1 else "cpu"
    wanted = "cuda:0" if name == "cuda" else name
    if wanted not in devices:
        raise DeviceError(
            f"Device {name!r} does not exist here (found: {', '.join(devices)}); "
            "choose one of those, or 'auto'."
        )
    return wanted


class _Float32Products:
    """The precision of CUDA's float32 products while a thread is within :meth:`made`.

    The flags of torch apply to the whole process, and encodings may overlap. Encodings
    with the same flags share them: the first one sets the flags, the last one restores
    them. An encoding with other flags waits for the end of these, so the two contexts
    must not be nested.
    """

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._inside = 0
        self._tf32 = False
        self._before: list[bool] = []

    @contextmanager
    def made(self, *, tf32: bool) -> Iterator[None]:
        """Compute products in TensorFloat-32, or in full float32."""
        with self._condition:
            self._condition.wait_for(lambda: not self._inside or self._tf32 == tf32)
            if not self._inside:
                self._before = [getattr(where, name) for where, name in _flags()]
                self._tf32 = tf32
                _set_flags([tf32, tf32, False, False])
            self._inside += 1
        try:
            yield
        finally:
            with self._condition:
                self._inside -= 1
                if not self._inside:
                    _set_flags(self._before)
                    self._condition.notify_all()


def _flags() -> list[tuple[Any, str]]:
    from torch.backends import cuda, cudnn

    return [
        (cuda.matmul, "allow_tf32"),
        (cudnn, "allow_tf32"),
        # sums of products of 16-bit numbers, which are made in float32 without these
        (cuda.matmul, "allow_bf16_reduced_precision_reduction"),
        (cuda.matmul, "allow_fp16_reduced_precision_reduction"),
    ]


def _set_flags(values: list[bool]) -> None:
    for (where, name), value in zip(_flags(), values, strict=True):
        setattr(where, name, value)


_products = _Float32Products()


def full_float32() -> AbstractContextManager[None]:
    """A context in which CUDA multiplies in float32, not in TensorFloat-32."""
    return _products.made(tf32=False)


def tensor_float32() -> AbstractContextManager[None]:
    """A context in which CUDA multiplies in TensorFloat-32: faster, 10-bit mantissa."""
    return _products.made(tf32=True)


def free_memory(device: str = "cpu") -> int:
    """Bytes of memory that are free on a device."""
    if device == "cpu":
        import psutil

        return int(psutil.virtual_memory().available)
    import torch

    return int(torch.cuda.mem_get_info(device)[0])

"""Choosing the compute device by name, and its precision."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

from insilico_gui.errors import DeviceError

if TYPE_CHECKING:
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


class _FullFloat32:
    """Has CUDA multiply in float32 while any thread is within it.

    The flags are of the whole process, and two encodings may overlap: the first to enter
    sets them, the last to leave puts back what was there before.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._before = (False, False)

    def __enter__(self) -> None:
        import torch

        matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
        with self._lock:
            if self._inside == 0:
                self._before = matmul.allow_tf32, cudnn.allow_tf32
                matmul.allow_tf32 = cudnn.allow_tf32 = False
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        import torch

        matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                matmul.allow_tf32, cudnn.allow_tf32 = self._before


_full_float32 = _FullFloat32()


def full_float32() -> AbstractContextManager[None]:
    """Have CUDA multiply in float32, not in the shorter TensorFloat-32."""
    return _full_float32


def free_memory(device: str = "cpu") -> int:
    """Bytes that can be taken on a device without pushing anything else out."""
    if device == "cpu":
        import psutil

        return int(psutil.virtual_memory().available)
    import torch

    return int(torch.cuda.mem_get_info(device)[0])

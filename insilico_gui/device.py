"""Choosing the compute device by name."""

from __future__ import annotations

import re

from insilico_gui.errors import DeviceError


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

"""Torch files that hold a dictionary of tensors and nothing else."""

from __future__ import annotations

import pickle
import re
import warnings
import zipfile
from typing import TYPE_CHECKING, Any, BinaryIO

from insilico_gui.errors import (
    InsilicoError,
    UntrustedFileError,
    WeightsError,
    echoed,
    quoted,
)
from insilico_gui.untrusted.door import open_input

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor


#: Before this release of torch a file could run code in spite of ``weights_only=True``
#: (CVE-2026-24747; another such hole was closed in 2.6).
SAFE_TORCH = (2, 10)


def load_tensors(path: Path) -> dict[str, Tensor]:
    """Read a flat dictionary of tensors into host memory.

    Parameters
    ----------
    path : Path
        A file written by ``torch.save``.

    Returns
    -------
    dict of str to Tensor
        On the CPU, as they were saved.

    Raises
    ------
    WeightsError
        If the file is missing, damaged, or holds anything but such a dictionary.
    UntrustedFileError
        If the file would run code, or is larger than allowed.
    """
    name = quoted(path.name, marks="")
    content = read_torch(path)
    if not isinstance(content, dict):
        raise WeightsError(
            f"{name} holds a {type(content).__name__} instead of a dictionary of "
            "tensors; choose a file of weights."
        )
    for key, value in content.items():
        if not isinstance(key, str) or not is_plain(value):
            raise WeightsError(
                f"{name} has an entry {echoed(key)} that is not a plain tensor; choose "
                "a file that holds a flat dictionary of tensors."
            )
    return dict(content)


def read_torch(path: Path) -> Any:
    """What a torch file holds, as far as torch takes it for harmless."""
    import torch  # heavy: only when weights are read

    _check_version(str(torch.__version__))
    name = quoted(path.name, marks="")
    try:
        with open_input(path, WeightsError, limit="weights_bytes") as file:
            _check_stored(file, name)
            file.seek(0)
            # Its own messages are of files that this program does not read
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return torch.load(file, map_location="cpu", weights_only=True)
    except InsilicoError:
        raise
    except pickle.UnpicklingError as error:
        raise UntrustedFileError(
            f"{name} is not a plain file of tensors: it is damaged or carries "
            "code, and was not loaded; get it again from a source you trust."
        ) from error
    except Exception as error:  # torch raises many kinds for damaged files
        raise WeightsError(
            f"{name} cannot be read as a torch file (it may be damaged or "
            "incomplete); download or copy it again."
        ) from error


def _check_version(version: str) -> None:
    """Refuse to load anything with a torch whose safe reading is none."""
    found = re.match(r"(\d+)\.(\d+)", version)
    if found is None or (int(found[1]), int(found[2])) < SAFE_TORCH:
        needed = ".".join(map(str, SAFE_TORCH))
        raise WeightsError(
            f"The installed torch {version} can be made to run code by a file of weights; "
            f"install torch {needed} or newer (pip install --upgrade 'torch>={needed}')."
        )


def is_plain(value: object) -> bool:
    """Whether `value` is a dense tensor in host memory.

    Any other could be larger than the file it came from.
    """
    import torch

    return (
        isinstance(value, torch.Tensor)
        and value.layout == torch.strided
        and value.device.type == "cpu"
    )


def _check_stored(file: BinaryIO, name: str) -> None:
    """Refuse a zip that is compressed: it could unfold to any size in memory.

    ``torch.save`` stores without compression. A file that is no zip is of torch's older
    format, which has no compression.
    """
    if not zipfile.is_zipfile(file):
        return
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
    except Exception as error:  # a damaged list of entries can raise anything
        raise WeightsError(
            f"{name} cannot be read as a torch file (it may be damaged or "
            "incomplete); download or copy it again."
        ) from error
    total = sum(entry.file_size for entry in entries)
    if total > file.seek(0, 2) or any(
        entry.compress_type != zipfile.ZIP_STORED for entry in entries
    ):
        raise UntrustedFileError(
            f"{name} is compressed, which torch files never are, and was not "
            "loaded; get it again from a source you trust."
        )

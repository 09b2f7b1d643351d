"""Reading files that come from strangers, without running or trusting what is in them.

Weights, metadata and archives are published by others and passed around by hand. The
functions here admit plain data only, check sizes before memory or disk is taken, and
raise :class:`insilico_gui.errors.UntrustedFileError` for everything else.
"""

from insilico_gui.untrusted.archives import unpack_zip
from insilico_gui.untrusted.downloads import download, fetched
from insilico_gui.untrusted.fetching import DownloadCancelled, MissingFileError
from insilico_gui.untrusted.npy import read_npy_dict
from insilico_gui.untrusted.pickle_machine import InertObject
from insilico_gui.untrusted.tensors import load_tensors

__all__ = [
    "DownloadCancelled",
    "InertObject",
    "MissingFileError",
    "download",
    "fetched",
    "load_tensors",
    "read_npy_dict",
    "unpack_zip",
]

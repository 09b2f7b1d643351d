"""Downloading the published properties of units: small tables, and the readout's arrays.

There is no list of checksums; the store's own tag is one for files that were put there in
one piece, and arrays are checked against their tables when they are opened. Files that are
there already, unchanged since their download, are not asked for again.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from insilico_gui.errors import SessionError
from insilico_gui.untrusted import MissingFileError, download
from insilico_gui.untrusted.downloads import is_downloaded

if TYPE_CHECKING:
    from pathlib import Path
    from threading import Event

    from insilico_gui.progress import OnProgress
    from insilico_gui.untrusted.transfers import Patience

#: Where all of it is published, without credentials (BossDB, MICrONS).
STORE = (
    "https://bossdb-open-data.s3.amazonaws.com/iarpa_microns/minnie/functional_data/"
)
#: Other names of the same store, that it may pass a download on to.
HOSTS = ("bossdb-open-data.s3.us-east-1.amazonaws.com",)

PROPERTIES_URL = f"{STORE}digital_twin_properties/v2/"
PUBLISHED = {
    "properties": "anatomy, tuning, accuracy and readout of the units (about 0.3 GB)"
}
FILES = (
    "anatomy/units.csv",
    "ori_dir_tuning/units.csv",
    "performance/units.csv",
    "readout/units.csv",
    "readout/readout_locations.npy",
    "readout/readout_weights.npy",
)
#: About the scans; what is known of the units does not depend on them.
SPARE = tuple(
    f"{folder}/metadata.csv"
    for folder in ("anatomy", "ori_dir_tuning", "performance", "readout")
)


def fetch_properties(
    directory: Path,
    on_progress: OnProgress | None = None,
    cancel: Event | None = None,
    *,
    base_url: str = PROPERTIES_URL,
    patience: Patience | None = None,
) -> None:
    """Download the property folders; what was there before is kept.

    Parameters
    ----------
    directory : Path
        Where the folders go; made if it does not exist.
    on_progress : callable(done, total), optional
        In bytes; `total` grows with each file.
    cancel : threading.Event, optional
        Once set, the download stops; the files that are complete stay.
    base_url : str
        Another place than the published one, for tests: a server on this machine.
    patience : Patience, optional
        How long the server is waited for.

    Raises
    ------
    InsilicoError
        If a file cannot be had, is not the published one, or the download was cancelled.
    """
    before = 0

    def told(done: int, total: int) -> None:
        if on_progress is not None:
            on_progress(before + done, before + total if total else 0)

    for name in (*FILES, *SPARE):
        path = directory / PurePosixPath(name)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SessionError(
                f"The folder {path.parent} cannot be made ({error.strerror}); choose "
                "another one."
            ) from error
        if not is_downloaded(path):
            try:
                download(
                    base_url + name,
                    path,
                    None,
                    told,
                    cancel,
                    hosts=HOSTS,
                    patience=patience,
                    loopback=base_url != PROPERTIES_URL,
                    tag_is_md5=True,
                )
            except MissingFileError:
                if name not in SPARE:
                    raise
                continue
        before += path.stat().st_size
    if on_progress is not None:
        on_progress(before, before)

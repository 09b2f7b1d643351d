"""The family of scans: finding, opening and fetching them. Imports no torch."""

from __future__ import annotations

import logging
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from insilico_gui.device import resolve_device
from insilico_gui.errors import InsilicoError, SessionError, listed, quoted
from insilico_gui.session import SessionInfo
from insilico_gui.untrusted import download, fetched, unpack_zip
from insilico_wang2025.folders import find_scans
from insilico_wang2025.ids import ScanKey, parse
from insilico_wang2025.joined import joined_properties
from insilico_wang2025.published import HOSTS, PUBLISHED, STORE, fetch_properties
from insilico_wang2025.runs import RUN_ID, find_run, is_run, is_run_id
from insilico_wang2025.unit_table import count_areas_and_fields

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from threading import Event

    import pandas as pd

    from insilico_gui.progress import OnProgress
    from insilico_gui.session import Session
    from insilico_gui.untrusted.transfers import Patience
    from insilico_wang2025.folders import WeightsFolder

#: Where the weights are published, without credentials (BossDB, MICrONS).
BASE_URL = f"{STORE}foundation_model/"
ARCHIVE = "foundational_model_weights_and_metadata_v1.zip"
ARCHIVE_MD5 = "58fcac4b31ad2902c81e339432cec787"
README = "readme_v2.md"

logger = logging.getLogger(__name__)


class Wang2025Twin:
    """The 13 scans of the MICrONS mouse; see :class:`insilico_gui.twin.Twin`."""

    fetch_bytes = 222_000_000

    def sessions(self, directory: Path | None) -> Sequence[SessionInfo]:
        """Scans whose weights are below `directory`, without loading them."""
        if directory is None:
            return []
        found = find_scans(directory)
        infos = []
        if is_run(directory):
            infos += _fitted(directory)
        by_folder: dict[WeightsFolder, list[ScanKey]] = defaultdict(list)
        for key, (folder, _) in found.items():
            by_folder[folder].append(key)
        counts: dict[ScanKey, tuple[dict[str, int], dict[str, int]]] = {}
        for folder, keys in by_folder.items():
            try:
                counts |= count_areas_and_fields(folder, directory, keys)
            except InsilicoError as error:
                # Opening one of them will say so; the list does without the counts.
                logger.warning("%s", error)
        for key, (_, units) in found.items():
            areas, fields = counts.get(key, ({}, {}))
            title = f"Mouse visual cortex, session {key.session}, scan {key.scan_idx}"
            infos.append(SessionInfo(key.id, title, units, areas, fields))
        return infos

    def precisions(self, session_id: str, device: str) -> tuple[str, ...]:
        """The same for all scans; see :class:`insilico_gui.twin.ReducingTwin`."""
        if is_run_id(session_id):
            return ("float32",)
        parse(session_id)
        from insilico_wang2025.precision import offered  # imports torch

        return offered(resolve_device(device))

    def open(
        self,
        session_id: str,
        directory: Path | None,
        device: str,
        precision: str = "float32",
    ) -> Session:
        """Load one scan; both spellings of the id are understood."""
        fitted = is_run_id(session_id)
        name = RUN_ID if fitted else parse(session_id).id
        if directory is None:
            raise SessionError(
                f"{name} needs its weights; give the folder that holds them, or "
                "fetch them with `insilico-gui fetch`."
            )
        from insilico_wang2025.session import open_run, open_scan  # imports torch

        if fitted:
            return open_run(directory, device, precision)
        return open_scan(parse(session_id), directory, device, precision)

    published = PUBLISHED

    def fetch_published(
        self,
        what: str,
        directory: Path,
        on_progress: OnProgress | None = None,
        cancel: Event | None = None,
        **options: Any,
    ) -> None:
        """Download the published properties; see :func:`.published.fetch_properties`."""
        if what not in PUBLISHED:
            raise SessionError(
                f"There is nothing published by the name {quoted(what)}; choose one of "
                f"{listed(PUBLISHED)}."
            )
        fetch_properties(directory, on_progress, cancel, **options)

    def open_properties(self, directory: Path, weights: bool) -> pd.DataFrame | None:
        """See :class:`insilico_gui.twin.PropertiesTwin`."""
        return joined_properties(directory, weights=weights)

    def fetch(
        self,
        directory: Path,
        on_progress: OnProgress | None = None,
        cancel: Event | None = None,
        *,
        base_url: str = BASE_URL,
        archive: str = ARCHIVE,
        md5: str = ARCHIVE_MD5,
        readme: str = README,
        patience: Patience | None = None,
    ) -> None:
        """Download the published weights (222 MB), check and unpack them.

        A download that was killed or broke off goes on where it was. The readme is not
        needed: if it cannot be had, the log says so.

        Parameters
        ----------
        directory : Path
            Where they go; made if it does not exist.
        on_progress : callable, optional
            Called with bytes done and in all.
        cancel : threading.Event, optional
            Once set, the download stops.
        base_url, archive, md5, readme
            What is published where, for tests: another place than the published one may
            be a server on this machine, without https.
        patience : Patience, optional
            How long the server is waited for.

        Raises
        ------
        InsilicoError
            If the download fails, is cancelled, or is not the published file.
        """
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SessionError(
                f"The folder {directory} cannot be made ({error.strerror}); choose "
                "another one."
            ) from error
        local = base_url != BASE_URL
        with fetched(
            base_url + archive,
            directory / archive,
            md5,
            on_progress,
            cancel,
            hosts=HOSTS,
            patience=patience,
            loopback=local,
        ) as packed:
            unpack_zip(packed, directory)
            try:
                download(
                    base_url + readme,
                    directory / "README.md",
                    cancel=cancel,
                    hosts=HOSTS,
                    limit="text_bytes",
                    patience=patience,
                    loopback=local,
                )
            except SessionError as error:
                logger.warning("The weights are there, without their readme: %s", error)


def _fitted(directory: Path) -> list[SessionInfo]:
    """The fitted network of a folder, unless it cannot be opened yet."""
    try:
        run = find_run(directory)
    except InsilicoError as error:
        logger.warning("%s", error)
        return []
    title = f"Fitted network in {directory.name}"
    return [SessionInfo(RUN_ID, title, run.units, {}, {})]

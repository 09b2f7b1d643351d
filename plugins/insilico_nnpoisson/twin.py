"""The twin: sessions in a folder, listed without reading weights."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from insilico_gui.errors import InsilicoError
from insilico_gui.session import SessionInfo
from insilico_nnpoisson.folders import FAMILY, find_place, places, read_region_index

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from insilico_gui.session import Session

logger = logging.getLogger(__name__)


class NNPoissonTwin:
    """Satisfies :class:`insilico_gui.twin.Twin`."""

    def sessions(self, directory: Path | None) -> Sequence[SessionInfo]:
        """Models in a folder and in its folders; none without a folder."""
        if directory is None:
            return []
        found = []
        for place in places(directory):
            try:
                regions = read_region_index(place.folder)
            except InsilicoError as error:
                logger.warning("%s: %s", place.folder.name, error)
                continue
            areas: dict[str, int] = {}
            for region in regions or ():
                area = region.partition("-")[2] or region
                areas[area] = areas.get(area, 0) + 1
            found.append(
                SessionInfo(
                    id=f"{FAMILY}/{place.name}",
                    title=f"NNPoisson {place.name}: regions and choices",
                    n_units=len(regions) + 2 if regions is not None else 0,
                    areas=areas,
                    input_kind="conditions",
                )
            )
        return found

    def open(self, session_id: str, directory: Path | None, device: str) -> Session:
        """Load a model.

        Raises
        ------
        SessionError
            If there is no such session.
        WeightsError
            If its files are damaged or do not fit together.
        """
        from insilico_nnpoisson.session import NNPoissonSession

        return NNPoissonSession(find_place(session_id, directory), device)


twin = NNPoissonTwin()

"""Labels of the trials of a batch: stimulus parameters that are constant in a video."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from insilico_gui.responses import NO_TRIAL_LABELS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from numpy.typing import NDArray

    from insilico_gui.stimuli import Stimulus


def labels_of_videos(
    videos: Sequence[Stimulus],
) -> dict[str, tuple[str, NDArray[Any]]]:
    """Columns of the trial tables with one value in each video, as coordinates [N].

    Empty unless every video has a trial table.
    """
    tables = [video.trials for video in videos]
    known = [table for table in tables if table is not None and len(table)]
    if not known or len(known) < len(tables):
        return {}
    labels: dict[str, tuple[str, NDArray[Any]]] = {}
    for name in known[0].columns:
        if str(name) in NO_TRIAL_LABELS or not all(name in table for table in known):
            continue
        if all(table[name].nunique(dropna=False) == 1 for table in known):
            shown = pd.Series([table[name].iloc[0] for table in known])
            labels[str(name)] = ("trial", shown.to_numpy())
    return labels

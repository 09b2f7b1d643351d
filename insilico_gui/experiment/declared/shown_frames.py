"""Frames of the stimulus of given responses, in the session's size and rate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from insilico_gui.analysis.trials.sequence_parts import whole_specification
from insilico_gui.errors import StimulusError
from insilico_gui.stimuli import convert, spec_from_dict
from insilico_gui.stimuli.core.conversion import STORED, checked_grey

if TYPE_CHECKING:
    import xarray as xr

    import insilico_gui as ig


def shown_frames(
    responses: xr.DataArray, stimulus: ig.Stimulus | None = None
) -> ig.Stimulus | None:
    """Reconstruct the frames to which responses were computed; None if they are unknown.

    `stimulus` has its own size and rate; without it, a parametric stimulus is rendered
    from the specification in the provenance.
    """
    about: Any = responses.attrs.get("stimulus_attrs")
    about = about if isinstance(about, dict) else {}
    spec = whole_specification(responses)
    if stimulus is None and spec:
        stimulus = spec_from_dict(spec).stimulus()
    if stimulus is None:
        return None
    frames = stimulus
    if about.get("kind") == "conversion":
        height, width = about["frame_shape"]
        rate = float(about["frame_rate"])
        grey = checked_grey(about.get("grey", STORED))
        shape = (int(height), int(width))
        frames = convert(stimulus, shape, rate, about["fit"], grey=grey)
    if frames.n_frames != responses.sizes["time"]:
        raise StimulusError(
            f"{stimulus.name} has {frames.n_frames} frames at the session's rate and "
            f"the responses have {responses.sizes['time']}; name the stimulus that they "
            "are to."
        )
    return frames

"""The contract with sessions that are driven.

A twin of this kind describes what can be driven, stimulated and silenced; the host makes
a form of the description, checks drives against it (:mod:`insilico_gui.drive_checks`) and
passes them on complete.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from typing_extensions import TypeIs

from insilico_gui.errors import StimulusError, listed, quoted
from insilico_gui.session import Session
from insilico_gui.stimuli.core.drive_bases import Constant, Recorded, Samples

if TYPE_CHECKING:
    from insilico_gui.stimuli.core.drive import Drive, OptionValue
    from insilico_gui.stimuli.core.drive_parts import Target

OptionKind = Literal["number", "switch", "choice"]

_ROUNDING = 1e-9


@dataclass(frozen=True)
class DriveOption:
    """A named option of the sessions' simulation.

    Attributes
    ----------
    name : str
        Key of :attr:`.Drive.options`.
    kind : {"number", "switch", "choice"}
    default : float, bool or str
    low, high : float
        Of a number, both included.
    values : tuple of str
        Of a choice.
    unit : str
        Such as ``"mV"``; empty if it has none.
    help : str
        What it is, in one sentence.
    label : str
        Its name for people; default `name` with spaces.
    """

    name: str
    kind: OptionKind
    default: OptionValue
    low: float = -math.inf
    high: float = math.inf
    values: tuple[str, ...] = ()
    unit: str = ""
    help: str = ""
    label: str = ""

    @property
    def title(self) -> str:
        """Its name for people."""
        return self.label or self.name.replace("_", " ")


@dataclass(frozen=True)
class RecordedDrive:
    """A recording of the channels that a session can be driven with.

    Attributes
    ----------
    name : str
        Key of :attr:`DriveDescription.recordings`.
    n_samples : int
    interval_s : float
        Time from one sample to the next.
    lag : int
        Responses while sample i drives are about sample ``i + lag`` of the recording.
    """

    name: str
    n_samples: int
    interval_s: float
    lag: int = 0

    @property
    def duration_s(self) -> float:
        """Length of the whole recording."""
        return self.n_samples * self.interval_s


@dataclass(frozen=True)
class DriveDescription:
    """What can be driven in a session, and how.

    Attributes
    ----------
    channels : tuple of str
        Names of the inputs that a base has a value for at each time.
    channel_unit : str
        Of these values, such as ``"Hz"``.
    channel_low, channel_high : float
        Smallest and largest value that is taken.
    channel_top : float
        Largest value that is usual: the end of a slider.
    recordings : mapping of str to RecordedDrive
        By name; the first is the default.
    element : str
        What is stimulated and silenced, in the singular, such as ``"neuron"``.
    n_elements : int
    groups : mapping of str to tuple of str
        Names of the groups of elements by the kind of group.
    shared : tuple of str
        Kinds of groups of which a target may take a share.
    regions : tuple of str
        What can be cut.
    strength_unit : str
        Of events of a stimulation, such as ``"mV"``.
    strength_low, strength_high : float
    rate_high : float
        Largest rate (Hz) of a stimulation, besides one event in each step.
    step_s, step_low, step_high : float
        Length of a step (s): default, smallest and largest.
    window_s, window_low, window_high : float
        Length of the windows of responses (s): default, smallest and largest.
    options : tuple of DriveOption
    series : mapping of str to str
        Time series beside the responses, and their unit: ``"population_rate"`` in Hz,
        ``"spiking_share"`` without one. Empty if there are none.
    has_spikes : bool
        Whether spikes of elements can be recorded.
    """

    channels: tuple[str, ...]
    channel_unit: str = "Hz"
    channel_low: float = 0.0
    channel_high: float = math.inf
    channel_top: float = 100.0
    recordings: Mapping[str, RecordedDrive] = field(default_factory=dict)
    element: str = "neuron"
    n_elements: int = 0
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    shared: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    strength_unit: str = "mV"
    strength_low: float = -math.inf
    strength_high: float = math.inf
    rate_high: float = math.inf
    step_s: float = 0.001
    step_low: float = 0.0
    step_high: float = 1.0
    window_s: float = 0.05
    window_low: float = 0.0
    window_high: float = math.inf
    options: tuple[DriveOption, ...] = ()
    series: Mapping[str, str] = field(default_factory=dict)
    has_spikes: bool = False

    def recording(self, name: str, owner: str) -> RecordedDrive:
        """A recording by its name; empty for the first.

        Raises
        ------
        StimulusError
            If there is none of that name.
        """
        if not self.recordings:
            raise StimulusError(
                f"{owner} has no recording to be driven with; give values of channels."
            )
        if name and name not in self.recordings:
            raise StimulusError(
                f"{owner} has no recording {quoted(name)}; choose one of "
                f"{listed(self.recordings)}."
            )
        return self.recordings[name or next(iter(self.recordings))]


@dataclass(frozen=True)
class DriveChunk:
    """Activity in n consecutive windows of time.

    Attributes
    ----------
    responses : float32 array [n, U]
        Of the units that were asked for.
    series : mapping of str to float32 array [n]
        See :attr:`DriveDescription.series`.
    spike_time : float64 array [S]
        Seconds from the beginning, ascending; of the elements that were asked for.
    spike_element : int64 array [S]
        Position of the element that spiked.
    health : tuple of str
        Sentences on what is wrong with the simulation in these windows.
    """

    responses: NDArray[np.float32]
    series: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    spike_time: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    spike_element: NDArray[np.int64] = field(
        default_factory=lambda: np.empty(0, np.int64)
    )
    health: tuple[str, ...] = ()


@runtime_checkable
class DriveSession(Session, Protocol):
    """A session that is driven: ``input_kind`` is ``"drive"``.

    Attributes
    ----------
    description : DriveDescription
        What can be driven.
    response_label : str
        Label of the responses with their unit, e.g. ``"rate (Hz)"``.
    """

    description: DriveDescription
    response_label: str

    def recorded(self, name: str) -> NDArray[np.float32]:
        """Values of a recording, float32 [T, C], in the order of the channels.

        A recorded channel that is called as a unit is (``unit_id``) is what that unit is
        compared with.
        """
        ...

    def element_ids(self) -> NDArray[np.int64] | NDArray[np.str_]:
        """Ids of all elements, by their position."""
        ...

    def element_positions(self) -> NDArray[np.float64] | None:
        """Where elements are, float64 [N, 3], as the units: µm, NaN where not known.

        None if it is not known of any.
        """
        ...

    def elements(self, target: Target) -> NDArray[np.int64]:
        """Positions of the elements of a target, ascending and at least one.

        Raises
        ------
        InsilicoError
            If it names an element that there is not, or none.
        """
        ...

    def respond(
        self,
        drive: Drive,
        units: NDArray[np.integer] | None = None,
        *,
        spikes_of: NDArray[np.integer] | None = None,
    ) -> Generator[DriveChunk, None, None]:
        """Simulate, giving windows of time as they are done.

        Every call starts from a fresh state. Random events are addressed by the seed of
        the drive, the element and the step: they are the same for drives that differ in
        their events, options or base alone. The caller may close the generator between
        chunks.

        Parameters
        ----------
        drive : Drive
            As :func:`.check_drive` gives it: checked, and with all that has a default.
        units : int array, optional
            Rows of the unit table to compute, in this order; default all.
        spikes_of : int array, optional
            Positions of elements whose spikes are recorded; default none.

        Yields
        ------
        DriveChunk
            Together :func:`n_windows` windows; the last one may be shorter.
        """
        ...


def is_drive_session(session: Session) -> TypeIs[DriveSession]:
    """Whether `session` is driven."""
    return session.input_kind == "drive"


def n_windows(drive: Drive) -> int:
    """Number of windows of the responses to a complete drive."""
    duration, window = _known(drive.duration_s), _known(drive.window_s)
    return max(1, math.ceil(duration / window - _ROUNDING))


def window_times(drive: Drive) -> NDArray[np.float64]:
    """Beginnings (s) of the windows [n] of a complete drive."""
    steps = np.arange(n_windows(drive), dtype=np.float64)
    return steps * np.float64(_known(drive.window_s))


def base_interval(drive: Drive, session: DriveSession) -> float:
    """Time (s) from one sample of the base of a checked drive to the next."""
    if isinstance(drive.base, Samples):
        return drive.base.interval_s
    if isinstance(drive.base, Recorded):
        name = drive.base.recording
        return session.description.recording(name, session.id).interval_s
    return _known(drive.duration_s)


def base_values(drive: Drive, session: DriveSession) -> NDArray[np.float32]:
    """Samples of the base of a checked drive, float32 [T, C], one for a constant base."""
    channels = session.description.channels
    base = drive.base
    if isinstance(base, Recorded):
        known = session.description.recording(base.recording, session.id)
        return session.recorded(known.name)[base.start : base.stop]
    if isinstance(base, Constant):
        row = [base.values.get(name, base.others) for name in channels]
        return np.array([row], dtype=np.float32)
    rest = (base.others,) * base.n_samples
    columns = [base.columns.get(name, rest) for name in channels]
    return np.array(columns, dtype=np.float32).T.copy()


def _known(value: float | None) -> float:
    if value is None:
        raise StimulusError(
            "The drive is not complete; insilico_gui.drive_checks.check_drive makes it so."
        )
    return value

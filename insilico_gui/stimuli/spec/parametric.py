"""The mould for stimuli that are made by formula.

A family is a class that derives from :class:`StimulusSpec` and is marked as a
:func:`.parameters.specification`: its parameters are the whole truth about the
stimulus. Equal specs are equal objects, make equal bytes, have equal hashes, and
survive a round trip through JSON. What a family adds to its parameters:

- ``family``: its name in files, never changed once published;
- ``_check()``: refuses values that do not go together;
- ``n_frames`` and ``trials``;
- ``renderer()``: prepares what all frames share and returns a function that renders
  a range of frames.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insilico_gui.errors import StimulusError, echoed, listed, quoted
from insilico_gui.stimuli.core.base import Stimulus
from insilico_gui.stimuli.core.display import Display
from insilico_gui.stimuli.spec import registry
from insilico_gui.stimuli.spec.parameter_types import Screen
from insilico_gui.stimuli.spec.parameters import (
    PARAMETER,
    SCREEN,
    number,
    parameter,
    specification,
)
from insilico_gui.untrusted.limits import limit

Renderer = Callable[[int, int], "NDArray[np.uint8]"]
"""From a range of frames, start to stop (excluded), to uint8 [stop - start, H, W]."""

MAX_FRAME_RATE = 1000.0  # Hz


def _display(value: object, name: str, spec: object) -> Display:
    if value is None:
        return Display()
    if not isinstance(value, Display):
        raise StimulusError(f"{name} is {echoed(value)}; give a Display.")
    return value


@specification
class StimulusSpec(ABC):
    """Base of the parametric families."""

    family: ClassVar[str]

    display: Screen = parameter(
        None,
        "Screen and its pixels, which turn degrees into pixels; default a 56.5 x 31.8 "
        "cm screen 15 cm from the eye with 256 x 144 pixels.",
        _display,
        rank=SCREEN,
    )
    frame_rate: float = number(
        30.0,
        "Frames per second (Hz).",
        1,
        MAX_FRAME_RATE,
        rank=SCREEN,
        label="frame rate (Hz)",
    )

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "family" in vars(cls):  # what families have in common has no name
            registry.add_spec(cls)

    def __post_init__(self) -> None:
        with self.possible():
            for own in dataclasses.fields(self):
                if declared := own.metadata.get(PARAMETER):
                    value = declared.checked(getattr(self, own.name), own.name, self)
                    object.__setattr__(self, own.name, value)
            self._check()
            self._check_length(self._fewest_frames)
            self._check_length(self.n_frames)

    def _check(self) -> None:  # noqa: B027  (most families need none)
        """Refuse parameters that do not go together; each by itself is checked.

        Raises
        ------
        StimulusError
            Naming the parameter that is wrong.
        """

    @property
    def title(self) -> str:
        """For people: what is shown."""
        return self.family.replace("_", " ")

    @property
    @abstractmethod
    def n_frames(self) -> int:
        """Number of frames."""

    @property
    def _fewest_frames(self) -> int:
        """What `n_frames` is at least, where counting would itself take long."""
        return 0

    @contextmanager
    def possible(self) -> Iterator[None]:
        """Turn what formulas raise on extreme parameters into one sentence."""
        try:
            with np.errstate(over="raise", divide="raise", invalid="raise"):
                yield
        except (ArithmeticError, ValueError, MemoryError, RecursionError) as error:
            raise StimulusError(
                f"These parameters of {self.title} are too extreme to be shown "
                f"({quoted(error, marks='')}); give values nearer to the defaults."
            ) from error

    def _check_length(self, n_frames: int) -> None:
        seconds, longest = n_frames / self.frame_rate, limit("rendered_seconds")
        if seconds > longest:
            raise StimulusError(
                f"The stimulus would last {seconds / 3600:.3g} hours and the limit is "
                f"{longest / 3600:.3g}; take fewer conditions or repeats, or shorter "
                "trials."
            )

    @property
    @abstractmethod
    def trials(self) -> pd.DataFrame:
        """Trial table: ``onset``, ``duration`` (s), ``condition``, its parameters."""

    @abstractmethod
    def renderer(self) -> Renderer:
        """Prepare rendering; the function returned may be called by any thread."""

    def stimulus(self) -> RenderedStimulus:
        """Frames of this spec, rendered when they are asked for."""
        return RenderedStimulus(self)

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> Self:
        """Spec of this family with fields as in :meth:`to_dict`; others are defaults.

        Raises
        ------
        StimulusError
            If a field is unknown, or a value is wrong.
        """
        known = {f.name for f in dataclasses.fields(cls) if f.init}
        unknown = sorted(str(name) for name in set(fields) - known)
        if unknown:
            raise StimulusError(
                f"{cls.family} has no parameter {listed(unknown)}; it has "
                f"{', '.join(sorted(known))}."
            )
        values = dict(fields)
        if isinstance(values.get("display"), Mapping):
            values["display"] = Display.from_dict(values["display"])
        try:
            return cls(**values)
        except TypeError as error:
            raise StimulusError(
                f"A parameter of {cls.family} is missing or has a value of the wrong "
                "kind; compare it with a spec that was saved by this program."
            ) from error

    def to_dict(self) -> dict[str, Any]:
        """Family and all fields, JSON-able."""
        fields = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        fields["display"] = self.display.to_dict()
        plain = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in fields.items()
        }
        return {"family": self.family, **plain}

    @property
    def hash(self) -> str:
        """Hash of family and fields: equal for equal specs, on any machine."""
        text = json.dumps(self.to_dict(), sort_keys=True, allow_nan=False)
        return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


class RenderedStimulus(Stimulus):
    """Frames of a :class:`StimulusSpec`.

    Attributes
    ----------
    spec : StimulusSpec
    """

    def __init__(self, spec: StimulusSpec) -> None:
        self.spec = spec
        self.name = spec.title
        self.frame_shape = spec.display.pixels
        self.frame_rate = spec.frame_rate
        with spec.possible():
            self.n_frames = spec.n_frames
            self.trials = spec.trials
        self.attrs = {
            "kind": "parametric",
            "spec": spec.to_dict(),
            "spec_hash": spec.hash,
        }
        self._render: Renderer | None = None
        self._renderer()  # refuses what cannot be rendered

    def frames(self, start: int, stop: int) -> NDArray[np.uint8]:
        """See :meth:`insilico_gui.stimuli.core.base.Stimulus.frames`."""
        self._check_range(start, stop)
        return self._renderer()(start, stop)

    def release(self) -> None:
        """See :meth:`insilico_gui.stimuli.core.base.Stimulus.release`."""
        self._render = None

    def _renderer(self) -> Renderer:
        """What renders frames, with the pictures it keeps."""
        render = self._render
        if render is None:
            with self.spec.possible():
                render = self._render = self.spec.renderer()
        return render


def spec_from_dict(values: Mapping[str, Any]) -> StimulusSpec:
    """Inverse of :meth:`StimulusSpec.to_dict`, for any family.

    Raises
    ------
    StimulusError
        If the family or a field is unknown, or a value is wrong.
    """
    fields = dict(values)
    family = fields.pop("family", None)
    if family is None:
        raise StimulusError(
            "There is no 'family', so this is not the specification of a stimulus; "
            f"known are {', '.join(registry.spec_names())}."
        )
    cls = registry.find_spec(family) if isinstance(family, str) else None
    if cls is None:
        raise StimulusError(
            f"There is no family of stimuli called {echoed(family)}; known are "
            f"{', '.join(registry.spec_names())}."
        )
    return cls.from_fields(fields)

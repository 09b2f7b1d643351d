"""Live objects of a document: opened sessions, stimuli and arrays, each opened once."""

from __future__ import annotations

import hashlib
import json
import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from insilico_gui.encoding.inputs import open_for
from insilico_gui.errors import ExperimentError, InsilicoError, quoted
from insilico_gui.experiment.document import (
    ArrayStimulus,
    ConditionStimulus,
    DriveStimulus,
    FileStimulus,
    ParametricStimulus,
    SessionEntry,
)
from insilico_gui.experiment.document.plain_stimuli import (
    entry_of_plain,
    open_plain,
    plain_stimulus,
)
from insilico_gui.opening import open_session
from insilico_gui.progress import may_go_on
from insilico_gui.stimuli import (
    ConditionTable,
    Drive,
    RenderedStimulus,
    Stimulus,
    open_images,
    open_stimulus,
    spec_from_dict,
)
from insilico_gui.stimuli.readers.images import ImageSet
from insilico_gui.untrusted.door import open_input

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import ArrayLike, NDArray

    from insilico_gui.session import Session
    from insilico_gui.stimuli import Fit

AnyStimulus = Stimulus | ImageSet | ConditionTable | Drive
AnyStimulusEntry = (
    FileStimulus
    | ParametricStimulus
    | ArrayStimulus
    | ConditionStimulus
    | DriveStimulus
)

_BLOCK = 2**20

MAX_FRAMES_BYTES = 4 * 2**30
"""Of frames that come from no file and are kept with an experiment."""


class MovedFileError(ExperimentError):
    """A file that an experiment names is not where it was."""


def array_hash(values: NDArray[Any]) -> str:
    """SHA-256 of type, shape and values of an array."""
    digest = hashlib.sha256(f"{values.dtype.str}{values.shape}".encode())
    digest.update(np.ascontiguousarray(values).data)
    return digest.hexdigest()


def files_hash(paths: Iterable[Path]) -> str:
    """SHA-256 of the contents of files, one after the other; of a folder, of its files."""
    digest = hashlib.sha256()
    for path in paths:
        inside = sorted(p for p in path.rglob("*") if p.is_file())
        for file in inside if path.is_dir() else [path]:
            with open_input(file, ExperimentError) as content:
                while block := content.read(_BLOCK):
                    may_go_on()
                    digest.update(block)
    return digest.hexdigest()


def content_hash(entry: AnyStimulusEntry) -> str:
    """What the frames of a stimulus depend on, apart from the session and the fit."""
    if isinstance(entry, ParametricStimulus):
        return _specified(json.dumps(entry.specification, sort_keys=True))
    if isinstance(entry, DriveStimulus):
        return _driven(json.dumps(entry.specification, sort_keys=True))
    if isinstance(entry, ConditionStimulus):
        return open_plain(entry).fingerprint()
    if isinstance(entry, ArrayStimulus):
        return f"{entry.sha256} {entry.frame_rate} {entry.images}"
    return f"{entry.sha256} {entry.frame_rate} {entry.images} {entry.interval_s}"


@lru_cache(maxsize=1000)
def _specified(text: str) -> str:
    """Hash of the stimulus of a specification, which is JSON; asked for all the time."""
    return spec_from_dict(json.loads(text)).hash


@lru_cache(maxsize=1000)
def _driven(text: str) -> str:
    """Hash of the drive of a specification; see :func:`_specified`."""
    return Drive.from_dict(json.loads(text)).fingerprint()


class Live:
    """Opens what a document names, and keeps it.

    Parameters
    ----------
    folder : Path or None
        Where the file of the experiment is; files that have moved with it are found.
    search : Path or None
        Where else files that have moved are looked for.
    """

    def __init__(self, folder: Path | None = None, search: Path | None = None) -> None:
        self.folder = folder
        self.search = search
        self.arrays: dict[str, NDArray[Any]] = {}
        self._sessions: dict[SessionEntry, Session] = {}
        self._given: set[SessionEntry] = set()
        self._stimuli: dict[AnyStimulusEntry | str, AnyStimulus] = {}

    # -- sessions ----------------------------------------------------------------------

    def put_session(
        self, entry: SessionEntry, session: Session, *, opens_again: bool = True
    ) -> SessionEntry:
        """Keep a session that was opened; returns its entry with the hash of weights.

        One that its entry does not open again is never let go.
        """
        found = str(session.attrs.get("weights_hash", "")) or None
        if entry.weights_hash not in (None, found):
            raise ExperimentError(
                f"The weights of {quoted(entry.id)} are not those that the experiment "
                "was made with; give the folder that holds those."
            )
        entry = entry.model_copy(update={"weights_hash": found})
        self._sessions[entry] = session
        if not opens_again:
            self._given.add(entry)
        return entry

    def is_open(self, entry: SessionEntry) -> bool:
        """Whether the session of an entry has been opened."""
        return entry in self._sessions

    def session(self, entry: SessionEntry) -> Session:
        """The session of an entry, opened if it is not yet."""
        if entry not in self._sessions:
            opened = open_session(
                entry.id, entry.directory, entry.device, entry.precision
            )
            self.put_session(entry, opened)
        return self._sessions[entry]

    def drop(
        self, entry: SessionEntry | AnyStimulusEntry, kept: Iterable[object]
    ) -> None:
        """Let a session or stimulus go, unless one of the entries `kept` needs it.

        It is opened again if a command is undone.
        """
        if isinstance(entry, SessionEntry):
            if entry not in kept and entry not in self._given:
                self._sessions.pop(entry, None)
        elif _key(entry) not in {
            _key(other) for other in kept if isinstance(other, AnyStimulusEntry)
        }:
            self._stimuli.pop(_key(entry), None)

    # -- stimuli -----------------------------------------------------------------------

    def has_stimulus(self, entry: AnyStimulusEntry) -> bool:
        """Whether the stimulus of an entry has been opened."""
        return _key(entry) in self._stimuli

    def put_stimulus(self, entry: AnyStimulusEntry, stimulus: AnyStimulus) -> None:
        """Keep a stimulus that was opened."""
        self._stimuli[_key(entry)] = stimulus

    def stimulus(self, entry: AnyStimulusEntry) -> AnyStimulus:
        """The stimulus of an entry, opened or rendered if it is not yet."""
        if _key(entry) not in self._stimuli:
            self._stimuli[_key(entry)] = self._open(entry)
        return self._stimuli[_key(entry)]

    def _open(self, entry: AnyStimulusEntry) -> AnyStimulus:
        if isinstance(entry, ConditionStimulus | DriveStimulus):
            return open_plain(entry)
        if isinstance(entry, ParametricStimulus):
            return spec_from_dict(entry.specification).stimulus()
        if isinstance(entry, ArrayStimulus):
            values = self.array(entry.sha256)
            if entry.images:
                return open_images(values)
            return open_stimulus(values, frame_rate=entry.frame_rate)
        paths = [self.find(Path(path), entry) for path in entry.paths]
        if entry.sha256 is not None and files_hash(paths) != entry.sha256:
            raise ExperimentError(
                f"{quoted(paths[0].name)} is not the file that the experiment was made "
                "with (its content has changed); add it as a new stimulus."
            )
        return open_files(paths, entry)

    def find(self, path: Path, entry: FileStimulus) -> Path:
        """Where a file is now: in its place, beside the experiment, or where to search.

        Raises
        ------
        MovedFileError
            If it is nowhere.
        """
        beside = [] if self.folder is None else [self.folder / path.name]
        for place in (path, *beside):
            if place.exists():
                return place
        if self.search is not None:
            for place in sorted(self.search.rglob(path.name)):
                if len(entry.paths) > 1 or _has_content(place, entry.sha256):
                    return place
        raise MovedFileError(
            f"The file {quoted(path.name)} of the experiment is not there; put it back, or "
            "name the folder it was moved to."
        )

    # -- arrays ------------------------------------------------------------------------

    def put_array(self, values: ArrayLike) -> str:
        """Keep an array; returns its hash."""
        array = np.asarray(values)
        if array.dtype.kind not in "biuf":
            raise ExperimentError(
                f"An array of {array.dtype} cannot be a part of an experiment; give "
                "numbers."
            )
        name = array_hash(array)
        self.arrays[name] = array
        return name

    def array(self, name: str) -> NDArray[Any]:
        """An array by its hash.

        Raises
        ------
        ExperimentError
            If it is not there.
        """
        if name not in self.arrays:
            raise ExperimentError(
                "An array of the experiment is missing: the folder that was saved "
                "beside its file; put that back."
            )
        return self.arrays[name]


def open_files(paths: Sequence[Path], entry: FileStimulus) -> Stimulus | ImageSet:
    """A video, or a set of images, from files."""
    if entry.images:
        source: Any = list(paths) if len(paths) > 1 else paths[0]
        return open_images(source, interval_s=entry.interval_s)
    return open_stimulus(paths[0], frame_rate=entry.frame_rate)


def entry_of(
    source: Any,
    live: Live,
    *,
    session: Session | None,
    fit: Fit,
    frame_rate: float | None,
    interval_s: float | None,
) -> AnyStimulusEntry:
    """The entry of a stimulus, which is opened and kept.

    Raises
    ------
    InsilicoError
        If it cannot be opened.
    """
    if isinstance(source, RenderedStimulus):
        entry = ParametricStimulus(specification=source.spec.to_dict(), fit=fit)
        live.put_stimulus(entry, source)
        return entry
    plain = plain_stimulus(source, None if session is None else session.input_kind)
    if plain is not None:
        kept = entry_of_plain(plain)
        live.put_stimulus(kept, plain)
        return kept
    if isinstance(source, Stimulus | ImageSet):
        return _of_opened(source, live, fit, interval_s)
    if isinstance(source, np.ndarray):
        opened = open_for(session, source, frame_rate=frame_rate, interval_s=interval_s)
        images = isinstance(opened, ImageSet)
        rate = None if isinstance(opened, ImageSet) else opened.frame_rate
        made = ArrayStimulus(
            sha256=live.put_array(source), frame_rate=rate, images=images, fit=fit
        )
        live.put_stimulus(made, opened)
        return made
    given = [source] if isinstance(source, str | os.PathLike) else list(source)
    paths = [Path(path).expanduser() for path in given]
    opened = open_for(
        session,
        paths[0] if len(paths) == 1 else paths,
        frame_rate=frame_rate,
        interval_s=interval_s,
    )
    if isinstance(opened, RenderedStimulus):  # a specification
        return entry_of(
            opened, live, session=session, fit=fit, frame_rate=None, interval_s=None
        )
    file = FileStimulus(
        paths=tuple(str(path.absolute()) for path in paths),
        sha256=files_hash(paths),
        frame_rate=frame_rate,
        images=isinstance(opened, ImageSet),
        interval_s=interval_s,
        fit=fit,
    )
    live.put_stimulus(file, opened)
    return file


def _of_opened(
    stimulus: Stimulus | ImageSet, live: Live, fit: Fit, interval_s: float | None
) -> AnyStimulusEntry:
    """Entry of a stimulus that is open: by its file if it has one, else by its values."""
    images, origin = isinstance(stimulus, ImageSet), stimulus.origin
    entry: AnyStimulusEntry
    if origin is not None:
        entry = FileStimulus(
            paths=tuple(map(str, origin.paths)),
            sha256=files_hash(origin.paths),
            frame_rate=origin.frame_rate,
            images=images,
            interval_s=interval_s or origin.interval_s,
            fit=fit,
        )
    elif isinstance(stimulus, ImageSet):
        values = np.stack([stimulus.image(k) for k in range(stimulus.n_images)])
        name = live.put_array(np.moveaxis(values, -1, 1))
        entry = ArrayStimulus(sha256=name, images=True, fit=fit)
    else:
        n_bytes = stimulus.n_frames * int(np.prod(stimulus.frame_shape))
        if n_bytes > MAX_FRAMES_BYTES:
            raise ExperimentError(
                f"The {stimulus.n_frames:,} frames of {quoted(stimulus.name)} come from "
                "no file and are too many to be kept with an experiment; write them to "
                "a video file and add that."
            )
        name = live.put_array(stimulus.frames(0, stimulus.n_frames))
        entry = ArrayStimulus(sha256=name, frame_rate=stimulus.frame_rate, fit=fit)
    live.put_stimulus(entry, stimulus)
    return entry


def _key(entry: AnyStimulusEntry) -> str:
    """What an opened stimulus is kept under: all of the entry but the fit."""
    return entry.model_dump_json(exclude={"fit"})


def _has_content(path: Path, sha256: str | None) -> bool:
    try:
        return sha256 is None or files_hash([path]) == sha256
    except InsilicoError:
        return False

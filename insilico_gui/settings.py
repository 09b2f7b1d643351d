"""What a user has set for all experiments: recent files, and the library of responses.

One small file in the folder for settings of this system. It is read whenever it is
needed, so that windows and commands that run at once see the same.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import pydantic
from platformdirs import user_config_path

from insilico_gui.errors import InsilicoError, quoted
from insilico_gui.files import publishing
from insilico_gui.untrusted.text import PlainDataError, parse_json, read_text

MAX_RECENT, MAX_LAYOUTS, MAX_FRAME_RATES = 10, 20, 200
MOST_AT_ONCE = 4096
VARIABLE, AUTO = "INSILICO_SETTINGS", "auto"

_Path = Annotated[str, pydantic.Field(min_length=1, max_length=4096)]
_Title = Annotated[str, pydantic.Field(min_length=1, max_length=100)]
_Part = Annotated[float, pydantic.Field(gt=0, lt=1)]


class SettingsError(InsilicoError):
    """The settings cannot be read or written."""


class Layout(pydantic.BaseModel):
    """Where the panels of a window are, on a screen of one size.

    Attributes
    ----------
    state : str
        Of the window's docks as Qt tells it, in base 64.
    closed : tuple of str
        Titles of panels that the user has closed.
    parts : dict of str to float
        Parts of the window that places of panels take.
    """

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")

    state: Annotated[str, pydantic.Field(min_length=1, max_length=200_000)]
    closed: Annotated[tuple[_Title, ...], pydantic.Field(max_length=100)] = ()
    parts: Annotated[dict[_Title, _Part], pydantic.Field(max_length=20)]


class FrameRate(pydantic.BaseModel):
    """How fast frames of files without a rate of their own are meant to be shown.

    Attributes
    ----------
    kind : str
        Of file, such as ``".npy"``.
    folder : str
        That holds them.
    rate : float
        Hz.
    """

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")

    kind: _Title
    folder: _Path
    rate: Annotated[float, pydantic.Field(gt=0, le=1e5)]


class Settings(pydantic.BaseModel):
    """What a user has set.

    Attributes
    ----------
    recent : tuple of str
        Files of experiments that were opened or saved, the latest first.
    library_folder : str or None
        Where responses are kept; None for the user's cache.
    library_gb : float
        Size of the library in gigabytes.
    library_days : float
        Responses that were not used for so many days are removed.
    layouts : dict of str to Layout
        By the size of the screen, such as ``"1366x768"``. One that is damaged is left out.
    device : str
        Where sessions are loaded that nobody says it of, in the window.
    at_once : int
        Frames or images that are computed together, at most; 0 for as many as the
        session prefers. Responses are the same.
    autosave_s : float
        Seconds after a change until an unsaved experiment is kept in case of a crash.
    weights_folder : str or None
        Where weights are looked for first, in the window.
    colormaps : dict of str to str
        Names of colour maps by kind of values, ``"sequential"``, ``"diverging"`` or
        ``"cyclic"``, where none was chosen for a column, in the window.
    frame_rates : tuple of FrameRate
        Answers to the question how fast files without a frame rate are to be shown.
    """

    model_config = pydantic.ConfigDict(frozen=True, extra="ignore")

    recent: Annotated[tuple[_Path, ...], pydantic.Field(max_length=MAX_RECENT)] = ()
    library_folder: _Path | None = None
    library_gb: Annotated[float, pydantic.Field(gt=0, le=1e6)] = 20.0
    library_days: Annotated[float, pydantic.Field(gt=0, le=1e5)] = 180.0
    layouts: dict[str, Layout] = pydantic.Field(default_factory=dict)
    device: Annotated[str, pydantic.Field(min_length=1, max_length=100)] = AUTO
    at_once: Annotated[int, pydantic.Field(ge=0, le=MOST_AT_ONCE)] = 0
    autosave_s: Annotated[float, pydantic.Field(ge=0.1, le=86_400)] = 3.0
    weights_folder: _Path | None = None
    colormaps: Annotated[dict[_Title, _Title], pydantic.Field(max_length=10)] = (
        pydantic.Field(default_factory=dict)
    )
    frame_rates: Annotated[
        tuple[FrameRate, ...], pydantic.Field(max_length=MAX_FRAME_RATES)
    ] = ()

    @pydantic.field_validator("layouts", mode="before")
    @classmethod
    def _without_damaged(cls, given: Any) -> dict[str, Layout]:
        """Nothing else is lost by a layout that cannot be read."""
        found: dict[str, Layout] = {}
        entries = given.items() if isinstance(given, dict) else ()
        for screen, layout in list(entries)[-MAX_LAYOUTS:]:
            try:
                found[str(screen)] = Layout.model_validate(layout)
            except pydantic.ValidationError:
                continue
        return found


def settings_file() -> Path:
    """The file: ``INSILICO_SETTINGS``, or in the user's folder for settings."""
    chosen = os.environ.get(VARIABLE)
    if chosen:
        return Path(chosen).expanduser()
    return user_config_path("insilico_gui", appauthor=False) / "settings.json"


def read_settings() -> tuple[Settings, str]:
    """The settings, and one sentence if their file is damaged: then all are defaults."""
    place = settings_file()
    if not os.path.lexists(place):
        return Settings(), ""
    try:
        text = read_text(place, SettingsError)
        values = parse_json(text, "the settings", SettingsError, strict=True)
        return Settings.model_validate(values), ""
    except (InsilicoError, PlainDataError, pydantic.ValidationError, OSError):
        return Settings(), (
            f"The settings in {quoted(place)} cannot be read, and the defaults are used; "
            "set them again, or remove the file."
        )


def most_at_once() -> int:
    """How many frames or images may be computed together; 0 if nobody has said."""
    return read_settings()[0].at_once


def change_settings(**changes: Any) -> Settings:
    """Write other values of some settings.

    Raises
    ------
    SettingsError
        If a value is out of its range, or the file cannot be written.
    """
    try:
        settings = Settings(**{**dict(read_settings()[0]), **changes})
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(map(str, first["loc"]))
        raise SettingsError(
            f"{quoted(changes.get(name))} is no value of the setting {name}: "
            f"{first['msg'].lower()}."
        ) from error
    return _write(settings)


def reset_settings() -> Settings:
    """Have all settings as at first.

    Raises
    ------
    SettingsError
        If the file cannot be written.
    """
    return _write(Settings())


def _write(settings: Settings) -> Settings:
    place = settings_file()
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"The folder {quoted(place.parent)} for settings cannot be made "
            f"({error.strerror}); set {VARIABLE} to a file in another one."
        ) from error
    with publishing(place, SettingsError) as partial:
        partial.write_text(settings.model_dump_json(indent=1) + "\n", encoding="utf-8")
    return settings


def remember_layout(screen: str, layout: Layout) -> Settings:
    """Remember where panels are on screens of a size."""
    others = {k: v for k, v in read_settings()[0].layouts.items() if k != screen}
    return change_settings(layouts={**others, screen: layout})


def known_frame_rate(kind: str, folder: Path) -> float | None:
    """How fast (Hz) such files of a folder are to be shown; None if nobody has said."""
    wanted = kind, str(folder.absolute())
    for known in read_settings()[0].frame_rates:
        if (known.kind, known.folder) == wanted:
            return known.rate
    return None


def remember_frame_rate(kind: str, folder: Path, rate: float) -> Settings:
    """Remember how fast (Hz) such files of a folder are to be shown."""
    place = str(folder.absolute())
    others = [
        known
        for known in read_settings()[0].frame_rates
        if (known.kind, known.folder) != (kind, place)
    ]
    new = FrameRate(kind=kind, folder=place, rate=rate)
    return change_settings(frame_rates=(new, *others)[:MAX_FRAME_RATES])


def add_recent(path: Path) -> Settings:
    """Remember a file of an experiment as the latest one."""
    latest = str(path.absolute())
    others = [known for known in read_settings()[0].recent if known != latest]
    return change_settings(recent=(latest, *others)[:MAX_RECENT])

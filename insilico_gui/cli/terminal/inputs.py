"""Inputs as they are typed: several, patterns such as ``*.mp4``, lists with commas."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TypeVar

import insilico_gui as ig
from insilico_gui.errors import (
    BehaviorError,
    InsilicoError,
    SessionError,
    StimulusError,
    quoted,
)
from insilico_gui.stimuli.readers.opening import VIDEO_SUFFIXES
from insilico_gui.stimuli.readers.places import IMAGE_SUFFIXES

N = TypeVar("N", int, float)
WILD = "*?["


def files(typed: Sequence[str | Path]) -> list[str]:
    """Names of files, and of all that a pattern stands for, in the order of their names.

    A shell expands patterns itself unless they are quoted; Windows has no shell that does.

    Raises
    ------
    StimulusError
        If there is no file that a pattern stands for.
    """
    found: dict[str, None] = {}
    for word in map(str, typed):
        if os.path.lexists(word) or not any(sign in word for sign in WILD):
            found[word] = None
            continue
        matches = sorted(glob.glob(word, recursive=True), key=_in_order)
        if not matches:
            raise StimulusError(
                f"There is no file like {quoted(word)}; check the folder and the pattern."
            )
        found.update(dict.fromkeys(matches))
    return list(found)


def _in_order(name: str) -> list[tuple[int, str]]:
    """For sorting: ``clip2`` before ``clip10``."""
    words: list[tuple[int, str]] = []
    for is_number, part in _parts(name):
        words.append((int(part), "") if is_number else (-1, part))
    return words


def _parts(name: str) -> Iterable[tuple[bool, str]]:
    """Runs of digits, and what is between them."""
    start = 0
    for k in range(1, len(name) + 1):
        if k == len(name) or name[k].isdecimal() != name[start].isdecimal():
            yield name[start].isdecimal() and k - start < 19, name[start:k]
            start = k


def contents(
    typed: Sequence[str | Path], suffixes: Iterable[str], kind: str
) -> list[str]:
    """As :func:`files`; a folder stands for the files in it that end in `suffixes`.

    A folder that ends in one itself (``.zarr``) is an input. `kind` says what they are.
    """
    ends = tuple(suffixes)
    found: list[str] = []
    for name in files(typed):
        if not os.path.isdir(name) or name.lower().rstrip("/\\").endswith(ends):
            found.append(name)
            continue
        inside = sorted(os.listdir(name), key=_in_order)
        mine = [os.path.join(name, each) for each in inside if _ends(each, ends)]
        if not mine:
            raise StimulusError(
                f"The folder {quoted(name, '')} holds no {kind}; they end in "
                f"{' or '.join(ends)}."
            )
        found += mine
    return found


def _ends(name: str, ends: tuple[str, ...]) -> bool:
    beside = (".units.csv", ".trials.csv")
    return name.lower().endswith(ends) and not name.lower().endswith(beside)


def sessions(typed: str, directory: Path | None) -> list[str]:
    """Ids of sessions: those that were typed, with commas between, or that match.

    Raises
    ------
    SessionError
        If no session in the folder is like a pattern.
    """
    found: dict[str, None] = {}
    for word in comma_list([typed]) or [typed]:
        if not any(sign in word for sign in "*?"):
            found[word] = None
            continue
        known = ig.list_sessions(directory)
        matches = [name for name in known if fnmatchcase(name, word)]
        if not matches:
            raise SessionError(
                f"No session is like {quoted(word)}; list what can be opened with "
                "`insilico-gui sessions --directory DIR`."
            )
        found.update(dict.fromkeys(matches))
    return list(found)


def clips(typed: Sequence[str | Path]) -> list[str]:
    """As :func:`files`; a folder with videos or arrays, but no images, stands for these.

    A folder of images is a stimulus itself.
    """
    found: list[str] = []
    for name in files(typed):
        inside: list[str] = []
        if os.path.isdir(name):
            inside = sorted(os.listdir(name), key=_in_order)
        ends = {os.path.splitext(each)[1].lower() for each in inside}
        videos = (VIDEO_SUFFIXES | {".npy"}) - IMAGE_SUFFIXES
        if ends & IMAGE_SUFFIXES or not ends & videos:
            found.append(name)
            continue
        found += [
            os.path.join(name, each)
            for each in inside
            if os.path.splitext(each)[1].lower() in videos
        ]
    return found


def behaviors(typed: Sequence[str] | None, n: int) -> list[str | None]:
    """A file of behaviour for each of `n` stimuli; one is for all.

    Raises
    ------
    BehaviorError
        If there are neither one nor as many as stimuli.
    """
    found: list[str | None] = [*files(typed or ())]
    if len(found) < 2:
        return (found or [None]) * n
    if len(found) != n:
        raise BehaviorError(
            f"There are {len(found)} files of behaviour and {n} stimuli; give one for "
            "all, or one for each in the same order."
        )
    return found


def comma_list(typed: Sequence[str] | None) -> list[str]:
    """``["V1,LM", "AL"]`` as ``["V1", "LM", "AL"]``."""
    words = [word.strip() for text in typed or () for word in text.split(",")]
    return [word for word in words if word]


def comma_numbers(
    typed: Sequence[str] | None,
    option: str,
    number: Callable[[str], N],
    error: type[InsilicoError],
) -> list[N] | None:
    """Numbers of an option that may be repeated, or have a list with commas.

    Raises
    ------
    InsilicoError
        The `error`, if one is no number.
    """
    if typed is None:
        return None
    numbers = []
    for word in comma_list(typed):
        try:
            numbers.append(number(word))
        except ValueError as cause:
            kind = "whole number" if number is int else "number"
            raise error(
                f"{quoted(word)} is no {kind}; give {option} one, or a list with commas."
            ) from cause
    return numbers

"""Ways to damage a file, or to put something in its place."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.random import Generator

Damage = "Callable[[Path, Generator], None]"


def cut(path: Path, rng: Generator) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: rng.integers(0, len(content) + 1)])


def flip(path: Path, rng: Generator) -> None:
    content = bytearray(path.read_bytes())
    for place in rng.integers(0, len(content), rng.integers(1, 20)):
        content[place] ^= 1 << int(rng.integers(8))
    path.write_bytes(content)


def flip_head(path: Path, rng: Generator) -> None:
    content = bytearray(path.read_bytes())
    for place in rng.integers(0, min(len(content), 200), rng.integers(1, 6)):
        content[place] = int(rng.integers(256))
    path.write_bytes(content)


def flip_tail(path: Path, rng: Generator) -> None:
    content = bytearray(path.read_bytes())
    for place in rng.integers(1, min(len(content), 200) + 1, rng.integers(1, 6)):
        content[-place] = int(rng.integers(256))
    path.write_bytes(content)


def claim_bytes(path: Path, rng: Generator) -> None:
    """The largest number in place of some field."""
    content = bytearray(path.read_bytes())
    width = int(rng.choice([2, 4, 8]))
    place = int(rng.integers(0, max(1, len(content) - width)))
    largest = int(rng.choice([0x7F, 0xFF, 0x00, 0x80]))
    content[place : place + width] = bytes([largest]) * width
    path.write_bytes(content)


def claim_digits(path: Path, rng: Generator) -> None:
    """A number with many more digits in place of one that is written out."""
    content = path.read_bytes()
    found = list(re.finditer(rb"\d+", content))
    if not found:
        return claim_bytes(path, rng)
    chosen = found[rng.integers(len(found))]
    digits = b"9" * int(rng.choice([3, 9, 12, 19, 40, 400, 5000]))
    path.write_bytes(content[: chosen.start()] + digits + content[chosen.end() :])
    return None


def claim_many_digits(path: Path, rng: Generator) -> None:
    for _ in range(5):
        claim_digits(path, rng)


def wipe(path: Path, rng: Generator) -> None:
    content = bytearray(path.read_bytes())
    place = int(rng.integers(0, len(content)))
    width = int(rng.integers(1, 500))
    content[place : place + width] = bytes(len(content[place : place + width]))
    path.write_bytes(content)


def double(path: Path, rng: Generator) -> None:
    content = path.read_bytes()
    place = int(rng.integers(0, len(content)))
    path.write_bytes(content[:place] + content + content[place:])


def other_word(path: Path, rng: Generator) -> None:
    """One word of a text file for another, or for something that is no word."""
    content = path.read_bytes()
    words = list(re.finditer(rb"[A-Za-z_]{2,}", content))
    if not words:
        return flip(path, rng)
    one, two = (words[k] for k in rng.integers(len(words), size=2))
    new = rng.choice(
        [two.group(), b"NaN", b"null", b"1e999", b"[" * 2000, b"{}", b"-1", b"\xff\xfe"]
    )
    path.write_bytes(content[: one.start()] + bytes(new) + content[one.end() :])
    return None


def empty(path: Path, rng: Generator) -> None:
    path.write_bytes(b"")


def noise(path: Path, rng: Generator) -> None:
    head = path.read_bytes()[: rng.integers(0, 20)]
    path.write_bytes(head + rng.bytes(int(rng.integers(1, 20_000))))


def nothing_but_zeros(path: Path, rng: Generator) -> None:
    path.write_bytes(bytes(int(rng.integers(1, 100_000))))


def sparse(path: Path, rng: Generator) -> None:
    """A file of 20 GB that takes no space, with the first bytes of a real one."""
    os.truncate(path, 20 * 2**30)


def sparse_zeros(path: Path, rng: Generator) -> None:
    path.write_bytes(b"")
    os.truncate(path, 20 * 2**30)


def pipe(path: Path, rng: Generator) -> None:
    path.unlink()
    os.mkfifo(path)


def device(path: Path, rng: Generator) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def loop(path: Path, rng: Generator) -> None:
    path.unlink()
    path.symlink_to(path.name)


def dangling(path: Path, rng: Generator) -> None:
    path.unlink()
    path.symlink_to("nowhere")


def folder(path: Path, rng: Generator) -> None:
    path.unlink()
    path.mkdir()


def postscript(path: Path, rng: Generator) -> None:
    path.write_bytes(
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n%%EOF\n"
    )


def html(path: Path, rng: Generator) -> None:
    path.write_text("<!DOCTYPE html><html><body>404</body></html>" * 50)


def long_text(path: Path, rng: Generator) -> None:
    path.write_bytes(b"x" * 1_000_000)


BYTES = (
    cut,
    flip,
    flip_head,
    flip_tail,
    claim_bytes,
    claim_digits,
    wipe,
    double,
    noise,
)
TEXT = (cut, flip, claim_digits, claim_many_digits, other_word, other_word, double)
PLACES = (
    empty,
    nothing_but_zeros,
    sparse,
    sparse_zeros,
    pipe,
    device,
    loop,
    dangling,
    folder,
    postscript,
    html,
    long_text,
)

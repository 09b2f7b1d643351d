"""Hostile files by the hundred: valid ones of every format, damaged in every way."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import tifffile
from export.make_responses import make_responses
from PIL import Image
from stimuli.stimulus_videos import numbered_frames, write_video
from support import berg_fwrf, wang2025_synthetic

import insilico_gui as ig
from hostile import claims, damage
from insilico_gui.stimuli.spec.files import save_spec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.random import Generator

    Damage = Callable[[Path, Generator], None]


@dataclass(frozen=True)
class Family:
    """Files of one kind: how a valid one is read, damaged, and how many are made.

    Attributes
    ----------
    source : str
        File or folder among the valid ones.
    readers : tuple of str
        See ``reading_child.py``.
    count : int
    damages : tuple of callable
    parts : str
        Pattern of the files in a folder of which one is damaged; empty: `source`.
    """

    source: str
    readers: tuple[str, ...]
    count: int
    damages: tuple[Damage, ...]
    parts: str = ""


_ODD = claims.layout(claims.odd_value)

FAMILIES = (
    Family(
        "r.npz",
        ("responses", "compare"),
        50,
        (
            *damage.BYTES,
            *damage.PLACES,
            *(claims.npz_member, claims.npz_names) * 3,
            claims.npz_bomb,
        ),
    ),
    Family("csv/r.csv", ("responses",), 20, (*damage.TEXT, *damage.PLACES, claims.csv)),
    Family(
        "csv",
        ("responses",),
        35,
        (*damage.TEXT, *damage.PLACES, claims.csv),
        "*.units.csv",
    ),
    Family(
        "csv",
        ("responses",),
        35,
        (*damage.TEXT, *damage.PLACES, *(_ODD,) * 20),
        "*.json",
    ),
    Family(
        "r.parquet",
        ("responses", "compare"),
        40,
        (*damage.BYTES, *damage.PLACES, claims.parquet_table, claims.parquet_footer),
    ),
    Family(
        "r.zarr",
        ("responses",),
        45,
        (*damage.TEXT, *damage.PLACES, *(_ODD,) * 20),
        "**/zarr.json",
    ),
    Family("r.zarr", ("responses",), 25, (*damage.BYTES, *damage.PLACES), "*/c/**/?"),
    Family(
        "s.yaml",
        ("spec", "stimulus"),
        45,
        (*damage.TEXT, *damage.PLACES, *(claims.yaml,) * 20),
    ),
    Family(
        "s.json",
        ("spec", "stimulus"),
        35,
        (*damage.TEXT, *damage.PLACES, *(claims.json_text, _ODD) * 10),
    ),
    Family(
        "t.csv",
        ("table", "tuning"),
        45,
        (*damage.TEXT, *damage.PLACES, *(claims.csv,) * 18),
    ),
    Family(
        "t.parquet",
        ("table",),
        20,
        (*damage.BYTES, *damage.PLACES, *(claims.parquet_table,) * 9),
    ),
    Family(
        "rec.npy",
        ("recording", "reliability"),
        20,
        (*damage.BYTES, *damage.PLACES, *(claims.npy,) * 9),
    ),
    Family(
        "rec.npz",
        ("recording",),
        15,
        (*damage.BYTES, claims.npz_member, claims.npz_names, claims.npz_bomb),
    ),
    Family(
        "v.npy", ("stimulus",), 20, (*damage.BYTES, *damage.PLACES, *(claims.npy,) * 9)
    ),
    Family("v.mp4", ("stimulus",), 20, (*damage.BYTES, *damage.PLACES)),
    Family("v.gif", ("stimulus",), 15, (*damage.BYTES, *damage.PLACES)),
    Family("v.tif", ("stimulus", "images"), 20, (*damage.BYTES, *damage.PLACES)),
    Family(
        "pictures", ("stimulus", "images"), 20, (*damage.BYTES, *damage.PLACES), "*.png"
    ),
    Family(
        "wang",
        ("sessions",),
        18,
        (*damage.TEXT, *damage.PLACES, claims.csv),
        "*.csv",
    ),
    Family(
        "wang",
        ("sessions",),
        12,
        (*damage.BYTES, *damage.PLACES, *(claims.torch_pickle,) * 7),
        "*.pt",
    ),
    Family(
        "berg",
        ("sessions",),
        12,
        (*damage.BYTES, *damage.PLACES, *(claims.torch_pickle,) * 7),
        "**/*.pt",
    ),
    Family(
        "berg",
        ("sessions",),
        16,
        (*damage.BYTES, *damage.PLACES, *(claims.npy_pickle,) * 7),
        "**/*.npy",
    ),
)


def write_valid(folder: Path) -> None:
    """Valid files of every kind."""
    responses = make_responses(n_frames=60)
    responses.values = np.random.default_rng(1).random(responses.shape, np.float32)
    for name in ("r.npz", "r.parquet", "r.zarr"):
        ig.export(responses, folder / name)
    (folder / "csv").mkdir()
    ig.export(responses, folder / "csv" / "r.csv")
    spec = ig.stimuli.drifting_gratings(repeats=1, directions=4).spec
    for name in ("s.yaml", "s.json"):
        save_spec(spec, folder / name)
    trials = pd.DataFrame(
        {
            "onset": [0.5, 1.0, 1.4],
            "duration": [0.4, 0.4, 0.4],
            "direction": [0, 90, 180],
            "name": ["a", "b", "c"],
        }
    )
    trials.to_csv(folder / "t.csv", index=False)
    trials.to_parquet(folder / "t.parquet")
    recording = np.random.default_rng(0).random((3, 60, 6), np.float32)
    np.save(folder / "rec.npy", recording)
    np.savez_compressed(folder / "rec.npz", responses=recording)
    frames = numbered_frames(12)
    np.save(folder / "v.npy", frames)
    for name, codec in (("v.mp4", "libx264"), ("v.gif", "gif")):
        pixel_format = "yuv420p" if codec == "libx264" else "rgb8"
        write_video(folder / name, frames, codec=codec, pixel_format=pixel_format)
    tifffile.imwrite(folder / "v.tif", frames, photometric="minisblack")
    (folder / "pictures").mkdir()
    for k in range(3):
        Image.fromarray(frames[k]).save(folder / "pictures" / f"{k}.png")
    wang2025_synthetic.write_params(folder / "wang", 101, 8, (8, 5))
    wang2025_synthetic.write_tables(folder / "wang", 8, (8, 5))
    berg_fwrf.write_model(folder / "berg")


def hostile_files(
    valid: Path, folder: Path, seed: int
) -> Iterator[tuple[str, str, Path]]:
    """Damaged copies, one at a time; each is removed before the next.

    Yields
    ------
    label : str
        What was done to which file.
    reader : str
    path : Path
        What the reader is given.
    """
    rng = np.random.default_rng(seed)
    for family in FAMILIES:
        for k in range(family.count):
            place = folder / "case"
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            shutil.copy(valid / "r.npz", place / "known.npz")
            path = _copy(valid, place, family.source)
            target = path
            if family.parts:
                parts = sorted(p for p in path.glob(family.parts) if p.is_file())
                target = parts[rng.integers(len(parts))]
            # Each kind of damage once, before any comes again
            chosen = family.damages[
                k if k < len(family.damages) else rng.integers(len(family.damages))
            ]
            chosen(target, rng)
            if family.source == "csv":
                path = path / "r.csv"
            reader = family.readers[k % len(family.readers)]
            name = getattr(chosen, "__name__", "damage")
            yield f"{family.source} {target.name} {name} {k}", reader, path


def _copy(valid: Path, place: Path, source: str) -> Path:
    """A copy of a valid file with all that lies beside it, or of a folder."""
    original = valid / source
    if original.is_dir():
        return Path(shutil.copytree(original, place / source))
    if original.parent != valid:
        shutil.copytree(original.parent, place / original.parent.name)
        return place / source
    return Path(shutil.copy(original, place / source))

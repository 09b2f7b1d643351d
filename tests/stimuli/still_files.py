"""The same pictures in every kind of file and array, for tests that compare them."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import tifffile
from PIL import Image
from stimulus_videos import write_video

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    Pictures = NDArray[Any]  # uint8 [n, H, W, S], S = 1, 3 or 4
    Writer = Callable[[Path, Pictures], Path]


def squeezed(pictures: Pictures) -> Pictures:
    """Grey pictures without an axis of samples."""
    return pictures[..., 0] if pictures.shape[-1] == 1 else pictures


def deep(pictures: Pictures) -> NDArray[np.uint16]:
    """16 bits a sample, off by what rounding takes away again."""
    wide = pictures.astype(np.int64) * 257
    nudge = np.resize([0, 100, -100], wide.shape)
    return np.clip(wide + nudge, 0, 65535).astype(np.uint16)


def png16(picture: NDArray[np.uint16]) -> bytes:
    """A PNG file of 16 bits a sample; Pillow writes none in colour."""
    height, width, samples = picture.shape
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[samples]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in picture)
    head = struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data))
        + tag
        + data
        + struct.pack(">I", zlib.crc32(tag + data))
        for tag, data in chunks
    )


def npy(change: Callable[[Pictures], NDArray[Any]]) -> Writer:
    """A .npy file of what `change` makes of pictures [n, H, W, S]."""

    def write(folder: Path, pictures: Pictures) -> Path:
        np.save(folder / "a.npy", change(pictures))
        return folder / "a.npy"

    return write


def tiff(
    change: Callable[[Pictures], NDArray[Any]] = squeezed, **options: Any
) -> Writer:
    """A TIFF stack."""

    def write(folder: Path, pictures: Pictures) -> Path:
        tifffile.imwrite(
            folder / "a.tif", change(pictures), **described(pictures, options)
        )
        return folder / "a.tif"

    return write


def described(pictures: Pictures, options: dict[str, Any]) -> dict[str, Any]:
    """How tifffile is told what the samples are."""
    if pictures.shape[-1] == 1:
        return {"photometric": "minisblack", **options}
    extra = {"extrasamples": ["unassalpha"]} if pictures.shape[-1] == 4 else {}
    return {"photometric": "rgb", **extra, **options}


def pages_one_by_one(folder: Path, pictures: Pictures) -> Path:
    """Pages that were appended to a file, each with a description of its own."""
    for picture in squeezed(pictures):
        tifffile.imwrite(
            folder / "a.tif", picture, append=True, **described(pictures, {})
        )
    return folder / "a.tif"


def pillow_tiff(folder: Path, pictures: Pictures) -> Path:
    """LZW with differences, as Pillow and libtiff write it."""
    first, *others = [Image.fromarray(p) for p in squeezed(pictures)]
    path = folder / "a.tif"
    first.save(path, compression="tiff_lzw", save_all=True, append_images=others)
    return path


def folder_of(suffix: str, **options: Any) -> Writer:
    """A folder of images as Pillow writes them."""

    def write(folder: Path, pictures: Pictures) -> Path:
        for k, picture in enumerate(squeezed(pictures)):
            Image.fromarray(picture).save(folder / f"{k}{suffix}", **options)
        return folder

    return write


def folder_of_deep_png(folder: Path, pictures: Pictures) -> Path:
    """PNG files of 16 bits a sample."""
    for k, picture in enumerate(deep(pictures)):
        (folder / f"{k}.png").write_bytes(png16(picture))
    return folder


def folder_of_tiff(
    change: Callable[[Pictures], NDArray[Any]] = squeezed, **options: Any
) -> Writer:
    """TIFF files of one page."""

    def write(folder: Path, pictures: Pictures) -> Path:
        for k, picture in enumerate(change(pictures)):
            path = folder / f"{k}.tif"
            tifffile.imwrite(path, picture, **described(pictures, options))
        return folder

    return write


def folder_of_stacks(folder: Path, pictures: Pictures) -> Path:
    """TIFF files of two pages."""
    whole = squeezed(pictures)
    for k in range(0, len(whole), 2):
        tifffile.imwrite(
            folder / f"{k}.tif", whole[k : k + 2], **described(pictures, {})
        )
    return folder


def animated(suffix: str, **options: Any) -> Writer:
    """A folder with one animation."""

    def write(folder: Path, pictures: Pictures) -> Path:
        first, *others = [Image.fromarray(p) for p in squeezed(pictures)]
        first.save(
            folder / f"a{suffix}",
            save_all=True,
            append_images=others,
            duration=100,
            **options,
        )
        return folder

    return write


def video(name: str, codec: str, pixel_format: str) -> Writer:
    """A lossless video."""

    def write(folder: Path, pictures: Pictures) -> Path:
        return write_video(
            folder / name, squeezed(pictures), codec=codec, pixel_format=pixel_format
        )

    return write


STACKS: dict[str, Writer] = {
    "npy": npy(squeezed),
    "npy with an axis of samples": npy(lambda p: p),
    "npy int64": npy(lambda p: p.astype(np.int64)),
    "npy int16 big-endian": npy(lambda p: p.astype(">i2")),
    "npy uint16": npy(deep),
    "npy uint16 big-endian": npy(lambda p: deep(p).astype(">u2")),
    "npy float32": npy(lambda p: (p / 255).astype(np.float32)),
    "npy in Fortran's order": npy(np.asfortranarray),
    "tiff": tiff(),
    "tiff zlib": tiff(compression="zlib"),
    "tiff 16 bit": tiff(lambda p: squeezed(deep(p))),
    "tiff 16 bit big-endian": tiff(lambda p: squeezed(deep(p)), byteorder=">"),
    "tiff float": tiff(lambda p: squeezed((p / 255).astype(np.float32))),
    "tiff appended": pages_one_by_one,
    "tiff lzw": pillow_tiff,
    "tiff bigtiff": tiff(bigtiff=True),
    "tiff ome": tiff(ome=True),
}
FOLDERS: dict[str, Writer] = {
    "png": folder_of(".png"),
    "png 16 bit": folder_of_deep_png,
    "folder of tiff": folder_of_tiff(),
    "folder of tiff 16 bit": folder_of_tiff(lambda p: squeezed(deep(p))),
    "folder of tiff lzw": folder_of(".tif", compression="tiff_lzw"),
    "folder of stacks": folder_of_stacks,
    "animated png": animated(".png"),
}
NO_ALPHA: dict[str, Writer] = {
    "bmp": folder_of(".bmp"),
    "tiff of planes": tiff(lambda p: np.moveaxis(p, -1, 1), planarconfig="separate"),
    "folder of planes": folder_of_tiff(
        lambda p: np.moveaxis(p, -1, 1), planarconfig="separate"
    ),
}
NOT_GREY: dict[str, Writer] = {
    "webp": folder_of(".webp", lossless=True, exact=True),
    "animated webp": animated(".webp", lossless=True, exact=True),
}
OF_GREY: dict[str, Writer] = {
    "tiff white is zero": tiff(lambda p: 255 - squeezed(p), photometric="miniswhite"),
    "folder, white is zero": folder_of_tiff(
        lambda p: 255 - squeezed(p), photometric="miniswhite"
    ),
    "folder, white is zero, 16 bit": folder_of_tiff(
        lambda p: 65535 - squeezed(deep(p)), photometric="miniswhite"
    ),
    "imagej": tiff(imagej=True, metadata={"axes": "TYX"}, photometric=None),
    "gif": folder_of(".gif"),
    "ffv1": video("a.mkv", "ffv1", "gray"),
}
OF_COLOR: dict[str, Writer] = {
    "ffv1": video("a.mkv", "ffv1", "bgr0"),
    "png in mov": video("a.mov", "png", "rgb24"),
}

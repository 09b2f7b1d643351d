"""Claims, pipes, programs and names that a file of pictures must not get away with."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli import natural_images, open_stimulus
from insilico_gui.stimuli.readers.images import open_images

DATA = Path(__file__).parent / "data"
GREY = np.random.default_rng(1).integers(0, 256, (5, 12, 16), dtype=np.uint8)


def sentence(opener, source) -> str:
    with pytest.raises(StimulusError) as error:
        opened = opener(source)
        opened.frames(0, 1) if hasattr(opened, "frames") else opened.image(0)
    text = str(error.value)
    assert text.endswith(".")
    assert "\n" not in text
    assert len(text) < 500
    return text


def test_postscript_is_not_handed_to_another_program(tmp_path, monkeypatch):
    started = []
    monkeypatch.setattr(subprocess, "Popen", lambda *a, **k: started.append(a))
    monkeypatch.setattr(os, "system", lambda *a: started.append(a))
    content = (DATA / "postscript_named.png").read_bytes()
    for name in ("a.png", "b.tif", "c.jpg", "d.webp", "e.bmp", "f.gif"):
        folder = tmp_path / name[0]
        folder.mkdir()
        (folder / name).write_bytes(content)
        for opener in (open_stimulus, open_images):
            assert name in sentence(opener, folder)
        sentence(open_images, folder / name)
    assert not started


@pytest.mark.parametrize("kind", ["ICO", "PPM", "TGA", "PCX", "SGI", "JPEG2000", "DDS"])
def test_formats_that_are_not_on_the_list_are_refused(tmp_path, kind):
    with (tmp_path / "a.png").open("wb") as file:
        Image.new("RGB", (16, 12)).save(file, format=kind)
    assert "a.png is not an image" in sentence(open_stimulus, tmp_path)


def chunk(tag: bytes, data: bytes) -> bytes:
    return (
        struct.pack(">I", len(data))
        + tag
        + data
        + struct.pack(">I", zlib.crc32(tag + data))
    )


def claims() -> dict[str, bytes]:
    """A few bytes each, which claim gigabytes."""
    side, edge = 60_000, 16_383
    png = b"\x89PNG\r\n\x1a\n" + chunk(
        b"IHDR", struct.pack(">IIBBBBB", side, side, 16, 6, 0, 0, 0)
    )
    png += chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    many = b"\x89PNG\r\n\x1a\n" + chunk(
        b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
    )
    many += chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0))
    many += chunk(b"IDAT", zlib.compress(bytes(72))) + chunk(b"IEND", b"")
    extended = b"VP8X" + struct.pack("<I", 10) + b"\x02\0\0\0"
    extended += (edge - 1).to_bytes(3, "little") * 2
    lossless = b"VP8L" + struct.pack("<I", 5) + b"\x2f"
    lossless += ((edge - 1) | (edge - 1) << 14).to_bytes(4, "little")
    bmp = b"BM" + struct.pack("<IHHI", 54, 0, 0, 54)
    bmp += struct.pack("<IiiHHIIiiII", 40, side, side, 1, 24, 0, 0, 0, 0, 0, 0)
    gif = b"GIF89a" + struct.pack("<HH", side, side) + b"\0\0\0,\0\0\0\0"
    gif += struct.pack("<HH", side, side) + b"\0\2\2\x44\1\0;"
    riff = (b"RIFF" + struct.pack("<I", 22) + b"WEBP").__add__
    return {
        "png": png,
        "frames.png": many,
        "webp": riff(extended),
        "lossless.webp": riff(lossless),
        "bmp": bmp,
        "gif": gif,
        "tif": (DATA / "ome3.ome.tif").read_bytes(),
    }


@pytest.mark.parametrize("kind", claims())
@pytest.mark.parametrize("opener", [open_stimulus, open_images])
def test_claims_of_gigabytes_are_refused_by_number(tmp_path, kind, opener):
    (tmp_path / f"a.{kind}").write_bytes(claims()[kind])
    text = sentence(opener, tmp_path)
    assert f"a.{kind}" in text
    assert any(number in text for number in ("60000", "16383", "2,1", "2,000,000,000"))


def test_limits_can_be_raised_and_lowered(tmp_path, monkeypatch):
    Image.new("L", (40, 30)).save(tmp_path / "a.png")
    np.save(tmp_path / "a.npy", np.zeros((2, 30, 40), np.uint8))
    tifffile.imwrite(tmp_path / "b.tif", np.zeros((30, 40), np.uint8))
    monkeypatch.setenv("INSILICO_MAX_FRAME_PIXELS", "1000")
    for source in ("a.png", "a.npy", "b.tif"):
        assert "INSILICO_MAX_FRAME_PIXELS" in sentence(open_images, tmp_path / source)
    monkeypatch.setenv("INSILICO_MAX_FRAME_PIXELS", "1200")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    assert open_images(tmp_path / "a.png").image(0).shape == (30, 40, 3)
    assert Image.MAX_IMAGE_PIXELS == 10


def test_pages_of_many_bytes_are_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("INSILICO_MAX_PICTURE_BYTES", "5000")
    np.save(tmp_path / "a.npy", np.zeros((2, 30, 40), np.float64))
    tifffile.imwrite(tmp_path / "b.tif", np.zeros((30, 40), np.float64))
    for name in ("a.npy", "b.tif"):
        assert "claims 9,600 bytes" in sentence(open_images, tmp_path / name)


def test_sets_of_too_many_images_are_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("INSILICO_MAX_IMAGES", "4")
    np.save(tmp_path / "a.npy", GREY)
    tifffile.imwrite(tmp_path / "b.tif", GREY, photometric="minisblack")
    for source in (GREY, tmp_path / "a.npy", tmp_path / "b.tif", tmp_path):
        assert "claims 5 images, and the limit is 4" in sentence(open_images, source)
    assert open_stimulus(tmp_path / "b.tif").n_frames == 5


def test_a_strip_that_expands_without_end(tmp_path):
    bomb = zlib.compress(bytes(700 * 2**20), 9)
    assert len(bomb) > 2**19
    tifffile.imwrite(tmp_path / "a.tif", GREY[0], compression="zlib")
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        tags = file.pages[0].tags
        places = [
            tags[name].valueoffset for name in ("StripOffsets", "StripByteCounts")
        ]
    content = bytearray((tmp_path / "a.tif").read_bytes())
    for place, number in zip(places, (len(content), len(bomb)), strict=True):
        content[place : place + 4] = number.to_bytes(4, "little")
    (tmp_path / "a.tif").write_bytes(content + bomb)
    assert "Frame 0 of a.tif cannot be read" in sentence(
        open_stimulus, tmp_path / "a.tif"
    )


def test_gaps_are_not_filled_with_black(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, GREY[0], compression="zlib", rowsperstrip=6)
    with tifffile.TiffFile(path) as file:
        place = file.pages[0].tags["StripOffsets"].valueoffset
    content = bytearray(path.read_bytes())
    content[place + 4 : place + 8] = bytes(4)
    path.write_bytes(content)
    assert "Frame 0 of a.tif cannot be read" in sentence(open_stimulus, path)


def test_pages_that_go_in_a_circle(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, GREY[0], metadata=None)
    content = bytearray(path.read_bytes())
    (start,) = struct.unpack_from("<I", content, 4)
    (n_tags,) = struct.unpack_from("<H", content, start)
    struct.pack_into("<I", content, start + 2 + 12 * n_tags, start)
    path.write_bytes(content)
    assert "in a circle" in sentence(open_stimulus, path)


@pytest.mark.parametrize("opener", [open_stimulus, open_images, None])
def test_pipes_and_devices_do_not_hang(tmp_path, opener):
    def several(path):
        return open_images([path])

    for suffix in ("", ".npy", ".tif", ".png", ".gif"):
        pipe = tmp_path / f"pipe{suffix}"
        os.mkfifo(pipe)
        assert "pipe or a device" in sentence(opener or several, pipe)
    assert "pipe or a device" in sentence(opener or several, "/dev/zero")


@pytest.mark.parametrize("opener", [open_stimulus, open_images])
@pytest.mark.parametrize(
    "name",
    ["x" * 300 + ".png", "x" * 300, "no\0thing.png", "~nobody/x", "", "a.png/b.png"],
)
def test_names_that_cannot_be(tmp_path, opener, name):
    Image.new("L", (16, 12)).save(tmp_path / "a.png")
    source = name if name in ("", "~nobody/x") else f"{tmp_path}/{name}"
    text = sentence(opener, source)
    assert "x" * 100 not in text
    if name:
        sentence(open_images, [source])
        with pytest.raises(StimulusError, match="is not a folder"):
            natural_images(folder=Path(source) if "\0" not in source else Path("no"))


def test_what_is_no_path_among_several_files(tmp_path):
    (tmp_path / "README.md").mkdir()
    assert "is a folder among files" in sentence(open_images, [tmp_path / "README.md"])
    assert "holds no images" in sentence(open_images, tmp_path / "README.md")
    assert "given as paths" in sentence(open_images, [GREY, GREY])
    assert "given as paths" in sentence(open_images, [tmp_path / "a.png", 3])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("opener", [open_stimulus, open_images])
def test_folders_and_files_without_permission(tmp_path, opener):
    folder = tmp_path / "closed"
    folder.mkdir()
    Image.new("L", (16, 12)).save(folder / "a.png")
    (folder / "a.png").chmod(0)
    assert "may not be read" in sentence(opener, folder)
    folder.chmod(0)
    try:
        assert "permission" in sentence(opener, folder).lower()
        assert "may not be read" in sentence(opener, folder / "a.png")
    finally:
        folder.chmod(0o700)


def test_permissions_are_told_in_one_sentence(tmp_path, monkeypatch):
    """As for whoever is not root."""
    (tmp_path / "a.png").write_bytes(b"")

    def denied(*_args, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", denied)
    assert "Permission denied; change its permissions" in sentence(
        open_images, tmp_path
    )
    monkeypatch.setattr(Path, "stat", denied)
    assert "may not be read" in sentence(open_stimulus, tmp_path / "a.png")


CUT = """
import sys, threading, numpy as np
from insilico_gui.errors import StimulusError
from insilico_gui.stimuli import open_stimulus
path = sys.argv[1]
np.save(path, np.ones((400, 200, 300), np.uint8))
stimulus = open_stimulus(path)
begun = threading.Event()
def cut():
    begun.wait()
    with open(path, "r+b") as file:
        file.truncate(1000)
thread = threading.Thread(target=cut)
thread.start()
try:
    for _ in range(50):
        for k in range(400):
            stimulus.frames(k, k + 1)
            begun.set()
except StimulusError as error:
    print(error)
thread.join()
"""


def test_a_file_that_shrinks_while_it_is_read_ends_no_process(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", CUT, str(tmp_path / "a.npy")],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "a.npy was removed or cut short while it was being read" in done.stdout

"""TIFF stacks as microscopes, ImageJ and tifffile write them."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest
import tifffile

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli import open_stimulus

RNG = np.random.default_rng(2)
GREY = RNG.integers(0, 256, (7, 12, 16), dtype=np.uint8)
RGB = RNG.integers(0, 256, (5, 12, 16, 3), dtype=np.uint8)


def stored(path, pixels, **options) -> np.ndarray:
    tifffile.imwrite(path, pixels, **options)
    stimulus = open_stimulus(path)
    whole = stimulus.frames(0, stimulus.n_frames)
    for k in (stimulus.n_frames - 1, 0):
        np.testing.assert_array_equal(stimulus.frames(k, k + 1)[0], whole[k])
    return whole


@pytest.mark.parametrize(
    ("pixels", "options"),
    [
        (GREY, {"photometric": "minisblack"}),
        (GREY, {"imagej": True, "metadata": {"axes": "TYX"}}),
        (GREY, {"imagej": True, "metadata": {"axes": "ZYX"}}),
        (GREY, {"metadata": {"axes": "TYX"}, "ome": True}),
        (GREY, {"compression": "zlib"}),
        (GREY, {"bigtiff": True}),
        (GREY.astype(np.uint16) * 257, {}),
        (GREY.astype(np.uint16) * 257, {"byteorder": ">"}),
        (GREY.astype(np.uint16) * 257, {"imagej": True, "metadata": {"axes": "TYX"}}),
        ((GREY / 255).astype(np.float32), {}),
        (255 - GREY, {"photometric": "miniswhite"}),
        (np.stack([GREY] * 3, -1), {"photometric": "rgb"}),
        (np.stack([GREY] * 3, -1), {"imagej": True}),
    ],
)
def test_stacks(tmp_path, pixels, options):
    np.testing.assert_array_equal(stored(tmp_path / "a.tif", pixels, **options), GREY)


def test_pages_that_were_written_one_by_one(tmp_path):
    path = tmp_path / "pages.tif"
    with tifffile.TiffWriter(path) as writer:
        for frame in GREY:
            writer.write(frame, contiguous=False, metadata=None)
    np.testing.assert_array_equal(open_stimulus(path).frames(0, 7), GREY)


def test_a_single_page(tmp_path):
    np.testing.assert_array_equal(stored(tmp_path / "one.tiff", GREY[0]), GREY[:1])


def test_color(tmp_path):
    frames = stored(tmp_path / "rgb.tif", RGB, photometric="rgb")
    assert np.abs(frames - RGB @ [0.299, 0.587, 0.114]).max() < 0.51


def test_palette(tmp_path):
    ramp = (np.arange(256) * 257).astype(np.uint16)
    colormap = np.stack([ramp[::-1]] * 3)
    frames = stored(
        tmp_path / "palette.tif", GREY, photometric="palette", colormap=colormap
    )
    np.testing.assert_array_equal(frames, 255 - GREY)


def test_a_palette_that_is_too_short(tmp_path):
    path = tmp_path / "palette.tif"
    colormap = np.zeros((3, 256), np.uint16)
    tifffile.imwrite(path, GREY, photometric="palette", colormap=colormap)
    content = path.read_bytes()
    entry = struct.pack("<HHI", 320, 3, 768)  # tag, type, count of the colour map
    assert entry in content
    path.write_bytes(content.replace(entry, struct.pack("<HHI", 320, 3, 48)))
    stimulus = open_stimulus(path)
    with pytest.raises(StimulusError, match=r"Frame 0 of palette\.tif cannot be read"):
        stimulus.frames(0, 1)


def test_bits(tmp_path):
    frames = stored(tmp_path / "bits.tif", GREY > 99, photometric="minisblack")
    np.testing.assert_array_equal(frames, np.where(GREY > 99, 255, 0))


def test_rate_and_attributes(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, GREY, photometric="minisblack")
    assert open_stimulus(path).attrs["frame_rate_assumed"]
    stimulus = open_stimulus(path, frame_rate=15)
    assert stimulus.frame_rate == 15.0
    attrs = json.loads(json.dumps(dict(stimulus.attrs)))
    assert (attrs["kind"], attrs["file"], attrs["source_dtype"]) == (
        "tiff",
        "a.tif",
        "uint8",
    )


def test_two_axes_besides_the_picture_are_refused(tmp_path):
    path = tmp_path / "volume.tif"
    tifffile.imwrite(
        path, np.zeros((2, 3, 8, 9), np.uint8), imagej=True, metadata={"axes": "TZYX"}
    )
    with pytest.raises(StimulusError, match=r"volume\.tif has the axes TZYX \(2 x 3"):
        open_stimulus(path)


def test_signed_integers_are_refused(tmp_path):
    path = tmp_path / "signed.tif"
    tifffile.imwrite(path, GREY.astype(np.int16))
    with pytest.raises(StimulusError, match=r"signed\.tif holds int16"):
        open_stimulus(path)


def test_separations_for_print_are_refused(tmp_path):
    path = tmp_path / "cmyk.tif"
    tifffile.imwrite(path, np.zeros((12, 16, 4), np.uint8), photometric="separated")
    with pytest.raises(StimulusError, match=r"cmyk\.tif stores colours"):
        open_stimulus(path)


def test_a_damaged_page_is_named(tmp_path):
    path = tmp_path / "pages.tif"
    with tifffile.TiffWriter(path) as writer:
        for frame in GREY:
            writer.write(frame, contiguous=False, metadata=None, compression="zlib")
    with tifffile.TiffFile(path) as file:
        offset = file.pages[3].dataoffsets[0]
    content = bytearray(path.read_bytes())
    content[offset : offset + 20] = b"\xff" * 20
    path.write_bytes(content)
    stimulus = open_stimulus(path)
    np.testing.assert_array_equal(stimulus.frames(0, 3), GREY[:3])
    with pytest.raises(StimulusError, match=r"Frame 3 of pages\.tif cannot be read"):
        stimulus.frames(2, 5)


def test_giant_pages_are_refused_before_memory_is_taken(tmp_path):
    path = tmp_path / "giant.tif"
    tifffile.imwrite(path, GREY[0])
    content = bytearray(path.read_bytes())
    (start,) = struct.unpack_from("<I", content, 4)
    (n_tags,) = struct.unpack_from("<H", content, start)
    for k in range(n_tags):
        position = start + 2 + 12 * k
        (tag,) = struct.unpack_from("<H", content, position)
        if tag in (256, 257):  # width and length
            struct.pack_into("<HHII", content, position, tag, 4, 1, 1_000_000)
    path.write_bytes(content)
    with pytest.raises(StimulusError, match="1000000 x 1000000 pixels"):
        open_stimulus(path)

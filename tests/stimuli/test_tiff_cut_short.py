"""TIFF files that are cut short, or lack a codec: whole frames, and what is wrong."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
from PIL import Image

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli import open_stimulus
from insilico_gui.stimuli.readers.tiff import codecs as tiff_codecs

RNG = np.random.default_rng(8)
GREY = RNG.integers(0, 256, (9, 12, 16), dtype=np.uint8)


def page_by_page(path, **options) -> None:
    with tifffile.TiffWriter(path) as writer:
        for frame in GREY:
            writer.write(frame, contiguous=False, metadata=None, **options)


def by_pillow(path, **options) -> None:
    first, *others = [Image.fromarray(frame) for frame in GREY]
    first.save(path, save_all=True, append_images=others, **options)


WRITERS = {
    "tifffile": lambda path: tifffile.imwrite(path, GREY, photometric="minisblack"),
    "imagej": lambda path: tifffile.imwrite(
        path, GREY, imagej=True, metadata={"axes": "TYX"}
    ),
    "bigtiff": lambda path: tifffile.imwrite(path, GREY, bigtiff=True),
    "page by page": page_by_page,
    "zlib": lambda path: page_by_page(path, compression="zlib"),
    "pillow": by_pillow,
    "pillow lzw": lambda path: by_pillow(path, compression="tiff_lzw"),
}


@pytest.mark.parametrize("part", [0.3, 0.5, 0.75, 0.9])
@pytest.mark.parametrize("writer", WRITERS)
def test_whole_frames_and_a_warning(tmp_path, writer, part):
    path = tmp_path / "cut.tif"
    WRITERS[writer](path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * part)])
    stimulus = open_stimulus(path)
    n = stimulus.n_frames
    assert 1 <= n <= len(GREY)
    assert n >= len(GREY) * part - 4  # headers of pages take room too
    np.testing.assert_array_equal(stimulus.frames(0, n), GREY[:n])
    assert "cut short" in stimulus.attrs["warning"]
    assert str(n) in stimulus.attrs["warning"]
    assert "cut short" in open_stimulus(tmp_path).attrs["warning"]


@pytest.mark.parametrize("writer", WRITERS)
def test_a_file_without_a_whole_frame_is_refused(tmp_path, writer):
    path = tmp_path / "cut.tif"
    WRITERS[writer](path)
    path.write_bytes(path.read_bytes()[:120])
    with pytest.raises(StimulusError, match=r"cut\.tif is not a TIFF file"):
        open_stimulus(path)


@pytest.mark.parametrize("writer", WRITERS)
def test_whole_files_have_no_warning(tmp_path, writer):
    WRITERS[writer](tmp_path / "a.tif")
    assert "warning" not in open_stimulus(tmp_path / "a.tif").attrs


def test_frames_that_only_the_description_has(tmp_path):
    path = tmp_path / "a.ome.tif"
    tifffile.imwrite(path, GREY, ome=True, metadata={"axes": "TYX"})
    path.write_bytes(path.read_bytes().replace(b'SizeT="9"', b'SizeT="8"'))
    assert open_stimulus(path).n_frames == 9
    path.write_bytes(path.read_bytes().replace(b'SizeT="8"', b'SizeT="99"')[:-1])
    stimulus = open_stimulus(path)
    assert "declares 99 frames and holds 9 that are whole" in stimulus.attrs["warning"]


def save_packed(picture, path, codec):
    """Write a picture with a codec, unless this Pillow has been built without it."""
    try:
        picture.save(path, compression=codec)
    except OSError:
        pytest.skip(f"Pillow cannot write {codec}")


CODECS = ["tiff_lzw", "jpeg", "zstd", "lzma", "packbits", "tiff_adobe_deflate"]


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("samples", [1, 3])
def test_what_libtiff_reads_is_read(tmp_path, codec, samples):
    picture = np.zeros((16, 16) if samples == 1 else (16, 16, 3), np.uint8) + 90
    save_packed(Image.fromarray(picture), tmp_path / "a.tif", codec)
    for source in (tmp_path / "a.tif", tmp_path):
        frame = open_stimulus(source).frames(0, 1)
        assert np.abs(frame.astype(int) - 90).max() <= 2


def test_a_codec_that_is_missing_is_named_at_opening(tmp_path, monkeypatch):
    monkeypatch.setattr(tiff_codecs, "_has_codecs", lambda: False)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, GREY[0])
    with tifffile.TiffFile(path) as file:
        place = file.pages[0].tags["Compression"].valueoffset
    content = bytearray(path.read_bytes())
    for number, name in ((50001, "WEBP"), (34712, "JPEG2000"), (50002, "JPEGXL")):
        content[place : place + 2] = number.to_bytes(2, "little")
        path.write_bytes(content)
        for source in (path, tmp_path):
            with pytest.raises(
                StimulusError, match=f"compression {name}, for which no"
            ):
                open_stimulus(source)


def test_sixteen_bit_colours_that_pillow_reads_in_eight_are_named(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(tiff_codecs, "_PREDICTORS", ())
    pixels = np.repeat(GREY[..., None], 3, -1).astype(np.uint16) * 257
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="rgb")
    if tiff_codecs._has_codecs():
        pytest.skip("tifffile reads everything itself")
    stimulus = open_stimulus(tmp_path / "a.tif")
    np.testing.assert_array_equal(stimulus.frames(0, 9), GREY)
    assert "16 bits a sample are read in 8" in stimulus.attrs["warning"]


@pytest.mark.parametrize("compression", ["tiff_lzw", "jpeg", "zstd"])
def test_damage_is_not_told_as_a_missing_decoder(tmp_path, compression):
    path = tmp_path / "damaged.tif"
    rng = np.random.default_rng(0)
    picture = Image.fromarray(rng.integers(0, 255, (48, 64), np.uint8))
    save_packed(picture, path, compression)
    assert open_stimulus(path).frames(0, 1).shape == (1, 48, 64)
    content = bytearray(path.read_bytes())
    content[8:40] = b"\xff" * 32  # the pixels come first
    path.write_bytes(content)
    with pytest.raises(StimulusError, match="damaged") as error:
        open_stimulus(path).frames(0, 1)
    assert "decoder is installed" not in str(error.value)

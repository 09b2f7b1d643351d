"""One picture is one picture, whatever it came in: every route, in grey and in colour."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
from PIL import Image
from still_files import (
    FOLDERS,
    NO_ALPHA,
    NOT_GREY,
    OF_COLOR,
    OF_GREY,
    STACKS,
    deep,
    squeezed,
)

from insilico_gui.stimuli import open_stimulus
from insilico_gui.stimuli.core.orientation import BY_TAG
from insilico_gui.stimuli.readers.images import open_images

RNG = np.random.default_rng(11)
COLOR = RNG.integers(0, 256, (4, 12, 18, 3), dtype=np.uint8)
COLOR[0, 0, :3] = [[255, 0, 0], [0, 255, 0], [0, 0, 255]]
ALPHA = RNG.integers(0, 256, (4, 12, 18, 1), dtype=np.uint8)
ALPHA[:, 0], ALPHA[:, 1] = 0, 255
GREY = COLOR[..., :1]
CLEAR = np.concatenate([COLOR, ALPHA], -1)


def in_color(pictures: np.ndarray) -> np.ndarray:
    """What is to be seen: over mean grey where the picture is transparent."""
    if pictures.shape[-1] == 1:
        return np.repeat(pictures, 3, -1)
    if pictures.shape[-1] == 3:
        return pictures
    opacity = pictures[..., 3:] / 255
    return np.floor(pictures[..., :3] * opacity + 128 * (1 - opacity) + 0.5)


def in_grey(pictures: np.ndarray) -> np.ndarray:
    return np.floor(in_color(pictures) @ [0.299, 0.587, 0.114] + 0.5)


def compare(source, pictures: np.ndarray) -> None:
    """Open a source both ways; frames, colours and images are those of `pictures`."""
    color, grey = in_color(pictures), in_grey(pictures)
    stimulus, images = open_stimulus(source), open_images(source)
    assert stimulus.n_frames == images.n_images == len(pictures)
    # The weights of the luma are whole numbers of 2^-16: halves may go either way
    np.testing.assert_allclose(stimulus.frames(0, len(pictures)), grey, atol=1)
    for k in (2, 0, 3):
        np.testing.assert_array_equal(stimulus.color_frame(k), color[k])
        np.testing.assert_array_equal(images.image(k), color[k])
    if pictures.shape[-1] == 1:
        np.testing.assert_array_equal(stimulus.frames(1, 2)[0], pictures[1, ..., 0])


@pytest.mark.parametrize("route", [*STACKS, *FOLDERS, "bmp", *OF_GREY])
def test_grey(tmp_path, route):
    write = {**STACKS, **FOLDERS, **NO_ALPHA, **OF_GREY}[route]
    compare(write(tmp_path, GREY), GREY)


@pytest.mark.parametrize("route", [*STACKS, *FOLDERS, *NO_ALPHA, *NOT_GREY, *OF_COLOR])
def test_color(tmp_path, route):
    write = {**STACKS, **FOLDERS, **NO_ALPHA, **NOT_GREY, **OF_COLOR}[route]
    compare(write(tmp_path, COLOR), COLOR)


@pytest.mark.parametrize("route", [*STACKS, *FOLDERS, *NOT_GREY])
def test_color_and_opacity(tmp_path, route):
    write = {**STACKS, **FOLDERS, **NOT_GREY}[route]
    compare(write(tmp_path, CLEAR), CLEAR)


@pytest.mark.parametrize(
    "pictures", [GREY, COLOR, CLEAR], ids=["grey", "color", "clear"]
)
@pytest.mark.parametrize(
    "change",
    [
        lambda p: p,
        squeezed,
        deep,
        lambda p: p.astype(np.int64),
        lambda p: p.astype(np.uint32),
        lambda p: p / 255,
    ],
)
def test_arrays_in_memory(pictures, change):
    compare(change(pictures), pictures)


@pytest.mark.parametrize("pictures", [GREY, COLOR], ids=["grey", "color"])
@pytest.mark.parametrize("change", [lambda p: p, deep, lambda p: p.astype(np.int64)])
def test_images_with_channels_first(tmp_path, pictures, change):
    first = np.moveaxis(change(pictures), -1, 1)
    np.save(tmp_path / "a.npy", first)
    for source in (first, tmp_path / "a.npy"):
        images = open_images(source)
        for k, picture in enumerate(in_color(pictures)):
            np.testing.assert_array_equal(images.image(k), picture)


@pytest.mark.parametrize(
    "pictures", [GREY, COLOR, CLEAR], ids=["grey", "color", "clear"]
)
def test_one_image_without_an_axis_of_images(tmp_path, pictures):
    one = squeezed(pictures)[1]
    np.save(tmp_path / "a.npy", one)
    for source in (one, tmp_path / "a.npy"):
        images = open_images(source)
        assert images.n_images == 1
        np.testing.assert_array_equal(images.image(0), in_color(pictures)[1])


def test_premultiplied_opacity_means_the_same(tmp_path):
    straight = CLEAR.copy()
    straight[..., 3] = np.where(ALPHA[..., 0] > 127, 255, 0)
    multiplied = straight.copy()
    multiplied[..., :3][straight[..., 3] == 0] = 0
    options = {"photometric": "rgb", "extrasamples": ["assocalpha"]}
    tifffile.imwrite(tmp_path / "a.tif", multiplied, **options)
    compare(tmp_path / "a.tif", straight)


def stored_for(tag: int, picture: np.ndarray) -> np.ndarray:
    """The picture as it is to be stored for it to come out upright."""
    turned = BY_TAG[tag]
    stored = picture[
        :: -1 if turned.flipped_rows else 1, :: -1 if turned.flipped_columns else 1
    ]
    return stored.swapaxes(0, 1) if turned.transposed else stored


@pytest.mark.parametrize("tag", range(1, 9))
@pytest.mark.parametrize("suffix", [".png", ".webp", ".tif", "lzw.tif", "pages.tif"])
def test_pictures_stored_turned_are_upright(tmp_path, tag, suffix):
    exif = Image.Exif()
    exif[0x0112] = tag
    stored = [np.ascontiguousarray(stored_for(tag, each)) for each in COLOR]
    if suffix == "pages.tif":
        extra = [(274, 3, 1, tag, False)]
        source = tmp_path / "a.tif"
        tifffile.imwrite(source, np.stack(stored), photometric="rgb", extratags=extra)
    else:
        source = tmp_path
        for k, picture in enumerate(stored):
            options = {"lossless": True} if suffix == ".webp" else {}
            if suffix == "lzw.tif":
                options = {"compression": "tiff_lzw"}
            Image.fromarray(picture).save(
                tmp_path / f"{k}{suffix}", exif=exif, **options
            )
    compare(source, COLOR)


def test_the_table_of_orientations_is_that_of_pillow():
    from PIL import ImageOps

    for tag in range(1, 9):
        image = Image.fromarray(COLOR[0])
        image.getexif()[0x0112] = tag
        upright = np.asarray(ImageOps.exif_transpose(image))
        np.testing.assert_array_equal(BY_TAG[tag].apply(COLOR[0]), upright)


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", "lzw.tif", ".gif"])
def test_palettes(tmp_path, suffix):
    colors = COLOR[0].reshape(-1, 3)[:200]
    indices = RNG.integers(0, 200, (4, 12, 18), dtype=np.uint8)
    for k, each in enumerate(indices):
        image = Image.fromarray(each)
        image.putpalette(colors.tobytes())
        options = {"compression": "tiff_lzw"} if suffix == "lzw.tif" else {}
        image.save(tmp_path / f"{k}{suffix}", **options)
    compare(tmp_path, colors[indices])


@pytest.mark.parametrize("compression", [None, "group4", "tiff_lzw"])
@pytest.mark.parametrize("white_is_zero", [False, True])
def test_bits(tmp_path, compression, white_is_zero):
    bits = GREY[..., 0] > 127
    for k, each in enumerate(bits):
        image = Image.fromarray(each)
        options = {"compression": compression} if compression else {}
        tags = {262: 0} if white_is_zero else {}
        image.save(tmp_path / f"{k}.tif", tiffinfo=tags, **options)
    compare(tmp_path, np.where(bits, 255, 0).astype(np.uint8)[..., None])


def test_depths_between_8_and_16_bits_fill_the_range(tmp_path):
    """Packed 4-bit levels 0..15 are black to white."""
    levels = np.arange(16, dtype=np.uint8).reshape(2, 8)
    packed = (levels[:, ::2] << 4 | levels[:, 1::2]).tobytes()
    path = tmp_path / "nibbles.tif"
    tags = [(256, 3, 8), (257, 3, 2), (258, 3, 4), (259, 3, 1), (262, 3, 1)]
    tags += [(273, 4, 8), (277, 3, 1), (278, 3, 2), (279, 4, len(packed))]
    import struct

    entries = b"".join(
        struct.pack("<HHI", tag, kind, 1) + value.to_bytes(4, "little")
        for tag, kind, value in tags
    )
    path.write_bytes(
        struct.pack("<2sHI", b"II", 42, 8 + len(packed))
        + packed
        + struct.pack("<H", len(tags))
        + entries
        + bytes(4)
    )
    frame = open_stimulus(path).frames(0, 1)[0]
    np.testing.assert_array_equal(frame, levels * 17)

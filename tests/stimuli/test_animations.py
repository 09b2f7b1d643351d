"""Animated PNG, WebP and GIF: the frames that are meant, at their times, by every route."""

from __future__ import annotations

import shutil
import struct
import zlib

import av
import numpy as np
import pytest
from PIL import Image

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli import open_images, open_stimulus
from insilico_gui.stimuli.core.pixels import rec601

RNG = np.random.default_rng(11)
H, W = 20, 28
SECONDS = [0.05, 0.2, 0.1, 0.1, 0.4]
NONE, BACKGROUND, PREVIOUS = range(3)
SOURCE, OVER = range(2)


def regions():
    """Pictures [h, w, 4], each with its left and top edge; the first covers all."""
    found = [(RNG.integers(0, 256, (H, W, 4), dtype=np.uint8), 0, 0)]
    for k in range(1, len(SECONDS)):
        picture = RNG.integers(0, 256, (8, 12, 4), dtype=np.uint8)
        found.append((picture, 3 * k, 2 * k))
    return found


def composed(frames, disposal, blend):
    """Frames on grey 128 as the specification of animated PNG composes them."""
    canvas = np.zeros((H, W, 4))
    shown = []
    for picture, x, y in frames:
        before = canvas.copy()
        area = (slice(y, y + picture.shape[0]), slice(x, x + picture.shape[1]))
        new = picture.astype(float)
        if blend == OVER:
            over, under = new[..., 3:] / 255, canvas[area][..., 3:] / 255
            opacity = over + under * (1 - over)
            color = new[..., :3] * over + canvas[area][..., :3] * under * (1 - over)
            color /= np.where(opacity == 0, 1, opacity)
            new = np.concatenate([color, 255 * opacity], -1)
        canvas[area] = new
        opacity = canvas[..., 3:] / 255
        shown.append(canvas[..., :3] * opacity + 128 * (1 - opacity))
        if disposal == BACKGROUND or (disposal == PREVIOUS and len(shown) == 1):
            canvas[area] = 0
        elif disposal == PREVIOUS:
            canvas = before
    return np.array(shown)


def chunk(kind, content):
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + checksum


def write_png(path, frames, disposal=NONE, blend=SOURCE, seconds=SECONDS):
    parts = [b"\x89PNG\r\n\x1a\n"]
    parts.append(chunk(b"IHDR", struct.pack(">IIBBBBB", W, H, 8, 6, 0, 0, 0)))
    parts.append(chunk(b"acTL", struct.pack(">II", len(frames), 0)))
    number = 0
    for k, (picture, x, y) in enumerate(frames):
        height, width = picture.shape[:2]
        place = (number, width, height, x, y, round(1000 * seconds[k]), 1000)
        parts.append(chunk(b"fcTL", struct.pack(">IIIIIHHBB", *place, disposal, blend)))
        rows = zlib.compress(b"".join(b"\0" + row.tobytes() for row in picture))
        number += 1
        if k == 0:
            parts.append(chunk(b"IDAT", rows))
        else:
            parts.append(chunk(b"fdAT", struct.pack(">I", number) + rows))
            number += 1
    path.write_bytes(b"".join([*parts, chunk(b"IEND", b"")]))


def write_webp(path, **options):
    frames = RNG.integers(0, 256, (len(SECONDS), H, W, 3), dtype=np.uint8)
    pictures = [Image.fromarray(frame) for frame in frames]
    milliseconds = [round(1000 * s) for s in SECONDS]
    options = {"lossless": True, "duration": milliseconds, **options}
    pictures[0].save(path, save_all=True, append_images=pictures[1:], **options)
    return frames


def by_every_route(path, folder):
    """Frames in colour: as a video, backwards, as images, from a folder."""
    video, images = open_stimulus(path), open_images(path)
    folder.mkdir()
    shutil.copy(path, folder)
    in_folder = open_stimulus(folder)
    n = video.n_frames
    assert images.n_images == in_folder.n_frames == n
    yield [video.color_frame(k) for k in range(n)]
    yield [video.color_frame(k) for k in reversed(range(n))][::-1]
    yield [images.image(k) for k in range(n)]
    yield [images.image(k) for k in reversed(range(n))][::-1]
    yield [in_folder.color_frame(k) for k in range(n)]
    grey = [rec601(video.color_frame(k)) for k in range(n)]
    np.testing.assert_array_equal(video.frames(0, n), grey)
    np.testing.assert_array_equal(in_folder.frames(0, n), grey)


@pytest.mark.parametrize("disposal", [NONE, BACKGROUND, PREVIOUS])
@pytest.mark.parametrize("blend", [SOURCE, OVER])
def test_frames_of_png_are_composed_as_specified(tmp_path, disposal, blend):
    """Pillow composes partly transparent frames wrongly, and depends on their order."""
    frames = regions()
    write_png(tmp_path / "a.png", frames, disposal, blend)
    expected = composed(frames, disposal, blend)
    for shown in by_every_route(tmp_path / "a.png", tmp_path / "folder"):
        assert np.abs(np.array(shown) - expected).max() <= (2.5 if blend else 0.501)


def test_frames_of_webp(tmp_path):
    frames = write_webp(tmp_path / "a.webp")
    for shown in by_every_route(tmp_path / "a.webp", tmp_path / "folder"):
        np.testing.assert_array_equal(shown, frames)


@pytest.mark.parametrize("name", ["a.png", "a.apng", "a.webp", "webp.gif", "png.mp4"])
def test_frames_have_the_times_of_the_file(tmp_path, name):
    path = tmp_path / name
    if "webp" in name:
        write_webp(path, format="WEBP")
    else:
        write_png(path, regions())
    stimulus = open_stimulus(path)
    assert stimulus.attrs["variable_frame_rate"]
    assert not stimulus.attrs["frame_rate_assumed"]
    starts = [0, *np.cumsum(SECONDS)[:-1]]
    np.testing.assert_allclose(stimulus.frame_times, starts, atol=1e-6)
    assert stimulus.duration == pytest.approx(sum(SECONDS))
    assert "warning" not in stimulus.attrs
    with pytest.raises(StimulusError, match="has its own frame rate"):
        open_stimulus(path, frame_rate=20)


def test_frames_that_last_equally_long_have_a_constant_rate(tmp_path):
    write_webp(tmp_path / "a.webp", duration=40)
    stimulus = open_stimulus(tmp_path / "a.webp")
    assert stimulus.frame_rate == pytest.approx(25)
    assert not stimulus.attrs["variable_frame_rate"]


def test_times_that_nobody_means_are_said(tmp_path):
    write_webp(tmp_path / "a.webp", duration=[0, 10, 200, 200, 200])
    stimulus = open_stimulus(tmp_path / "a.webp")
    np.testing.assert_allclose(stimulus.frame_times, [0, 0.1, 0.2, 0.4, 0.6])
    assert "for 0.1 s, as browsers do" in stimulus.attrs["warning"]


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".jpeg", ".bmp", ".webp"])
def test_a_single_picture_is_named_as_such(tmp_path, suffix):
    picture = Image.fromarray(np.zeros((8, 8, 3), np.uint8))
    picture.save(tmp_path / f"a{suffix}")
    shutil.copy(tmp_path / f"a{suffix}", tmp_path / "b.mp4")
    for name in (f"a{suffix}", "b.mp4"):
        with pytest.raises(StimulusError, match="is a single picture, not a video"):
            open_stimulus(tmp_path / name)
    shutil.copy(tmp_path / f"a{suffix}", tmp_path / "b.tif")
    assert open_images(tmp_path / "b.tif").image(0).shape == (8, 8, 3)


@pytest.mark.parametrize("share", [0.7, 0.8, 0.95])
def test_animations_that_are_cut_short(tmp_path, share):
    write_png(tmp_path / "whole.png", regions())
    write_webp(tmp_path / "whole.webp")
    for suffix in (".png", ".webp"):
        content = (tmp_path / f"whole{suffix}").read_bytes()
        (tmp_path / f"cut{suffix}").write_bytes(content[: int(len(content) * share)])
    whole, cut = (
        open_stimulus(tmp_path / "whole.png"),
        open_stimulus(tmp_path / "cut.png"),
    )
    n = cut.n_frames
    assert f"is cut short; {n} frames were found" in cut.attrs["warning"]
    assert n < whole.n_frames
    np.testing.assert_array_equal(cut.frames(0, n), whole.frames(0, n))
    with pytest.raises(StimulusError, match="cut short"):
        open_stimulus(tmp_path / "cut.webp")
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:500])
    with pytest.raises(StimulusError, match="cut short before its first frame ends"):
        open_stimulus(tmp_path / "cut.png")


def test_pictures_of_a_gif_without_times_are_not_lost(tmp_path):
    """FFmpeg takes all of them for one frame, and shows the first."""
    picture = b",\0\0\0\0\1\0\1\0\0\2\2L\1\0"
    head = b"GIF89a" + struct.pack("<HHBBB", 8, 8, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    (tmp_path / "a.gif").write_bytes(head + picture * 5 + b";")
    for show in (open_stimulus, open_images):
        with pytest.raises(StimulusError, match="holds 5 pictures, of which 1 have"):
            show(tmp_path / "a.gif")


def test_grey_is_the_luma_of_the_color_where_partly_transparent(tmp_path):
    frames = RNG.integers(0, 256, (3, H, W, 4), dtype=np.uint8)
    with av.open(str(tmp_path / "a.mov"), "w") as container:
        stream = container.add_stream("png", rate=10)
        stream.width, stream.height, stream.pix_fmt = W, H, "rgba"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, "rgba")))
        container.mux(stream.encode())
    video = open_stimulus(tmp_path / "a.mov")
    colors = np.stack([video.color_frame(k) for k in range(3)])
    np.testing.assert_array_equal(video.frames(0, 3), rec601(colors))


def test_a_variety_that_is_not_decoded_is_no_damage(tmp_path):
    bits = Image.fromarray(RNG.integers(0, 2, (8, 8), dtype=np.uint8) * 255).convert(
        "1"
    )
    bits.save(tmp_path / "a.png", save_all=True, append_images=[bits.rotate(90)])
    with pytest.raises(StimulusError, match="a variety of apng that cannot be decoded"):
        open_stimulus(tmp_path / "a.png")

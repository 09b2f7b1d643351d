"""Colours of video: exact, with alpha, and in agreement with the grey levels."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli import open_stimulus
from insilico_gui.stimuli.readers.video.color import frame_grey, frame_rgb

DATA = Path(__file__).parents[1] / "data" / "video"
LIMITED, FULL = 1, 2
WEIGHTS = {1: (0.2126, 0.0722), 5: (0.299, 0.114), 9: (0.2627, 0.0593)}


def random_frame(layout: str, seed: int = 0, bits: int = 8) -> av.VideoFrame:
    """A frame whose samples are drawn from all that the bits allow."""
    frame = av.VideoFrame(38, 22, layout)
    rng = np.random.default_rng(seed)
    for plane in frame.planes:
        if bits > 8:
            codes = rng.integers(0, 2**bits, plane.buffer_size // 2).astype("<u2")
        else:
            codes = rng.integers(0, 256, plane.buffer_size).astype(np.uint8)
        plane.update(codes.tobytes())
    return frame


def set_chroma(frame: av.VideoFrame, code: int, bits: int) -> None:
    dtype = np.dtype("<u2") if bits > 8 else np.dtype(np.uint8)
    for plane in frame.planes[1:3]:
        codes = np.full(plane.buffer_size // dtype.itemsize, code, dtype)
        plane.update(codes.tobytes())


def samples(frame: av.VideoFrame, plane: int, bits: int) -> np.ndarray:
    dtype = np.dtype("<u2") if bits > 8 else np.dtype(np.uint8)
    buffer = np.frombuffer(frame.planes[plane], dtype)
    rows = buffer.reshape(-1, frame.planes[plane].line_size // dtype.itemsize)
    return rows[: frame.planes[plane].height, : frame.planes[plane].width].astype(float)


@pytest.mark.parametrize("matrix", [1, 2, 5, 6, 9])
@pytest.mark.parametrize("color_range", [LIMITED, FULL])
@pytest.mark.parametrize(
    ("layout", "bits", "block"),
    [
        ("yuv444p", 8, (1, 1)),
        ("yuv422p", 8, (1, 2)),
        ("yuv420p", 8, (2, 2)),
        ("yuv410p", 8, (4, 4)),
        ("yuv420p10le", 10, (2, 2)),
        ("yuv444p12le", 12, (1, 1)),
        ("yuv422p16le", 16, (1, 2)),
    ],
)
def test_colours_follow_the_matrix_and_range(layout, bits, block, color_range, matrix):
    frame = random_frame(layout, matrix, bits)
    frame.colorspace, frame.color_range = matrix, color_range
    step = 2 ** (bits - 8)
    luma, blue, red = (samples(frame, plane, bits) for plane in range(3))
    if color_range == LIMITED:
        luma = (luma - 16 * step) / (219 * step)
        blue, red = ((c - 128 * step) / (224 * step) for c in (blue, red))
    else:
        largest = 2**bits - 1
        luma = luma / largest
        blue, red = ((c - 128 * step) / largest for c in (blue, red))
    blue, red = (
        c.repeat(block[0], 0).repeat(block[1], 1)[: frame.height, : frame.width]
        for c in (blue, red)
    )
    k_red, k_blue = WEIGHTS.get(matrix, WEIGHTS[5])
    r = luma + 2 * (1 - k_red) * red
    b = luma + 2 * (1 - k_blue) * blue
    g = (luma - k_red * r - k_blue * b) / (1 - k_red - k_blue)
    exact = np.clip(np.stack([r, g, b], -1) * 255, 0, 255)
    assert np.abs(frame_rgb(frame, "x") - exact).max() <= 0.5001
    # Without colour, both routes give the same level
    set_chroma(frame, 128 * step, bits)
    grey = frame_grey(frame, "x")
    np.testing.assert_array_equal(frame_rgb(frame, "x"), np.stack([grey] * 3, -1))
    exact_grey = np.clip(luma * 255, 0, 255)
    assert np.abs(grey - exact_grey).max() <= 0.5001


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
@pytest.mark.parametrize("matrix", [1, 5, 9])
def test_white_and_black_of_limited_range_are_255_and_0(bits, matrix):
    layout = "yuv420p" if bits == 8 else f"yuv420p{bits}le"
    for code, level in ((235, 255), (16, 0), (254, 255), (3, 0)):
        frame = av.VideoFrame(6, 4, layout)
        frame.colorspace, frame.color_range = matrix, LIMITED
        dtype = np.dtype("<u2") if bits > 8 else np.dtype(np.uint8)
        step = 2 ** (bits - 8)
        n = frame.planes[0].buffer_size // dtype.itemsize
        frame.planes[0].update(np.full(n, code * step, dtype).tobytes())
        set_chroma(frame, 128 * step, bits)
        assert set(frame_rgb(frame, "x").ravel()) == {level}
        assert set(frame_grey(frame, "x").ravel()) == {level}


@pytest.mark.parametrize(
    ("layout", "planar", "bits"),
    [
        ("nv12", "yuv420p", 8),
        ("nv21", "yuv420p", 8),
        ("nv16", "yuv422p", 8),
        ("yuyv422", "yuv422p", 8),
        ("uyvy422", "yuv422p", 8),
        ("p010le", "yuv420p10le", 10),
        ("p016le", "yuv420p16le", 16),
        ("vuya", "yuva444p", 8),
        ("ayuv64le", "yuva444p16le", 16),
    ],
)
def test_samples_that_are_stored_side_by_side(layout, planar, bits):
    plain = random_frame(planar, 3, bits)
    plain.color_range = LIMITED
    # One thread: FFmpeg's scaler with several leaves rows unwritten now and then
    mixed = plain.reformat(
        format=layout, src_color_range=1, dst_color_range=1, threads=1
    )
    np.testing.assert_array_equal(frame_rgb(mixed, "x"), frame_rgb(plain, "x"))
    np.testing.assert_array_equal(frame_grey(mixed, "x"), frame_grey(plain, "x"))


@pytest.mark.parametrize("layout", ["p010le", "p016le", "ayuv64le"])
def test_a_frame_has_the_same_levels_every_time(layout):
    frame = random_frame(layout, 3, 16)
    frame.color_range = LIMITED
    first = frame_rgb(frame, "x")
    for _ in range(200):
        np.testing.assert_array_equal(frame_rgb(frame, "x"), first)


@pytest.mark.parametrize(
    "layout", ["rgb24", "bgr24", "rgb0", "bgr0", "rgba", "bgra", "argb", "abgr", "gbrp"]
)
def test_layouts_of_rgb(layout):
    rgb = np.random.default_rng(0).integers(0, 256, (17, 33, 3)).astype(np.uint8)
    frame = av.VideoFrame.from_ndarray(rgb, "rgb24").reformat(format=layout, threads=1)
    np.testing.assert_array_equal(frame_rgb(frame, "x"), rgb)
    exact = rgb @ np.array([0.299, 0.587, 0.114])
    assert np.abs(frame_grey(frame, "x") - exact).max() <= 0.501


@pytest.mark.parametrize("layout", ["rgb48le", "rgba64be", "gbrp16le", "gbrap16le"])
def test_16_bits_of_rgb(layout):
    rgb = np.random.default_rng(0).integers(0, 256, (17, 33, 3)).astype(np.uint16)
    frame = av.VideoFrame.from_ndarray(rgb * 257, "rgb48le").reformat(
        format=layout, threads=1
    )
    np.testing.assert_array_equal(frame_rgb(frame, "x"), rgb)


def test_few_bits():
    words = np.array([[0, 0x7FFF, 0x7C00, 0x03E0, 0x001F, 16 << 10]], "<u2")
    frame = av.VideoFrame(6, 1, "rgb555le")
    frame.planes[0].update(words.tobytes().ljust(frame.planes[0].buffer_size, b"\0"))
    expected = [(0, 0, 0), (255,) * 3, (255, 0, 0), (0, 255, 0), (0, 0, 255)]
    assert [tuple(p) for p in frame_rgb(frame, "x")[0]] == [*expected, (132, 0, 0)]
    for layout, levels in (("monob", [255, 0, 255]), ("monow", [0, 255, 0])):
        frame = av.VideoFrame(3, 1, layout)
        plane = frame.planes[0]
        plane.update(b"\xa0".ljust(plane.buffer_size, b"\0"))
        assert frame_grey(frame, "x").tolist() == [levels]


@pytest.mark.parametrize("layout", ["yuva420p", "yuva444p", "gbrap", "rgba", "ya8"])
def test_transparency_shows_mean_grey_on_both_routes(layout):
    rgba = np.zeros((4, 12, 4), np.uint8)
    rgba[:, :4] = 255, 255, 255, 255
    rgba[:, 4:8] = 255, 255, 255, 0
    rgba[:, 8:] = 255, 255, 255, 129
    frame = av.VideoFrame.from_ndarray(rgba, "rgba").reformat(
        format=layout, dst_color_range=FULL if layout == "ya8" else LIMITED, threads=1
    )
    grey = frame_grey(frame, "x")
    assert [int(grey[1, k]) for k in (1, 6)] == [255, 128]
    # The scaler that makes this frame is off by one in alpha
    assert abs(int(grey[1, 10]) - 192) <= 1
    np.testing.assert_array_equal(frame_rgb(frame, "x"), np.stack([grey] * 3, -1))


@pytest.mark.parametrize("layout", ["grayf32le", "gbrpf32le", "xyz12le", "rgb8"])
def test_layouts_that_would_be_guessed_are_refused(layout):
    with pytest.raises(StimulusError, match=f"clip stores its pixels as {layout}"):
        frame_rgb(av.VideoFrame(8, 8, layout), "clip")


def test_a_matrix_that_is_not_known_is_refused_in_colour():
    frame = random_frame("yuv420p")
    frame.colorspace = 14
    with pytest.raises(
        StimulusError, match=r"clip stores its colours by H\.273 matrix 14"
    ):
        frame_rgb(frame, "clip")


@pytest.mark.parametrize(
    ("name", "levels"),
    [
        ("h264_10.mp4", [0, 0, 130, 255, 255]),
        ("ffv1_gray16.mkv", [0, 16, 128, 235, 255]),
        ("vp9_alpha.webm", [255, 128, 128, 192]),
        ("png_alpha.mov", [255, 128, 128, 192]),
    ],
)
def test_files_are_the_same_in_grey_and_in_colour(name, levels):
    video = open_stimulus(DATA / name)
    assert "warning" not in video.attrs
    assert video.frames(0, video.n_frames)[:, 20, 20].tolist() == levels
    colors = [video.color_frame(k)[20, 20].tolist() for k in range(video.n_frames)]
    assert colors == [[level] * 3 for level in levels]
    for k in (3, 0, 2):  # also after going back
        assert video.frames(k, k + 1)[0, 20, 20] == levels[k]


def test_hidden_colours_of_transparent_pixels_stay_hidden():
    video = open_stimulus(DATA / "obj.gif")
    assert video.color_frame(0)[2, 2].tolist() == [128] * 3
    assert video.frames(0, 1)[0, 2, 2] == 128


def test_alpha_that_cannot_be_decoded_is_named(monkeypatch):
    import insilico_gui.stimuli.readers.video.container as container

    monkeypatch.setitem(container._ALPHA_DECODERS, "vp9", "no such decoder")
    with pytest.raises(
        StimulusError, match=r"vp9_alpha\.webm .*transparency \(alpha\)"
    ):
        open_stimulus(DATA / "vp9_alpha.webm")

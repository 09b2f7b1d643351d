"""Damage that decoders report in their log only, and reports that mean nothing."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import av
import av.logging
import numpy as np
import pytest
from stimulus_videos import numbered_frames, read_numbers, write_video

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli import open_stimulus

if TYPE_CHECKING:
    from insilico_gui.stimuli.readers.video.file import Video

DATA = Path(__file__).parents[1] / "data" / "video"
N = 40

INTACT = [
    ("b.mp4", "libx264", "yuv420p", {"g": "12", "bf": "3"}),
    ("open_gop.mp4", "libx264", "yuv420p", {"x264-params": "open-gop=1:keyint=12"}),
    ("slices.mp4", "libx264", "yuv420p", {"x264-params": "slices=4:keyint=12"}),
    ("refresh.mp4", "libx264", "yuv420p", {"x264-params": "intra-refresh=1:keyint=12"}),
    ("rgb.mp4", "libx264rgb", "rgb24", {}),
    ("10.mkv", "libx264", "yuv444p10le", {}),
    ("h.mp4", "libx265", "yuv420p", {"x265-params": "keyint=12:log-level=none"}),
    ("4.mp4", "mpeg4", "yuv420p", {"g": "12", "bf": "2", "q": "3"}),
    ("4.avi", "mpeg4", "yuv420p", {"g": "12", "q": "3"}),
    ("2.mkv", "mpeg2video", "yuv420p", {"g": "12", "bf": "2"}),
    ("1.avi", "ffv1", "yuv420p", {"level": "1"}),
    ("3.mkv", "ffv1", "gray", {"g": "10", "level": "3", "slicecrc": "1"}),
    ("8.webm", "libvpx", "yuv420p", {"g": "12", "b": "1M"}),
    ("9.webm", "libvpx-vp9", "yuv420p", {"g": "12", "b": "1M"}),
    ("9a.webm", "libvpx-vp9", "yuva420p", {"g": "12", "b": "1M"}),
    ("av1.mkv", "libsvtav1", "yuv420p", {"g": "12"}),
    ("m.avi", "mjpeg", "yuvj420p", {}),
    ("prores.mov", "prores_ks", "yuv422p10le", {}),
    ("png.mov", "png", "rgba", {}),
    ("qtrle.mov", "qtrle", "rgb24", {}),
    ("ut.avi", "utvideo", "gbrp", {}),
    ("huff.avi", "huffyuv", "rgb24", {}),
    ("raw.avi", "rawvideo", "bgr24", {}),
    ("j2k.mov", "jpeg2000", "rgb24", {}),
    ("v210.mov", "v210", "yuv422p10le", {}),
    ("cfhd.mov", "cfhd", "yuv422p10le", {}),
]


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    return numbered_frames(N, 48, 64)


def is_served(video: Video, k: int) -> bool:
    try:
        video.frames(k, k + 1)
    except StimulusError:
        return False
    return True


@pytest.mark.parametrize(
    ("name", "codec", "pixel_format", "options"), INTACT, ids=[i[0] for i in INTACT]
)
def test_intact_videos_are_read_without_a_word(
    tmp_path, frames, name, codec, pixel_format, options
):
    path = write_video(
        tmp_path / name, frames, codec=codec, pixel_format=pixel_format, options=options
    )
    video = open_stimulus(path)
    assert "warning" not in video.attrs
    whole = video.frames(0, N)
    assert read_numbers(whole) == list(range(N))
    for k in np.random.default_rng(1).permutation(N)[:25]:
        np.testing.assert_array_equal(video.frames(k, k + 1)[0], whole[k])


def test_a_wrong_checksum_names_its_time():
    damaged = open_stimulus(DATA / "ffv1_frame5_damaged.mkv")
    good = open_stimulus(DATA / "x_ffv1.mkv")
    with pytest.raises(StimulusError, match=r"ffv1_frame5_damaged\.mkv .* 0\.17 s"):
        damaged.frames(0, damaged.n_frames)
    with pytest.raises(StimulusError, match=r"0\.17 s"):
        damaged.color_frame(5)
    for k in (11, 4, 6, 0):
        np.testing.assert_array_equal(damaged.frames(k, k + 1), good.frames(k, k + 1))
    with pytest.raises(StimulusError, match=r"0\.17 s"):
        damaged.frames(5, 6)


@pytest.mark.parametrize(
    ("name", "codec", "pixel_format", "options"),
    [i for i in INTACT if i[0] in ("3.mkv", "9.webm", "9a.webm", "png.mov", "2.mkv")],
    ids=["ffv1", "vp9", "vp9 with alpha", "png", "mpeg2"],
)
@pytest.mark.parametrize("seed", [0, 1])
def test_frames_with_reported_damage_are_not_served(
    tmp_path, frames, name, codec, pixel_format, options, seed
):
    whole = write_video(
        tmp_path / name, frames, codec=codec, pixel_format=pixel_format, options=options
    )
    expected = open_stimulus(whole).frames(0, N)
    with av.open(str(whole)) as container:
        packets = [p for p in container.demux(video=0) if p.size and p.pos]
        middle = max(packets[14:22], key=lambda packet: packet.size)
        start, size = middle.pos + middle.size // 3, middle.size
    content = bytearray(whole.read_bytes())
    noise = np.random.default_rng(seed).integers(0, 256, min(size // 3, 60))
    content[start : start + len(noise)] = noise.astype(np.uint8).tobytes()
    path = tmp_path / f"damaged_{name}"
    path.write_bytes(content)
    video = open_stimulus(path)
    served = [k for k in range(video.n_frames) if is_served(video, k)]
    assert 10 < len(served) < N
    for k in served:
        stored = round(float(video.frame_times[k]) * 30)
        np.testing.assert_array_equal(video.frames(k, k + 1)[0], expected[stored])


def test_concealed_slices_are_damage(tmp_path, frames):
    """A lost slice is painted over by H.264 without an error."""
    whole = write_video(
        tmp_path / "slices.mp4",
        frames,
        options={"x264-params": "slices=4:keyint=12:bframes=0"},
    )
    expected = open_stimulus(whole).frames(0, N)
    with av.open(str(whole)) as container:
        packets = [p for p in container.demux(video=0) if p.size and p.pos]
    content = bytearray(whole.read_bytes())
    # The last part of a packet becomes a filler that decoders pass over
    position, end = packets[15].pos, packets[15].pos + packets[15].size
    while position < end:
        length = int.from_bytes(content[position : position + 4], "big")
        last, position = position, position + 4 + length
    content[last + 4] = 12
    path = tmp_path / "lost.mp4"
    path.write_bytes(content)
    video = open_stimulus(path)
    np.testing.assert_array_equal(video.frames(0, 15), expected[:15])
    with pytest.raises(StimulusError, match=r"lost\.mp4 .* at 0\.50 s"):
        video.frames(15, 16)
    np.testing.assert_array_equal(video.frames(24, N), expected[24:])


def test_reports_of_other_videos_do_not_make_frames_damaged(tmp_path, frames):
    video = open_stimulus(write_video(tmp_path / "good.mp4", frames))
    whole = video.frames(0, N)
    stop = threading.Event()

    def complain() -> None:
        while not stop.is_set():
            av.logging.log(av.logging.ERROR, "h264", "error while decoding MB 1 2")
            stop.wait(0.001)

    thread = threading.Thread(target=complain)
    thread.start()
    try:
        for k in np.random.default_rng(0).permutation(N):
            np.testing.assert_array_equal(video.frames(k, k + 1)[0], whole[k])
        np.testing.assert_array_equal(video.frames(0, N), whole)
    finally:
        stop.set()
        thread.join()


def test_damage_in_many_threads_does_not_lock_up():
    """Decoders write to the log from threads of their own while others are closed."""
    damaged = DATA / "ffv1_frame5_damaged.mkv"
    wrong: list[int] = []

    def read() -> None:
        for _ in range(5):
            video = open_stimulus(damaged)
            wrong.extend(k for k in range(12) if is_served(video, k) == (k == 5))
            video.close()

    threads = [threading.Thread(target=read, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    assert not wrong

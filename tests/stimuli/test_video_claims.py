"""What a video claims is checked before memory or minutes are taken."""

from __future__ import annotations

import os
import struct
import time
from fractions import Fraction
from pathlib import Path

import av
import pytest
from stimulus_videos import numbered_frames, write_video

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli import ArrayStimulus, convert, open_stimulus
from insilico_gui.stimuli.readers.video.file import Video

DATA = Path(__file__).parents[1] / "data" / "video"


def write_empty_gif(path: Path, width: int, height: int) -> Path:
    """A few bytes that claim three frames."""
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0)
    picture = b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\2\2\x4c\1\0"
    path.write_bytes(head + b"\0\0\0\xff\xff\xff" + 3 * picture + b";")
    return path


@pytest.mark.parametrize(("width", "height"), [(12000, 10000), (65000, 65000)])
def test_giant_frames(tmp_path, width, height):
    import resource

    def peak_mb() -> float:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    path = write_empty_gif(tmp_path / "giant.gif", width, height)
    before = peak_mb()
    with pytest.raises(StimulusError, match=f"giant.gif .*{width * height:,} pixels"):
        open_stimulus(path)
    assert peak_mb() - before < 50


def test_the_limit_of_frames_can_be_set(tmp_path, monkeypatch):
    path = write_video(
        tmp_path / "small.gif",
        numbered_frames(3, 80, 100),
        codec="gif",
        pixel_format="gray",
    )
    assert open_stimulus(path).n_frames == 3
    monkeypatch.setenv("INSILICO_MAX_FRAME_PIXELS", "7999")
    with pytest.raises(StimulusError, match="INSILICO_MAX_FRAME_PIXELS"):
        open_stimulus(path)
    monkeypatch.setenv("INSILICO_MAX_FRAME_PIXELS", "8000")
    monkeypatch.setenv("INSILICO_MAX_FRAMES", "2")
    with pytest.raises(StimulusError, match=r"claims 3 frames, and the limit is 2"):
        open_stimulus(path)


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "mov"])
def test_39_hours_in_a_few_kilobytes(tmp_path, suffix):
    path = tmp_path / f"long.{suffix}"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1" if suffix == "mkv" else "mpeg4", rate=1)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        for k in range(3):
            frame = av.VideoFrame(32, 32, "yuv420p")
            frame.pts, frame.time_base = k * 39 * 1800, Fraction(1)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    started = time.perf_counter()
    with pytest.raises(StimulusError, match=rf"long\.{suffix} claims .* seconds"):
        open_stimulus(path)
    assert time.perf_counter() - started < 20


def test_no_time_scale():
    with pytest.raises(StimulusError, match=r"mp4_timescale_0\.mp4 .*time scale is 0"):
        open_stimulus(DATA / "mp4_timescale_0.mp4")


def test_a_table_of_more_frames_than_are_believed(tmp_path):
    path = write_video(
        tmp_path / "many.mp4",
        numbered_frames(5),
        container_options={"movflags": "faststart"},
    )
    content = bytearray(path.read_bytes())
    start = content.index(b"stsz") + 8
    content[start : start + 8] = struct.pack(">II", 1, 2_000_000_000)
    path.write_bytes(content)
    with pytest.raises(StimulusError, match=r"many\.mp4 claims 2,000,000,000 frames"):
        open_stimulus(path)


def test_only_regular_files(tmp_path):
    pipe = tmp_path / "pipe.mp4"
    os.mkfifo(pipe)
    with pytest.raises(StimulusError, match=r"pipe\.mp4.* is a pipe or a device"):
        Video(pipe)
    with pytest.raises(StimulusError, match="is a pipe or a device"):
        Video(Path("/dev/zero"))


def test_long_names_are_cut_in_messages(tmp_path):
    path = tmp_path / f"{'x' * 240}.mp4"
    path.write_bytes(b"no video" * 10)
    with pytest.raises(StimulusError) as error:
        Video(path)
    assert len(str(error.value)) < 250
    with pytest.raises(StimulusError) as error:
        Video(tmp_path / f"{'x' * 300}.mp4")
    assert len(str(error.value)) < 250


def test_a_gap_of_zeros_is_not_searched_for_ever(tmp_path):
    path = write_empty_gif(tmp_path / "gap.gif", 20, 20)
    content = path.read_bytes()[:-1]
    path.write_bytes(content)
    os.truncate(path, 2**31)
    started = time.perf_counter()
    with pytest.raises(StimulusError, match=r"gap\.gif has nothing but zeros"):
        open_stimulus(path)
    assert time.perf_counter() - started < 10


def test_conversion_has_the_same_limit_of_length(monkeypatch):
    stimulus = ArrayStimulus(numbered_frames(4), 1.0)
    assert convert(stimulus, (8, 8), 30.0).n_frames == 120
    monkeypatch.setenv("INSILICO_MAX_STIMULUS_SECONDS", "3")
    with pytest.raises(StimulusError, match="INSILICO_MAX_STIMULUS_SECONDS"):
        convert(stimulus, (8, 8), 30.0)

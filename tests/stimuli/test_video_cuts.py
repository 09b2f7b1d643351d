"""Files that end too early: whole frames, and a word on it, in every container."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from stimulus_videos import numbered_frames, write_video

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli import open_stimulus

if TYPE_CHECKING:
    from pathlib import Path

N = 40
B_FRAMES = {"g": "12", "bf": "2"}

CONTAINERS = [
    ("a.mp4", "libx264", "yuv420p", B_FRAMES, {"movflags": "faststart"}),
    ("a.mov", "libx264", "yuv420p", B_FRAMES, {"movflags": "faststart"}),
    (
        "fragments.mp4",
        "libx264",
        "yuv420p",
        B_FRAMES,
        {"movflags": "frag_keyframe+empty_moov+default_base_moof"},
    ),
    ("dash.mp4", "libx264", "yuv420p", B_FRAMES, {"movflags": "dash+frag_keyframe"}),
    ("a.mkv", "libx264", "yuv420p", B_FRAMES, {}),
    ("live.mkv", "libx264", "yuv420p", B_FRAMES, {"live": "1"}),
    ("a.webm", "libvpx-vp9", "yuv420p", {"g": "12", "b": "1M"}, {}),
    ("8.webm", "libvpx", "yuv420p", {"g": "12", "b": "1M"}, {}),
    ("lossless.mkv", "ffv1", "yuv420p", {}, {}),
    ("a.avi", "mpeg4", "yuv420p", {"g": "12"}, {}),
    ("h264.avi", "libx264", "yuv420p", B_FRAMES, {}),
    ("m.avi", "mjpeg", "yuvj420p", {}, {}),
    ("raw.avi", "rawvideo", "yuv420p", {}, {}),
    ("a.gif", "gif", "gray", {}, {}),
    ("pillow.gif", "", "", {}, {}),
]


def write_gif(path: Path, frames: np.ndarray) -> Path:
    from PIL import Image

    pictures = [Image.fromarray(frame) for frame in frames]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=40)
    return path


@pytest.mark.parametrize(
    ("name", "codec", "pixel_format", "options", "container_options"),
    CONTAINERS,
    ids=[c[0] for c in CONTAINERS],
)
def test_whole_frames_and_a_warning(
    tmp_path, name, codec, pixel_format, options, container_options
):
    frames = numbered_frames(N)
    path = tmp_path / name
    if codec:
        write_video(
            path,
            frames,
            codec=codec,
            pixel_format=pixel_format,
            options=options,
            container_options=container_options,
        )
    else:
        write_gif(path, frames)
    whole = open_stimulus(path)
    assert "warning" not in whole.attrs
    expected = whole.frames(0, N)
    content = path.read_bytes()
    part = tmp_path / f"part_{name}"
    found = []
    cuts = [*np.linspace(0.2, 0.97, 16) * len(content), len(content) - 1]
    for cut in cuts:
        part.write_bytes(content[: int(cut)])
        try:
            video = open_stimulus(part)
        except StimulusError as error:
            assert str(error).startswith(part.name)
            continue
        n = video.n_frames
        np.testing.assert_array_equal(video.frames(0, n), expected[:n])
        warning = video.attrs["warning"]
        assert part.name in warning
        assert f"{n} frames" in warning
        found.append(n)
    assert len(found) > 5
    assert found == sorted(found)
    assert found[0] < N / 2
    assert found[-1] >= N - 4


def test_fragments_that_end_between_two_are_cut_if_the_header_says_more(tmp_path):
    path = write_video(
        tmp_path / "a.mp4",
        numbered_frames(N),
        options={"x264-params": "scenecut=0:keyint=10:min-keyint=10:bframes=0"},
        container_options={"movflags": "frag_keyframe+empty_moov+default_base_moof"},
    )
    content = bytearray(path.read_bytes())
    # Say how long all fragments last together, as most programs do
    mvhd = content.index(b"mvhd")
    scale = int.from_bytes(content[mvhd + 16 : mvhd + 20], "big")
    moov, mvex = content.index(b"moov"), content.index(b"mvex")
    mehd = b"\0\0\0\x10mehd\0\0\0\0" + (scale * N // 30).to_bytes(4, "big")
    for box in (moov, mvex):
        size = int.from_bytes(content[box - 4 : box], "big") + len(mehd)
        content[box - 4 : box] = size.to_bytes(4, "big")
    content[mvex + 4 : mvex + 4] = mehd
    path.write_bytes(content)
    assert "warning" not in open_stimulus(path).attrs
    third = [k for k in range(len(content)) if content[k : k + 4] == b"moof"][2]
    path.write_bytes(content[: third - 4])
    video = open_stimulus(path)
    assert video.n_frames == 20
    assert video.attrs["warning"] == "a.mp4 is cut short; 20 frames were found in it."


def test_what_follows_a_gif_is_no_part_of_it(tmp_path):
    path = write_gif(tmp_path / "a.gif", numbered_frames(5))
    path.write_bytes(path.read_bytes() + b"something else" * 10)
    video = open_stimulus(path)
    assert video.n_frames == 5
    assert "warning" not in video.attrs


def test_frames_before_the_first_keyframe_are_said_to_be_left_out(tmp_path):
    import av

    whole = write_video(
        tmp_path / "whole.mkv",
        numbered_frames(N),
        options={"x264-params": "scenecut=0:keyint=12:min-keyint=12:bframes=0"},
    )
    late = tmp_path / "late.mkv"
    with av.open(str(whole)) as source, av.open(str(late), "w") as target:
        stream = source.streams.video[0]
        copy = target.add_stream_from_template(stream)
        for k, packet in enumerate(source.demux(stream)):
            if packet.size and k >= 7:
                packet.stream = copy
                target.mux(packet)
    video = open_stimulus(late)
    assert video.n_frames == N - 12
    assert "5 frames that cannot be decoded" in video.attrs["warning"]

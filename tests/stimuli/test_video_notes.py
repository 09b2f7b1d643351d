"""What is shown otherwise than it is meant is said, and everything said travels."""

from __future__ import annotations

import av
import numpy as np
import pytest
from stimulus_videos import numbered_frames, write_video
from support.command_line import run
from support.pictures import PictureSession

import insilico_gui as ig
from insilico_gui.stimuli import convert, open_stimulus
from insilico_gui.stimuli.readers.images import open_images


@pytest.fixture
def cut(tmp_path):
    path = write_video(
        tmp_path / "cut.mkv", numbered_frames(30), codec="ffv1", pixel_format="gray"
    )
    path.write_bytes(path.read_bytes()[:40_000])
    return path


def said(path) -> str:
    return open_stimulus(path).attrs.get("warning", "")


def test_several_streams(tmp_path):
    path = tmp_path / "two.mkv"
    with av.open(str(path), "w") as container:
        streams = [container.add_stream("ffv1", rate=25) for _ in range(2)]
        for stream in streams:
            stream.width, stream.height, stream.pix_fmt = 32, 24, "gray"
        for stream, level in zip(streams, (40, 200), strict=True):
            frame = av.VideoFrame.from_ndarray(
                np.full((24, 32), level, np.uint8), "gray"
            )
            container.mux(stream.encode(frame))
        for stream in streams:
            container.mux(stream.encode())
    assert said(path) == "two.mkv has 2 video streams; stream 0 is shown."
    assert open_stimulus(path).frames(0, 1)[0, 5, 5] == 40


@pytest.mark.parametrize(("code", "name"), [(16, "PQ"), (18, "HLG")])
def test_high_dynamic_range(tmp_path, code, name):
    def prepare(stream):
        stream.codec_context.color_trc = code

    path = write_video(
        tmp_path / "hdr.mp4",
        numbered_frames(3),
        pixel_format="yuv420p10le",
        prepare=prepare,
    )
    assert f"hdr.mp4 has high dynamic range ({name})" in said(path)


def test_interlaced(tmp_path):
    path = write_video(
        tmp_path / "fields.mp4",
        numbered_frames(3),
        options={"x264-params": "tff=1:interlaced=1"},
    )
    assert "fields.mp4 is interlaced" in said(path)


def test_nothing_is_said_of_an_ordinary_video(tmp_path):
    path = write_video(tmp_path / "plain.mp4", numbered_frames(3))
    assert said(path) == ""


def test_sentences_are_joined(tmp_path):
    def prepare(stream):
        stream.codec_context.color_trc = 18

    path = write_video(
        tmp_path / "both.mp4",
        numbered_frames(30),
        container_options={"movflags": "faststart"},
        prepare=prepare,
    )
    path.write_bytes(path.read_bytes()[:-50])
    assert "both.mp4 is cut short" in said(path)
    assert "both.mp4 has high dynamic range" in said(path)


def test_a_warning_goes_from_the_file_to_the_responses(cut):
    warning = said(cut)
    assert "cut.mkv is cut short" in warning
    session = ig.open_session("demo")
    video = open_stimulus(cut)
    converted = convert(video, session.frame_shape, session.frame_rate)
    assert converted.attrs["warning"] == warning
    for stimulus in (video, converted, [video, video]):
        assert ig.encode(session, stimulus).attrs["warning"] == warning
    whole = np.zeros((4, *session.frame_shape), np.uint8)
    assert "warning" not in ig.encode(session, whole).attrs


def test_a_warning_goes_through_images(cut):
    images = open_images(cut)
    responses = ig.encode(PictureSession(), images)
    assert responses.attrs["warning"] == said(cut)


def test_a_warning_is_printed_and_stored(cut, tmp_path):
    output = tmp_path / "o.npz"
    result = run("encode", "demo", str(cut), "-o", str(output))
    assert result.exit_code == 0
    assert f"Warning: {said(cut)}" in result.stderr
    assert ig.load_responses(output).attrs["warning"] == said(cut)

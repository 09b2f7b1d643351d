"""Video: which frames come out, when they are shown, and how they are read."""

from __future__ import annotations

import struct
import threading
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from stimulus_videos import numbered_frames, read_number, read_numbers, write_video

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli import open_stimulus

DATA = Path(__file__).parent / "data"
N = 60

# name, codec, pixel format, encoder options: B-frames, open GOPs, refresh without
# keyframes, keyframes only, no time stamps (AVI)
FORMATS = [
    ("b.mp4", "libx264", "yuv420p", {"g": "12", "bf": "3"}),
    ("one_gop.mp4", "libx264", "yuv420p", {"g": "250"}),
    ("open_gop.mp4", "libx264", "yuv420p", {"x264-params": "open-gop=1:keyint=12"}),
    ("refresh.mp4", "libx264", "yuv420p", {"x264-params": "intra-refresh=1:keyint=12"}),
    ("b.mkv", "libx264", "yuv420p", {"g": "12", "bf": "3"}),
    ("b.mov", "libx264", "yuv420p", {"g": "12", "bf": "3"}),
    ("h264.avi", "libx264", "yuv420p", {"g": "12", "bf": "2"}),
    ("mpeg4.avi", "mpeg4", "yuv420p", {"g": "12", "bf": "2", "q": "3"}),
    ("mjpeg.avi", "mjpeg", "yuvj420p", {}),
    ("vp8.webm", "libvpx", "yuv420p", {"g": "20", "b": "1M"}),
    ("vp9.webm", "libvpx-vp9", "yuv420p", {"g": "20", "b": "1M"}),
    ("ffv1.mkv", "ffv1", "yuv444p", {}),
    ("hevc.mp4", "libx265", "yuv420p", {"x265-params": "keyint=12:log-level=none"}),
]


@pytest.fixture
def frames() -> np.ndarray:
    return numbered_frames(N)


@pytest.fixture
def clip(tmp_path, frames) -> Path:
    return write_video(tmp_path / "clip.mp4", frames, options={"g": "12"})


def seeks(video) -> int:
    return sum(decoder.n_seeks for decoder in video._decoders)


@pytest.mark.parametrize(
    ("name", "codec", "pixel_format", "options"), FORMATS, ids=[f[0] for f in FORMATS]
)
def test_random_access_equals_sequential(
    tmp_path, frames, name, codec, pixel_format, options
):
    path = write_video(
        tmp_path / name, frames, codec=codec, pixel_format=pixel_format, options=options
    )
    video = open_stimulus(path)
    assert (video.n_frames, video.frame_rate, video.duration) == (N, 30.0, 2.0)
    whole = video.frames(0, N)
    assert read_numbers(whole) == list(range(N))
    for k in np.random.default_rng(1).permutation(N):
        np.testing.assert_array_equal(video.frames(k, k + 1)[0], whole[k])
    np.testing.assert_array_equal(video.frames(17, 41), whole[17:41])


def test_reading_forward_never_seeks(clip):
    video = open_stimulus(clip)
    for start in range(0, N, 16):
        video.frames(start, min(start + 16, N))
    assert seeks(video) == 0
    assert len(video._decoders) == 1


def test_skipping_frames_forward_never_seeks(clip):
    video = open_stimulus(clip)
    read = [read_number(video.frames(k, k + 1)[0]) for k in range(0, N, 2)]
    assert read == list(range(0, N, 2))
    assert seeks(video) == 0


def test_a_repeated_frame_is_not_decoded_again(clip):
    video = open_stimulus(clip)
    first, again = video.frames(30, 31), video.frames(30, 31)
    before = seeks(video)
    np.testing.assert_array_equal(first, again)
    assert seeks(video) == before


def test_two_readers_in_order_do_not_disturb_each_other(clip):
    video = open_stimulus(clip)
    video.frames(0, 40)
    for k in range(20):
        assert read_number(video.frames(40 + k, 41 + k)[0]) == 40 + k
        assert read_number(video.frames(k, k + 1)[0]) == k
    assert seeks(video) <= 1


def test_threads_share_a_video(clip):
    video = open_stimulus(clip)
    whole = open_stimulus(clip).frames(0, N)
    wrong: list[int] = []

    def read(seed: int) -> None:
        for k in np.random.default_rng(seed).integers(0, N - 4, 30):
            same = np.array_equal(video.frames(k, k + 4), whole[k : k + 4])
            wrong.extend([] if same else [k])

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_closing_is_no_end(clip):
    video = open_stimulus(clip)
    video.close()
    assert read_number(video.frames(33, 34)[0]) == 33


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "mov"])
def test_variable_frame_rate(tmp_path, frames, suffix):
    onsets = np.cumsum([0, *[33, 67, 33, 100, 20] * 11, *[40] * 4])
    path = write_video(
        tmp_path / f"vfr.{suffix}",
        frames,
        onsets_ms=onsets.tolist(),
        options={"bf": "2"},
    )
    video = open_stimulus(path)
    np.testing.assert_allclose(video.frame_times, onsets / 1000, atol=1e-4)
    assert video.attrs["variable_frame_rate"]
    # The last frame is shown for about as long as the one before
    assert video.duration == pytest.approx(onsets[-1] / 1000 + 0.037, abs=0.005)
    assert video.frame_rate == pytest.approx(N / video.duration)
    assert read_numbers(video.frames(0, N)) == list(range(N))
    assert read_number(video.frames(20, 21)[0]) == 20


@pytest.mark.parametrize(
    ("rate", "suffix"),
    [
        (Fraction(30000, 1001), "mkv"),
        (Fraction(24000, 1001), "mp4"),
        (60, "mkv"),
        (25, "mov"),
        (144, "mkv"),
    ],
)
def test_constant_rates_are_exact_despite_rounded_stamps(
    tmp_path, frames, rate, suffix
):
    video = open_stimulus(write_video(tmp_path / f"cfr.{suffix}", frames, rate=rate))
    assert not video.attrs["variable_frame_rate"]
    assert video.frame_rate == pytest.approx(float(rate), rel=1e-9)
    np.testing.assert_allclose(video.frame_times, np.arange(N) / float(rate), atol=1e-9)


@pytest.mark.parametrize("held_ms", [1000, 200, 1])
def test_a_last_frame_that_is_held(tmp_path, frames, held_ms):
    """Counts for its own time, unless that is shorter than it can be."""
    whole = write_video(tmp_path / "whole.mp4", frames, options={"bf": "0"})
    held = tmp_path / "held.mp4"
    with av.open(str(whole)) as source, av.open(str(held), "w") as target:
        stream = source.streams.video[0]
        copy = target.add_stream_from_template(stream)
        packets = [packet for packet in source.demux(stream) if packet.size]
        packets[-1].duration = int(Fraction(held_ms, 1000) / stream.time_base)
        for packet in packets:
            packet.stream = copy
            target.mux(packet)
    video = open_stimulus(held)
    last_s = held_ms / 1000 if held_ms > 50 else 1 / 30
    assert video.duration == pytest.approx(59 / 30 + last_s, abs=1e-3)
    np.testing.assert_allclose(video.frame_times, np.arange(60) / 30, atol=1e-9)
    assert video.attrs["variable_frame_rate"] == (held_ms > 50)


def test_sound_is_ignored(tmp_path, frames):
    for suffix in ("mp4", "mkv"):
        path = write_video(tmp_path / f"sound.{suffix}", frames, with_sound=True)
        video = open_stimulus(path)
        assert read_numbers(video.frames(0, N)) == list(range(N))
        assert "warning" not in video.attrs


def test_a_single_frame(tmp_path, frames):
    video = open_stimulus(write_video(tmp_path / "one.mp4", frames[:1], rate=25))
    assert (video.n_frames, video.frame_rate, video.duration) == (1, 25.0, 0.04)


def test_reference_frames_that_are_not_shown_do_not_count():
    video = open_stimulus(DATA / "hidden_frames.webm")
    assert video.n_frames == 60
    assert read_numbers(video.frames(0, 60)) == list(range(60))
    assert read_number(video.frames(7, 8)[0]) == 7


def test_an_edit_list_that_starts_between_keyframes(tmp_path, frames):
    """Cut without recoding: what precedes the cut is decoded but not shown."""
    whole = write_video(tmp_path / "whole.mp4", frames, options={"g": "12", "bf": "0"})
    cut = tmp_path / "cut.mp4"
    with (
        av.open(str(whole)) as source,
        av.open(str(cut), "w", options={"avoid_negative_ts": "disabled"}) as target,
    ):
        stream = source.streams.video[0]
        copy = target.add_stream_from_template(stream)
        interval = int(Fraction(1, 30) / stream.time_base)
        for packet in source.demux(stream):
            if packet.dts is None or packet.pts < 12 * interval:
                continue
            packet.pts -= 20 * interval
            packet.dts -= 20 * interval
            packet.stream = copy
            target.mux(packet)
    video = open_stimulus(cut)
    assert read_numbers(video.frames(0, video.n_frames)) == list(range(20, N))
    assert video.frame_times[0] == 0
    for k in (35, 2, 7):
        assert read_number(video.frames(k, k + 1)[0]) == 20 + k


def test_an_edit_list_that_ends_early(tmp_path, frames):
    """Trimmed on a phone: the rest is still in the file, but is not shown."""
    whole = write_video(tmp_path / "whole.mp4", frames, options={"g": "12", "bf": "2"})
    content = bytearray(whole.read_bytes())
    start = content.index(b"elst") + 12
    (duration,) = struct.unpack_from(">I", content, start)
    struct.pack_into(">I", content, start, duration // 2)
    trimmed = tmp_path / "trimmed.mp4"
    trimmed.write_bytes(content)
    video = open_stimulus(trimmed)
    assert read_numbers(video.frames(0, video.n_frames)) == list(range(N // 2))
    assert video.duration == 1.0
    assert "warning" not in video.attrs


@pytest.mark.parametrize(("degrees", "turns"), [(0, 0), (90, 1), (180, 2), (270, 3)])
def test_rotation_tag(tmp_path, frames, degrees, turns):
    plain = open_stimulus(write_video(tmp_path / "plain.mp4", frames))
    path = write_video(
        tmp_path / "turned.mp4",
        frames,
        pixel_aspect=Fraction(4, 3),
        prepare=lambda stream: stream.set_display_rotation(degrees),
    )
    video = open_stimulus(path)
    # The tag turns counter-clockwise, as np.rot90 does
    expected = np.rot90(plain.frames(0, 5), turns, axes=(1, 2))
    assert video.frame_shape == expected.shape[1:]
    np.testing.assert_array_equal(video.frames(0, 5), expected)
    assert video.attrs["rotation_deg"] == degrees
    assert video.pixel_aspect == pytest.approx(3 / 4 if turns % 2 else 4 / 3)


def test_mirror_tag(tmp_path, frames):
    one = 1 << 16
    matrix = [-one, 0, 0, 0, one, 0, 0, 0, 1 << 30]
    path = write_video(
        tmp_path / "mirrored.mp4",
        frames,
        prepare=lambda stream: stream.set_display_matrix(matrix),
    )
    video = open_stimulus(path)
    plain = open_stimulus(write_video(tmp_path / "plain.mp4", frames))
    np.testing.assert_array_equal(video.frames(0, 3), plain.frames(0, 3)[:, :, ::-1])
    assert video.attrs["mirrored"]


def test_slanted_video_is_refused(tmp_path, frames):
    path = write_video(
        tmp_path / "slanted.mp4",
        frames[:3],
        prepare=lambda stream: stream.set_display_rotation(30),
    )
    with pytest.raises(StimulusError, match=r"slanted\.mp4 .* multiple of 90"):
        open_stimulus(path)


def test_gif_keeps_the_duration_of_each_frame(tmp_path):
    from PIL import Image

    levels = [0, 80, 160, 255]
    durations = [50, 200, 30, 120]
    pictures = [Image.new("L", (20, 10), level) for level in levels]
    path = tmp_path / "a.gif"
    pictures[0].save(
        path, save_all=True, append_images=pictures[1:], duration=durations
    )
    video = open_stimulus(path)
    np.testing.assert_allclose(video.frame_times, [0, 0.05, 0.25, 0.28], atol=1e-9)
    assert video.duration == pytest.approx(0.4)
    assert video.attrs["variable_frame_rate"]
    assert video.frames(0, 4)[:, 5, 5].tolist() == levels


def test_gif_transparency_shows_mean_grey(tmp_path):
    from PIL import Image

    picture = Image.new("P", (20, 10), 0)
    picture.putpalette([10, 10, 10, 250, 250, 250])
    picture.paste(1, (10, 0, 20, 10))
    path = tmp_path / "clear.gif"
    picture.save(path, transparency=0)
    frame = open_stimulus(path).frames(0, 1)[0]
    assert (frame[5, 5], frame[5, 15]) == (128, 250)


def test_attributes_are_plain_and_say_what_the_file_is(clip):
    import hashlib
    import json

    video = open_stimulus(clip)
    attrs = json.loads(json.dumps(dict(video.attrs)))
    assert attrs["file"] == video.name == "clip.mp4"
    assert attrs["sha256"] == hashlib.sha256(clip.read_bytes()).hexdigest()
    assert (attrs["kind"], attrs["codec"], attrs["bit_depth"]) == ("video", "h264", 8)
    assert attrs["frame_rate_assumed"] is False
    assert str(clip.parent) not in json.dumps(attrs)


def test_opening_does_not_hash(clip, monkeypatch):
    import hashlib

    def fail(*_):
        raise AssertionError("hashed")

    monkeypatch.setattr(hashlib, "sha256", fail)
    video = open_stimulus(clip)
    assert "sha256" in video.attrs  # known to be there, not worked out


def test_the_hash_of_a_changed_file_is_not_given(clip):
    video = open_stimulus(clip)
    clip.write_bytes(clip.read_bytes() + b"more")
    assert video.attrs["sha256"] is None


def test_fingerprint_is_of_the_frames(clip, tmp_path):
    copy = tmp_path / "another name.mp4"
    copy.write_bytes(clip.read_bytes())
    assert open_stimulus(clip).fingerprint() == open_stimulus(copy).fingerprint()


def test_frames_outside_the_video_are_refused(clip):
    video = open_stimulus(clip)
    for start, stop in ((-1, 2), (5, 3), (0, N + 1)):
        with pytest.raises(StimulusError, match="frames 0 to 60"):
            video.frames(start, stop)
    assert video.frames(N, N).shape == (0, 48, 64)


@pytest.mark.slow
def test_memory_stays_flat_over_a_long_video(tmp_path):
    """Ten minutes of frames are never held at once."""
    import resource

    def peak_mb() -> float:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    frames = numbered_frames(120, 240, 320)
    long = np.concatenate([frames] * 15)  # 1800 frames, 138 MB in grey
    path = write_video(tmp_path / "long.mp4", long, options={"preset": "ultrafast"})
    del long, frames
    video = open_stimulus(path)
    before = peak_mb()
    for start in range(0, video.n_frames, 16):
        video.frames(start, min(start + 16, video.n_frames))
    assert peak_mb() - before < 40

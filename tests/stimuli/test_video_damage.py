"""Files that are not what they should be: one sentence each, no traceback of FFmpeg."""

from __future__ import annotations

from typing import TYPE_CHECKING

import av
import numpy as np
import pytest
from stimulus_videos import numbered_frames, read_numbers, write_sound, write_video

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli import open_stimulus

if TYPE_CHECKING:
    from pathlib import Path

N = 120


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("videos")


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    return numbered_frames(N, 96, 128)


@pytest.fixture(scope="module")
def clip(folder, frames) -> Path:
    """Header first, so that a file that is cut short can still be opened."""
    return write_video(
        folder / "clip.mp4",
        frames,
        options={"g": "30", "bf": "3"},
        container_options={"movflags": "faststart"},
    )


def cut(path: Path, part: float, target: Path) -> Path:
    content = path.read_bytes()
    target.write_bytes(content[: int(len(content) * part)])
    return target


def is_one_sentence(error: pytest.ExceptionInfo[StimulusError], name: str) -> bool:
    text = str(error.value)
    return text.startswith(name) and text.endswith(".") and "\n" not in text


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "webm", "avi"])
def test_what_is_left_of_a_cut_video_is_served_with_a_warning(folder, frames, suffix):
    codec = {"webm": "libvpx-vp9", "avi": "mpeg4"}.get(suffix, "libx264")
    whole = write_video(
        folder / f"whole.{suffix}",
        frames,
        codec=codec,
        options={"g": "30", "b": "2M"},
        container_options={"movflags": "faststart"} if suffix == "mp4" else {},
    )
    video = open_stimulus(cut(whole, 0.6, folder / f"part.{suffix}"))
    assert 30 < video.n_frames < N
    assert read_numbers(video.frames(0, video.n_frames)) == list(range(video.n_frames))
    warning = video.attrs["warning"]
    assert f"part.{suffix} is cut short" in warning
    assert str(video.n_frames) in warning
    assert "warning" not in open_stimulus(whole).attrs


def test_a_cut_between_two_frames_is_noticed(folder, clip):
    with av.open(str(clip)) as container:
        positions = [p.pos for p in container.demux(video=0) if p.pos]
    path = folder / "between.mp4"
    path.write_bytes(clip.read_bytes()[: positions[70]])
    video = open_stimulus(path)
    assert "between.mp4 is cut short" in video.attrs["warning"]
    assert 60 < video.n_frames <= 70
    assert read_numbers(video.frames(0, video.n_frames)) == list(range(video.n_frames))


def test_damage_midway_is_an_error_that_names_the_time(folder, clip, frames):
    content = bytearray(clip.read_bytes())
    middle = len(content) * 6 // 10
    for k in range(middle, middle + 400):
        content[k] = (content[k] * 7 + 13) % 256
    path = folder / "damaged.mp4"
    path.write_bytes(content)
    video = open_stimulus(path)
    assert video.n_frames == N
    with pytest.raises(StimulusError) as error:
        for k in range(N):
            good = k
            video.frames(k, k + 1)
    assert is_one_sentence(error, "damaged.mp4")
    assert f"at {good / 30:.2f} s" in str(error.value)
    assert 30 < good < N
    # What lies before the damage can be read as before, and so can what comes after the
    # next keyframe
    whole = open_stimulus(clip)
    np.testing.assert_array_equal(video.frames(0, good), whole.frames(0, good))
    np.testing.assert_array_equal(video.frames(110, N), whole.frames(110, N))


@pytest.mark.parametrize("codec", ["ffv1", "libx264", "mpeg4"])
def test_damaged_frames_are_never_made_up(folder, frames, codec):
    """Any frame that is served from a damaged file is the frame that was stored."""
    whole = write_video(
        folder / f"{codec}.mkv",
        frames[:60],
        codec=codec,
        options={"g": "15", "b": "2M"},
    )
    expected = open_stimulus(whole).frames(0, 60)
    content = bytearray(whole.read_bytes())
    rng = np.random.default_rng(3)
    start = len(content) // 2
    content[start : start + 300] = rng.integers(0, 256, 300, dtype=np.uint8).tobytes()
    path = folder / f"{codec}_damaged.mkv"
    path.write_bytes(content)
    video = open_stimulus(path)
    failed = 0
    for k in range(video.n_frames):
        try:
            frame = video.frames(k, k + 1)[0]
        except StimulusError:
            failed += 1
            continue
        stored = round(float(video.frame_times[k]) * 30)
        np.testing.assert_array_equal(frame, expected[stored])
    assert failed or "warning" in video.attrs


def test_no_header(folder, frames):
    whole = write_video(folder / "header_last.mp4", frames)
    with pytest.raises(StimulusError) as error:
        open_stimulus(cut(whole, 0.6, folder / "no_header.mp4"))
    assert is_one_sentence(error, "no_header.mp4")


def test_sound_only(folder):
    path = write_sound(folder / "sound.mp4")
    with pytest.raises(StimulusError, match=r"sound\.mp4 has no video, only sound"):
        open_stimulus(path)


def test_no_frames(folder, clip):
    content = clip.read_bytes()
    header = content[: content.index(b"mdat") + 4]
    path = folder / "frameless.mp4"
    path.write_bytes(header)
    with pytest.raises(StimulusError) as error:
        open_stimulus(path)
    assert is_one_sentence(error, "frameless.mp4")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("text.mp4", b"hello world\n" * 50, "cannot be read as a video"),
        ("noise.avi", bytes(range(256)) * 40, "cannot be read as a video"),
        ("empty.mkv", b"", "is empty"),
        ("archive.mov", b"PK\x03\x04" + b"0" * 100, "zip archive"),
        ("picture.mp4", b"\xff\xd8\xff\xe0" + b"0" * 100, "single picture"),
        (
            "playlist.mp4",
            b"#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:1.0,\nfile:///etc/hostname\n",
            "cannot be read as a video",
        ),
        (
            "list.mkv",
            b"ffconcat version 1.0\nfile clip.mp4\n",
            "cannot be read as a video",
        ),
    ],
)
def test_other_content_under_a_video_name(folder, name, content, message):
    path = folder / name
    path.write_bytes(content)
    with pytest.raises(StimulusError, match=message) as error:
        open_stimulus(path)
    assert is_one_sentence(error, name)


def test_a_playlist_does_not_open_other_files(folder, clip):
    """FFmpeg would follow it; nothing but the file itself is opened."""
    playlist = folder / "follow.mp4"
    playlist.write_text(
        f"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4.0,\n{clip.name}\n#EXT-X-ENDLIST\n"
    )
    with pytest.raises(StimulusError, match="cannot be read as a video"):
        open_stimulus(playlist)


def test_content_decides_not_the_suffix(folder, clip):
    path = folder / "really_mp4.gif"
    path.write_bytes(clip.read_bytes())
    video = open_stimulus(path)
    assert video.attrs["codec"] == "h264"
    assert read_numbers(video.frames(0, 10)) == list(range(10))


def test_removed_while_in_use(folder, clip):
    path = folder / "removed.mp4"
    path.write_bytes(clip.read_bytes())
    video = open_stimulus(path)
    path.unlink()
    video.close()
    with pytest.raises(StimulusError, match=r"removed\.mp4 was removed"):
        video.frames(0, 1)


def test_a_rate_cannot_be_forced_on_a_video(clip):
    with pytest.raises(StimulusError, match="has its own frame rate"):
        open_stimulus(clip, frame_rate=25)


def test_a_change_of_size_is_refused(folder, frames):
    small = write_video(folder / "s.mkv", frames[:5], codec="ffv1", pixel_format="gray")
    video = open_stimulus(small)
    large = numbered_frames(5, 64, 80)
    write_video(small, large, codec="ffv1", pixel_format="gray")
    video.close()
    with pytest.raises(StimulusError, match=r"s\.mkv changes its frame size"):
        video.frames(0, 1)

"""Arrays, .npy files, folders of images, and everything that is none of these."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

import insilico_gui.stimuli
from insilico_gui.errors import StimulusError
from insilico_gui.stimuli import SUPPORTED_SUFFIXES, ArrayStimulus, open_stimulus

RNG = np.random.default_rng(5)
GREY = RNG.integers(0, 256, (9, 12, 16), dtype=np.uint8)
RGB = RNG.integers(0, 256, (9, 12, 16, 3), dtype=np.uint8)


def rec601(rgb: np.ndarray) -> np.ndarray:
    return np.rint(rgb @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)


def refused(source, **options) -> str:
    with pytest.raises(StimulusError) as error:
        open_stimulus(source, **options)
    text = str(error.value)
    assert text.endswith(".")
    assert "\n" not in text
    return text


def image_folder(folder, pictures, names) -> None:
    folder.mkdir()
    for picture, name in zip(pictures, names, strict=True):
        Image.fromarray(picture).save(folder / name)


def test_an_array():
    stimulus = open_stimulus(GREY)
    np.testing.assert_array_equal(stimulus.frames(2, 7), GREY[2:7])
    assert (stimulus.frame_rate, stimulus.n_frames) == (30.0, 9)
    assert stimulus.attrs["frame_rate_assumed"]
    given = open_stimulus(GREY, frame_rate=24)
    assert given.frame_rate == 24.0
    assert not given.attrs["frame_rate_assumed"]


def test_frames_of_an_array_are_copies():
    source = GREY.copy()
    stimulus = open_stimulus(source)
    stimulus.frames(0, 1)[:] = 0
    np.testing.assert_array_equal(source, GREY)


def test_a_color_array():
    frames = open_stimulus(RGB).frames(0, 9)
    assert np.abs(frames.astype(int) - rec601(RGB)).max() <= 1


@pytest.mark.parametrize(
    "pixels", [GREY, RGB, GREY / 255, GREY.astype(np.uint16) * 257]
)
def test_npy_equals_the_array(tmp_path, pixels):
    path = tmp_path / "a.npy"
    np.save(path, pixels)
    stimulus = open_stimulus(path, frame_rate=10)
    np.testing.assert_array_equal(
        stimulus.frames(0, 9), open_stimulus(pixels).frames(0, 9)
    )
    attrs = json.loads(json.dumps(dict(stimulus.attrs)))
    assert (attrs["kind"], attrs["file"], attrs["frame_rate"]) == ("npy", "a.npy", 10.0)
    assert len(attrs["sha256"]) == 64


def test_npy_in_fortran_order(tmp_path):
    np.save(tmp_path / "f.npy", np.asfortranarray(GREY))
    stimulus = open_stimulus(tmp_path / "f.npy")
    np.testing.assert_array_equal(stimulus.frames(3, 9), GREY[3:])


def test_npy_is_not_read_whole(tmp_path):
    path = tmp_path / "long.npy"
    array = np.lib.format.open_memmap(
        path, mode="w+", dtype=np.uint8, shape=(20_000, 720, 1280)
    )
    array[-1] = 9  # the rest of these 18 GB is a hole in the file
    del array
    stimulus = open_stimulus(path)
    assert stimulus.frames(19_999, 20_000).mean() == 9


def test_npy_cut_short_while_in_use(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, GREY)
    stimulus = open_stimulus(path)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(StimulusError, match=r"a\.npy was removed or cut short"):
        stimulus.frames(0, 9)
    path.unlink()
    with pytest.raises(StimulusError, match=r"a\.npy was removed or cut short"):
        stimulus.frames(0, 1)


def npy_header(shape: str, descr: str = "'|u1'") -> bytes:
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"
    header = header.ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()


@pytest.mark.parametrize(
    "content",
    [
        npy_header("(1000000, 1000000, 1000000)"),
        npy_header("(1000000000000, 1000, 1000)") + b"0" * 100,
        npy_header("(9, 12, 16)") + b"0" * 100,
        npy_header("(9, 12"),
        npy_header("(9, -12, 16)"),
        npy_header("(" * 60),
        npy_header("'abc'"),
        b"\x93NUMPY\x01",
        b"\x93NUMPY\x09\x00" + b"\0" * 100,
    ],
)
def test_damaged_and_hostile_npy(tmp_path, content):
    path = tmp_path / "bad.npy"
    path.write_bytes(content)
    assert refused(path).startswith("bad.npy cannot be read")


def test_giant_frames_are_refused_before_memory_is_taken(tmp_path):
    path = tmp_path / "giant.npy"
    with path.open("wb") as file:
        file.write(npy_header("(1, 200000, 200000)"))
        file.truncate(128 + 4 * 10**10)
    assert "giant.npy with frames of 200000 x 200000" in refused(path)


def test_pickled_npy(tmp_path):
    path = tmp_path / "objects.npy"
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    assert "Python objects" in refused(path)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((4, 5), np.uint8),
        np.zeros((2, 3, 4, 5), np.uint8),
        np.zeros((2, 3, 4, 5, 6), np.uint8),
        np.zeros((0, 4, 5), np.uint8),
        np.zeros((3, 0, 5), np.uint8),
        np.zeros((3, 4, 5), np.complex64),
        np.zeros(3, [("a", "u1")]),
        np.array(["a"]),
    ],
)
def test_wrong_arrays(tmp_path, array):
    assert refused(array).startswith("array ")
    np.save(tmp_path / "wrong.npy", array)
    assert refused(tmp_path / "wrong.npy").startswith("wrong.npy ")


def test_floats_out_of_range_are_found_when_they_are_read():
    pixels = np.zeros((3, 4, 5))
    pixels[2] = 2
    stimulus = open_stimulus(pixels)
    assert stimulus.frames(0, 2).max() == 0
    with pytest.raises(StimulusError, match=r"outside 0\.\.1"):
        stimulus.frames(1, 3)


@pytest.mark.parametrize("rate", [0, -1, np.nan, np.inf])
def test_wrong_rates(rate):
    assert "frame rate" in refused(GREY, frame_rate=rate)


def test_a_folder_in_natural_order(tmp_path):
    names = [f"frame{k}.png" for k in (1, 2, 3, 9, 10, 11, 20, 100, 1000)]
    image_folder(tmp_path / "clip", GREY, names)
    (tmp_path / "clip" / "notes.txt").write_text("not an image")
    (tmp_path / "clip" / ".hidden.png").write_text("not an image")
    stimulus = open_stimulus(tmp_path / "clip", frame_rate=12.5)
    np.testing.assert_array_equal(stimulus.frames(0, 9), GREY)
    assert (stimulus.name, stimulus.frame_rate) == ("clip", 12.5)
    attrs = json.loads(json.dumps(dict(stimulus.attrs)))
    assert (attrs["first_image"], attrs["last_image"]) == (names[0], names[-1])
    assert str(tmp_path) not in json.dumps(attrs)


def test_names_without_numbers_and_mixed_names_can_be_sorted(tmp_path):
    names = ["10.png", "2.png", "B.png", "a.png", "a1b.png", "a1.png"]
    image_folder(tmp_path / "clip", GREY[:6], names)
    stimulus = open_stimulus(tmp_path / "clip")
    files = [file.name for file in stimulus.files]
    assert files.index("2.png") < files.index("10.png") < files.index("a.png")
    assert files.index("a.png") < files.index("B.png")


def test_images_of_many_kinds(tmp_path):
    folder = tmp_path / "kinds"
    folder.mkdir()
    grey = GREY[0]
    Image.fromarray(grey).save(folder / "0.png")
    Image.fromarray(grey).save(folder / "1.bmp")
    Image.fromarray(grey).save(folder / "2.tif")
    Image.fromarray(grey.astype(np.uint16) * 257).save(folder / "3.png")
    Image.fromarray(grey).convert("P").save(folder / "4.png")
    Image.fromarray(np.stack([grey] * 3, -1)).save(folder / "5.png")
    alpha = np.full_like(grey, 255)
    Image.fromarray(np.stack([grey, grey, grey, alpha], -1)).save(folder / "6.png")
    Image.fromarray((grey / 255).astype(np.float32)).save(folder / "7.tiff")
    Image.fromarray(np.stack([grey, alpha], -1)).save(folder / "8.png")
    frames = open_stimulus(folder).frames(0, 9)
    for k, frame in enumerate(frames):
        np.testing.assert_array_equal(frame, grey, err_msg=f"image {k}")


def test_one_bit_images(tmp_path):
    (tmp_path / "bits").mkdir()
    Image.fromarray(GREY[0] > 99).save(tmp_path / "bits" / "0.png")
    frame = open_stimulus(tmp_path / "bits").frames(0, 1)[0]
    np.testing.assert_array_equal(frame, np.where(GREY[0] > 99, 255, 0))


def test_transparent_images_show_mean_grey(tmp_path):
    folder = tmp_path / "clear"
    folder.mkdir()
    clear = np.zeros((12, 16, 4), np.uint8)
    Image.fromarray(clear).save(folder / "0.png")
    palette = Image.fromarray(np.zeros((12, 16), np.uint8)).convert("P")
    palette.save(folder / "1.png", transparency=0)
    assert (open_stimulus(folder).frames(0, 2) == 128).all()


def test_jpeg_is_turned_upright(tmp_path):
    folder = tmp_path / "turned"
    folder.mkdir()
    picture = Image.fromarray(np.repeat(np.arange(0, 256, 16, np.uint8)[None], 8, 0))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by 90 degrees
    picture.save(folder / "0.jpg", quality=100, exif=exif)
    stimulus = open_stimulus(folder)
    assert stimulus.frame_shape == (16, 8)
    column = stimulus.frames(0, 1)[0, :, 0]
    assert (np.diff(column.astype(int)) > 10).all()


def test_a_folder_without_images(tmp_path):
    (tmp_path / "text.txt").write_text("x")
    assert "holds no images" in refused(tmp_path)


def test_a_folder_of_different_sizes(tmp_path):
    image_folder(tmp_path / "mixed", [GREY[0], GREY[1][:, :9]], ["a.png", "b.png"])
    text = refused(tmp_path / "mixed")
    assert "a.png is 16 x 12 and b.png 9 x 12 pixels" in text


def test_a_folder_with_a_damaged_image(tmp_path):
    image_folder(tmp_path / "clip", GREY[:3], ["0.png", "1.png", "2.png"])
    middle = tmp_path / "clip" / "1.png"
    content = middle.read_bytes()
    middle.write_bytes(content[:100])
    stimulus = open_stimulus(tmp_path / "clip")
    with pytest.raises(StimulusError, match=r"^1\.png is not an image"):
        stimulus.frames(0, 3)
    middle.write_bytes(b"nothing")
    assert refused(tmp_path / "clip").startswith("1.png is not an image")


def test_a_folder_that_loses_an_image(tmp_path):
    image_folder(tmp_path / "clip", GREY[:3], ["0.png", "1.png", "2.png"])
    stimulus = open_stimulus(tmp_path / "clip")
    (tmp_path / "clip" / "2.png").unlink()
    with pytest.raises(StimulusError, match=r"2\.png was removed"):
        stimulus.frames(0, 3)
    assert dict(stimulus.attrs)["sha256"] is None


def test_images_of_integers_without_a_range_are_refused(tmp_path):
    (tmp_path / "deep").mkdir()
    Image.fromarray(GREY[0].astype(np.int32) * 1000).save(tmp_path / "deep" / "0.tif")
    with pytest.raises(StimulusError, match="holds int32"):
        open_stimulus(tmp_path / "deep").frames(0, 1)


@pytest.mark.parametrize("source", [None, 3, [[1, 2]], b"clip.mp4"])
def test_things_that_are_no_source(source):
    assert "is not a stimulus" in refused(source)


@pytest.mark.parametrize(
    "name", ["nothing.mp4", "nothing", "", "no\0thing.mp4", "~nobody/x"]
)
def test_missing_files(name):
    assert refused(name)


def test_unsupported_suffix(tmp_path):
    path = tmp_path / "clip.xyz"
    path.write_bytes(b"123")
    text = refused(path)
    for suffix in SUPPORTED_SUFFIXES:
        assert suffix in text


def test_text_under_the_name_of_an_array(tmp_path):
    for name in ("a.npy", "a.tif"):
        (tmp_path / name).write_text("hello")
        assert refused(tmp_path / name).startswith(f"{name} is not a ")


def test_an_array_under_the_name_of_a_video(tmp_path):
    np.save(tmp_path / "a.npy", GREY)
    (tmp_path / "a.npy").rename(tmp_path / "a.mp4")
    stimulus = open_stimulus(tmp_path / "a.mp4")
    np.testing.assert_array_equal(stimulus.frames(0, 9), GREY)


def test_suffixes_are_lower_case_and_upper_case_names_open(tmp_path):
    assert all(s.startswith(".") and s == s.lower() for s in SUPPORTED_SUFFIXES)
    with (tmp_path / "A.NPY").open("wb") as file:
        np.save(file, GREY)
    assert open_stimulus(str(tmp_path / "A.NPY")).n_frames == 9


def test_public_names():
    for name in insilico_gui.stimuli.__all__:
        assert hasattr(insilico_gui.stimuli, name)


def test_array_stimulus_checks_its_frames():
    with pytest.raises(StimulusError, match="must be uint8"):
        ArrayStimulus(GREY.astype(float), 30)
    with pytest.raises(StimulusError, match="no frames"):
        ArrayStimulus(GREY[:0], 30)
    with pytest.raises(StimulusError, match="frame rate"):
        ArrayStimulus(GREY, 0)
    assert ArrayStimulus(GREY, 30).fingerprint() == open_stimulus(GREY).fingerprint()
    assert (
        ArrayStimulus(GREY, 30).fingerprint() != ArrayStimulus(GREY, 25).fingerprint()
    )

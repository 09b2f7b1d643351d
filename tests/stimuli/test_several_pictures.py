"""Files with several pictures: all of them, or a sentence that says why not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli import natural_images, open_stimulus
from insilico_gui.stimuli.readers.images import open_images

DATA = Path(__file__).parent / "data"
RNG = np.random.default_rng(4)
GREY = RNG.integers(0, 256, (7, 12, 16), dtype=np.uint8)
STEPS = [0, 60, 120, 180, 240]


def means(path) -> list[float]:
    stimulus = open_stimulus(path)
    return [float(frame.mean()) for frame in stimulus.frames(0, stimulus.n_frames)]


@pytest.mark.parametrize(
    "name",
    [
        "append.tif",
        "loop_shaped.tif",
        "pil_tiff_lzw.tif",
        "grey_unspec2.tif",
        "rgb_unspec.tif",
    ],
)
def test_every_page_alone_and_in_a_folder(tmp_path, name):
    assert means(DATA / name) == STEPS
    (tmp_path / name).write_bytes((DATA / name).read_bytes())
    assert means(tmp_path) == STEPS
    for images in (open_images(tmp_path), open_images(DATA / name)):
        levels = [images.image(k).mean() for k in range(images.n_images)]
        assert levels == STEPS


def test_stacks_in_a_folder_follow_each_other():
    stimulus = open_stimulus(DATA / "f_suite2p")
    files = sorted((DATA / "f_suite2p").iterdir())
    whole = np.concatenate([open_stimulus(file).frames(0, 4) for file in files])
    np.testing.assert_array_equal(stimulus.frames(0, 12), whole)
    images = open_images(DATA / "f_suite2p")
    assert images.labels[3:5] == ("file_00000.tif (4)", "file_00001.tif (1)")
    np.testing.assert_array_equal(images.image(7)[..., 0], whole[7])


def test_a_folder_reads_a_tiff_as_alone():
    (file,) = (DATA / "f_w16").iterdir()
    alone = open_stimulus(file).frames(0, 1)
    np.testing.assert_array_equal(open_stimulus(DATA / "f_w16").frames(0, 1), alone)
    stored = tifffile.imread(file)
    np.testing.assert_array_equal(alone[0], 255 - np.rint(stored / 257))


@pytest.mark.parametrize(
    "other",
    [
        np.zeros((12, 17), np.uint8),
        np.zeros((12, 16), np.uint16),
        np.zeros((12, 16, 3), np.uint8),
    ],
)
def test_pages_that_differ_are_refused_by_what_differs(tmp_path, other):
    path = tmp_path / "mixed.tif"
    tifffile.imwrite(path, GREY[:2], photometric="minisblack")
    rgb = {"photometric": "rgb"} if other.ndim == 3 else {"photometric": "minisblack"}
    tifffile.imwrite(path, other, append=True, **rgb)
    with pytest.raises(
        StimulusError, match=r"page 1 is 16 x 12 .* and page 3 "
    ) as error:
        open_stimulus(path)
    assert str(other.dtype) in str(error.value)


def test_smaller_copies_of_pages_are_no_frames(tmp_path):
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as writer:
        for frame in GREY:
            writer.write(frame, contiguous=False, metadata=None)
            writer.write(frame[::2, ::2], subfiletype=1, metadata=None)
    np.testing.assert_array_equal(open_stimulus(path).frames(0, 7), GREY)


@pytest.mark.parametrize("options", [{"ome": True}, {"imagej": True}, {}])
def test_an_axis_that_is_not_time_is_named(tmp_path, options):
    axes = {"metadata": {"axes": "ZYX"}}
    tifffile.imwrite(
        tmp_path / "a.tif", GREY, photometric="minisblack", **axes, **options
    )
    stimulus = open_stimulus(tmp_path / "a.tif")
    np.testing.assert_array_equal(stimulus.frames(0, 7), GREY)
    assert "its axis Z is shown as time" in stimulus.attrs["warning"]


@pytest.mark.parametrize("options", [{"ome": True}, {"imagej": True}, {}])
@pytest.mark.parametrize("axes", ["TZYX", "ZCYX"])
def test_two_axes_are_refused_whoever_wrote_them(tmp_path, options, axes):
    volume = np.zeros((2, 3, 8, 9), np.uint8)
    tifffile.imwrite(
        tmp_path / "a.tif",
        volume,
        photometric="minisblack",
        metadata={"axes": axes},
        **options,
    )
    with pytest.raises(StimulusError, match="one axis of frames"):
        open_stimulus(tmp_path / "a.tif")


def test_series_of_one_file_follow_each_other(tmp_path):
    path = tmp_path / "a.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as writer:
        writer.write(GREY[:3], photometric="minisblack", metadata={"axes": "TYX"})
        writer.write(GREY[3:6], photometric="minisblack", metadata={"axes": "TYX"})
    stimulus = open_stimulus(path)
    np.testing.assert_array_equal(stimulus.frames(0, 6), GREY[:6])
    assert "its 2 series are shown one after the other" in stimulus.attrs["warning"]


@pytest.mark.parametrize("name", ["grey_unspec2.tif", "rgb_unspec.tif"])
def test_extra_samples_without_a_meaning_are_left_out_and_named(tmp_path, name):
    assert "of no declared meaning" in open_stimulus(DATA / name).attrs["warning"]
    (tmp_path / name).write_bytes((DATA / name).read_bytes())
    for source in (open_stimulus(tmp_path), open_images(tmp_path)):
        assert f"is left out ({name})" in source.attrs["warning"]


def test_the_opacity_is_found_behind_other_extra_samples(tmp_path):
    pixels = RNG.integers(0, 256, (3, 12, 16, 5), dtype=np.uint8)
    tifffile.imwrite(
        tmp_path / "a.tif",
        pixels,
        photometric="rgb",
        extrasamples=["unspecified", "unassalpha"],
    )
    stimulus = open_stimulus(tmp_path / "a.tif")
    opacity = pixels[1, ..., 4:] / 255
    expected = np.floor(pixels[1, ..., :3] * opacity + 128 * (1 - opacity) + 0.5)
    np.testing.assert_array_equal(stimulus.color_frame(1), expected)


def animation(path: Path, n: int = 3) -> list[int]:
    levels = [10 + 100 * k for k in range(n)]
    # Partly one colour only: programs may merge equal frames
    frames = [Image.new("RGB", (16, 12), (level, level, level)) for level in levels]
    options = {} if path.suffix == ".gif" else {"lossless": True}
    frames[0].save(
        path, save_all=True, append_images=frames[1:], duration=100, **options
    )
    return levels


@pytest.mark.parametrize("suffix", [".webp", ".png", ".gif"])
def test_all_frames_of_animations(tmp_path, suffix):
    folder = tmp_path / "clip"
    folder.mkdir()
    levels = animation(folder / f"a{suffix}")
    stimulus = open_stimulus(folder)
    assert means(folder) == levels
    assert "without their own times (a" in stimulus.attrs["warning"]
    images = open_images(folder)
    assert [images.image(k)[0, 0, 0] for k in (2, 0, 1)] == [210, 10, 110]
    alone = open_images(folder / f"a{suffix}")
    assert [alone.image(k)[0, 0, 0] for k in (2, 0, 1)] == [210, 10, 110]


def test_the_picture_for_programs_without_animated_png_is_no_frame(tmp_path):
    frames = [Image.new("L", (16, 12), level) for level in (250, 10, 110)]
    frames[0].save(
        tmp_path / "a.png", save_all=True, append_images=frames[1:], default_image=True
    )
    assert means(tmp_path) == [10, 110]


def test_views_beside_a_photograph_are_named(tmp_path):
    first, second = (Image.new("RGB", (16, 12), (v, v, v)) for v in (200, 90))
    first.save(tmp_path / "a.jpg", format="MPO", save_all=True, append_images=[second])
    images = open_images(tmp_path)
    assert images.n_images == 1
    assert "only the first of its pictures is shown" in images.attrs["warning"]


def test_natural_images_of_stacks_are_one_condition_each():
    spec = natural_images(folder=DATA / "f_suite2p", image_s=0.1).spec
    assert spec.n_conditions == 12
    assert spec.images[:2] == ("file_00000.tif (1)", "file_00000.tif (2)")


def test_colour_profiles_that_are_not_applied_are_named(tmp_path):
    from PIL import ImageCms

    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = Image.new("RGB", (16, 12))
    image.save(tmp_path / "a.png", icc_profile=lab)
    image.save(tmp_path / "b.png", icc_profile=srgb)
    warning = open_images(tmp_path).attrs["warning"]
    assert "its colour profile is not applied" in warning
    assert "(a.png)" in warning


def test_inks_are_named(tmp_path):
    Image.new("RGB", (16, 12), (200, 100, 50)).convert("CMYK").save(tmp_path / "a.jpg")
    assert "inks for print" in open_images(tmp_path / "a.jpg").attrs["warning"]
    assert "(a.jpg)" in open_stimulus(tmp_path).attrs["warning"]

"""Films are decoded again: their frames, their rate, and the colours of single units."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
from support.command_line import error_of, run

import insilico_gui as ig
from insilico_gui.films.declaration import Film, film_of
from insilico_gui.films.dots import Dots
from insilico_gui.films.material import gather
from insilico_gui.films.page import Page

SIZE = {"width": 640, "height": 360}


@pytest.fixture(scope="module")
def experiment(tmp_path_factory):
    """The first 40 units of the demo session and a clip of gratings."""
    made = ig.Experiment(library=None)
    made.add_session("demo", name="demo")
    gratings = ig.stimuli.drifting_gratings(
        n_directions=2, repeats=1, duration_s=0.2, blank_s=0.1
    )
    made.add_stimulus(gratings, name="gratings")
    made.select(indices=range(0, 400, 10), name="some")
    made.encode("demo", "gratings", selection="some")
    return made


def decoded(path):
    """Frames as uint8 [T, H, W, 3], their times (s) and the rate that the file tells."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        found = [
            (
                frame.reformat(format="rgb24", src_colorspace="ITU709").to_ndarray(),
                frame.time,
            )
            for frame in container.decode(stream)
        ]
        rate = stream.average_rate
    return np.stack([f for f, _ in found]), [t for _, t in found], rate


def test_every_frame_at_its_rate_with_the_colours_of_the_scale(experiment, tmp_path):
    told = []
    path = ig.save_film(
        experiment,
        tmp_path / "run.mp4",
        on_progress=lambda *step: told.append(step),
        selection="some",
    )
    frames, times, rate = decoded(path)
    responses = experiment.responses("demo", "gratings")
    n = responses.sizes["time"]
    assert frames.shape == (n, 720, 1280, 3)
    assert rate == Fraction(30)
    np.testing.assert_allclose(times, np.arange(n) / 30, atol=1e-4)
    assert told[0] == (0, n)
    assert told[-1] == (n, n)

    page = Page(gather(experiment, Film(selection="some")))
    low, high = page.scale.limits
    rows = experiment.selection("some").indices
    moment = int(responses.to_numpy().mean(axis=1).argmax())
    values = responses.to_numpy()[moment]
    strongest = np.argsort(values)[-8:]
    assert np.ptp(values[strongest]) > 0
    shown = page._material.shown.frames.frames(moment, moment + 1)[0]
    exact = page.frame(moment, shown).astype(int)
    for k in strongest:
        index = int(np.clip((values[k] - low) / (high - low) * 255, 0, 255))
        wanted = page.scale.table[index, :3] * 255
        x, y = np.floor(page.centres[rows[k]]).astype(int)
        # exactly in the picture, and in the file but for the error of the codec
        assert np.abs(exact[y, x] - wanted).max() <= 1
        around = slice(y - 1, y + 2), slice(x - 1, x + 2)
        seen, drawn = frames[moment][around], exact[around]
        assert np.abs(seen.mean(axis=(0, 1)) - drawn.mean(axis=(0, 1))).max() < 14
    error = np.abs(frames[moment].astype(int) - exact)
    assert error.mean() < 2
    assert np.percentile(error, 95) <= 12


def test_scale_of_the_film_is_that_of_a_column(experiment, tmp_path):
    """Without loss in .mkv: the pixels in the middle of units are the colours exactly."""
    film = Film(color="area", layout="list", stop_s=0.1, **SIZE)
    path = ig.save_film(experiment, tmp_path / "areas.mkv", film)
    frames, _, rate = decoded(path)
    assert len(frames) == 3
    assert rate == 30
    page = Page(gather(experiment, film))
    colors = page.colors(0)
    areas = experiment.session("demo").units["area"].to_numpy()
    assert len({tuple(c) for c in colors}) == len(set(areas))
    for area in set(areas):
        row = int(np.flatnonzero(areas == area)[7])
        x, y = np.floor(page.centres[row]).astype(int)
        np.testing.assert_array_equal(frames[0, y, x], colors[row])


def test_colours_are_those_that_the_window_would_have(experiment):
    """Colour map, phase, and angles that are paler of units that are not selective."""
    units = experiment.session("demo").units
    column = next(c for c in units if "pref_dir" in c)
    plain = Page(gather(experiment, Film(color=column, scale={"weighted": False})))
    paler = Page(gather(experiment, Film(color=column)))
    assert paler.scale.weight in units
    spread = np.ptp(paler.colors(0).astype(int), axis=1)
    weight = units[paler.scale.weight].to_numpy()
    full = weight > paler.scale.full
    np.testing.assert_array_equal(paler.colors(0)[full], plain.colors(0)[full])
    weak = weight <= np.nanpercentile(weight, 10)
    assert spread[weak].mean() < 0.6 * spread[full].mean()
    turned = Page(
        gather(experiment, Film(color=column, scale={"phase": 90.0, "weighted": False}))
    )
    np.testing.assert_allclose(
        turned.scale.table, np.roll(plain.scale.table, 64, axis=0)
    )
    even = Page(gather(experiment, Film(color=column, scale={"colormap": "even hues"})))
    assert even.scale.colormap == "even hues"
    responses = Page(gather(experiment, Film(scale={"colormap": "magma"})))
    assert responses.scale.colormap == "magma"


def test_stimulus_is_beside_and_the_playhead_moves(experiment, tmp_path):
    film = Film(layout="anatomical", **SIZE)
    path = ig.save_film(experiment, tmp_path / "run.mkv", film)
    frames, *_ = decoded(path)
    material = gather(experiment, film)
    page = Page(material)
    top, bottom, left, right = page._stimulus_box
    shown = material.shown.frames.frames(0, len(frames))
    middle = shown.shape[1] // 2, shown.shape[2] // 2
    for k in (0, 9, len(frames) - 1):
        seen = frames[k, (top + bottom) // 2, left + (right - left) // 2]
        near = shown[k, middle[0] - 1 : middle[0] + 2, middle[1] - 2 : middle[1] + 3]
        assert near.min() <= seen[0] <= near.max()
    orange = [
        np.flatnonzero((f[300:340] == (255, 136, 0)).all(axis=2).any(axis=0))
        for f in frames
    ]
    places = [found.mean() for found in orange]
    assert np.all(np.diff(places) > 0)


def test_stronger_units_lie_over_weaker_ones():
    dots = Dots(
        np.array([[10.0, 10.0], [12.0, 10.0], [np.nan, 0.0]]),
        np.full(3, 8.0),
        np.zeros(3, np.uint16),
        np.zeros((3, 3), np.uint8),
        (20, 24),
    )
    below = np.zeros((40, 48, 3), np.uint8)
    colors = np.array([[200, 0, 0], [0, 200, 0], [0, 0, 200]], np.uint8)
    first = dots.draw(below.copy(), colors, np.array([9, 3, 1], np.uint16))
    second = dots.draw(below.copy(), colors, np.array([3, 9, 1], np.uint16))
    assert tuple(first[10, 11]) == (200, 0, 0)
    assert tuple(second[10, 11]) == (0, 200, 0)
    assert not (first == (0, 0, 200)).all(axis=2).any()


def test_what_is_cancelled_leaves_no_file(experiment, tmp_path):
    class Stopped(Exception):
        pass

    def stop(done, total):
        if done == 3:
            raise Stopped

    with pytest.raises(Stopped):
        ig.save_film(experiment, tmp_path / "run.mp4", Film(**SIZE), on_progress=stop)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({"width": 641}, "width"),
        ({"layout": "scalp"}, "retinotopic"),
        ({"color": "gosh"}, "gosh"),
        ({"units": (99_999,)}, "99999"),
        ({"start_s": 99.0}, "lasts"),
        ({"limits": (2.0, 1.0)}, "limit"),
        ({"frames": 3}, "frames"),
    ],
)
def test_what_cannot_be_filmed_is_one_sentence(experiment, tmp_path, choices, said):
    with pytest.raises(ig.InsilicoError) as refused:
        ig.save_film(experiment, tmp_path / "run.mp4", **choices)
    assert said in str(refused.value)
    assert str(refused.value).count("\n") == 0
    assert list(tmp_path.iterdir()) == []


def test_runs_that_are_not_computed_and_other_names_are_refused(tmp_path):
    bare = ig.Experiment(library=None)
    bare.add_session("demo")
    bare.add_stimulus(np.zeros((4, 9, 16), np.uint8), frame_rate=30.0, name="grey")
    with pytest.raises(ig.InsilicoError, match="not computed"):
        ig.save_film(bare, tmp_path / "x.mp4")
    with pytest.raises(ig.InsilicoError, match=r"\.mp4 or \.mkv"):
        ig.save_film(bare, tmp_path / "x.avi")


def test_command_line_makes_the_same_film(experiment, tmp_path):
    """A session with a stimulus, and an experiment that was saved, as a script does."""
    file = experiment.save(tmp_path / "one.insilico.yaml")
    args = ["--size", "640x360", "--to-s", "0.1", "--layout", "list"]
    done = run("film", file, *args, "-o", tmp_path / "a.mkv")
    assert done.exit_code == 0, done.output
    film = film_of({"layout": "list", "stop_s": 0.1, **SIZE})
    mine = ig.save_film(experiment, tmp_path / "b.mkv", film)
    np.testing.assert_array_equal(decoded(tmp_path / "a.mkv")[0], decoded(mine)[0])
    assert "--stimulus" in error_of("film", "demo", "-o", tmp_path / "c.mp4")

"""Frames that are made once and kept on disk."""

from __future__ import annotations

import gc
import threading

import numpy as np
import pytest

from insilico_gui.errors import StimulusError
from insilico_gui.stimuli import ArrayStimulus, CachedFrames, drifting_gratings

N = 100


class Counting(ArrayStimulus):
    """Counts how often each frame is read."""

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        super().__init__(rng.integers(0, 256, (N, 12, 16), dtype=np.uint8), 30)
        self.counts = np.zeros(N, int)
        self.blocked = threading.Event()
        self.blocked.set()

    def frames(self, start, stop):
        assert self.blocked.wait(10)
        self.counts[start:stop] += 1
        return super().frames(start, stop)


@pytest.fixture
def source():
    return Counting()


def test_frames_are_equal_and_made_once(tmp_path, source):
    cached = CachedFrames(source, tmp_path)
    expected = source._frames
    assert source.counts.sum() == 0
    for start, stop in ((40, 43), (0, 1), (99, 100), (0, N), (20, 60)):
        np.testing.assert_array_equal(cached.frames(start, stop), expected[start:stop])
    assert (source.counts == 1).all()


def test_what_is_known_without_making_frames(tmp_path):
    stimulus = drifting_gratings(n_directions=2)
    cached = CachedFrames(stimulus, tmp_path)
    for name in ("name", "n_frames", "frame_shape", "frame_rate", "duration", "attrs"):
        assert getattr(cached, name) == getattr(stimulus, name)
    assert cached.trials is stimulus.trials
    np.testing.assert_array_equal(cached.frame_times, stimulus.frame_times)


def test_peeking_never_makes_frames(tmp_path, source):
    cached = CachedFrames(source, tmp_path)
    assert cached.peek(3) is None
    assert not cached.available(3)
    assert cached.n_available == 0
    cached.frames(0, 5)
    np.testing.assert_array_equal(cached.peek(3), source._frames[3])
    assert cached.available(3)
    assert 5 <= cached.n_available < N
    assert cached.peek(N - 1) is None
    assert source.counts[N - 1] == 0


def test_the_array_is_grey_until_frames_are_made(tmp_path, source):
    cached = CachedFrames(source, tmp_path)
    array = cached.array
    assert (array.shape, array.dtype) == ((N, 12, 16), np.uint8)
    assert not array.flags.writeable
    assert (array == 128).all()
    cached.frames(0, 1)
    n = cached.n_available
    np.testing.assert_array_equal(array[:n], source._frames[:n])
    assert (array[n:] == 128).all()
    cached.frames(0, N)
    np.testing.assert_array_equal(array, source._frames)


def test_a_long_stimulus_is_grey_from_the_first_frames_on(tmp_path):
    frames = np.lib.stride_tricks.as_strided(
        np.full((1, 100, 1000), 7, np.uint8), (900, 100, 1000), (0, 1000, 1)
    )
    cached = CachedFrames(ArrayStimulus(frames, 30), tmp_path)  # 90 MB
    assert (cached.array[600] == 128).all()
    cached.frames(0, 1)
    assert (cached.array[40:] == 128).all()
    assert (cached.array[0] == 7).all()


def test_peeking_does_not_wait_for_a_frame_in_the_making(tmp_path, source):
    cached = CachedFrames(source, tmp_path)
    cached.frames(0, 1)
    source.blocked.clear()
    worker = threading.Thread(target=cached.frames, args=(60, N))
    worker.start()
    try:
        assert cached.peek(0) is not None
        assert cached.peek(99) is None
        np.testing.assert_array_equal(cached.array[0], source._frames[0])
        np.testing.assert_array_equal(cached.frames(3, 4)[0], source._frames[3])
    finally:
        source.blocked.set()
        worker.join()
    np.testing.assert_array_equal(cached.peek(99), source._frames[99])


def test_threads_make_each_frame_once(tmp_path, source):
    cached = CachedFrames(source, tmp_path)
    equal = []

    def read(seed: int) -> None:
        for k in np.random.default_rng(seed).permutation(N - 3):
            same = np.array_equal(cached.frames(k, k + 3), source._frames[k : k + 3])
            equal.append(same)

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(equal)
    assert len(equal) == 4 * (N - 3)
    assert (source.counts == 1).all()


def test_closing(tmp_path, source):
    cached = CachedFrames(source, tmp_path)
    kept = cached.array
    cached.frames(0, N)
    cached.close()
    np.testing.assert_array_equal(kept[5], source._frames[5])  # still mapped
    assert cached.peek(5) is None
    assert (cached.array == 128).all()
    with pytest.raises(StimulusError, match="given up"):
        cached.frames(0, 1)
    cached.close()


def test_no_file_is_left_behind(tmp_path, source):
    cached = CachedFrames(source, tmp_path)
    cached.frames(0, 10)
    del cached
    gc.collect()
    assert list(tmp_path.iterdir()) == []


def test_errors_of_the_source_pass_and_can_be_tried_again(tmp_path, source):
    class Failing(Counting):
        failing = True

        def frames(self, start, stop):
            if self.failing:
                raise StimulusError("The source cannot be read.")
            return super().frames(start, stop)

    failing = Failing()
    cached = CachedFrames(failing, tmp_path)
    with pytest.raises(StimulusError, match="The source cannot be read"):
        cached.frames(0, 1)
    assert cached.n_available == 0
    failing.failing = False
    np.testing.assert_array_equal(cached.frames(0, 1), failing._frames[:1])


def test_a_stimulus_larger_than_the_disk_is_refused_at_once(tmp_path, source):
    source.n_frames = 10**15
    source.name = "endless"
    with pytest.raises(StimulusError, match=r"endless need .* GB free"):
        CachedFrames(source, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_takes_no_more(tmp_path, source):
    """As with a quota: the system refuses to let the file grow."""
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(StimulusError, match="Cannot write the frames of array"):
            CachedFrames(source, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_missing_folder(tmp_path, source):
    with pytest.raises(StimulusError, match="folder does not exist"):
        CachedFrames(source, tmp_path / "nowhere")


def test_resident_memory_stays_flat(tmp_path):
    import resource

    def peak_mb() -> float:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    stimulus = drifting_gratings(n_directions=16, repeats=5)  # 3600 frames, 133 MB
    cached = CachedFrames(stimulus, tmp_path)
    cached.frames(0, 1)
    before = peak_mb()
    for start in range(0, cached.n_frames, 30):
        cached.frames(start, min(start + 30, cached.n_frames))
    assert peak_mb() - before < 20

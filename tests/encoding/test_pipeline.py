"""What goes on beside the network: frames made ahead, results written behind."""

from __future__ import annotations

import threading
import time

import av
import numpy as np
import pytest

import insilico_gui as ig
from insilico_gui.encoding import EncodingJob
from insilico_gui.encoding import store as stores
from insilico_gui.errors import EncodingCancelled, EncodingError, StimulusError
from insilico_gui.stimuli import ArrayStimulus


class FailingStimulus(ArrayStimulus):
    """Its frames from 30 on cannot be read."""

    def frames(self, start, stop):
        if stop > 30:
            raise StimulusError(
                "clip.mp4 cannot be decoded at 3.00 s; use another copy."
            )
        return super().frames(start, stop)


class WatchedStimulus(ArrayStimulus):
    """Keeps what was asked for, and by which threads."""

    def __init__(self, *args) -> None:
        super().__init__(*args)
        self.asked: list[tuple[int, int]] = []
        self.readers: set[int] = set()

    def frames(self, start, stop):
        self.asked.append((start, stop))
        self.readers.add(threading.get_ident())
        return super().frames(start, stop)


def own_threads() -> list[str]:
    names = ("ahead", "behind")
    return [t.name for t in threading.enumerate() if t.name.startswith(names)]


@pytest.fixture(autouse=True)
def nothing_left_running():
    yield
    assert own_threads() == []


def run(job):
    steps = job.run()
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


@pytest.mark.parametrize("chunk", [None, 1, 2, 7, 53, 64])
@pytest.mark.parametrize("batch", [False, True])
@pytest.mark.parametrize("on_disk", [False, True])
def test_any_chunks_give_the_same(
    leaky, clip, tmp_path, monkeypatch, chunk, batch, on_disk
):
    monkeypatch.setattr(stores.zarr_folder, "CHUNK_BYTES", 10 * 12 * 4)  # ten frames
    videos = np.stack([clip, clip[::-1]]) if batch else clip
    plain = next(iter(leaky.stream([videos])))
    store = tmp_path / "out.zarr" if on_disk else None
    responses = run(EncodingJob(leaky, videos, store=store, chunk_frames=chunk))
    np.testing.assert_array_equal(responses, plain)


def test_frames_are_read_by_one_other_thread_at_most_two_chunks_ahead(leaky, clip):
    stimulus = WatchedStimulus(clip, 10.0)
    steps = EncodingJob(leaky, stimulus, chunk_frames=5).run()
    for k in range(4):
        next(steps)
        time.sleep(0.05)
        assert len(stimulus.asked) == k + 3
    steps.close()
    assert len(stimulus.readers) == 1
    assert threading.get_ident() not in stimulus.readers


@pytest.mark.parametrize("after", [0, 1, 3])
def test_closing_half_way_leaves_no_thread_and_no_file(
    leaky, clip, tmp_path, monkeypatch, after
):
    monkeypatch.setattr(stores.zarr_folder, "CHUNK_BYTES", 10 * 12 * 4)
    steps = EncodingJob(leaky, clip, store=tmp_path / "out.zarr").run()
    for _ in range(after):
        next(steps)
    steps.close()
    if after:  # what never began has no place to clean up in
        assert own_threads() == []
        assert list(tmp_path.iterdir()) == []


def test_cancelling_half_way_leaves_no_thread_and_no_file(leaky, clip, tmp_path):
    cancel = threading.Event()
    with pytest.raises(EncodingCancelled, match="after 12 of 53"):
        ig.encode(
            leaky,
            clip,
            on_progress=lambda done, _: done >= 12 and cancel.set(),
            cancel=cancel,
            store=tmp_path / "out.zarr",
        )
    assert own_threads() == []
    assert list(tmp_path.iterdir()) == []


def test_frames_that_cannot_be_read_half_way_are_told(leaky, clip, tmp_path):
    seen = []
    with pytest.raises(StimulusError, match=r"cannot be decoded at 3\.00 s"):
        ig.encode(
            leaky,
            FailingStimulus(clip, 10.0),
            on_progress=lambda done, _: seen.append(done),
            store=tmp_path / "out.zarr",
        )
    assert seen == [4, 12, 28]  # all that could be read was answered
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_video_is_told_and_leaves_nothing(leaky, tmp_path):
    path = tmp_path / "clip.mp4"
    rng = np.random.default_rng(0)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.options = {"g": "10"}
        for _ in range(60):
            noise = rng.integers(0, 255, (48, 64), dtype=np.uint8)
            frame = av.VideoFrame.from_ndarray(noise, format="gray")
            container.mux(stream.encode(frame.reformat(format="yuv420p")))
        container.mux(stream.encode())
    stimulus = ig.open_stimulus(path)
    damaged = bytearray(path.read_bytes())
    middle = len(damaged) // 2
    damaged[middle : middle + 20_000] = bytes(20_000)
    path.write_bytes(damaged)
    out = tmp_path / "out.zarr"
    with pytest.raises(StimulusError, match=r"clip\.mp4 cannot be decoded at"):
        ig.encode(leaky, stimulus, store=out)
    assert [p.name for p in tmp_path.iterdir()] == ["clip.mp4"]


def test_a_disk_that_is_full_half_way_is_told_and_leaves_nothing(
    leaky, clip, tmp_path, monkeypatch
):
    """The system itself refuses files beyond a size, while they are written."""
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(stores.zarr_folder, "CHUNK_BYTES", 40 * 12 * 4)  # frames
    noise = np.random.default_rng(0).integers(0, 255, (53, 6, 8), dtype=np.uint8)
    job = EncodingJob(leaky, noise, store=tmp_path / "out.zarr")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1500, limits[1]))
    try:
        with pytest.raises(EncodingError, match=r"Cannot write .*out\.zarr"):
            run(job)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert own_threads() == []
    assert list(tmp_path.iterdir()) == []


def test_rows_can_be_read_while_they_are_written(leaky, clip, tmp_path, monkeypatch):
    monkeypatch.setattr(stores.zarr_folder, "CHUNK_BYTES", 10 * 12 * 4)
    plain = ig.encode(leaky, clip).to_numpy()
    job = EncodingJob(leaky, clip, store=tmp_path / "out.zarr", chunk_frames=3)
    ended, wrong, n_read = threading.Event(), [], [0]

    def read():
        while not ended.is_set():
            done = job.store.n_done
            rows = job.store.rows(done // 3, done)
            n_read[0] += 1
            if not np.array_equal(rows, plain[done // 3 : done]):
                wrong.append(done)

    reader = threading.Thread(target=read)
    steps = job.run()
    next(steps)
    reader.start()
    while job.store.n_done < 53:
        next(steps)
        time.sleep(0.01)
    ended.set()
    reader.join(10)
    steps.close()
    assert wrong == [] and n_read[0] > 10


@pytest.mark.parametrize("chunk", [1, 4, 64])
def test_every_part_of_a_growing_zarr(leaky, clip, tmp_path, monkeypatch, chunk):
    monkeypatch.setattr(stores.zarr_folder, "CHUNK_BYTES", 10 * 12 * 4)
    plain = ig.encode(leaky, clip).to_numpy()
    job = EncodingJob(leaky, clip, store=tmp_path / "out.zarr", chunk_frames=chunk)
    for progress in job.run():
        for start in (0, 9, 10, 23, progress.done):
            for stop in (start, start + 1, 30, progress.done):
                if start <= stop <= progress.done:
                    rows = job.store.rows(start, stop)
                    np.testing.assert_array_equal(rows, plain[start:stop])

"""What is missing from a stimulus is said in the window, before and after encoding."""

from __future__ import annotations

import av
from insilico_demo import twin as demo
from support.in_window import use_session

import insilico_gui as ig


def test_a_cut_video_says_so(window, video, tmp_path, monkeypatch):
    monkeypatch.setattr("insilico_gui.opening.twins", lambda: {"demo": demo})
    cut = tmp_path / "cut.mkv"
    with av.open(str(video)) as source, av.open(str(cut), "w") as target:
        stream = source.streams.video[0]
        copy = target.add_stream_from_template(stream)
        for packet in source.demux(stream):
            if packet.size:
                packet.stream = copy
                target.mux(packet)
    content = cut.read_bytes()
    cut.write_bytes(content[: len(content) // 2])
    use_session(window, ig.open_session("demo"))
    window.open_stimuli([cut])
    window.wait()
    warning = ig.open_stimulus(cut).attrs["warning"]
    assert "cut.mkv is cut short" in warning
    assert warning in window.panel("Stimulus").info.text().replace("\u200b", "")
    if window.now.responses is None:
        window.encode()
        window.wait()
    assert warning in window.playback_bar.message.toolTip()

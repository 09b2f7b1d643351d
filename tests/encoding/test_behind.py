"""Calls in another thread: in order, bounded, errors told, and nothing left behind."""

from __future__ import annotations

import threading

import pytest

from insilico_gui.encoding.background_writer import Behind


def threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("behind")]


def fail() -> None:
    raise ZeroDivisionError("no")


def test_calls_are_made_in_order_by_one_other_thread():
    done, makers = [], set()
    behind = Behind()
    assert threads() == []
    for k in range(20):
        behind.call(
            lambda k=k: (done.append(k), makers.add(threading.get_ident())) and None
        )
    behind.finish()
    assert done == list(range(20))
    assert len(makers) == 1 and threading.get_ident() not in makers
    assert threads() == []


def test_who_asks_for_more_than_allowed_waits():
    go_on, asked = threading.Event(), []
    behind = Behind(2)

    def ask():
        for k in range(3):
            behind.call(lambda: go_on.wait(10) and None)
            asked.append(k)

    asking = threading.Thread(target=ask)
    asking.start()
    asking.join(0.1)
    assert asked == [0, 1] and asking.is_alive()
    go_on.set()
    asking.join(10)
    assert asked == [0, 1, 2]
    behind.finish()


def test_errors_are_raised_by_a_later_call_or_in_the_end():
    behind = Behind()
    behind.call(fail)
    with pytest.raises(ZeroDivisionError):
        behind.call(fail)
    behind.abandon()
    behind = Behind()
    behind.call(fail)
    with pytest.raises(ZeroDivisionError):
        behind.finish()
    behind.abandon()
    assert threads() == []


def test_abandoning_drops_what_has_not_begun():
    begun, go_on, done = threading.Event(), threading.Event(), []
    behind = Behind(3)

    def first():
        begun.set()
        assert go_on.wait(10)
        done.append("first")

    behind.call(first)
    behind.call(lambda: done.append("second"))
    assert begun.wait(10)
    threading.Timer(0.05, go_on.set).start()
    behind.abandon()
    assert done == ["first"]
    assert threads() == []

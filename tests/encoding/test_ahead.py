"""Items made in another thread: same items, bounded, and nothing left behind."""

from __future__ import annotations

import threading
import time

import pytest

from insilico_gui.encoding.prefetch import ahead


def wait_until(condition) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("ahead")]


@pytest.mark.parametrize("n", [1, 2, 50])
def test_same_items_in_order(n):
    assert list(ahead(iter(range(20)), n)) == list(range(20))
    assert list(ahead([], n)) == []
    assert list(ahead([None, None], n)) == [None, None]
    assert threads() == []


def test_made_in_one_other_thread_and_no_further_ahead_than_asked():
    made, makers = [], set()

    def items():
        for k in range(20):
            makers.add(threading.get_ident())
            made.append(k)
            yield k

    for k in ahead(items(), 3):
        wait_until(lambda k=k: len(made) == min(k + 4, 20))
        time.sleep(0.01)
        assert len(made) == min(k + 4, 20)
    assert len(makers) == 1 and threading.get_ident() not in makers


def test_nothing_is_made_before_the_first_is_asked_for():
    asked = []
    items = ahead(asked.append(k) for k in range(3))
    time.sleep(0.02)
    assert asked == [] and threads() == []
    items.close()


def test_an_error_comes_at_its_place():
    def items():
        yield from range(3)
        raise ZeroDivisionError("the fourth")

    made = ahead(items(), 2)
    assert [next(made) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ZeroDivisionError, match="the fourth"):
        next(made)
    assert threads() == []


def test_closing_ends_the_thread_after_the_item_in_the_making():
    begun, go_on = [], threading.Event()

    def items():
        for k in range(100):
            begun.append(k)
            if k:
                assert go_on.wait(10)
            yield k

    made = ahead(items(), 2)
    assert next(made) == 0
    wait_until(lambda: len(begun) == 2)
    threading.Timer(0.05, go_on.set).start()
    made.close()
    assert threads() == []
    assert begun == [0, 1]

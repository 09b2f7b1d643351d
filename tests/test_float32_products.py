"""Settings of the whole process for how CUDA multiplies: set, shared, put back."""

from __future__ import annotations

import threading

import pytest
import torch

from insilico_gui.device import full_float32, tensor_float32

LATER = 10  # seconds after which a test gives up


def flags() -> tuple[bool, ...]:
    matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    return (
        matmul.allow_tf32,
        cudnn.allow_tf32,
        matmul.allow_bf16_reduced_precision_reduction,
        matmul.allow_fp16_reduced_precision_reduction,
    )


@pytest.mark.parametrize(
    ("products", "set_to"), [(full_float32, False), (tensor_float32, True)]
)
def test_set_within_and_put_back_even_after_an_error(products, set_to):
    before = flags()
    assert before[1]  # torch's own setting differs from that of full_float32
    with products():
        assert flags() == (set_to, set_to, False, False)
    assert flags() == before
    with pytest.raises(ZeroDivisionError), products():
        raise ZeroDivisionError
    assert flags() == before


def test_those_who_ask_for_the_same_share_it():
    before = flags()
    with tensor_float32():
        with tensor_float32():
            pass
        assert flags()[:2] == (True, True)
    assert flags() == before


def test_who_asks_for_the_other_waits():
    before, seen, entered = flags(), [], threading.Event()

    def other() -> None:
        with tensor_float32():
            entered.set()
            seen.append(flags()[:2])

    with full_float32():
        thread = threading.Thread(target=other)
        thread.start()
        assert not entered.wait(0.05)
        assert flags()[:2] == (False, False)
    thread.join(LATER)
    assert seen == [(True, True)]
    assert flags() == before

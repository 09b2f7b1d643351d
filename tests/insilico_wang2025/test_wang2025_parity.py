"""The network against reference vectors of the public implementation."""

from __future__ import annotations

import csv
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from insilico_wang2025.model import Model
from insilico_wang2025.network.perspective import Retina, pixel_grid
from insilico_wang2025.network.readout import poisson_loss
from support import wang2025_synthetic as synthetic

if TYPE_CHECKING:
    from collections.abc import Callable

    from insilico_wang2025.network import Network

TOLERANCE = 2e-5


def load(case: str) -> dict[str, np.ndarray]:
    with np.load(synthetic.DATA / f"case_{case}.npz") as file:
        return dict(file)


def network_of(case: dict[str, np.ndarray]) -> Network:
    return synthetic.network(int(case["seed"]), int(case["units"]))


@pytest.fixture(params=["plain", "engine"])
def way(request: pytest.FixtureRequest) -> str:
    """Run by the plain modules, or by the engine."""
    return request.param


@pytest.fixture
def model_of(way: str) -> Callable[[Network], Model]:
    """A model run by the engine, as it is, or by the plain modules."""

    def make(network: Network) -> Model:
        model = Model(network)
        if way == "plain":
            model._engine = network
        return model

    return make


@pytest.fixture
def shown(way: str) -> Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]]:
    """A case, of which the plain modules, which are slow, are shown the first half.

    All frames of a case are shown to them in case A.
    """

    def shorten(case: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        n = len(case["video"]) // (2 if way == "plain" else 1)
        in_time = ("video", "perspectives", "modulations", "expected")
        return case | {name: case[name][:n] for name in in_time}

    return shorten


def assert_close(found: np.ndarray, expected: np.ndarray) -> None:
    assert found.shape == expected.shape
    assert found.dtype == np.float32
    error = np.max(np.abs(found - expected) / np.abs(expected))
    assert error <= TOLERANCE


@torch.inference_mode()
def log_responses(
    network: Network,
    case: dict[str, np.ndarray],
    video: str = "video",
    **options: object,
) -> torch.Tensor:
    """Log responses [T, U] to one video of the case."""
    frames = torch.from_numpy(case[video])[None]
    rest = np.zeros((frames.shape[1], 2), np.float32)
    eye, behavior = (
        torch.from_numpy(case.get(name, rest))[None]
        for name in ("perspectives", "modulations")
    )
    state = network.initial_state(1, options.get("stream"))
    return network(frames, eye, behavior, state, **options)[0][0]


@pytest.mark.parametrize(("seed", "units"), [(101, 64), (202, 500)])
def test_synthetic_weights_are_those_of_the_reference(seed: int, units: int) -> None:
    with (synthetic.DATA / "weights_check.csv").open(newline="") as file:
        checks = [r for r in csv.DictReader(file) if int(r["seed"]) == seed]
    tensors = synthetic.weights(seed, units)
    assert {row["key"] for row in checks} == set(tensors)
    for row in checks:
        values = tensors[row["key"]].numpy()
        if row["key"] == "perspective.retina.grid":
            # trigonometric functions differ in the last bit between machines
            assert np.isclose(values.sum(dtype=float), float(row["sum"]), rtol=1e-5)
        else:
            crc = zlib.crc32(values.tobytes())
            assert f"{crc:08x}" == row["crc32_bytes_le"], row["key"]


def test_state_dict_has_the_published_keys_and_shapes() -> None:
    expected = {key: shape for key, shape, _ in synthetic.key_table(64)}
    with torch.device("meta"):
        found = type(synthetic.network(101, 64))(64).state_dict()
    assert {key: tuple(value.shape) for key, value in found.items()} == expected


def test_constants_of_a_new_network() -> None:
    torch.testing.assert_close(
        Retina().grid, torch.from_numpy(synthetic.retina_rays()), atol=2e-7, rtol=0
    )
    assert pixel_grid(144, 256)[0, 0].tolist() == pytest.approx(
        [-255 / 256, -144 / 256 * 255 / 256]
    )


def test_case_a_one_video(model_of) -> None:
    case = load("a")
    assert_close(model_of(network_of(case)).predict(case["video"]), case["expected"])


def test_case_a_intermediates() -> None:
    case = load("a")
    for name, values in intermediates(network_of(case), case).items():
        tolerance = 5e-4 if name == "im_perspective_out" else 1e-4
        np.testing.assert_allclose(
            values, case[name], rtol=0, atol=tolerance, err_msg=name
        )


def intermediates(
    network: Network, case: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """What passes through the modules at some frames, named as in the case."""
    steps = case["intermediate_frames"]
    perspective, core = network.perspective, network.core
    feedforward, recurrent = core.feedforward, core.recurrent
    seen: dict[str, list[torch.Tensor]] = {}
    hooks = []

    def watch(name: str, module: torch.nn.Module) -> None:
        def keep(_module: object, _inputs: object, output: object) -> None:
            tensor = output[0] if isinstance(output, tuple) else output
            seen.setdefault(name, []).append(tensor[0])

        hooks.append(module.register_forward_hook(keep))

    watch("perspective_angles", perspective.mlp)
    watch("perspective_out", perspective)
    watch("modulation_out", network.modulation)
    watch("ff_inputs0", feedforward.inputs[0])
    for i in range(3):
        watch(f"ff_block{i}", feedforward.blocks[i])
        watch(f"x{i}", recurrent.proj_x[i])
    watch("feedforward_out", feedforward)
    watch("z", recurrent.conv)
    for gate in "qkvifgo":
        watch(f"rec_proj_{gate}", getattr(recurrent, f"proj_{gate}"))
    watch("recurrent_out", recurrent)
    state, states = network.initial_state(1), []
    rest = torch.zeros(1, 1, 2)
    streams = []
    with torch.inference_mode():
        for frame in torch.from_numpy(case["video"][: steps[-1] + 1]):
            _, state = network(frame[None, None], rest, rest, state)
            states.append(state.recurrent)
            maps = seen["recurrent_out"][-1][None]
            streams.append(
                torch.stack(
                    [
                        network.readout(part, stream=s)[0, 0]
                        for s, part in enumerate(maps.chunk(4, dim=1))
                    ]
                )
            )
    for hook in hooks:
        hook.remove()

    def at_steps(name: str, every: int = 1) -> np.ndarray:
        return np.stack([seen[name][t][::every].numpy().squeeze() for t in steps])

    pool = torch.nn.functional.avg_pool2d
    argument = [sum(seen[f"x{i}"][t] for i in range(3))[::32, 0] for t in steps]
    found = {
        "im_perspective_angles": at_steps("perspective_angles"),
        "im_perspective_out": at_steps("perspective_out"),
        "im_modulation_out": at_steps("modulation_out"),
        "im_ff_inputs0_ch0_32_64_96": at_steps("ff_inputs0", 32),
        "im_ff_block0_out_every24": pool(
            torch.from_numpy(at_steps("ff_block0", 24)), 2
        )[..., ::2, ::2].numpy(),
        "im_ff_block1_out_every24": pool(
            torch.from_numpy(at_steps("ff_block1", 24)), 2
        ).numpy(),
        "im_ff_block2_out_every24": at_steps("ff_block2", 24),
        "im_feedforward_out_every8": at_steps("feedforward_out", 8),
        "im_rec_proj_x_every32": torch.stack(argument).numpy(),
        "im_rec_z_every64": at_steps("z", 64),
        "im_recurrent_out_every8": at_steps("recurrent_out", 8),
        "im_rec_h_every64": np.stack(
            [states[t].hidden[0, ::64, 0].numpy() for t in steps]
        ),
        "im_rec_c_every64": np.stack(
            [states[t].cell[0, ::64, 0].numpy() for t in steps]
        ),
        "im_readout_streams": np.stack([streams[t].numpy() for t in steps]),
    }
    for gate in "qkvifgo":
        found[f"im_rec_proj_{gate}_every128"] = at_steps(f"rec_proj_{gate}", 128)
    assert {name for name in case if name.startswith("im_")} == set(found)
    return found


def test_case_b_moving_eye_and_behaviour(model_of, shown) -> None:
    case = shown(load("b"))
    model = model_of(network_of(case))
    found = model.predict(case["video"], case["perspectives"], case["modulations"])
    assert_close(found, case["expected"])


def test_case_c_batch_of_videos(model_of, shown) -> None:
    case = shown(load("c"))
    model = model_of(network_of(case))
    found = model.predict(case["video"], case["perspectives"], case["modulations"])
    assert_close(found, case["expected"])


def test_case_d_continued_and_reset(model_of, way) -> None:
    case = load("d")
    model = model_of(network_of(case))
    inputs = [case[name] for name in ("video", "perspectives", "modulations")]
    split = int(case["split"])
    n = 4 if way == "plain" else len(inputs[0]) - split
    first, second = [x[:split] for x in inputs], [x[split:][:n] for x in inputs]
    assert_close(
        np.stack(list(model.generate_response(*first))), case["expected_first"]
    )
    continued = model.generate_response(*second, reset=False)
    assert_close(np.stack(list(continued)), case["expected_continued"][:n])
    assert_close(model.predict(*second), case["expected_second_after_reset"][:n])


def test_case_e_one_video_with_three_eye_movements(model_of, shown) -> None:
    case = shown(load("e"))
    model = model_of(network_of(case))
    found = model.predict(case["video"], case["perspectives"], case["modulations"])
    assert_close(found, case["expected"])


@pytest.mark.parametrize("size", ["36x64", "96x96"])
@pytest.mark.parametrize("periphery", ["dark", "extend"])
def test_case_f_frame_sizes_and_periphery(size: str, periphery: str) -> None:
    case = load("f")
    found = log_responses(
        network_of(case), case, f"video_{size}", periphery=periphery
    ).exp()
    suffix = "_extend" if periphery == "extend" else ""
    assert_close(found.numpy(), case[f"expected_{size}{suffix}"])


def test_case_g_streams_and_losses(model_of) -> None:
    case = load("g")
    network = network_of(case)
    model = model_of(network)
    inputs = [case[name] for name in ("video", "perspectives", "modulations")]
    assert_close(model.predict(*inputs), case["expected"])
    losses = np.stack(list(model.generate_loss(case["targets"], *inputs)))
    assert_close_losses(
        losses, case["expected"], case["targets"], case["loss_all_streams"]
    )


def test_case_g_each_stream() -> None:
    case = load("g")
    network = network_of(case)
    targets = torch.from_numpy(case["targets"])
    for stream, expected in enumerate(case["expected_per_stream"]):
        log_response = log_responses(network, case, stream=stream)
        assert_close(log_response.exp().numpy(), expected)
        if stream == 1:
            loss = poisson_loss(log_response, targets).numpy()
            assert_close_losses(loss, expected, case["targets"], case["loss_stream1"])


def assert_close_losses(
    found: np.ndarray, response: np.ndarray, target: np.ndarray, expected: np.ndarray
) -> None:
    # The loss is a difference: its error is relative to the terms, not to itself.
    terms = response + np.abs(np.log(response) * target)
    assert np.max(np.abs(found - expected) / terms) <= TOLERANCE


def test_case_h_extreme_eye_positions(model_of) -> None:
    case = load("h")
    network = network_of(case)
    found = model_of(network).predict(case["video"], case["perspectives"])
    assert_close(found, case["expected"])


def test_case_h_the_retina_at_extreme_eye_positions() -> None:
    case = load("h")
    network = network_of(case)
    eye = torch.from_numpy(case["perspectives"])[None]
    with torch.inference_mode():
        np.testing.assert_allclose(
            network.perspective.mlp(eye)[0], case["angles"], atol=1e-4, rtol=0
        )
        grey = torch.from_numpy(case["video"])[None].float() / 255
        retinal = network.perspective(grey, eye)[0, 0, :, ::4, ::4]
    np.testing.assert_allclose(
        retinal, case["perspective_out_every4"], atol=5e-4, rtol=0
    )


def test_case_inverse_monitor_to_retina_and_back() -> None:
    case = load("inverse")
    perspective = network_of(case).perspective
    eye = torch.from_numpy(case["perspectives"])
    grey = torch.from_numpy(case["video"]).float() / 255
    with torch.inference_mode():
        points = perspective.retina_points(eye, (144, 256))
        retinal = perspective(grey[:, None], eye[:, None])[:, 0, 0]
        back = perspective.inverse(retinal, eye)
    np.testing.assert_allclose(
        points[:, ::4, ::4], case["retina_xy_every4"], atol=1e-4, rtol=0
    )
    np.testing.assert_allclose(
        back[:, ::4, ::4], case["monitor_back_every4"], atol=5e-4, rtol=0
    )

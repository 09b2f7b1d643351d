"""First values of a network, and which of its parameters are trained."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import torch

from insilico_gui.errors import WeightsError, quoted
from insilico_wang2025.network import Network, Sizes

if TYPE_CHECKING:
    from torch import Tensor, nn

CORE_PREFIX, LSTM_PREFIX = "core.", "modulation.lstm."
"""Names of what a new twin takes from a trained one, and does not train."""

_NOT_NORMALIZED = "core.feedforward.inputs.0.weights."
_SMALL_GAINS = {"convs.1": 2, "skips.1": 2, "proj_x": 3}  # summands of what follows


def new_network(units: int, sizes: Sizes, generator: torch.Generator) -> Network:
    """A network with first values, drawn from a generator of the CPU."""
    network = Network(units, sizes)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            _begin(name, parameter, generator)
    return network


def _begin(name: str, parameter: Tensor, generator: torch.Generator) -> None:
    """Set the first value of a core, perspective or modulation parameter."""
    if name.startswith(
        ("readout.", "perspective.monitor.", "perspective.retina_pixel")
    ):
        return  # these begin as they are made
    if ".mlp.linears.0.weights" in name:
        parameter.zero_()
    elif ".weights." in name:
        fan = math.prod(parameter.shape[1:])
        if name.startswith("core.recurrent.proj_x.0."):
            fan = parameter.shape[1] * parameter.shape[3]
        bound = math.sqrt((3 if name.startswith(_NOT_NORMALIZED) else 1) / fan)
        parameter.copy_(_uniform(parameter, bound, generator))
    elif ".gains." in name:
        n = next((n for part, n in _SMALL_GAINS.items() if f".{part}." in name), 1)
        parameter.fill_(1 / math.sqrt(n))
    elif ".biases." in name:
        gate = {".proj_i.": -1.0, ".proj_f.": 1.0}
        parameter.fill_(next((v for part, v in gate.items() if part in name), 0.0))
    # scales begin at 1 as they are made


def _uniform(like: Tensor, bound: float, generator: torch.Generator) -> Tensor:
    return (2 * torch.rand(like.shape, generator=generator) - 1) * bound


def take_core(
    network: Network,
    tensors: Mapping[str, Tensor],
    file: str,
    prefixes: tuple[str, ...] = (CORE_PREFIX, LSTM_PREFIX),
) -> None:
    """Copy the parts of a trained network whose names begin with `prefixes`.

    Raises
    ------
    WeightsError
        If a tensor is missing, or has another shape or type, or is not finite.
    """
    own = network.state_dict()
    for name, mine in own.items():
        if not name.startswith(prefixes):
            continue
        if name not in tensors:
            raise WeightsError(
                f"{quoted(file)} lacks {name}; give params_core.pt of the published "
                "weights, with a scan's params file beside it, or a network's own file."
            )
        theirs = tensors[name]
        if theirs.shape != mine.shape or theirs.dtype != mine.dtype:
            raise WeightsError(
                f"{quoted(file)} has a {name} of shape {list(theirs.shape)} and the "
                f"network one of {list(mine.shape)}; give the core of a network of the "
                "same sizes."
            )
        if not bool(theirs.isfinite().all()):
            raise WeightsError(f"{quoted(file)} has NaN or infinity in {name}.")
        with torch.no_grad():
            mine.copy_(theirs)


def trained_parameters(
    network: Network, frozen: tuple[str, ...]
) -> Iterator[tuple[str, nn.Parameter]]:
    """Parameters that are trained, by name: those that do not begin with one of `frozen`.

    The others are set to take no gradient.
    """
    for name, parameter in network.named_parameters():
        trained = not name.startswith(frozen) if frozen else True
        parameter.requires_grad_(trained)
        if trained:
            yield name, parameter

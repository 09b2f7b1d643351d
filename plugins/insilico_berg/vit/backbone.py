"""A vision transformer (Dosovitskiy et al. 2021), up to the outputs of its layers.

Its parameters have the names that torchvision gives them, so that published checkpoints
fit. All sizes are read from the tensors; the images are always of 224 x 224 pixels.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn.functional import gelu, scaled_dot_product_attention

from insilico_berg.vit.preprocessing import CROP
from insilico_gui.errors import WeightsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from torch import Tensor

HEAD_WIDTH = 64  # channels of an attention head, of this family of transformers
EPSILON = 1e-6

# Older checkpoints call the two linear maps of a layer by name.
_OLD_NAMES = {"mlp.linear_1.": "mlp.0.", "mlp.linear_2.": "mlp.3."}
_UNUSED = ("encoder.ln.", "heads.")


@dataclass(frozen=True)
class Sizes:
    """What distinguishes one vision transformer from another."""

    layers: int
    width: int
    hidden: int
    patch: int

    @property
    def tokens(self) -> int:
        """Patches of an image, and the class token."""
        return (CROP // self.patch) ** 2 + 1

    @property
    def heads(self) -> int:
        """Attention heads of a layer."""
        return max(1, self.width // HEAD_WIDTH)

    @property
    def features(self) -> int:
        """Numbers that an image becomes: all tokens of all layers."""
        return self.layers * self.tokens * self.width


class SelfAttention(nn.Module):
    """Every token looks at all others."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.heads = sizes.heads
        self.in_proj_weight = nn.Parameter(torch.empty(3 * sizes.width, sizes.width))
        self.in_proj_bias = nn.Parameter(torch.empty(3 * sizes.width))
        self.out_proj = nn.Linear(sizes.width, sizes.width)

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens [n, T, width] to the same shape."""
        n, t, width = tokens.shape
        stacked = nn.functional.linear(tokens, self.in_proj_weight, self.in_proj_bias)
        by_head = stacked.view(n, t, 3, self.heads, width // self.heads)
        query, key, value = by_head.permute(2, 0, 3, 1, 4)
        seen = scaled_dot_product_attention(query, key, value)
        out: Tensor = self.out_proj(seen.transpose(1, 2).reshape(n, t, width))
        return out


class Layer(nn.Module):
    """Attention, then two linear maps, each added to what came in."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(sizes.width, EPSILON)
        self.self_attention = SelfAttention(sizes)
        self.ln_2 = nn.LayerNorm(sizes.width, EPSILON)
        self.mlp = nn.ModuleDict(
            {
                "0": nn.Linear(sizes.width, sizes.hidden),
                "3": nn.Linear(sizes.hidden, sizes.width),
            }
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens [n, T, width] to the same shape."""
        tokens = tokens + self.self_attention(self.ln_1(tokens))
        hidden = gelu(self.mlp["0"](self.ln_2(tokens)))
        out: Tensor = tokens + self.mlp["3"](hidden)
        return out


class Encoder(nn.Module):
    """The layers, one after the other."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.pos_embedding = nn.Parameter(torch.empty(1, sizes.tokens, sizes.width))
        names = [f"encoder_layer_{i}" for i in range(sizes.layers)]
        self.layers = nn.ModuleDict({name: Layer(sizes) for name in names})


class Backbone(nn.Module):
    """The transformer without its classifier."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.conv_proj = nn.Conv2d(3, sizes.width, sizes.patch, sizes.patch)
        self.class_token = nn.Parameter(torch.empty(1, 1, sizes.width))
        self.encoder = Encoder(sizes)

    def layers(self, images: Tensor) -> Iterator[Tensor]:
        """Outputs of the layers, one after the other, before any last normalisation.

        Parameters
        ----------
        images : float32 tensor, [n, 3, 224, 224]
            As :func:`insilico_berg.vit.preprocessing.prepare` makes them.

        Yields
        ------
        float32 tensor, [n, T, width]
            The class token first, then the patches row by row.
        """
        patches = self.conv_proj(images).flatten(2).transpose(1, 2)
        first = self.class_token.expand(len(images), -1, -1)
        tokens = torch.cat([first, patches], dim=1) + self.encoder.pos_embedding
        for layer in self.encoder.layers.values():
            tokens = layer(tokens)
            yield tokens


def build(tensors: Mapping[str, Tensor], name: str) -> Backbone:
    """A backbone with the parameters of a checkpoint.

    Parameters
    ----------
    tensors : mapping of str to Tensor
        Its state dictionary, in torchvision's newer or older spelling.
    name : str
        Name of the file, for errors.

    Returns
    -------
    Backbone
        Of the width and depth that the tensors have.

    Raises
    ------
    WeightsError
        If it is of something else, or not complete.
    """
    kept = {_new_name(k): v for k, v in tensors.items() if not k.startswith(_UNUSED)}
    with torch.device("meta"):
        backbone = Backbone(_sizes(kept, name))
    expected = backbone.state_dict()
    different = [
        *(f"lacks {key}" for key in expected if key not in kept),
        *(f"has an unknown tensor {key}" for key in kept if key not in expected),
        *(
            f"has {key} of the shape {list(kept[key].shape)}"
            for key, value in expected.items()
            if key in kept and kept[key].shape != value.shape
        ),
        *(
            f"has NaN, infinity or other things than numbers in {key}"
            for key, value in kept.items()
            if not value.is_floating_point() or not bool(value.isfinite().all())
        ),
    ]
    if different:
        raise _wrong(name, different[0])
    floats = {key: value.float() for key, value in kept.items()}
    backbone.load_state_dict(floats, assign=True)
    return backbone.requires_grad_(False).eval()


def _new_name(key: str) -> str:
    for old, new in _OLD_NAMES.items():
        key = key.replace(old, new)
    return key


def _sizes(tensors: Mapping[str, Tensor], name: str) -> Sizes:
    number = re.compile(r"encoder\.layers\.encoder_layer_(\d+)\.")
    layers = {int(found[1]) for key in tensors if (found := number.match(key))}
    telling = ("conv_proj.weight", "encoder.layers.encoder_layer_0.mlp.0.weight")
    try:
        conv, mlp = (tensors[key] for key in telling)
        hidden, width = mlp.shape
        patch = conv.shape[3]
        sizes = Sizes(max(layers) + 1, width, hidden, patch)
    except (KeyError, ValueError, IndexError) as error:
        raise _wrong(name, f"lacks {' or '.join(telling)}") from error
    if 0 in (width, hidden, patch) or CROP % patch or width % sizes.heads:
        raise _wrong(name, f"has patches of {patch} pixels and {width} channels")
    if len(layers) != sizes.layers:
        raise _wrong(name, f"has {len(layers)} layers with numbers up to {max(layers)}")
    return sizes


def _wrong(name: str, what: str) -> WeightsError:
    return WeightsError(
        f"The backbone {name} {what}; use torchvision's ViT-B/32 trained on ImageNet-1K."
    )

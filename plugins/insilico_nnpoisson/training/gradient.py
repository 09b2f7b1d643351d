"""Losses of a step and their gradient by all weights, in closed form.

The loss holds derivatives of the network by time, so its gradient holds second ones.
Automatic differentiation spends a hundred times the arithmetic on bookkeeping, because
the arrays are small; here the chain rule is written out. In the comments ``x_`` is the
derivative of the loss by x. H hidden units, R regions, n rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from insilico_nnpoisson.training.rows import (
    ACTIONS,
    BehaviourRows,
    Joined,
    NeuralRows,
    Rows,
    StepRows,
    Stimuli,
    join,
)
from insilico_nnpoisson.training.settings import EPSILON, Settings

Floats = NDArray[np.floating[Any]]
Arrays = Mapping[str, Floats]

HEADS = {"left": ("beh0", "beh1"), "right": ("beh2", "beh3")}


def softplus(x: Floats) -> Floats:
    """``log(1 + e^x)``."""
    found: Floats = np.logaddexp(x, x.dtype.type(0))
    return found


@dataclass
class _Stimulus:
    """Layers that depend on the stimulus alone, for the different stimuli [K, ..]."""

    first: Floats
    second: Floats
    early: Floats
    late: Floats
    early_: Floats
    late_: Floats


@dataclass
class _Time:
    """Layers that depend on time, at n rows; `p`, `r`, `g`, `s` are slopes by time."""

    rows: Joined
    m: Floats
    f: Floats
    h: Floats
    p: Floats | None = None
    r: Floats | None = None
    g: Floats | None = None
    s: Floats | None = None


class LossEngine:
    """Losses and gradients of networks of one size on one table of stimuli.

    Parameters
    ----------
    stimuli : Stimuli
    settings : Settings
    """

    def __init__(self, stimuli: Stimuli, settings: Settings) -> None:
        self._table = stimuli.table
        self._settings = settings

    def step(self, w: Arrays, rows: StepRows, gradient: Arrays) -> Floats:
        """Losses [4]: neural, right, left, weighted total; the gradient of the last.

        Parameters
        ----------
        w : mapping of str to array
            Weights.
        rows : StepRows
        gradient : mapping of str to array
            Filled; arrays like those of `w`.
        """
        settings = self._settings
        for array in gradient.values():
            array[...] = 0
        stimulus = self._stimulus(w)
        slopes = self._forward(w, stimulus, rows.with_slope, slope=True)
        ends = self._forward(w, stimulus, rows.counts, slope=False)
        assert slopes.s is not None  # noqa: S101 - asked for
        h_, s_ = np.zeros_like(slopes.h), np.zeros_like(slopes.s)
        e_ = np.zeros_like(ends.h)

        stop, middle, last = rows.with_slope.stops
        cut = rows.counts.stops[0]
        head = _RegionHead(w, gradient, rows.neural.output)
        seed = settings.neuro_weight / settings.neuro_norm_factor
        neural = -head.log_rates(
            slopes.h[:stop], slopes.s[:stop], -seed, h_[:stop], s_[:stop]
        ) + head.counts(ends.h[:cut], rows.neural.ends.weight, seed, e_[:cut])

        seed = settings.beh_weight / settings.beh_norm_factor
        y, y_ = _region_counts(w, ends.h[cut:])
        losses = {}
        for action, part in zip(
            ACTIONS, (slice(stop, middle), slice(middle, last)), strict=True
        ):
            action_head = _ActionHead(w, gradient, action)
            weight = rows.behaviour.events[action].weight
            logs = action_head.log_rates(
                slopes.h[part], slopes.s[part], weight, -seed, h_[part], s_[part]
            )
            total = action_head.counts(y, rows.behaviour.ends.weight, seed, y_)
            losses[action] = (total - logs) / settings.beh_norm_factor
        _region_counts_back(w, gradient, ends.h[cut:], y_, e_[cut:])

        self._backward(w, gradient, stimulus, slopes, h_, s_)
        self._backward(w, gradient, stimulus, ends, e_, None)
        self._stimulus_back(w, gradient, stimulus)
        neural = neural / settings.neuro_norm_factor
        total = settings.neuro_weight * neural + settings.beh_weight * (
            losses["left"] + losses["right"]
        )
        return np.array([neural, losses["right"], losses["left"], total])

    def neural(self, w: Arrays, rows: NeuralRows) -> float:
        """The neural loss of a region."""
        stimulus = self._stimulus(w)
        slopes = self._forward(w, stimulus, join(rows.spikes), slope=True)
        ends = self._forward(w, stimulus, join(rows.ends), slope=False)
        head = _RegionHead(w, {}, rows.output)
        assert slopes.s is not None  # noqa: S101 - asked for
        logs = head.log_rates(slopes.h, slopes.s)
        total = head.counts(ends.h, rows.ends.weight)
        return float((total - logs) / self._settings.neuro_norm_factor)

    def action(self, w: Arrays, rows: BehaviourRows, action: str) -> float:
        """The behaviour loss of an action."""
        stimulus = self._stimulus(w)
        events: Rows = rows.events[action]
        slopes = self._forward(w, stimulus, join(events), slope=True)
        ends = self._forward(w, stimulus, join(rows.ends), slope=False)
        head = _ActionHead(w, {}, action)
        assert slopes.s is not None  # noqa: S101 - asked for
        logs = head.log_rates(slopes.h, slopes.s, events.weight)
        total = head.counts(_region_counts(w, ends.h)[0], rows.ends.weight)
        return float((total - logs) / self._settings.beh_norm_factor)

    # -- layers of the stimulus --------------------------------------------------------

    def _stimulus(self, w: Arrays) -> _Stimulus:
        x = self._table
        first = softplus(x @ w["neuro0.kernel"] + w["neuro0.bias"])
        second = softplus(first @ w["neuro1.kernel"] + w["neuro1.bias"])
        early = second @ w["neuro2.kernel"] + w["neuro2.bias"]
        late = x[:, -1:] * w["neuro5.kernel"] + w["neuro5.bias"]
        return _Stimulus(
            first, second, early, late, np.zeros_like(early), np.zeros_like(late)
        )

    def _stimulus_back(self, w: Arrays, gradient: Arrays, part: _Stimulus) -> None:
        x = self._table
        _dense_back(gradient, "neuro5", x[:, -1:], part.late_)
        _dense_back(gradient, "neuro2", part.second, part.early_)
        # the derivative of softplus is 1 - exp(-softplus)
        second_ = part.early_ @ w["neuro2.kernel"].T * -np.expm1(-part.second)
        _dense_back(gradient, "neuro1", part.first, second_)
        first_ = second_ @ w["neuro1.kernel"].T * -np.expm1(-part.first)
        _dense_back(gradient, "neuro0", x, first_)

    # -- layers of time ----------------------------------------------------------------

    def _forward(
        self, w: Arrays, part: _Stimulus, rows: Joined, *, slope: bool
    ) -> _Time:
        lengths, stimulus = rows.segment_length, rows.segment_stimulus
        early = np.repeat(part.early[stimulus], lengths, axis=0)
        late = np.repeat(part.late[stimulus], lengths, axis=0)
        m = np.tanh(early + rows.scaled * w["neuro3.kernel"])
        f = np.tanh(m @ w["neuro4.kernel"] + w["neuro4.bias"])
        h = np.tanh(f + late)
        if not slope:
            return _Time(rows, m, f, h)
        p = (1 - m * m) * w["neuro3.kernel"]
        r = p @ w["neuro4.kernel"]
        g = (1 - f * f) * r
        return _Time(rows, m, f, h, p, r, g, (1 - h * h) * g)

    def _backward(
        self,
        w: Arrays,
        gradient: Arrays,
        part: _Stimulus,
        at: _Time,
        h_: Floats,
        s_: Floats | None,
    ) -> None:
        """From derivatives by `h` and its slope to those by weights and stimulus."""
        if not len(at.h):
            return
        m, f, h = at.m, at.f, at.h
        squeeze = 1 - h * h, 1 - f * f, 1 - m * m
        if s_ is None or at.p is None or at.r is None or at.g is None:
            a_ = h_ * squeeze[0]  # before the second tanh
            q_ = a_ * squeeze[1]  # before the tanh of neuro4
            m_ = q_ @ w["neuro4.kernel"].T
        else:
            a_ = (h_ - 2 * (s_ * at.g) * h) * squeeze[0]
            g_ = s_ * squeeze[0]
            q_ = (a_ - 2 * (g_ * at.r) * f) * squeeze[1]
            r_ = g_ * squeeze[1]
            p_ = r_ @ w["neuro4.kernel"].T
            gradient["neuro4.kernel"][...] += at.p.T @ r_
            m_ = q_ @ w["neuro4.kernel"].T - 2 * (p_ * w["neuro3.kernel"]) * m
            gradient["neuro3.kernel"][0] += np.einsum("ij,ij->j", p_, squeeze[2])
        _dense_back(gradient, "neuro4", m, q_)
        c_ = m_ * squeeze[2]  # before the first tanh
        gradient["neuro3.kernel"][...] += at.rows.scaled.T @ c_
        starts, stimulus = at.rows.segment_start, at.rows.segment_stimulus
        np.add.at(part.early_, stimulus, np.add.reduceat(c_, starts, axis=0))
        np.add.at(part.late_, stimulus, np.add.reduceat(a_, starts, axis=0))


def _dense_back(gradient: Arrays, layer: str, x: Floats, y_: Floats) -> None:
    """Add the gradient of ``y = x K + b``."""
    gradient[f"{layer}.kernel"][...] += x.T @ y_
    bias = gradient.get(f"{layer}.bias")
    if bias is not None:
        bias += y_.sum(axis=0)


class _RegionHead:
    """The output of one region: only its column is computed."""

    def __init__(self, w: Arrays, gradient: Arrays, output: int) -> None:
        self._kernel = w["neuro6.kernel"][:, output]
        self._bias = w["neuro6.bias"][output]
        self._gradient, self._output = gradient, output

    def log_rates(
        self,
        h: Floats,
        s: Floats,
        seed: float = 0.0,
        h_: Floats | None = None,
        s_: Floats | None = None,
    ) -> float:
        """Sum of log intensities; their gradient times `seed` is added."""
        sigma = expit(h @ self._kernel + self._bias)
        w = s @ self._kernel
        rates = EPSILON + sigma * w
        if h_ is not None and s_ is not None:
            rate_ = seed / rates
            w_ = rate_ * sigma
            z_ = w_ * w * (1 - sigma)
            h_ += z_[:, None] * self._kernel
            s_ += w_[:, None] * self._kernel
            kernel_ = self._gradient["neuro6.kernel"]
            kernel_[:, self._output] += z_ @ h + w_ @ s
            self._gradient["neuro6.bias"][self._output] += z_.sum()
        return float(np.log(rates).sum())

    def counts(
        self, h: Floats, weight: Floats, seed: float = 0.0, h_: Floats | None = None
    ) -> float:
        """Weighted sum of unscaled counts; its gradient times `seed` is added."""
        z = h @ self._kernel + self._bias
        if h_ is not None:
            z_ = seed * weight * expit(z)
            h_ += z_[:, None] * self._kernel
            self._gradient["neuro6.kernel"][:, self._output] += z_ @ h
            self._gradient["neuro6.bias"][self._output] += z_.sum()
        return float(weight @ softplus(z))


def _region_counts(w: Arrays, h: Floats) -> tuple[Floats, Floats]:
    """Unscaled counts [n, R] of all regions, and zeros like them."""
    y = softplus(h @ w["neuro6.kernel"] + w["neuro6.bias"])
    return y, np.zeros_like(y)


def _region_counts_back(
    w: Arrays, gradient: Arrays, h: Floats, y_: Floats, h_: Floats
) -> None:
    z = h @ w["neuro6.kernel"] + w["neuro6.bias"]
    z_ = y_ * expit(z)
    _dense_back(gradient, "neuro6", h, z_)
    h_ += z_ @ w["neuro6.kernel"].T


class _ActionHead:
    """The two layers of an action."""

    def __init__(self, w: Arrays, gradient: Arrays, action: str) -> None:
        self._inside, self._out = HEADS[action]
        self._w, self._gradient = w, gradient
        self._k0, self._b0 = (
            w[f"{self._inside}.kernel"],
            w[f"{self._inside}.bias"],
        )
        self._k1, self._b1 = w[f"{self._out}.kernel"][:, 0], w[f"{self._out}.bias"][0]

    def log_rates(
        self,
        h: Floats,
        s: Floats,
        weight: Floats,
        seed: float = 0.0,
        h_: Floats | None = None,
        s_: Floats | None = None,
    ) -> float:
        """Weighted sum of log intensities; its gradient times `seed` is added."""
        w = self._w
        z = h @ w["neuro6.kernel"] + w["neuro6.bias"]
        sigma = expit(z)
        x = s @ w["neuro6.kernel"]
        y, slope = softplus(z), sigma * x
        i = np.tanh(y @ self._k0 + self._b0)
        bend = 1 - i * i
        j = slope @ self._k0
        inner = bend * j
        out = expit(i @ self._k1 + self._b1)
        along = inner @ self._k1
        rates = EPSILON + out * along
        if h_ is not None and s_ is not None:
            rate_ = seed * weight / rates
            along_ = rate_ * out
            z2_ = along_ * along * (1 - out)
            inner_ = along_[:, None] * self._k1
            i_ = z2_[:, None] * self._k1 - 2 * inner_ * j * i
            kernel_ = self._gradient[f"{self._out}.kernel"]
            kernel_[:, 0] += z2_ @ i + along_ @ inner
            self._gradient[f"{self._out}.bias"][0] += z2_.sum()
            v_ = i_ * bend
            j_ = inner_ * bend
            _dense_back(self._gradient, self._inside, y, v_)
            self._gradient[f"{self._inside}.kernel"][...] += slope.T @ j_
            slope_ = j_ @ self._k0.T
            z_ = v_ @ self._k0.T * sigma + slope_ * x * sigma * (1 - sigma)
            x_ = slope_ * sigma
            _dense_back(self._gradient, "neuro6", h, z_)
            self._gradient["neuro6.kernel"][...] += s.T @ x_
            h_ += z_ @ w["neuro6.kernel"].T
            s_ += x_ @ w["neuro6.kernel"].T
        return float(weight @ np.log(rates))

    def counts(
        self, y: Floats, weight: Floats, seed: float = 0.0, y_: Floats | None = None
    ) -> float:
        """Weighted sum of unscaled counts of unscaled counts of regions [n, R]."""
        i = np.tanh(y @ self._k0 + self._b0)
        z = i @ self._k1 + self._b1
        if y_ is not None:
            z_ = seed * weight * expit(z)
            self._gradient[f"{self._out}.kernel"][:, 0] += z_ @ i
            self._gradient[f"{self._out}.bias"][0] += z_.sum()
            v_ = z_[:, None] * self._k1 * (1 - i * i)
            _dense_back(self._gradient, self._inside, y, v_)
            y_ += v_ @ self._k0.T
        return float(weight @ softplus(z))

"""A small fit for tests of the loop: a parameter falls to the mean of noisy data."""

from __future__ import annotations

import numpy as np

from insilico_gui.fitting import FitTask, Step
from insilico_gui.fitting.checkpoint import random_generator, random_state


class Numbers:
    """Data: some numbers."""

    def __init__(self, values):
        self.values = np.asarray(values, float)

    @property
    def fingerprint(self):
        return f"numbers {self.values.tolist()}"

    def summary(self):
        return {"n": len(self.values)}


class Falling(FitTask):
    """Steps towards a random one of the numbers; the state holds a random generator."""

    name = "falling"
    extendable = frozenset({"rounds"})

    def __init__(self, rounds=4, steps=5, rate=0.1, data=(1.0, 2.0, 6.0), breaks=None):
        self.data = Numbers(data)
        self.settings = {"rounds": rounds, "steps": steps, "rate": rate, "two": (1, 2)}
        self.n_rounds, self._steps, self._rate = rounds, steps, rate
        self.weight = np.array([10.0])
        self.generator = np.random.default_rng(0)
        self.breaks = breaks
        self.before = []

    def train(self, round_number):
        for k in range(self._steps):
            if self.breaks == (round_number, k):
                raise KeyboardInterrupt
            goal = self.generator.choice(self.data.values)
            self.weight += self._rate * (goal - self.weight)
            yield Step(k + 1, self._steps, {"loss": float(abs(goal - self.weight[0]))})

    def row(self, round_number):
        distance = float(abs(self.weight[0] - self.data.values.mean()))
        if self.breaks == ("nan", round_number):
            distance = float("nan")
        return {"distance": distance}

    def score(self, row):
        return row["distance"]

    def state(self):
        return {
            "weight": self.weight.copy(),
            "random": random_state(self.generator),
            "more": [1, 2.5, None, "text", {"inside": np.arange(3, dtype=np.int32)}],
        }

    def restore(self, state):
        self.weight = np.array(state["weight"])
        self.generator = random_generator(state["random"])
        assert state["more"][:4] == [1, 2.5, None, "text"]

    def files_before(self, round_number):
        self.before.append(round_number)
        if round_number % 2:
            return {}
        return {f"models/{round_number}.txt": self._write}

    def files_after(self, round_number, curves):
        return {"rows.csv": lambda path: curves.to_csv(path)}

    def files_of_best(self, round_number):
        return {"best.txt": self._write}

    def files_of_result(self, curves):
        return {"result.txt": self._write}

    def _write(self, path):
        path.write_text(repr(float(self.weight[0])))

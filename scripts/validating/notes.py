"""What the page says beside its numbers."""

INTRODUCTION = """
What each declared analysis finds of units whose truth is known. `scripts/validation` makes this page, and the
[table of all groups](validation.csv), an area inside or at the edge of the screen in each row.

* **Truth** shares no code with what is measured: parameters of the demo (`true_...`), the demo's equations without a screen (closed form, a loop over
  frames; `scripts/validating/truth`), rays from the eye to the screen, scipy, or a loop over units. Of *seeded units* the script makes the responses itself.
* **Bias** is the median of measured less truth, signed (of outward errors: away from the middle of the screen); **spread** half the
  distance from their 16th to their 84th percentile; **error** the median of their size. Differences in octaves are log2 of the ratio. Shares are of
  units: those that an interval holds, those that are called something. Cyclic quantities have no median truth.
* **Failed** are units that have a truth and got no number; they are in no other column.
* At the edge, what a unit would do inside is the truth, so that bias there is what the edge of the screen does.
* `demo/noisy` shows what an experiment of this length would find, noise included: its biases are those of few noisy presentations, which intervals
  should cover.
"""

NOTES: dict[str, str] = {}

"""Writing output: a file is complete under its name, or does not exist.

All output is written through this package. It is prepared in a hidden folder beside its
target, which belongs to one writer (:mod:`.claims`), and then renamed in steps that are
completed if the writer is killed between them (:mod:`.journal`). Files that appeared
after the work began, or that this project did not write, are not replaced.
"""

from __future__ import annotations

from insilico_gui.files.checks import (
    check_target,
    refuse_folder,
    require_space,
    shown,
    writing,
)
from insilico_gui.files.claims import Claim, claim, publishing, settle
from insilico_gui.files.marks import (
    Manifest,
    fingerprint,
    fingerprints,
    refuse_foreign,
)

__all__ = [
    "Claim",
    "Manifest",
    "check_target",
    "claim",
    "fingerprint",
    "fingerprints",
    "publishing",
    "refuse_folder",
    "refuse_foreign",
    "require_space",
    "settle",
    "shown",
    "writing",
]

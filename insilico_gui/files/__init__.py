"""Output: complete under its name, or not there at all, whatever happens meanwhile.

Everything that is written goes through here. It is prepared in a hidden folder beside
its place, which belongs to one writer (:mod:`.claims`), and is given its name in steps
that are completed if the writer is killed among them (:mod:`.journal`). Nothing that was
not there when the work began is replaced, and nothing that this project did not make.
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

"""Encoding: responses of a session to a stimulus, computed in chunks or batches.

The sessions themselves are those of twins; analyses of the responses are in
:mod:`insilico_gui.analysis`.
"""

from __future__ import annotations

from insilico_gui.encoding.conditions import ConditionJob
from insilico_gui.encoding.drive import DriveJob
from insilico_gui.encoding.engine import EncodingJob
from insilico_gui.encoding.images import ImageJob
from insilico_gui.encoding.inputs import open_for
from insilico_gui.encoding.precision import precision_sentence
from insilico_gui.encoding.running import encode
from insilico_gui.encoding.runs import Runs
from insilico_gui.encoding.starting import encoding_job
from insilico_gui.progress import Progress

__all__ = [
    "ConditionJob",
    "DriveJob",
    "EncodingJob",
    "ImageJob",
    "Progress",
    "Runs",
    "encode",
    "encoding_job",
    "open_for",
    "precision_sentence",
]

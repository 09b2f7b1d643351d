"""Encoding: from a session and a stimulus to responses."""

from __future__ import annotations

from insilico_gui.encoding.engine import EncodingJob, Progress, encode

__all__ = ["EncodingJob", "Progress", "encode"]

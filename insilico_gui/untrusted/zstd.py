"""What compressed data say of their size."""

from __future__ import annotations

_ZSTD = b"\x28\xb5\x2f\xfd"


def zstd_size(head: bytes) -> int:
    """Bytes that a Zstandard frame says it unfolds to; 0 if it is none or does not say.

    See RFC 8878, section 3.1.1.1.
    """
    if not head.startswith(_ZSTD) or len(head) < 6:
        return 0
    flags = head[4]
    single = bool(flags & 0x20)
    start = 5 + (not single) + (0, 1, 2, 4)[flags & 3]
    width = (1 if single else 0, 2, 4, 8)[flags >> 6]
    size = int.from_bytes(head[start : start + width], "little")
    return size + 256 if width == 2 else size

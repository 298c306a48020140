# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a PNG or JPEG really ends, found by walking over its parts: what stands behind belongs to something else.

PNG: chunks of length, name, data and checksum up to IEND. JPEG: marker segments, after a scan's header the scan itself,
in which FF is followed by 00 or a restart marker, up to the end marker FF D9. Telephones put further whole JPEGs behind
the first one (Multi-Picture Format); those count as a part of it.
"""

from __future__ import annotations

_SIGNATURE = 8
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length: TEM, restarts, start of image
_SCAN, _END = 0xDA, 0xD9


def png(content: bytes) -> int:
    """The offset behind IEND, -1 where there is none."""
    at = _SIGNATURE
    while at + 12 <= len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        following = at + 12 + length
        if content[at + 4 : at + 8] == b"IEND":
            return following if following <= len(content) else -1
        at = following
    return -1


def jpeg(content: bytes) -> int:
    """The offset behind the end marker of the last of its pictures, -1 where one is not whole."""
    at = _one_jpeg(content, 0)
    while at != -1 and content.startswith(b"\xff\xd8\xff", at):
        at = _one_jpeg(content, at)
    return at


def scans(content: bytes) -> int:
    """How many scans a JPEG has; a progressive one is refined by each of them, over its whole area."""
    found: list[int] = []
    at = _one_jpeg(content, 0, found)
    while at != -1 and content.startswith(b"\xff\xd8\xff", at):
        at = _one_jpeg(content, at, found)
    return len(found)


def _one_jpeg(content: bytes, at: int, found: list[int] | None = None) -> int:
    while at + 2 <= len(content) and content[at] == 0xFF:  # noqa: PLR2004 - begins every marker
        marker = content[at + 1]
        if marker == _END:
            return at + 2
        if marker == 0xFF:  # noqa: PLR2004 - a filler
            at += 1
            continue
        at += 2
        if marker in _BARE:
            continue
        at += int.from_bytes(content[at : at + 2], "big")
        if marker == _SCAN:
            if found is not None:
                found.append(at)
            at = _behind_scan(content, at)
    return -1


def _behind_scan(content: bytes, at: int) -> int:
    """The offset of the first marker that is not of the scan itself."""
    while True:
        at = content.find(b"\xff", at)
        if at == -1 or at + 1 >= len(content):
            return len(content)
        if content[at + 1] != 0 and not 0xD0 <= content[at + 1] <= 0xD7:  # noqa: PLR2004 - stuffed zero, restarts
            return at
        at += 2

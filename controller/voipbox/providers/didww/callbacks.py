# SPDX-License-Identifier: GPL-3.0-or-later
"""The provider's signature on what it tells us. A callback is a hint: whoever gets one asks the provider for the truth."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}


def is_signed(secret: str, url: str, payload: Mapping[str, Any] | Sequence[Mapping[str, Any]], signature: str) -> bool:
    """Whether a callback comes from who knows the secret.

    Parameters: url, as the provider called it (its query included, also where a GET carries the payload there); payload, the
    form's or query's pairs, or the items of a JSON array; signature, the header X-DIDWW-Signature. Compared in constant time.
    """
    if not secret or not signature:
        return False
    try:
        said = sign(secret, url, payload)
    except ValueError:
        return False  # an address that is none
    return hmac.compare_digest(said.encode(), signature.strip().lower().encode())


def sign(secret: str, url: str, payload: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> str:
    """Hex HMAC-SHA1 of the whole address and all pairs, sorted by key and joined without anything between. Raises ValueError."""
    items = [payload] if isinstance(payload, Mapping) else list(payload)
    pairs = "".join(f"{key}{_text(item[key])}" for item in items for key in sorted(item))
    return hmac.new(secret.encode(), (_whole(url) + pairs).encode(), hashlib.sha1).hexdigest()


def _whole(url: str) -> str:
    """An address with its port written out, also where it is the scheme's own."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    user = parts.username or ""
    if user and parts.password:
        user = f"{user}:{parts.password}"
    return "".join(
        (
            f"{parts.scheme}://",
            f"{user}@" if user else "",
            f"{host}:{parts.port or _PORTS.get(parts.scheme, 80)}",
            parts.path,
            f"?{parts.query}" if parts.query else "",
            f"#{parts.fragment}" if parts.fragment else "",
        )
    )


def _text(value: Any) -> str:
    """A value as it stands in a form; JSON's own words for the rest."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)

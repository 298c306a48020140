# SPDX-License-Identifier: GPL-3.0-or-later
"""All types of the API."""

from __future__ import annotations

from . import kinds_buying, kinds_registration, kinds_voice
from .kind import Kind

KINDS: dict[str, Kind] = {**kinds_buying.KINDS, **kinds_voice.KINDS, **kinds_registration.KINDS}

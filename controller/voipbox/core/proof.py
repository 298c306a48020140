# SPDX-License-Identifier: GPL-3.0-or-later
"""Proof that the keys of this installation belong to its database, asked at every start."""

from __future__ import annotations

from .models import KeyProof

_WORD = "voipbox"


def ensure() -> None:
    """Leave a sealed word in a fresh database; in any other, check(). Raises SealBroken."""
    if not KeyProof.objects.exists():
        KeyProof.objects.create(word=_WORD)
    check()


def check() -> None:
    """Raise SealBroken when the keys do not open the word."""
    for proof in KeyProof.objects.all():
        assert proof.word == _WORD

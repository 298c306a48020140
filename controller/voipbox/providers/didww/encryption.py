# SPDX-License-Identifier: GPL-3.0-or-later
"""Files as the provider wants them: readable for it alone, by either of its two keys."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

_KEY_BYTES, _IV_BYTES = 32, 16
_OAEP = rsa_padding.OAEP(mgf=rsa_padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)


class PublicKeys:
    """The provider's pair of keys, in its order. Raises ValueError for anything but two RSA keys in PEM."""

    def __init__(self, pems: Sequence[str]) -> None:
        if len(pems) != 2:  # noqa: PLR2004 - A and B
            raise ValueError(f"{len(pems)} keys instead of two")
        self._keys = [_load(pem) for pem in pems]

    @property
    def fingerprint(self) -> str:
        """Names the pair: hex SHA-1 of the DER form of A and of B, with three colons between."""
        return ":::".join(
            hashlib.sha1(
                key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo),
                usedforsecurity=False,
            ).hexdigest()
            for key in self._keys
        )

    def encrypt(self, content: bytes) -> bytes:
        """The container: key and IV for A, the same for B, and the file under AES-256 in CBC mode with PKCS#7 padding."""
        key, iv = os.urandom(_KEY_BYTES), os.urandom(_IV_BYTES)
        padder = PKCS7(algorithms.AES.block_size).padder()
        encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
        sealed = encryptor.update(padder.update(content) + padder.finalize()) + encryptor.finalize()
        return b"".join(each.encrypt(key + iv, _OAEP) for each in self._keys) + sealed


def _load(pem: str) -> RSAPublicKey:
    try:
        found = serialization.load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError("a key that is no PEM") from error
    if not isinstance(found, RSAPublicKey):
        raise ValueError("a key that is not RSA")
    return found

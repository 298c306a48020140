# SPDX-License-Identifier: GPL-3.0-or-later
"""The two key pairs to which clients encrypt files, and reading what they sent."""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

_BITS = 4096
_SEALED = _BITS // 8
_CREDENTIALS = 48  # an AES-256 key and its IV


class Keys:
    """Parameters: folder, where the pairs are kept, so that making them (seconds) happens once; wait, whether until then."""

    def __init__(self, folder: Path, wait: bool = True) -> None:
        self._paths = [folder / f"key-{name}.pem" for name in ("a", "b")]
        self._made: list[rsa.RSAPrivateKey] = []
        self._making: threading.Thread | None = None
        if all(path.exists() for path in self._paths):
            self._made = [_load(path) for path in self._paths]
        else:
            self._begin()
            if wait:
                self.pems()

    def _begin(self) -> None:
        """Make both beside the server's work; who needs them waits."""
        self._made = []
        self._making = threading.Thread(target=self._make, name="didww keys", daemon=True)
        self._making.start()

    def _make(self) -> None:
        self._made = [_make(path) for path in self._paths]

    @property
    def _pairs(self) -> list[rsa.RSAPrivateKey]:
        if self._making:
            self._making.join()
        if not self._made:
            raise RuntimeError(f"The key pairs could not be made in {self._paths[0].parent}.")
        return self._made

    def rotate(self) -> None:
        """New pairs: what was encrypted to the old ones cannot be read any more."""
        self._begin()

    def pems(self) -> list[str]:
        """The public keys, A first."""
        return [
            pair.public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
            .decode("ascii")
            for pair in self._pairs
        ]

    def fingerprint(self) -> str:
        """Hex SHA-1 of the DER of both, joined by three colons."""
        ders = [
            pair.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
            for pair in self._pairs
        ]
        return ":::".join(hashlib.sha1(der).hexdigest() for der in ders)

    def open(self, container: bytes) -> bytes:
        """What a container holds, by either key. Raises ValueError where they disagree or nothing can be read."""
        sealed = [container[:_SEALED], container[_SEALED : 2 * _SEALED]]
        oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
        opened = [pair.decrypt(part, oaep) for pair, part in zip(self._pairs, sealed, strict=True)]
        if opened[0] != opened[1] or len(opened[0]) != _CREDENTIALS:
            raise ValueError("The two keys do not open the same credentials.")
        decryptor = Cipher(algorithms.AES(opened[0][:32]), modes.CBC(opened[0][32:])).decryptor()
        padded = decryptor.update(container[2 * _SEALED :]) + decryptor.finalize()
        unpadder = PKCS7(128).unpadder()
        return unpadder.update(padded) + unpadder.finalize()


def _load(path: Path) -> rsa.RSAPrivateKey:
    # Our own file: the check of its primes would take seconds at every start.
    key = serialization.load_pem_private_key(path.read_bytes(), None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size != _BITS:
        raise ValueError(f"{path} holds no RSA key of {_BITS} bits; remove it, and a new one is made.")
    return key


def _make(path: Path) -> rsa.RSAPrivateKey:
    key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.parent.mkdir(parents=True, exist_ok=True)
    # Beside it first, under a name of this process: several sandboxes may share a folder.
    fresh = path.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(pem)
    fresh.replace(path)
    return key

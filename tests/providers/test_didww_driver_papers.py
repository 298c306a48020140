# SPDX-License-Identifier: GPL-3.0-or-later
"""The second driver's sealed files and signatures, against the provider's own client as the oracle; requirements as text."""

from __future__ import annotations

import hashlib
import warnings
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from didww.callback.request_validator import RequestValidator
from didww.encrypt import Encrypt
from hypothesis import given, settings
from hypothesis import strategies as st
from voipbox.providers import errors
from voipbox.providers.didww import callbacks
from voipbox.providers.didww.encryption import PublicKeys
from voipbox.providers.didww.requirements import plain_text

from .didww_driver_wire import SECRET, Wire, answer, fresh_budget, refusal, row  # noqa: F401 - a fixture for every test

KEYS = [rsa.generate_private_key(public_exponent=65537, key_size=4096) for _ in range(2)]
PEMS = [
    key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    for key in KEYS
]
OAEP = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)


def _open(container: bytes, which: int) -> bytes:
    """Read a container with one private key, as the provider's rules say."""
    credentials = KEYS[which].decrypt(container[512 * which : 512 * (which + 1)], OAEP)
    assert len(credentials) == 48
    decryptor = Cipher(algorithms.AES(credentials[:32]), modes.CBC(credentials[32:])).decryptor()
    unpadder = PKCS7(128).unpadder()
    return unpadder.update(decryptor.update(container[1024:]) + decryptor.finalize()) + unpadder.finalize()


@pytest.mark.parametrize("content", [b"x", b"0123456789abcdef", b"%PDF-1.7\n" + bytes(100_000), bytes(range(256)) * 3])
def test_either_private_key_opens_a_file(content: bytes) -> None:
    container = PublicKeys(PEMS).encrypt(content)
    assert _open(container, 0) == _open(container, 1) == content
    assert len(container) == 1024 + (len(content) // 16 + 1) * 16
    assert len(content) < 16 or content not in container
    assert container != PublicKeys(PEMS).encrypt(content)  # a fresh key and IV each time


def test_the_official_client_seals_and_names_keys_in_the_same_way() -> None:
    theirs = Encrypt.encrypt_with_keys(b"passport", PEMS)
    ours = PublicKeys(PEMS).encrypt(b"passport")
    assert len(theirs) == len(ours)
    assert _open(theirs, 0) == _open(ours, 0) == _open(theirs, 1) == _open(ours, 1)
    assert PublicKeys(PEMS).fingerprint == Encrypt.calculate_fingerprint(PEMS)
    assert PublicKeys(PEMS[::-1]).fingerprint != PublicKeys(PEMS).fingerprint


@pytest.mark.parametrize("pems", [[], PEMS[:1], [*PEMS, PEMS[0]], [PEMS[0], "no key"], [PEMS[0], ""]])
def test_anything_but_two_keys_is_refused(pems: list[str]) -> None:
    with pytest.raises(ValueError, match="key"):
        PublicKeys(pems)


def _key_rows() -> list[dict[str, Any]]:
    return [row("public_keys", str(index), {"key": pem}) for index, pem in enumerate(PEMS)]


def test_an_upload_is_one_sealed_file_under_the_names_of_the_provider() -> None:
    wire = (
        Wire()
        .on("GET", "public_keys", answer(_key_rows()))
        .on("POST", "encrypted_files", answer(row("encrypted_files", "f-1"), 201))
    )
    driver = wire.driver()
    assert driver.upload(b"%PDF-1.7 my passport", "order-7-document-1") == "f-1"
    assert driver.upload(b"%PDF-1.7 my passport", "order-7-document-2") == "f-1"
    assert wire.calls() == [("GET", "public_keys"), ("POST", "encrypted_files"), ("POST", "encrypted_files")]
    sent = wire.requests[1]
    assert sent.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'name="encrypted_files[encryption_fingerprint]"' in sent.content
    assert PublicKeys(PEMS).fingerprint.encode() in sent.content
    assert b'name="encrypted_files[description]"' in sent.content and b"order-7-document-1" in sent.content
    assert b'name="encrypted_files[file]"; filename="file.enc"' in sent.content
    assert b"my passport" not in sent.content


def test_keys_that_changed_are_fetched_again_once() -> None:
    old = {"detail": "outdated fingerprint", "code": "100", "source": {"pointer": "/data"}}
    wire = Wire().on("GET", "public_keys", answer(_key_rows()[::-1]), answer(_key_rows()))
    wire.on("POST", "encrypted_files", refusal(422, old), answer(row("encrypted_files", "f-1"), 201))
    assert wire.driver().upload(b"%PDF", "one") == "f-1"
    assert PublicKeys(PEMS).fingerprint.encode() in wire.requests[3].content
    wire = Wire().on("GET", "public_keys", answer(_key_rows())).on("POST", "encrypted_files", refusal(422, old))
    with pytest.raises(errors.BadRequest, match="outdated fingerprint"):
        wire.driver().upload(b"%PDF", "one")
    assert [call for call in wire.calls() if call[0] == "POST"] == [("POST", "encrypted_files")] * 2


def test_an_upload_whose_answer_was_lost_may_be_repeated_and_bad_files_are_not_sent() -> None:
    wire = Wire().on("GET", "public_keys", answer(_key_rows())).on("POST", "encrypted_files", httpx.ReadTimeout("slow"))
    with pytest.raises(errors.Unconfirmed):
        wire.driver().upload(b"%PDF", "one")
    wire = Wire().on("GET", "public_keys", answer(_key_rows()[:1]))
    with pytest.raises(errors.Temporary, match="1 keys instead of two"):
        wire.driver().upload(b"%PDF", "one")
    for content in (b"", bytes(20 * 1024 * 1024 + 1)):
        with pytest.raises(errors.BadRequest) as caught:
            Wire().driver().upload(content, "one")
        assert caught.value.faults[0].field == "file"


# Callbacks with signatures that were worked out from the provider's rule, not by this program.
HOOK = "https://pbx.reseller.example"
ORDER = {"id": "2352da72-80f1-4ecc-8acf-1ba84eb945c9", "type": "orders", "status": "completed"}
CANCELED = {"id": "9250b991-2ee9-4d6b-86e2-3299459ecd6e", "type": "orders", "status": "canceled"}
REJECTED = {
    "id": "b63e21b3-9a32-492f-8212-09d411d9c809",
    "type": "address_verifications",
    "status": "rejected",
    "reject_reason": "The proof of personal address is required",
    "reject_comment": "Additional info from operator",
}
BLOCKED = {
    "id": "d2effbb6-0935-49f6-863d-c888229fb946",
    "type": "voice_out_trunks",
    "status": "blocked",
    "threshold_reached": True,
    "created_at": "2026-11-23T11:00:00.000Z",
}
QUERY = "id=2352da72-80f1-4ecc-8acf-1ba84eb945c9&status=completed&type=orders"
SIGNED: list[Any] = [
    (f"{HOOK}/hooks/provider2/orders", ORDER, "dc65cbe5c128a059314de316ab8dbca66d8fc0ad"),
    (f"{HOOK}/hooks/provider2/orders?t=7", CANCELED, "5803578b1ef29f1b298663b1d995db0e96c663c1"),
    (f"{HOOK}/hooks/provider2/orders?{QUERY}", ORDER, "51ff8dd2cb4409c1b51cd73455982d7c45d16f96"),
    (f"{HOOK}:8443/hooks/provider2/verifications", REJECTED, "2ca85f6a2e4e8c82236e2d9e9e80c4dc7eff904d"),
    (f"{HOOK}/hooks/provider2/trunks", [BLOCKED], "e5fe7da1d29e02a0e93eefb92acf40502d68392d"),
]
EXAMPLE_SECRET = "test-callback-secret"


@pytest.mark.parametrize(("url", "payload", "signature"), SIGNED)
def test_the_examples_are_signed_and_nothing_else_is(url: str, payload: Any, signature: str) -> None:
    assert callbacks.is_signed(EXAMPLE_SECRET, url, payload, signature)
    assert callbacks.is_signed(EXAMPLE_SECRET, url, payload, signature.upper())
    assert not callbacks.is_signed("another secret", url, payload, signature)
    assert not callbacks.is_signed("", url, payload, signature)
    assert not callbacks.is_signed(EXAMPLE_SECRET, url + "x", payload, signature)
    for wrong in ("", "0" * 40, signature[:-1], signature + "0", "é" * 40):
        assert not callbacks.is_signed(EXAMPLE_SECRET, url, payload, wrong)
    if isinstance(payload, dict):
        assert not callbacks.is_signed(EXAMPLE_SECRET, url, {**payload, "status": "approved"}, signature)


def test_a_default_port_may_be_written_out_or_not_and_an_address_that_is_none_is_not_signed() -> None:
    for plain, full in (("https://h.example/a", "https://h.example:443/a"), ("http://h.example/a", "http://h.example:80/a")):
        assert callbacks.sign("s", plain, ORDER) == callbacks.sign("s", full, ORDER)
    assert callbacks.sign("s", "https://h.example:80/a", ORDER) != callbacks.sign("s", "https://h.example/a", ORDER)
    assert not callbacks.is_signed("s", "https://h.example:port/a", ORDER, "0" * 40)


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)
PART = st.text("abcXYZ019-_", min_size=1, max_size=8)


@settings(max_examples=200)
@given(
    secret=st.text("abcdef0123", min_size=1),
    user=st.sampled_from(["", "user@", "user:pass@"]),
    host=st.sampled_from(["pbx.example", "PBX.Example", "192.0.2.1", "[2001:db8::1]"]),
    port=st.sampled_from(["", ":443", ":80", ":8443"]),
    scheme=st.sampled_from(["http", "https"]),
    path=st.lists(PART, max_size=3).map(lambda parts: "".join(f"/{part}" for part in parts)),
    query=st.sampled_from(["", "?t=7", "?a=b&c=%20d"]),
    payload=st.dictionaries(PART, TEXT, max_size=5),
)
def test_the_official_validator_agrees(
    secret: str, user: str, host: str, port: str, scheme: str, path: str, query: str, payload: dict[str, str]
) -> None:
    url = f"{scheme}://{user}{host}{port}{path}{query}"
    ours = callbacks.sign(secret, url, payload)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert RequestValidator(secret).validate(url, payload, ours)
    assert callbacks.is_signed(secret, url, payload, ours)


def test_the_driver_takes_the_callback_secret_and_before_there_was_one_the_key() -> None:
    url, payload = f"{HOOK}/hooks/orders", ORDER
    driver = Wire().driver()
    assert driver.verify_callback(url, payload, callbacks.sign(SECRET, url, payload))
    assert not driver.verify_callback(url, payload, callbacks.sign("key-that-nobody-may-see-4711", url, payload))


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("End user registration needed: name, phone.", "End user registration needed: name, phone."),
        ("<p>One &amp; two</p><ul><li>three</li><li>four</li></ul>", "One & two\nthree\nfour"),
        ("a<script>alert(1)</script>b<style>p{}</style>c", "abc"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;x", "alert(1)x"),
        ("<a href='javascript:x'>link</a><img src=x onerror=y>", "link"),
        ("one<br>two\x00\x1b[31m three", "one\ntwo [31m three"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("", ""),
    ],
)
def test_the_providers_markup_becomes_plain_text(markup: str, text: str) -> None:
    assert plain_text(markup) == text


@given(st.text(max_size=200))
def test_no_tag_survives(markup: str) -> None:
    text = plain_text(f"<b>{markup}</b>")
    assert "<b>" not in text and "<script" not in text.lower()
    assert all(each.isprintable() or each == "\n" for each in text)


def test_the_sum_of_a_files_reference_does_not_hang_on_their_order() -> None:
    from voipbox.providers.didww.registration import _reference

    assert _reference("e", "k", ["a", "b"]) == _reference("e", "k", ["b", "a"]) != _reference("e", "k", ["a"])
    assert len(_reference("e", "k", ["a"])) <= 100
    assert hashlib.sha256(b"e\nk\na").hexdigest()[:40] in _reference("e", "k", ["a"])

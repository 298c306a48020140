# SPDX-License-Identifier: GPL-3.0-or-later
"""The second provider's sandbox: whatever is sent, it says yes or no, and never falls over."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from voipbox_lab.providers.didww.kinds import KINDS
from werkzeug.test import Client

from tests.providers.didww_fixtures import API_KEY, JSONAPI, DidwwSandbox

MADE = sorted(kind for kind, described in KINDS.items() if "create" in described.verbs and kind != "encrypted_files")
HEADERS = {"Api-Key": API_KEY, "Accept": JSONAPI, "Content-Type": JSONAPI}
FEW = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

# What a resource has that is taken, so that one odd value among good ones is looked at too.
GOOD: dict[str, dict[str, Any]] = {
    "voice_in_trunks": {
        "name": "x",
        "configuration": {"type": "sip_configurations", "attributes": {"username": "{DID}", "host": "pbx.example"}},
    },
    "voice_out_trunks": {
        "name": "x",
        "on_cli_mismatch_action": "reject_call",
        "authentication_method": {"type": "credentials_and_ip", "attributes": {"allowed_sip_ips": ["203.0.113.10"]}},
    },
    "voice_in_trunk_groups": {"name": "x"},
    "identities": {"identity_type": "personal", "first_name": "Pat", "last_name": "Doe", "phone_number": "27115550155"},
    "exports": {"export_type": "cdr_in", "filters": {"from": "2026-10-01 00:00:00", "to": "2026-11-01 00:00:00"}},
    "addresses": {"city_name": "x", "postal_code": "x", "address": "x"},
    "shared_capacity_groups": {"name": "x", "metered_channels_count": 1},
}
_plain = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 10**9),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["NaN", "-1", "1e999", "0"]),
)
_json = st.recursive(_plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3))


def _known_ids(didww: DidwwSandbox) -> list[tuple[str, str]]:
    store = didww.sandbox.world.store
    return [(kind, record.id) for kind in KINDS for record in store.all(kind)[:1]] + [("countries", "nothing"), ("nothing", "x")]


def _attributes(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    handler_attributes = st.sampled_from(KINDS[kind].attributes) if KINDS[kind].attributes else st.just("x")
    items = st.lists(
        st.fixed_dictionaries(
            {
                "type": st.sampled_from(["did_order_items", "capacity_order_items", "x"]),
                "attributes": st.dictionaries(
                    st.sampled_from(["sku_id", "qty", "available_did_id", "capacity_pool_id", "nanpa_prefix_id"]),
                    _json,
                    max_size=3,
                ),
            }
        )
        | _json,
        max_size=2,
    )
    nested = st.fixed_dictionaries(
        {
            "type": st.sampled_from(["sip_configurations", "pstn_configurations", "credentials_and_ip", "x"]),
            "attributes": st.dictionaries(st.sampled_from(["username", "host", "allowed_sip_ips", "dst"]), _json, max_size=3)
            | _json,
        }
    )
    filters = st.dictionaries(st.sampled_from(["from", "to", "did_number"]), _json, max_size=3)
    export = st.sampled_from(["cdr_in", "cdr_out", "personal", "business"])
    return st.dictionaries(handler_attributes, _json | items | nested | filters | export, max_size=3)


@pytest.mark.parametrize("kind", MADE)
def test_any_resource_gets_an_answer(didww: DidwwSandbox, kind: str) -> None:
    client, known = Client(didww.sandbox), _known_ids(didww)
    ref = st.sampled_from(known).map(lambda pair: {"type": pair[0], "id": pair[1]})
    names = sorted([*KINDS[kind].relations, "files", "onetime_files"])
    links = st.dictionaries(
        st.sampled_from(names),
        st.one_of(ref, st.lists(ref, max_size=2), _json).map(lambda data: {"data": data}) | _json,
        max_size=4,
    )

    @FEW
    @given(_attributes(kind), links)
    def sends(attributes: dict[str, Any], relationships: dict[str, Any]) -> None:
        attributes = {**GOOD.get(kind, {}), **attributes}
        data = {"type": kind, "attributes": attributes, "relationships": relationships}
        answer = client.post(f"/v3/{kind}", json={"data": data}, headers=HEADERS)
        assert answer.status_code in (201, 400, 403, 422), answer.text
        if answer.status_code != 201:
            assert answer.json["errors"]

    sends()
    assert client.get(f"/v3/{kind}", headers=HEADERS).status_code in (200, 404)


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("voice_out_trunks", {"threshold_amount": "NaN"}),
        ("voice_out_trunks", {"threshold_amount": [1]}),
        ("voice_out_trunks", {"name": ["x"]}),
        ("voice_out_trunks", {"authentication_method": {"type": "credentials_and_ip", "attributes": [0]}}),
        ("voice_out_trunks", {"authentication_method": {"type": "credentials_and_ip", "attributes": {"allowed_sip_ips": 5}}}),
        ("voice_in_trunks", {"configuration": {"type": "sip_configurations", "attributes": [1]}}),
        ("voice_in_trunks", {"configuration": {"type": ["x"]}}),
        ("identities", {"first_name": {"a": 1}}),
        ("exports", {"filters": [1]}),
        ("exports", {"export_type": ["cdr_in"]}),
    ],
)
def test_odd_values_are_named(didww: DidwwSandbox, kind: str, change: dict[str, Any]) -> None:
    didww.control.set_clock(datetime.datetime(2026, 11, 24, tzinfo=datetime.UTC))
    answer = Client(didww.sandbox).post(
        f"/v3/{kind}", json={"data": {"type": kind, "attributes": {**GOOD[kind], **change}}}, headers=HEADERS
    )
    assert answer.status_code == 422
    (name,) = change
    assert all(name in error["source"]["pointer"] for error in answer.json["errors"])
    assert (
        Client(didww.sandbox)
        .post(f"/v3/{kind}", json={"data": {"type": kind, "attributes": GOOD[kind]}}, headers=HEADERS)
        .status_code
        == 201
    )


@pytest.mark.parametrize("kind", ["dids", "did_groups", "orders", "identities"])
def test_any_query_gets_an_answer(didww: DidwwSandbox, kind: str) -> None:
    client = Client(didww.sandbox)
    names = [f"filter[{name}]" for name in KINDS[kind].filters] + [
        "page[size]",
        "page[number]",
        "include",
        "sort",
        f"fields[{kind}]",
    ]

    @FEW
    @given(st.dictionaries(st.sampled_from(names), st.text(max_size=12), max_size=4))
    def asks(query: dict[str, str]) -> None:
        assert client.get(f"/v3/{kind}", query_string=query, headers=HEADERS).status_code in (200, 400)

    asks()


@given(st.binary(max_size=60))
@FEW
def test_any_body_gets_an_answer(didww: DidwwSandbox, body: bytes) -> None:
    assert Client(didww.sandbox).post("/v3/orders", data=body, headers=HEADERS).status_code in (400, 415, 422)

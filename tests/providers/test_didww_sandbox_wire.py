# SPDX-License-Identifier: GPL-3.0-or-later
"""The second provider's sandbox: JSON:API as the provider speaks it."""

from __future__ import annotations

import httpx
import pytest

from tests.providers.didww_fixtures import API_KEY, JSONAPI, DidwwSandbox


def _codes(answer: dict) -> list[str]:
    return [error["code"] for error in answer["errors"]]


@pytest.mark.parametrize("accept", ["*/*", "application/json", f"{JSONAPI}; charset=utf-8", ""])
def test_accept_has_to_name_the_media_type_without_parameters(didww: DidwwSandbox, accept: str) -> None:
    answer = didww.http.get("/countries", headers={"Accept": accept})
    assert answer.status_code == 406
    assert answer.json()["errors"][0]["status"] == "406"


@pytest.mark.parametrize("content_type", ["application/json", f"{JSONAPI}; charset=utf-8"])
def test_a_body_has_to_be_of_the_media_type(didww: DidwwSandbox, content_type: str) -> None:
    answer = didww.http.post("/identities", content=b"{}", headers={"Content-Type": content_type})
    assert answer.status_code == 415


def test_answers_are_of_the_media_type_and_name_the_version(didww: DidwwSandbox) -> None:
    answer = didww.http.get("/balance")
    assert answer.headers["Content-Type"] == JSONAPI
    assert answer.json()["meta"] == {"api_version": "2026-04-16"}
    assert answer.json()["data"]["attributes"] == {"balance": "1000.00", "credit": "0.00", "total_balance": "1000.0"}


def test_linkage_is_there_only_where_it_was_included(didww: DidwwSandbox) -> None:
    plain = didww.get("/did_groups", filter__area_name="London")
    assert all("data" not in relation for relation in plain["data"][0]["relationships"].values())
    assert "included" not in plain
    query = {"include": "stock_keeping_units,address_requirement", "filter__area_name": "LONDON"}
    with_units = didww.get("/did_groups", **query)
    relations = with_units["data"][0]["relationships"]
    assert {name for name, relation in relations.items() if "data" in relation} == {"stock_keeping_units", "address_requirement"}
    assert relations["address_requirement"]["data"] is None
    assert [each["attributes"]["channels_included_count"] for each in with_units["included"]] == [0, 2]


def test_includes_may_be_nested(didww: DidwwSandbox) -> None:
    query = {"include": "did_group.stock_keeping_units", "filter__number_contains": "4420794600"}
    body = didww.get("/available_dids", **query)
    assert {each["type"] for each in body["included"]} == {"did_groups", "stock_keeping_units"}
    assert len(body["included"]) == 3, "each stands once, however many numbers lead to it"
    group = next(each for each in body["included"] if each["type"] == "did_groups")
    assert len(group["relationships"]["stock_keeping_units"]["data"]) == 2


def test_links_of_relationships_lead_somewhere(didww: DidwwSandbox) -> None:
    group = didww.get("/did_groups", filter__area_name="London")["data"][0]
    links = group["relationships"]["country"]["links"]
    assert didww.http.get(links["related"]).json()["data"]["attributes"]["iso"] == "GB"
    assert didww.http.get(links["self"]).json()["data"]["type"] == "countries"
    country = didww.get("/countries", filter__iso="ZA")["data"][0]
    regions = didww.http.get(country["relationships"]["regions"]["links"]["related"]).json()["data"]
    assert {region["attributes"]["iso"] for region in regions} == {"GP", "WC", "KZN", "EC"}


def test_every_filter_that_is_not_allowed_is_an_error_of_its_own(didww: DidwwSandbox) -> None:
    body = didww.get("/orders", 400, filter__bogus="1", filter__other="2", filter__status="pending")
    assert _codes(body) == ["102", "102"]
    assert [error["detail"] for error in body["errors"]] == ["bogus is not allowed.", "other is not allowed."]


@pytest.mark.parametrize(
    ("path", "query", "code"),
    [
        ("/did_groups", {"filter__is_available": "perhaps"}, "107"),
        ("/orders", {"filter__created_at_gteq": "yesterday"}, "107"),
        ("/did_history", {"filter__created_at_gteq": "2025-01-01T00:00:00Z"}, "107"),
        ("/did_groups", {"include": "nothing"}, "112"),
        ("/did_groups", {"include": "country.nothing"}, "112"),
        ("/did_groups", {"include": "_nanpa"}, "112"),
        ("/did_groups", {"sort": "nothing"}, "114"),
        ("/countries", {"page__size": "10"}, "117"),
        ("/did_groups", {"page__offset": "10"}, "117"),
        ("/did_groups", {"page__size": "101"}, "118"),
        ("/did_groups", {"page__number": "0"}, "118"),
        ("/did_groups", {"fields__did_groups": "nothing"}, "104"),
        ("/did_groups", {"fields__nothing": "prefix"}, "101"),
        ("/did_groups", {"limit": "10"}, "105"),
    ],
)
def test_queries_are_checked(didww: DidwwSandbox, path: str, query: dict[str, str], code: str) -> None:
    assert _codes(didww.get(path, 400, **query)) == [code]


def test_lists_come_in_pages_with_links_where_there_are_more(didww: DidwwSandbox) -> None:
    first = didww.get("/did_groups", page__size="8", sort="area_name", filter__is_available="true")
    assert first["meta"]["total_records"] == 19
    assert set(first["links"]) == {"first", "last", "next"}
    assert "filter%5Bis_available%5D=true" in first["links"]["next"]
    second = didww.http.get(first["links"]["next"]).json()
    assert set(second["links"]) == {"first", "last", "next", "prev"}
    last = didww.http.get(first["links"]["last"]).json()
    assert set(last["links"]) == {"first", "last", "prev"}
    names = [each["attributes"]["area_name"] for page in (first, second, last) for each in page["data"]]
    assert names == sorted(names) and len(names) == 19


def test_lists_of_countries_and_numbers_do_not_come_in_pages(didww: DidwwSandbox) -> None:
    assert "links" not in didww.get("/countries")
    body = didww.get("/available_dids", **{"filter__country.id": didww.id_of("/countries", filter__iso="GB")})
    assert "links" not in body
    assert len(body["data"]) == 500, "the answer is capped"
    assert body["meta"]["total_count"] == 1750, "the count is not"


def test_single_numbers_come_in_no_order(didww: DidwwSandbox) -> None:
    lists = [[each["attributes"]["number"] for each in didww.offered("Toronto")] for _ in range(2)]
    assert lists[0] != lists[1]
    assert sorted(lists[0]) == sorted(lists[1])


def test_filters_take_lists(didww: DidwwSandbox) -> None:
    body = didww.get("/countries", filter__iso="GB,ZA")
    assert {each["attributes"]["prefix"] for each in body["data"]} == {"44", "27"}


def test_fields_can_be_chosen(didww: DidwwSandbox) -> None:
    group = didww.get("/did_groups", filter__prefix="20", fields__did_groups="prefix,city")["data"][0]
    assert group["attributes"] == {"prefix": "20"}
    assert set(group["relationships"]) == {"city"}


def test_what_is_wrong_with_a_resource_comes_in_one_answer(didww: DidwwSandbox) -> None:
    body = didww.send("POST", "/identities", 422, {"identity_type": "robot", "phone_number": "+27 11"})
    pointers = {error["source"]["pointer"]: error["detail"] for error in body["errors"]}
    assert pointers == {
        "/data/attributes/first_name": "first_name - can't be blank",
        "/data/attributes/last_name": "last_name - can't be blank",
        "/data/attributes/identity_type": "identity_type - is not included in the list",
        "/data/attributes/phone_number": "phone_number - is invalid",
    }
    assert {error["code"] for error in body["errors"]} == {"100"}


def test_attributes_that_are_not_there_are_refused(didww: DidwwSandbox) -> None:
    body = didww.send("POST", "/identities", 400, {"nick": "x", "verified": True})
    assert _codes(body) == ["105", "105"]


def test_wrong_type_and_broken_bodies(didww: DidwwSandbox) -> None:
    headers = {"Content-Type": JSONAPI}
    assert didww.http.post("/identities", content=b"{", headers=headers).status_code == 400
    answer = didww.http.post("/identities", json={"data": {"type": "addresses"}}, headers=headers)
    assert _codes(answer.json()) == ["101"]
    answer = didww.http.post("/addresses", json={"data": {"type": "addresses", "relationships": {"country": 1}}}, headers=headers)
    assert _codes(answer.json()) == ["108"]


def test_unknown_records_paths_and_verbs(didww: DidwwSandbox) -> None:
    body = didww.get("/orders/ca3704aa-0b06-4595-8c79-ee837faa152d", 404)
    assert body["errors"][0]["title"] == "Record not found"
    for method, path in (("GET", "/nothing"), ("DELETE", "/dids/x"), ("POST", "/countries"), ("GET", "/stock_keeping_units")):
        assert didww.http.request(method, path, headers={"Content-Type": JSONAPI}).status_code == 404


def test_put_is_another_name_for_patch(didww: DidwwSandbox) -> None:
    did = didww.buy("London")
    body = didww.send("PUT", f"/dids/{did['id']}", 200, {"description": "tenant t0007"})
    assert body["data"]["attributes"]["description"] == "tenant t0007"


def test_only_the_right_key_opens(didww: DidwwSandbox) -> None:
    for headers in ({"Api-Key": "wrong"}, {"Api-Key": ""}, {"Api-Key": API_KEY.upper()}):
        answer = didww.http.get("/balance", headers=headers)
        assert answer.status_code == 401
        assert answer.json()["errors"][0]["detail"] == "Authorization failed"


def test_public_keys_are_for_everybody(didww: DidwwSandbox) -> None:
    answer = httpx.get(f"{didww.url}/v3/public_keys", headers={"Accept": JSONAPI}, trust_env=False, verify=False)
    assert set(answer.json()) == {"data"}
    assert [each["attributes"]["key"].startswith("-----BEGIN PUBLIC KEY") for each in answer.json()["data"]] == [True, True]


def test_the_server_listens_on_loopback_only(didww: DidwwSandbox) -> None:
    assert didww.url.startswith("http://127.0.0.1:")

# SPDX-License-Identifier: GPL-3.0-or-later
"""Methods that find numbers and servers, and read what values may be sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from . import places
from .fields import Form, need
from .shapes import No
from .state import State, Stock

Method = Callable[[State, Form], Mapping[str, Any]]
_KEYPAD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")
_VANITY_LENGTH = 7
_REGIONS = {"CA": (places.PROVINCES, "province"), "US": (places.STATES, "state")}


def servers(state: State, form: Form) -> Mapping[str, Any]:
    """getServersInfo. The flag for recommended ones comes as a word or a number."""
    wanted = form.get("server_pop", "")
    rows = [
        {
            "server_name": pop.name,
            "server_shortname": pop.name.split(",")[0],
            "server_hostname": pop.host,
            "server_ip": pop.address,
            "server_country": pop.country,
            "server_pop": pop.id,
            "server_recommended": "Yes" if index == 0 else pop.recommended,
        }
        for index, pop in enumerate(places.POPS)
        if wanted in ("", pop.id)
    ]
    if not rows:
        raise No("invalid_serverpop")
    return {"servers": rows}


def provinces(state: State, form: Form) -> Mapping[str, Any]:
    """getProvinces."""
    return {"provinces": [{"province": code, "description": name} for code, name in places.PROVINCES.items()]}


def states(state: State, form: Form) -> Mapping[str, Any]:
    """getStates."""
    return {"states": [{"state": code, "description": name} for code, name in places.STATES.items()]}


def rate_centres(country: str) -> Method:
    """getRateCentersCAN and getRateCentersUSA."""

    def method(state: State, form: Form) -> Mapping[str, Any]:
        region = _region(form, country)
        stocked = {stock.centre.name for stock in _in_region(state, country, region) if stock.centre}
        names = {centre.name for centre in places.RATE_CENTRES if (centre.country, centre.region) == (country, region)}
        return {"ratecenters": [{"ratecenter": name, "available": name in stocked} for name in sorted(names | stocked)]}

    return method


def numbers(country: str) -> Method:
    """getDIDsCAN and getDIDsUSA."""

    def method(state: State, form: Form) -> Mapping[str, Any]:
        found = _in_region(state, country, _region(form, country))
        if form.get("ratecenter"):
            found = [stock for stock in found if stock.centre and stock.centre.name == form["ratecenter"]]
        return _found([_row(stock, country, full=True) for stock in found])

    return method


def search(country: str) -> Method:
    """searchDIDsCAN and searchDIDsUSA."""

    def method(state: State, form: Form) -> Mapping[str, Any]:
        fits = _pattern(form)
        key = _REGIONS[country][1]
        region = _region(form, country) if form.get(key) else ""
        found = [stock for stock in _in_region(state, country, region) if fits(stock.did)]
        return _found([_row(stock, country, full=False) for stock in found])

    return method


def toll_free(state: State, form: Form) -> Mapping[str, Any]:
    """searchTollFreeCanUS; prices may be blank."""
    fits = _pattern(form) if form.get("type") or form.get("query") else None
    found = [stock for stock in state.stock.values() if stock.centre is None and (fits is None or fits(stock.did))]
    return _found([_toll_free_row(stock, "minute") for stock in found])


def toll_free_usa(state: State, form: Form) -> Mapping[str, Any]:
    """searchTollFreeUSA: a minute price a country."""
    fits = _pattern(form) if form.get("type") or form.get("query") else None
    found = [stock for stock in state.stock.values() if stock.centre is None and (fits is None or fits(stock.did))]
    return _found([_toll_free_row(stock, "minute_usa", "minute_canada") for stock in found])


def vanity(state: State, form: Form) -> Mapping[str, Any]:
    """searchVanity: seven characters after a toll-free code."""
    kind, query = need(form, "type"), need(form, "query").upper()
    if kind != "8**" and kind not in places.TOLL_FREE_CODES:
        raise No("invalid_type")
    if len(query) != _VANITY_LENGTH:
        raise No("invalid_query")
    digits = query.replace("*", "").translate(_KEYPAD)
    found = [
        stock
        for stock in state.stock.values()
        if stock.centre is None and kind in ("8**", stock.did[:3]) and digits in stock.did[3:]
    ]
    return _found([_toll_free_row(stock, "minute") for stock in found])


def values(key: str, *rows: tuple[str, str]) -> Method:
    """A list of values that may be sent."""
    return lambda state, form: {key: [{"value": value, "description": text} for value, text in rows]}


def portability(state: State, form: Form) -> Mapping[str, Any]:
    """getPortability."""
    need(form, "did")
    plan = {"title": "Per Minute Plan", "pricePerMonth": Decimal("0.99"), "pricePerMin": Decimal("0.01")}
    return {"portable": "yes", "sms": "yes", "plans": [plan]}


def termination_rates(state: State, form: Form) -> Mapping[str, Any]:
    """getTerminationRates, for the few destinations that the sandbox has."""
    query, route = need(form, "query"), need(form, "route")
    if route not in ("1", "2"):
        raise No("invalid_route")
    known = (("Canada - 416 Toronto", "1416", Decimal("0.0052")), ("USA - New York", "1212", Decimal("0.0100")))
    rows = [
        {"destination": name, "prefix": prefix, "increment": 6, "rate": rate}
        for name, prefix, rate in known
        if query.lower() in name.lower()
    ]
    if not rows:
        raise No("no_rate")
    return {"route": [{"value": route, "description": "Value" if route == "1" else "Premium"}], "rates": rows}


def _region(form: Form, country: str) -> str:
    known, key = _REGIONS[country]
    value = need(form, key)
    if value not in known:
        raise No(f"invalid_{key}")
    return value


def _in_region(state: State, country: str, region: str) -> list[Stock]:
    return [
        stock
        for stock in state.stock.values()
        if stock.centre is not None and stock.centre.country == country and region in ("", stock.centre.region)
    ]


def _pattern(form: Form) -> Callable[[str], bool]:
    kind, query = need(form, "type"), need(form, "query").upper().translate(_KEYPAD)
    if not query.isdigit():
        raise No("invalid_query")
    tests: dict[str, Callable[[str], bool]] = {
        "starts": lambda did: did.startswith(query),
        "contains": lambda did: query in did,
        "ends": lambda did: did.endswith(query),
    }
    if kind not in tests:
        raise No("invalid_type")
    return tests[kind]


def _row(stock: Stock, country: str, full: bool) -> dict[str, Any]:
    """full: with what only the lists have, and not the searches."""
    assert stock.centre is not None
    names, key = _REGIONS[country]
    row: dict[str, Any] = {
        "did": stock.did,
        "ratecenter": stock.centre.name,
        key: stock.centre.region,
        f"{key}_description": names[stock.centre.region],
        "perminute_monthly": stock.monthly,
        "perminute_minute": stock.minute,
        "perminute_setup": stock.setup,
        "flat_monthly": stock.flat_monthly,
        "flat_minute": Decimal("0.00"),
        "flat_setup": stock.flat_setup,
    }
    if full and country == "US":
        row["has_port_out_pin"] = True
    if full:
        row["sms"] = stock.sms
    return row


def _toll_free_row(stock: Stock, *minutes: str) -> dict[str, Any]:
    def price(value: Decimal) -> Decimal | str:
        return value if stock.priced else ""

    prices = {name: price(stock.minute) for name in minutes}
    return {"did": stock.did, "monthly": price(stock.monthly), **prices, "setup": price(stock.setup)}


def _found(rows: list[dict[str, Any]]) -> Mapping[str, Any]:
    """No hit is an error code here, whatever the settings say about other lists."""
    if not rows:
        raise No("unavailable_info")
    return {"dids": rows}

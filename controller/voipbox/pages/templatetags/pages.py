# SPDX-License-Identifier: GPL-3.0-or-later
"""Small parts that many pages show."""

from __future__ import annotations

import datetime
from typing import Any

from django import template
from django.template.context import RequestContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from voipbox.core import countries
from voipbox.core.config import config
from voipbox.core.models import User
from voipbox.core.people import Role
from voipbox.orders.statuses import BADGES, Status
from voipbox.pricing.summary import Line

from .. import field_names, navigation

register = template.Library()
SPRITE = "/static/pages/vendor/tabler-icons-3.52.0/icons.svg"
_AGES = ((86400, "d"), (3600, "h"), (60, "min"))


@register.simple_tag
def icon(name: str, classes: str = "") -> SafeString:
    """An icon of icons.svg; text beside it says what it means."""
    return format_html('<svg class="icon {}" aria-hidden="true"><use href="{}#{}"></use></svg>', classes, SPRITE, name)


@register.simple_tag
def badge(status: str) -> SafeString:
    """The badge of an order's status."""
    found = BADGES[Status(status)]
    return format_html('<span class="badge state state-{}">{}</span>', found.colour, found.text)


@register.simple_tag
def state(text: str, colour: str) -> SafeString:
    """A badge of any text. colour: blue, azure, yellow, green, red, gray, purple or orange."""
    return format_html('<span class="badge state state-{}">{}</span>', colour, text)


@register.simple_tag
def moment(at: datetime.datetime | None) -> SafeString:
    """A time: in the viewer's zone where scripts run, in UTC otherwise and on hover."""
    if at is None:
        return SafeString("")
    at = at.astimezone(datetime.UTC)
    exact, short = f"{at:%Y-%m-%d %H:%M:%S} UTC", f"{at:%Y-%m-%d %H:%M} UTC"
    return format_html('<time datetime="{}" title="{}">{}</time>', f"{at:%Y-%m-%dT%H:%M:%SZ}", exact, short)


@register.simple_tag
def contact() -> SafeString:
    """A link to where clients write to; empty where the installation names nothing."""
    where = config().contact
    if not where:
        return SafeString("")
    return format_html('<a href="{}">{}</a>', where if where.startswith("https://") else f"mailto:{where}", where)


@register.simple_tag(takes_context=True)
def follow(context: RequestContext, *parts: str) -> SafeString:
    """Let the page follow what happens: the parts, ids of elements, are taken anew when its beat changes."""
    beat = getattr(context["request"], "beat", "")
    return (
        format_html('<div id="follow" data-beat="{}" data-parts="{}" hidden></div>', beat, " ".join(parts))
        if beat
        else SafeString("")
    )


@register.filter
def field_label(path: str) -> str:
    """What a field is called, by the path that a fault names."""
    return field_names.label(path)


@register.filter
def each_time(months: int) -> str:
    """How often something is paid, to follow an amount: a month."""
    return Line("product", "", months=months).often


@register.filter
def country(code: str) -> str:
    """The name of a country."""
    return countries.name(code)


@register.filter
def age(at: datetime.datetime | None) -> str:
    """How long ago, in one unit: 5 min, 3 h, 2 d."""
    if at is None:
        return ""
    seconds = (timezone.now() - at).total_seconds()
    return next((f"{int(seconds // size)} {unit}" for size, unit in _AGES if seconds >= size), "just now")


@register.inclusion_tag("pages/parts/menu.html", takes_context=True)
def menu(context: RequestContext) -> dict[str, Any]:
    """The menu of whoever is signed in."""
    request = context["request"]
    user = request.user
    if not isinstance(user, User):
        return {"entries": []}
    found = []
    for entry in navigation.entries(Role(user.role)):
        address = reverse(entry.view)
        here = request.path.startswith(entry.above) if entry.above else request.path == address
        found.append({"label": entry.label, "icon": entry.icon, "address": address, "here": here})
    return {"entries": found}


@register.inclusion_tag("pages/parts/faults.html")
def faults(form: Any, name: str) -> dict[str, Any]:
    """What is wrong with one field, for a form that holds its faults as a mapping from field to sentences."""
    return {"sentences": (form or {}).get(name, []), "name": name}

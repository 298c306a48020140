# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection's register of dialled numbers says of an order: its extensions, and whether it can call for help."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voipbox.catalog.models import PbxServer
from voipbox.core import collection
from voipbox.providers.models import ProviderAccount

_TEMPLATE_FOLDERS = "fusionpbx_template_path"


@dataclass(frozen=True)
class Dialling:
    """What the phones of an order's tenant can dial. routes: as the register knows them; whole: False where a template of the
    site could not be read here, which the run will judge; countries of the tenant's numbers."""

    routes: tuple[Any, ...]
    whole: bool
    countries: tuple[Any, ...]

    def refused(self, numbers: Iterable[str]) -> dict[str, str]:
        """Those of some extension numbers that are dialled for something else, and why."""
        register = collection.load("module_utils.dialled_numbers")
        causes = ((number, register.cause_against_extension(number, self.countries, self.routes)) for number in numbers)
        return {number: cause for number, cause in causes if cause}

    def lack(self) -> str | None:
        """What is missing for emergency calls, None where nothing is or it cannot be told yet."""
        if not self.whole or not self.countries:
            return None
        found: str | None = collection.load("module_utils.dialled_numbers").emergency_lack(
            list(self.routes), list(self.countries)
        )
        return found


def dialling(account: ProviderAccount | None, server: PbxServer | None, number: str) -> Dialling:
    """What an order's tenant can dial. number: in E.164, empty where it is not known yet."""
    register = collection.load("module_utils.dialled_numbers")
    countries = tuple(register.countries_of([number])) if number else ()
    if account is None:
        return Dialling((), True, countries)
    given = (server.host_variables if server else {}).get(_TEMPLATE_FOLDERS) or []
    named = [part.strip() for part in given.split(",")] if isinstance(given, str) else [str(part) for part in given]
    folders = tuple(str(collection.root() / Path(part).expanduser()) for part in named)
    # A template of the site may change at any time, one of the collection only with it.
    make = _routes.__wrapped__ if folders else _routes
    routes, whole = make(json.dumps(account.outbound), account.slug, account.channels, folders, number)
    return Dialling(routes, whole, countries)


@functools.lru_cache(maxsize=256)
def _routes(outbound: str, slug: str, channels: int, folders: tuple[str, ...], number: str) -> tuple[tuple[Any, ...], bool]:
    register, errors = collection.load("module_utils.dialled_numbers"), collection.load("module_utils.errors")
    templates = collection.load("plugin_utils.route_templates").RouteTemplates(list(folders))
    gateway = {"name": slug, "channels": channels}
    rendered, whole = [], True
    for entry in json.loads(outbound) or []:
        try:
            numbers = [number] if number else []
            made = templates.render_outbound(entry, gateway, "tenant.invalid", "outbound", numbers)
        except (errors.EngineError, KeyError, TypeError, AttributeError):
            whole = False
        else:
            rendered.append({**entry, "routes": made})
    return tuple(route for route, _ in register.routes_of(rendered)), whole

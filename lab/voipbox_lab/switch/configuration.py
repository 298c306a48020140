# SPDX-License-Identifier: GPL-3.0-or-later
"""The configurations that FusionPBX's Lua hands to the switch, through the cache: gateways, access lists, dialplans."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from .faults import Faults
from .files import FileCache
from .rows import Rows

# How FusionPBX escapes a value for the XML: the dollar sign goes, the ampersand stays as it is.
_ESCAPES = str.maketrans({"<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;", "$": None})
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_PARAMETERS = {
    "username": "username",
    "password": "password",
    "realm": "realm",
    "from-user": "from_user",
    "from-domain": "from_domain",
    "proxy": "proxy",
    "register": "register",
    "register-transport": "register_transport",
    "expire-seconds": "expire_seconds",
    "retry-seconds": "retry_seconds",
    "context": "context",
    "extension": "extension",
}


@dataclass(frozen=True)
class GatewayConfig:
    """A gateway as configured: name (the uuid), profile, parameters."""

    name: str
    profile: str
    parameters: dict[str, str]


class Configuration:
    """Parameters: rows, cache, host (as api hostname tells), faults."""

    def __init__(self, rows: Rows, cache: FileCache, host: str, faults: Faults) -> None:
        self.rows = rows
        self.cache = cache
        self.host = host
        self.faults = faults
        self._parsed: tuple[str, dict[str, list[GatewayConfig]]] = ("", {})

    def sofia(self) -> str:
        """The XML of profiles and gateways, from the cache or made and kept there."""
        key = f"{self.host}:configuration:sofia.conf"
        text = self.cache.get(key)
        if text is None:
            text = self._make_sofia()
            if text:
                self.cache.set(key, text)
        return text

    def _make_sofia(self) -> str:
        profiles = self.rows.profiles()
        if not profiles:
            return ""
        by_profile: dict[str, list[str]] = {profile: [] for profile in profiles}
        for row in self.rows.gateways():
            if row["profile"] in by_profile:
                inner = "".join(
                    f'<param name="{name}" value="{row[column].translate(_ESCAPES)}"/>'
                    for name, column in _PARAMETERS.items()
                    if row[column]
                )
                by_profile[row["profile"]].append(f'<gateway name="{row["gateway_uuid"]}">{inner}</gateway>')
        lines = ['<configuration name="sofia.conf"><profiles>']
        for profile, gateways in by_profile.items():
            settings = f'<settings><param name="tls" value="{profiles[profile]}"/></settings>'
            lines += [f'<profile name="{profile}">{settings}<gateways>', *gateways, "</gateways></profile>"]
        lines.append("</profiles></configuration>")
        return "\n".join(lines)

    def _profiles(self) -> dict[str, list[GatewayConfig]]:
        """Profiles with their gateways, their values as the switch reads them; taken apart once a text.

        A gateway with TLS is left out without a word where its profile has none (mod_sofia's "unsupported transport").
        """
        text = self.sofia()
        if self._parsed[0] != text:
            found = {}
            for profile in re.finditer(r'<profile name="([^"]*)">(.*?)</profile>', text, re.DOTALL):
                gateways = []
                has_tls = '<param name="tls" value="true"/>' in profile.group(2)
                for gateway in re.finditer(r'<gateway name="([^"]*)">(.*?)</gateway>', profile.group(2), re.DOTALL):
                    pairs = re.findall(r'<param name="([^"]*)" value="([^"]*)"/>', gateway.group(2))
                    parameters = {key: _decoded(value) for key, value in pairs}
                    if parameters.get("register-transport") == "tls" and not has_tls:
                        continue
                    gateways.append(GatewayConfig(gateway.group(1), profile.group(1), parameters))
                found[profile.group(1)] = gateways
            self._parsed = (text, found)
        return self._parsed[1]

    def profiles(self) -> list[str]:
        """Names of the configured profiles."""
        return list(self._profiles())

    def gateways(self, profile: str) -> list[GatewayConfig]:
        """The configured gateways of a profile."""
        return self._profiles().get(profile, [])

    def access_lists(self) -> dict[str, list[tuple[str, str]]]:
        """{list: [(kind, network)]} with ("default", kind) first."""
        key = "configuration:acl.conf"
        text = self.cache.get(key)
        if text is None:
            rows = [] if self.faults.take("empty_reloadacl") else self.rows.access_lists()
            lines = [f"{row['name']}|{row['otherwise']}|{row['kind'] or ''}|{row['cidr'] or ''}" for row in rows]
            text = "\n".join(lines)
            self.cache.set(key, text)
        lists: dict[str, list[tuple[str, str]]] = {}
        for line in filter(None, text.splitlines()):
            parts = line.split("|")
            if len(parts) == 4:
                name, otherwise, kind, cidr = parts
                entries = lists.setdefault(name, [("default", otherwise)])
                if kind and cidr:
                    entries.append((kind, cidr))
        return lists

    def dialplan(self, context: str, number: str) -> str | None:
        """The dialplan XML served for a call, as FusionPBX's handler does: cached for ever, misses too."""
        is_public = context == "public" or context.startswith("public@") or context.endswith(".public")
        single = is_public and self._mode() == "single"
        key = f"dialplan:{context}:{number}" if single else f"dialplan:{context}"
        text = self.cache.get(key)
        if text is None:
            found = self.rows.single(number) if single else self.rows.context(context)
            if not found:
                return None
            text = (
                '<document type="freeswitch/xml"><section name="dialplan">'
                f'<context name="{context}">' + "\n".join(found) + "</context></section></document>"
            )
            self.cache.set(key, text)
        return text

    def _mode(self) -> str:
        mode = self.cache.get("dialplan:mode")
        if mode is None:
            mode = self.rows.setting("destinations", "dialplan_mode") or "multiple"
            self.cache.set("dialplan:mode", mode)
        return mode

    def user_exists(self, number: str, domain: str) -> bool:
        """A hit is cached, a miss is not."""
        key = f"{self.host}:directory:{number}@{domain}"
        if self.cache.has(key):
            return True
        row = self.rows.extension(number, domain)
        if row:
            self.cache.set(key, f'<user id="{row["extension"]}"/>')
        return row is not None


def allows(entries: list[tuple[str, str]], address: str) -> bool:
    """Whether a list lets an address in: the narrowest entry that holds it decides, else the default."""
    try:
        wanted = ip_address(address)
    except ValueError:
        return False
    verdict, narrowest = "deny", -1
    for kind, text in entries:
        if kind == "default":
            if narrowest < 0:
                verdict = text
            continue
        try:
            network = ip_network(text, strict=False)
        except ValueError:
            continue
        if wanted.version == network.version and wanted in network and network.prefixlen > narrowest:
            verdict, narrowest = kind, network.prefixlen
    return verdict == "allow"


def _decoded(value: str) -> str:
    if "&" not in value:
        return value
    return re.sub(r"&(\w+);", lambda found: _ENTITIES.get(found.group(1), found.group(0)), value)

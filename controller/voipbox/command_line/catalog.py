# SPDX-License-Identifier: GPL-3.0-or-later
"""voipbox catalog ... and voipbox server ..."""

from __future__ import annotations

import argparse
import json
import sys

from .base import SubParsers, add, group, read_text, table

_KINDS = ("group", "product", "bundle")


def register(commands: SubParsers) -> None:
    """Add the commands."""
    catalog = group(commands, "catalog", "products, bundles, and which provider they are bought at")
    load = add(catalog, "import", "bring the catalog to a YAML file", _import)
    load.add_argument("file", help="- for standard input")
    load.add_argument("--dry-run", action="store_true", help="tell what would change")
    add(catalog, "export", "print the catalog as YAML", _export)
    add(catalog, "list", "list products with their mapping", _list)
    explain = add(catalog, "explain", "tell which rule decides where a product is bought", _explain)
    explain.add_argument("product")
    explain.add_argument("--bundle", help="as part of this bundle")
    put = add(catalog, "map", "map a group, a product or a bundle to a provider account", _map)
    put.add_argument("kind", choices=_KINDS)
    put.add_argument("slug")
    put.add_argument("account")
    take = add(catalog, "unmap", "take a mapping away", _unmap)
    take.add_argument("kind", choices=_KINDS)
    take.add_argument("slug")
    server = group(commands, "server", "PBX servers")
    add(server, "list", "list PBX servers", _servers)
    survey = add(server, "survey", "look which domains the servers have", _survey)
    survey.add_argument("server", nargs="?")
    secret = add(server, "secret", "set a sealed host variable; its value is read from standard input", _secret)
    secret.add_argument("server")
    secret.add_argument("name", help="such as fusionpbx_database_password or ansible_become_password")


def _import(arguments: argparse.Namespace) -> int:
    from voipbox.api import catalog_acts
    from voipbox.catalog import exchange
    from voipbox.core.people import operator_of_this_machine

    wanted = exchange.parse(read_text(arguments.file))
    lines = exchange.load(wanted, True) if arguments.dry_run else catalog_acts.load(wanted, operator_of_this_machine())
    print("\n".join(lines) or "Nothing to change.")
    if arguments.dry_run:
        print("Nothing was changed: dry run.")
    return 0


def _export(_: argparse.Namespace) -> int:
    from voipbox.catalog import exchange

    sys.stdout.write(exchange.dump())
    return 0


def _list(_: argparse.Namespace) -> int:
    from voipbox.catalog.mapping import explain
    from voipbox.catalog.models import Product

    rows = []
    for product in Product.objects.select_related("group"):
        decision = explain(product)
        rows.append(
            (
                product.slug,
                product.kind,
                product.group.slug,
                decision.state,
                decision.account.slug if decision.account else "",
                decision.rule,
            )
        )
    table(rows, ("product", "kind", "group", "mapping", "account", "rule"))
    return 0


def _find(kind: str, slug: str) -> object:
    from voipbox.catalog.models import Bundle, Product, ProductGroup
    from voipbox.core.errors import NotThere

    models = {"group": ProductGroup, "product": Product, "bundle": Bundle}
    found = models[kind].objects.filter(slug=slug).first()  # type: ignore[attr-defined] # all three are models
    if found is None:
        raise NotThere(f"There is no {kind} {slug}.")
    return found


def _explain(arguments: argparse.Namespace) -> int:
    from voipbox.catalog.mapping import explain

    bundle = _find("bundle", arguments.bundle) if arguments.bundle else None
    decision = explain(_find("product", arguments.product), bundle)  # type: ignore[arg-type] # of that kind
    print(decision.state)
    for step in decision.steps:
        print(f"  {step}")
    return 0


def _map(arguments: argparse.Namespace) -> int:
    from voipbox.api import catalog_acts
    from voipbox.core.people import operator_of_this_machine

    print(catalog_acts.put_mapping(arguments.kind, arguments.slug, arguments.account, operator_of_this_machine()))
    return 0


def _unmap(arguments: argparse.Namespace) -> int:
    from voipbox.api import catalog_acts
    from voipbox.core.people import operator_of_this_machine

    print(catalog_acts.put_mapping(arguments.kind, arguments.slug, "", operator_of_this_machine()))
    return 0


def _servers(_: argparse.Namespace) -> int:
    from voipbox.catalog.models import PbxServer

    rows = [
        (
            s.slug,
            s.base_domain,
            "active" if s.active else "off",
            s.surveyed_at or "never",
            s.survey_error or json.dumps(s.survey_facts),
        )
        for s in PbxServer.objects.order_by("slug")
    ]
    table(rows, ("server", "base domain", "", "looked at", "says"))
    return 0


def _survey(arguments: argparse.Namespace) -> int:
    from voipbox.catalog.models import PbxServer
    from voipbox.core.errors import NotThere
    from voipbox.provisioning.survey import survey

    servers = PbxServer.objects.filter(slug=arguments.server) if arguments.server else PbxServer.objects.filter(active=True)
    if not servers:
        raise NotThere(f"There is no PBX server {arguments.server or 'yet'}.")
    faults = {server.slug: survey(server) for server in servers}
    for slug, fault in faults.items():
        print(f"{slug}: {fault or 'can be worked with'}")
    return 1 if any(faults.values()) else 0


def _secret(arguments: argparse.Namespace) -> int:
    from voipbox.catalog.models import PbxServer
    from voipbox.core.errors import NotThere

    server = PbxServer.objects.filter(slug=arguments.server).first()
    if server is None:
        raise NotThere(f"There is no PBX server {arguments.server}.")
    server.secret_variables = {**server.secret_variables, arguments.name: sys.stdin.read().rstrip("\n")}
    server.save(update_fields=["secret_variables"])
    print(f"{arguments.name} of {server.slug} is sealed.")
    return 0

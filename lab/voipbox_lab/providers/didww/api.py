# SPDX-License-Identifier: GPL-3.0-or-later
"""The API proper: from a path and a verb to a handler, and back as a document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from werkzeug.wrappers import Request, Response

from . import body, money
from .access import check_headers
from .document import Documents
from .exports import Exports
from .files import Files
from .handler import Handler
from .kinds import KINDS
from .query import Query, parse
from .records import Record, fixed_id
from .wire import JSONAPI, answer, no_such_path, not_found, nothing
from .world import World

PREFIX = "/v3"
_VERBS = {"GET": "get", "POST": "create", "PATCH": "update", "PUT": "update", "DELETE": "delete"}
_FILE = ".csv.gz"


def parts_of(path: str) -> list[str]:
    """The parts of a path below the prefix; empty for other paths."""
    if path != PREFIX and not path.startswith(f"{PREFIX}/"):
        return []
    return [part for part in path.removeprefix(PREFIX).split("/") if part]


def is_file(parts: list[str]) -> bool:
    """True for the file of an export."""
    return len(parts) == 2 and parts[0] == "exports" and parts[1].endswith(_FILE)  # noqa: PLR2004 - parts of a path, classes of a status


class Api:
    """Parameters: world; handlers, one a type."""

    def __init__(self, world: World, handlers: Mapping[str, Handler]) -> None:
        self._world = world
        self._handlers = handlers

    def answer(self, request: Request, version: str) -> Response:
        """Do what a request asks for. Raises Refusal."""
        parts = parts_of(request.path)
        base = f"{request.host_url.rstrip('/')}{PREFIX}"
        if is_file(parts):
            return self._file(parts[1].removesuffix(_FILE))
        is_upload = parts == ["encrypted_files"] and request.method == "POST"
        has_body = request.method in ("POST", "PATCH", "PUT") and not is_upload
        check_headers(request, has_body, (JSONAPI, "application/json") if is_upload else (JSONAPI,))
        documents = Documents(self._world.view, base)
        result = self._balance(documents) if parts == ["balance"] else self._routed(request, parts, documents, is_upload, base)
        if result is None:
            return nothing()
        status, document = result
        if parts[0] != "public_keys":
            document["meta"] = {**document.get("meta", {}), "api_version": version}
        return answer(status, document)

    def _routed(
        self, request: Request, parts: list[str], documents: Documents, is_upload: bool, base: str
    ) -> tuple[int, dict[str, Any]] | None:
        handler = self._handlers.get(parts[0]) if parts else None
        if handler is None:
            raise no_such_path()
        handler.check_allowed()
        verb = _VERBS.get(request.method, "")
        if len(parts) == 1:
            verb = "list" if verb == "get" else verb if verb == "create" else ""
        elif len(parts) > 2:  # noqa: PLR2004 - parts of a path, classes of a status
            return self._related(request, handler, parts, documents)
        elif verb == "create":
            verb = ""
        if verb not in KINDS[handler.kind].verbs:
            raise no_such_path()
        query = parse(handler.kind, list(request.args.items(multi=True)))
        if verb == "list":
            return 200, self._list(handler, query, documents)
        if verb == "create":
            return 201, self._create(request, handler, query, documents, is_upload, base)
        record = self._record(handler, parts[1])
        if verb == "delete":
            handler.delete(record)
            return None
        if verb == "update":
            self._update(request, handler, record)
        return 200, documents.one(record, query)

    def _record(self, handler: Handler, identifier: str) -> Record:
        record = self._world.store.get(handler.kind, identifier)
        if record is None:
            raise not_found(identifier)
        return record

    def _list(self, handler: Handler, query: Query, documents: Documents) -> dict[str, Any]:
        kind = KINDS[handler.kind]
        found = query.select(self._world.view, kind, handler.records())
        shown = found[: self._world.settings.available_limit] if handler.kind == "available_dids" else found
        document = documents.many(f"/{handler.kind}", kind, shown, query, len(found))
        if extra := handler.list_meta():
            document["meta"].update(extra)
        return document

    def _create(
        self, request: Request, handler: Handler, query: Query, documents: Documents, is_upload: bool, base: str
    ) -> dict[str, Any]:
        if is_upload and isinstance(handler, Files):
            return documents.one(handler.receive(request), query)
        store = self._world.store
        given = body.read(request.get_data(), handler.kind, handler.attributes, handler.relations, store)
        record = handler.create(given)
        if isinstance(handler, Exports):
            record.hidden["base"] = base
        return documents.one(record, query)

    def _update(self, request: Request, handler: Handler, record: Record) -> None:
        attributes = handler.attributes if handler.changeable is None else handler.changeable
        names = handler.relations if handler.changeable_links is None else handler.changeable_links
        relations = {name: handler.relations[name] for name in names}
        given = body.read(request.get_data(), handler.kind, attributes, relations, self._world.store, record.id)
        handler.update(record, given)

    def _related(self, request: Request, handler: Handler, parts: list[str], documents: Documents) -> tuple[int, dict[str, Any]]:
        """What the links of a relationship lead to: the records, or their types and ids."""
        record, name = self._record(handler, parts[1]), parts[-1]
        is_linkage = len(parts) == 4 and parts[2] == "relationships"  # noqa: PLR2004 - parts of a path, classes of a status
        relation = KINDS[handler.kind].relations.get(name)
        if request.method != "GET" or name.startswith("_") or relation is None or (len(parts) != 3 and not is_linkage):  # noqa: PLR2004 - parts of a path, classes of a status
            raise no_such_path()
        if is_linkage:
            return 200, {"data": documents.linkage(record, name)}
        related = self._world.view.related(record, name)
        kind = related[0].type if related else next(iter(relation.types), "orders")
        query = parse(kind, list(request.args.items(multi=True)))
        if not relation.many:
            return 200, documents.one(related[0] if related else None, query)
        found = query.select(self._world.view, KINDS[kind], related)
        return 200, documents.many(f"/{'/'.join(parts)}", KINDS[kind], found, query)

    def _balance(self, documents: Documents) -> tuple[int, dict[str, Any]]:
        world = self._world
        attributes = {
            "balance": f"{world.balance:.2f}",
            "credit": f"{world.credit:.2f}",
            "total_balance": money.text(world.balance + world.credit),
        }
        return 200, documents.one(Record("balances", fixed_id("balance"), attributes), Query())

    def _file(self, identifier: str) -> Response:
        handler = self._handlers["exports"]
        record = self._world.store.get("exports", identifier)
        if record is None or record.attributes["status"] != "completed" or not isinstance(handler, Exports):
            raise not_found(identifier)
        return Response(handler.file(record), content_type="application/gzip")

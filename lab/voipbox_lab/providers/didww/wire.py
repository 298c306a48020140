# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers, and the errors in the provider's words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from werkzeug.wrappers import Response

JSONAPI = "application/vnd.api+json"


def answer(status: int, document: Any, content_type: str = JSONAPI) -> Response:
    """An answer with a JSON body."""
    return Response(json.dumps(document), status=status, content_type=content_type)


def nothing() -> Response:
    """204. The provider names its media type there as well."""
    return Response(status=204, content_type=JSONAPI)


class Refusal(Exception):
    """The provider says no. Parameters: status; errors, as they stand in the answer."""

    def __init__(self, status: int, errors: list[dict[str, Any]]) -> None:
        self.status = status
        self.errors = errors
        super().__init__("; ".join(str(error.get("detail")) for error in errors))

    def response(self) -> Response:
        """The answer that says so."""
        return answer(self.status, {"errors": self.errors})


def error(
    status: int, code: str, title: str, detail: str = "", pointer: str = "", meta: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """One entry of an answer's errors."""
    entry: dict[str, Any] = {"title": title, "detail": detail or title, "code": code, "status": str(status)}
    if pointer:
        entry["source"] = {"pointer": pointer}
    if meta:
        entry["meta"] = dict(meta)
    return entry


def attribute_error(name: str, says: str, pointer: str = "") -> dict[str, Any]:
    """A validation error of an attribute: "name - has already been taken"."""
    return error(422, "100", says, f"{name} - {says}", pointer or f"/data/attributes/{name}")


def relation_error(name: str, says: str = "is invalid") -> dict[str, Any]:
    """A validation error of a relationship."""
    return error(422, "100", says, f"{name} - {says}", f"/data/relationships/{name}")


def sentence_error(says: str) -> dict[str, Any]:
    """A validation error about the whole: one plain sentence."""
    return error(422, "100", says, says, "/data")


def invalid(*errors: dict[str, Any]) -> Refusal:
    """422 with every fault that was found."""
    return Refusal(422, list(errors))


def not_found(identifier: str) -> Refusal:
    """404 for a record."""
    return Refusal(404, [error(404, "404", "Record not found", f"The record identified by {identifier} could not be found.")])


def no_such_path() -> Refusal:
    """404 for a path or verb that the API does not have."""
    return Refusal(404, [error(404, "404", "Not found", "The requested path does not exist.")])


def not_allowed(name: str) -> Refusal:
    """400 for a parameter or attribute that may not be sent."""
    return Refusal(400, [error(400, "105", "Param not allowed", f"{name} is not allowed.")])


def missing(name: str) -> Refusal:
    """400 for a parameter that must be sent."""
    return Refusal(400, [error(400, "106", "Missing Parameter", f"The required parameter, {name}, is missing.")])


def unauthorized() -> Refusal:
    """401."""
    return Refusal(401, [error(401, "401", "Unauthorized", "Authorization failed")])


def forbidden(detail: str, title: str = "Forbidden") -> Refusal:
    """403."""
    return Refusal(403, [error(403, "403", title, detail)])

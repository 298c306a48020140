# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a dialplan does: its detail rows and the XML of the same, made once for all tenants that have the same route."""

from __future__ import annotations

from functools import lru_cache
from operator import itemgetter

from .database import canonical
from .dialplan_xml import XmlWriter, details_from, parse, refused_characters, same_xml

_COMPARED = tuple("dialplan_detail_" + name for name in ("tag", "type", "data", "break", "inline", "group", "order", "enabled"))
_compared_of = itemgetter(*_COMPARED)
_FILLED = ("dialplan_detail_type", "dialplan_detail_data")
_KEPT_ROUTES = 1024


class Content:
    """Detail rows of a dialplan (dialplan_xml.detail), and what follows from them.

    Parameters: details; standard_actions, those that FusionPBX's destination page puts into the XML alone.
    """

    def __init__(self, details, standard_actions=()):
        self.details = details
        self.standard_actions = standard_actions
        self._body = None
        self._compared = None
        self._refused = None
        self._with_tokens = None
        self._like = None

    def xml(self, name, uuid, continue_):
        """The XML text. Parameters: name and uuid of the dialplan, continue as FusionPBX spells it."""
        return XmlWriter(name, uuid, continue_).around(self._xml_body())

    def same_xml(self, current, name, uuid, continue_):
        """The current text when it means the same, else the new one."""
        wanted = self.xml(name, uuid, continue_)
        return current if same_xml(current, wanted) else wanted

    def same_details(self, rows):
        """True when rows of the database say the same, in whatever order."""
        there = [_text(row) for row in rows]
        return there == self._texts() or sorted(there) == sorted(self._texts())

    def refused(self):
        """The first value that FusionPBX's editor cannot keep, or an empty text."""
        if self._refused is None:
            self._refused = refused_characters(self.details) or ""
        return self._refused

    def filled(self, tokens):
        """The same content with texts in the place of tokens.

        tokens: {token: text of letters, digits, dots and dashes}, with the same tokens in every call.
        """
        if self._with_tokens is None:
            self._with_tokens = [_holds_one(row, tokens) for row in self.details]
        rows = [_filled_row(row, tokens) if holds else row for row, holds in zip(self.details, self._with_tokens)]
        one = Content(rows, self.standard_actions)
        one._like = (self._texts(), self._with_tokens)
        one._body = filled(self._xml_body(), tokens)
        one._refused = self._refused
        return one

    def _xml_body(self):
        if self._body is None:
            self._body = XmlWriter("", "", "", self.standard_actions).body(self.details)
        return self._body

    def _texts(self):
        if self._compared is None:
            known, changed = self._like or ([None] * len(self.details), [True] * len(self.details))
            self._compared = [
                _text(row, canonical) if differs else same for row, differs, same in zip(self.details, changed, known)
            ]
        return self._compared


class RenderedRoute:
    """A rendered route template, its tokens still in it: name, order (text or None), continues and content."""

    def __init__(self, text, number):
        element = parse(text)
        self.name = element.get("name")
        self.order = element.get("order")
        self.continues = element.get("continue") in ("true", "1")
        self.content = Content(details_from(element, number))


@lru_cache(maxsize=_KEPT_ROUTES)
def rendered(text, number):
    """The RenderedRoute of an XML text, read once. number: see dialplan_xml.details_from. Raises EngineError."""
    return RenderedRoute(text, number)


def filled(text, tokens):
    """A text with texts in the place of tokens."""
    for token, value in tokens.items():
        if token in text:
            text = text.replace(token, value)
    return text


def _holds_one(row, tokens):
    return any(token in (row[name] or "") for token in tokens for name in _FILLED)


def _filled_row(row, tokens):
    return dict(row, **{name: filled(row[name], tokens) for name in _FILLED if row[name]})


def _text(row, text=None):
    """A row in the form of comparison; an enabled that is not said counts as true. text: see database.canonical."""
    values = _compared_of(row)
    values = [value or "" for value in (map(text, values) if text else values)]
    values[-1] = values[-1] or "true"
    return tuple(values)

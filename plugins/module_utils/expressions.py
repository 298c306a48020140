# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which regular expressions a tenant file may give: those that the switch compiles and that no dialled number makes slow.

The switch uses PCRE. Two engines never agree on everything, so the expression is read here by a grammar of the part that
both know: literals, classes, groups, alternatives, looking ahead, counts. Matching is bounded by its form: a repetition
holds no other repetition and no alternatives, open ones are few, and the ways through all choices are counted.
"""

from __future__ import annotations

import re

LONGEST = 250
_MOST_UNBOUNDED = 3
_MOST_REPEATED = 1000
_MOST_WAYS = 100000
# A count up to this many more than its least is a number of ways, a wider one as good as open.
_NARROW = 20
_DEEPEST = 10
_NO_LITERAL = "\\^$.[|()?*+{"
_CLASSES = "dDwWsS"
_ANCHORS = "bBAzZ"
_SIGNS = frozenset("+*?.()[]{}^$|\\/-#@!%=:;,_~&<>'\" ")
_POSIX = frozenset(["alnum", "alpha", "blank", "digit", "lower", "punct", "space", "upper", "word", "xdigit"])
_COUNT = re.compile(r"\{([0-9]{1,5})(,([0-9]{1,5})?)?\}")


class _Wrong(Exception):
    """Why an expression is refused."""


class _Part:
    """What was read of an expression: in how many ways it may match, whether it repeats openly, how often a part stands."""

    def __init__(self, ways=1, is_open=False, repeated=1):
        if ways > _MOST_WAYS:
            raise _Wrong("chooses in more than {0} ways".format(_MOST_WAYS))
        self.ways = ways
        self.is_open = is_open
        self.repeated = repeated

    @property
    def varies(self):
        """True when it can match one text in several ways."""
        return self.ways > 1 or self.is_open

    def then(self, other):
        """Both, one after the other."""
        return _Part(self.ways * other.ways, self.is_open or other.is_open, max(self.repeated, other.repeated))

    def instead(self, other):
        """One of the two."""
        return _Part(self.ways + other.ways, self.is_open or other.is_open, max(self.repeated, other.repeated))


class _Reader:
    def __init__(self, text):
        self.text = text
        self.place = 0
        self.unbounded = 0

    def whole(self):
        self.alternatives(0)
        if self.place < len(self.text):
            raise _Wrong("holds a ) without (")

    def next_is(self, sign):
        return self.text.startswith(sign, self.place)

    def alternatives(self, depth):
        if depth > _DEEPEST:
            raise _Wrong("has more than {0} brackets in each other".format(_DEEPEST))
        whole = self.sequence(depth)
        while self.next_is("|"):
            self.place += 1
            whole = whole.instead(self.sequence(depth))
        return whole

    def sequence(self, depth):
        whole = _Part()
        while self.place < len(self.text) and not self.next_is("|") and not self.next_is(")"):
            whole = whole.then(self.repeated(depth))
        return whole

    def repeated(self, depth):
        start = self.place
        one, may_repeat = self.atom(depth)
        count = self.count()
        if count is None:
            return one
        if not may_repeat:
            raise _Wrong("repeats {0}, which matches no character".format(self.text[start : start + 2]))
        least, most = count
        if most != 1 and one.varies:
            raise _Wrong("repeats something that repeats or chooses itself: a long number would be tried in too many ways")
        is_open = most is None or most - least > _NARROW
        if is_open:
            self.unbounded += 1
            if self.unbounded > _MOST_UNBOUNDED:
                raise _Wrong("has more than {0} open repetitions (*, + or a wide count)".format(_MOST_UNBOUNDED))
        repeated = one.repeated * (most or max(least, 1))
        if repeated > _MOST_REPEATED:
            raise _Wrong("repeats more than {0} times".format(_MOST_REPEATED))
        ways = one.ways + 1 if count == (0, 1) else 1 if is_open else most - least + 1
        return _Part(ways, is_open or one.is_open, repeated)

    def count(self):
        """(least, most) of a quantifier that stands here, None without one; most is None when it is open."""
        found = None
        for sign, meaning in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self.next_is(sign):
                found, self.place = meaning, self.place + 1
        if found is None and self.next_is("{"):
            given = _COUNT.match(self.text, self.place)
            if given is None:
                raise _Wrong("holds a { that is no count (write \\{ for the sign itself)")
            self.place = given.end()
            least = int(given.group(1))
            most = least if given.group(2) is None else int(given.group(3)) if given.group(3) else None
            if most is not None and most < least:
                raise _Wrong("holds a count whose end is before its start")
            found = (least, most)
        if found is not None:
            if self.next_is("?"):
                self.place += 1
            if self.place < len(self.text) and self.text[self.place] in "*+?{":
                raise _Wrong("repeats a repetition")
        return found

    def atom(self, depth):
        """What one step matches, and whether it may be repeated."""
        sign = self.text[self.place]
        self.place += 1
        if sign == "(":
            return self.group(depth)
        if sign == "[":
            self.bracket()
            return _Part(), True
        if sign == "\\":
            return _Part(), self.escape() not in _ANCHORS
        if sign in "^$":
            return _Part(), False
        if sign in "*+?{":
            raise _Wrong("holds a {0} that repeats nothing (write \\{0} for the sign itself)".format(sign))
        return _Part(), True

    def group(self, depth):
        ahead = self.next_is("?=") or self.next_is("?!")
        if ahead or self.next_is("?:"):
            self.place += 2
        elif self.next_is("?") or self.next_is("*"):
            raise _Wrong("holds a ({0} that is not supported: there are (...), (?:...), (?=...) and (?!...)".format(
                self.text[self.place : self.place + 2]))  # fmt: skip
        inside = self.alternatives(depth + 1)
        if not self.next_is(")"):
            raise _Wrong("holds a ( without )")
        self.place += 1
        return inside, not ahead

    def escape(self):
        sign = self.text[self.place : self.place + 1]
        self.place += 1
        if not sign:
            raise _Wrong("ends with a \\")
        if sign not in _CLASSES and sign not in _ANCHORS and sign not in _SIGNS:
            raise _Wrong("holds \\{0}, which is not supported".format(sign))
        return sign

    def bracket(self):
        """A class [...]; its first ] is an ordinary sign, as in PCRE."""
        if self.next_is("^"):
            self.place += 1
        first = True
        before = None
        while first or not self.next_is("]"):
            if self.place >= len(self.text):
                raise _Wrong("holds a [ without ]")
            one = self.member()
            if self.next_is("-") and not self.text.startswith("-]", self.place):
                self.place += 1
                before, one = one, self.member()
                if before is None or one is None or before > one:
                    raise _Wrong("holds a range in [ ] that is none")
            first = False
        self.place += 1

    def member(self):
        """One member of a class; its character, or None for a whole class such as \\d."""
        if self.next_is("[:"):
            end = self.text.find(":]", self.place)
            if end < 0 or self.text[self.place + 2 : end].lstrip("^") not in _POSIX:
                raise _Wrong("holds a class in [: :] that is not known")
            self.place = end + 2
            return None
        sign = self.text[self.place : self.place + 1]
        if not sign:
            raise _Wrong("holds a [ without ]")
        self.place += 1
        if sign != "\\":
            return sign
        escaped = self.escape()
        if escaped in _ANCHORS:
            raise _Wrong("holds \\{0} in [ ]".format(escaped))
        return None if escaped in _CLASSES else escaped


def cause_against(expression):
    """Cause why a regular expression is refused, None for one that the switch compiles and matches in bounded time."""
    if not expression:
        return "is empty"
    if len(expression) > LONGEST:
        return "is longer than {0} characters".format(LONGEST)
    try:
        _Reader(expression).whole()
    except _Wrong as wrong:
        return "is no expression that can be used: it {0}".format(wrong)
    return None

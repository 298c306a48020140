# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a template asks its context for: two renderings whose answers are the same are the same text."""

from __future__ import annotations

from jinja2 import TemplateError, meta


def names_asked(environment, name):
    """The names that a template, and all that it imports, includes or extends, may look up in its context.

    Parameters: environment, a jinja2.Environment; name of the template. Returns a sorted list, or None when it cannot be
    told: a template that is named at run time, or one that cannot be read.
    """
    asked = set()
    seen = set()
    waiting = [name]
    while waiting:
        current = waiting.pop()
        if current is None:
            return None
        if current in seen:
            continue
        seen.add(current)
        try:
            tree = environment.parse(environment.loader.get_source(environment, current)[0])
        except TemplateError:
            return None
        asked.update(meta.find_undeclared_variables(tree))
        waiting.extend(meta.find_referenced_templates(tree))
    return sorted(asked)

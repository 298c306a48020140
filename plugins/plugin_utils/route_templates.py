# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Route templates: found by a search path, rendered on the control node with autoescape, checked before they travel."""

from __future__ import annotations

import os
from functools import lru_cache

import jinja2
from ansible_collections.voipbox.fusionpbx.plugins.module_utils import emergency_numbers
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.dialled_numbers import countries_of
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.dialplan_xml import parse
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.errors import BadInput, EngineError
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.numbers import destination_columns, is_e164
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.route_tokens import DOMAIN_UUID, GATEWAY_UUID
from ansible_collections.voipbox.fusionpbx.plugins.module_utils.rules import expression as expression_rule
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.abbreviations import abbreviation, outbound_prefix
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.template_names import names_asked

ROLE_FOLDER = os.path.normpath(
    os.path.join(os.path.dirname(__file__), "..", "..", "roles", "provider_trunk", "templates", "routes")
)
_ENDING = ".xml.j2"
_DEFAULT_ORDER = 100
DEFAULT_INBOUND = "did_to_extension"


class RouteTemplates:
    """The templates of a search path. Parameters: search_path, folders of a site; the role's own comes last.

    A folder may hold inbound/ and outbound/, or the files themselves. Every method raises BadInput with the field of
    the tenant file: unknown template, missing option, XML that is not well formed.
    """

    def __init__(self, search_path):
        self.folders = [folder for folder in search_path if folder] + [ROLE_FOLDER]
        self.environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(self.folders),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self.environment.globals["required"] = _required
        self._asked = {}
        self._made = {}

    def names(self, kind):
        """Names of the templates of a kind (inbound, outbound)."""
        found = set()
        for folder in self.folders:
            for place in (os.path.join(folder, kind), folder if folder != ROLE_FOLDER else None):
                if place and os.path.isdir(place):
                    found.update(
                        name[: -len(_ENDING)] for name in os.listdir(place) if name.endswith(_ENDING) and not name.startswith("_")
                    )
        return sorted(found)

    def render_inbound(self, entry, domain, field):
        """The XML of an inbound entry. Parameters: entry of a tenant file, domain name, field (its path)."""
        name = entry.get("template") or DEFAULT_INBOUND
        if not is_e164(entry["number"]):
            raise BadInput(field + ".number", "not an E.164 number (plus, country code and number, such as +14165550100)")
        expression = destination_columns(entry["number"], entry.get("match") or "any")[2]
        context = {
            "number": entry["number"],
            "expression": expression,
            "domain": domain,
            "domain_uuid": DOMAIN_UUID,
            "extension": entry.get("extension"),
            "ring_group": entry.get("ring_group"),
            "description": entry.get("description"),
            "variables": entry.get("variables") or {},
        }
        text = self._render(self._template("inbound", name, field), context, name, field)
        _check(text, expression, name, field)
        return text

    def render_outbound(self, entry, gateway, domain, field, numbers=()):
        """[{"expression", "xml"}] of an outbound entry, one a regular expression of its template.

        Parameters: entry of a tenant file, gateway (its name and channels), domain name, field (the entry's path), numbers of
        the tenant in E.164, whose countries count where the entry names none.
        """
        template = self._template("outbound", entry["template"], field)
        context = _outbound_context(entry, gateway, domain, numbers)
        return self._once("routes", template, context, lambda: self._routes(template, context, entry, field))

    def _routes(self, template, context, entry, field):
        routes = []
        for expression in self._module(template, context, entry, field).expressions:
            if entry.get("variables") and expression_rule(expression):
                raise BadInput(field + ".variables", "an expression that they give " + expression_rule(expression))
            context.update(
                expression=expression,
                abbreviation=abbreviation(expression),
                outbound_prefix=outbound_prefix(expression),
            )
            text = self._render(template, context, entry["template"], field)
            _check(text, expression, entry["template"], field)
            routes.append({"expression": expression, "xml": text})
        return routes

    def questions(self, entry, gateway, domain, field, numbers=()):
        """What an outbound entry can be asked about.

        Returns {"expressions": [...], "match": [...], "no_match": [...]}: its regular expressions, and numbers that it is
        to take and to refuse.
        """
        template = self._template("outbound", entry["template"], field)
        context = _outbound_context(entry, gateway, domain, numbers)

        def make():
            return _questions(self._module(template, context, entry, field), entry, field)

        return self._once("questions", template, context, make)

    def _once(self, kind, template, context, make):
        """What make() returns, made once for all tenants whose context says the same to this template."""
        if template.name not in self._asked:
            self._asked[template.name] = names_asked(self.environment, template.name)
        asked = self._asked[template.name]
        if asked is None:
            return make()
        key = (kind, template.name, repr([context.get(name) for name in asked]))
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def _template(self, kind, name, field):
        for candidate in (kind + "/" + name + _ENDING, name + _ENDING):
            try:
                return self.environment.get_template(candidate)
            except jinja2.TemplateNotFound:
                continue
            except jinja2.TemplateSyntaxError as error:
                raise BadInput(field + ".template", "{0} is no valid template: {1}".format(name, error)) from None
        known = ", ".join(self.names(kind))
        raise BadInput(field + ".template", "there is no {0} template {1} (known: {2})".format(kind, name, known))

    def _module(self, template, context, entry, field):
        module = _rendered(lambda: template.make_module(context), entry["template"], field)
        expressions = getattr(module, "expressions", None)
        if not isinstance(expressions, list) or not all(isinstance(one, str) and one for one in expressions):
            raise BadInput(field + ".template", "{0} sets no list `expressions`".format(entry["template"]))
        return module

    def _render(self, template, context, name, field):
        return _rendered(lambda: template.render(context), name, field).strip()


class _Missing(Exception):
    def __init__(self, option, cause):
        super().__init__(cause)
        self.option = option
        self.cause = cause


def _required(option, cause):
    """What a template calls for an option that it cannot do without."""
    raise _Missing(option, cause)


def _rendered(make, name, field):
    """What make() gives; every error of a template as BadInput with the field."""
    try:
        return make()
    except _Missing as error:
        raise BadInput("{0}.{1}".format(field, error.option), error.cause) from None
    except jinja2.TemplateError as error:
        raise BadInput(field + ".template", "{0} cannot be rendered: {1}".format(name, error)) from None
    except Exception as error:  # pylint: disable=broad-except
        # A template is a program: variables of another type than it expects end in any error.
        cause = "{0} cannot be rendered with these values ({1})".format(name, type(error).__name__)
        raise BadInput(field + ".template", cause) from None


def _questions(module, entry, field):
    return {
        "expressions": list(module.expressions),
        "match": _samples(module, "matches", entry, field),
        "no_match": _samples(module, "refuses", entry, field),
    }


def _samples(module, name, entry, field):
    """The sample numbers that a template sets, as texts: in a tenant file they often stand without quotes."""
    samples = getattr(module, name, [])
    given = name in (entry.get("variables") or {})
    place = "{0}.variables.{1}".format(field, name) if given else field + ".template"
    if not isinstance(samples, (list, tuple)):
        raise BadInput(place, "{0} must be a list of numbers".format(name))
    for sample in samples:
        if isinstance(sample, bool) or not isinstance(sample, (str, int)):
            raise BadInput(place, "{0} must be a list of numbers, each in quotes".format(name))
    return [str(sample) for sample in samples]


@lru_cache(maxsize=4096)
def route_name(text):
    """The name that a rendered route gives its dialplan; a token may stand in it."""
    return parse(text).get("name") or ""


def _outbound_context(entry, gateway, domain, numbers):
    channels = entry.get("channels")
    named = emergency_numbers.of_country(entry.get("country"))
    countries = [named] if named else [] if entry.get("country") else countries_of(numbers)
    return {
        "expression": "",
        "abbreviation": "",
        "outbound_prefix": None,
        "domain": domain,
        "domain_uuid": DOMAIN_UUID,
        "gateway": {"name": gateway["name"], "uuid": GATEWAY_UUID, "channels": gateway.get("channels") or 0},
        "channels": (gateway.get("channels") if channels is None else channels) or 0,
        "toll_allow": entry.get("toll_allow"),
        "area_code": entry.get("area_code"),
        "prefix": entry.get("prefix") or "",
        "order": entry.get("order") or _DEFAULT_ORDER,
        "given_expressions": entry.get("expressions") or [],
        "description": entry.get("description"),
        "variables": entry.get("variables") or {},
        "emergency_countries": [country.code for country in countries],
        "emergency_expressions": list(dict.fromkeys(emergency_numbers.expression_of(country) for country in countries)),
        "emergency_numbers": list(dict.fromkeys(each for country in countries for each in country.needed + country.further)),
    }


def _check(text, expression, name, field):
    try:
        element = parse(text)
    except EngineError as error:
        raise BadInput(field + ".template", "{0} gives XML that cannot be used: {1}".format(name, error.what)) from None
    found = [condition.get("expression") for condition in element.iter() if condition.get("field") == "destination_number"]
    if expression not in found:
        raise BadInput(field + ".template", "{0} gives no condition on destination_number with {1}".format(name, expression))

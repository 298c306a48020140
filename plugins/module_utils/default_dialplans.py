# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The default dialplans of a new domain, read from the XML files of the FusionPBX that is installed on the server."""

from __future__ import annotations

import glob
import os
import uuid

from .dialplan_content import Content, filled
from .dialplan_xml import detail, parse
from .errors import EngineError
from .passwords import generate_pin

_PATTERN = "*/*/resources/switch/conf/dialplan/*.xml"
_DOMAIN_TOKEN = "voipbox-domain-token.invalid"
_PIN_TOKEN = "voipboxpintoken"
_DEFAULT_PIN_LENGTH = 8


def read_templates(web_root):
    """The dialplans that FusionPBX's domain page would import for one domain, in the order of its files.

    Global ones are left out: they belong to no domain and exist once. Raises EngineError when the folder or a file is
    missing or broken. Returns a list of (row, dialplan_content.Content) with tokens in the place of the domain name and PIN.
    """
    paths = sorted(glob.glob(os.path.join(glob.escape(web_root), _PATTERN)))
    if not paths:
        raise EngineError(
            "No default dialplans were found under the web root {0}.".format(web_root),
            next_step="Name FusionPBX's folder with fusionpbx_web_root (document.root in config.conf).",
        )
    templates = []
    for path in paths:
        try:
            with open(path, encoding="utf-8") as source:
                text = source.read()
        except (OSError, UnicodeDecodeError) as error:
            raise EngineError("The default dialplan {0} cannot be read ({1}).".format(path, error)) from None
        text = text.replace("{v_context}", _DOMAIN_TOKEN).replace("{v_pin_number}", _PIN_TOKEN)
        try:
            element = parse(text.strip())
        except EngineError as error:
            raise EngineError("The default dialplan {0} is not usable: {1}".format(path, error.what)) from None
        if element.get("global") != "true" and element.get("app_uuid"):
            templates.append(_template(element))
    return templates


def _template(element):
    row = {
        "app_uuid": element.get("app_uuid"),
        "dialplan_name": element.get("name"),
        "dialplan_number": element.get("number"),
        "dialplan_context": (element.get("context") or "").replace("${domain_name}", _DOMAIN_TOKEN),
        "dialplan_destination": element.get("destination") or None,
        "dialplan_continue": element.get("continue") or None,
        "dialplan_order": int(element.get("order") or 0),
        "dialplan_enabled": element.get("enabled") or "true",
        "dialplan_description": element.get("description"),
    }
    return row, Content(_importer_details(element))


def _importer_details(element):
    """The rows of FusionPBX's importer: orders in steps of five from 5, actions before anti-actions."""
    rows = []
    order = 5
    group = 0
    for condition in element.findall("condition"):
        enabled = condition.get("enabled", "true")
        rows.append(
            detail(
                "condition",
                condition.get("field"),
                condition.get("expression"),
                group,
                order,
                break_=condition.get("break"),
                enabled=enabled,
            )
        )
        actions = condition.findall("action") + condition.findall("anti-action")
        if actions:
            order += 5
            for action in actions:
                rows.append(
                    detail(
                        action.tag,
                        action.get("application"),
                        action.get("data"),
                        group,
                        order,
                        inline=action.get("inline"),
                        enabled=action.get("enabled", "true"),
                    )
                )
                order += 5
            group += 1
        order += 5
    return rows


def rows_for(templates, domain_name, domain_uuid, taken, real_booleans, pin_length=None):
    """Dialplan rows and detail rows of one new domain.

    taken: app_uuids that exist globally and are therefore left out, as the domain page does; each dialplan that wants
    a PIN gets its own random one of pin_length digits (default setting security/pin_length, 8).
    """
    dialplans = []
    details = []
    for template, content in templates:
        if template["app_uuid"] in taken:
            continue
        identity = str(uuid.uuid4())
        wants_pin = any(_PIN_TOKEN in (one["dialplan_detail_data"] or "") for one in content.details)
        tokens = {_DOMAIN_TOKEN: domain_name, _PIN_TOKEN: generate_pin(pin_length or _DEFAULT_PIN_LENGTH) if wants_pin else ""}
        row = {key: filled(value, tokens) if isinstance(value, str) else value for key, value in template.items()}
        row.update(dialplan_uuid=identity, domain_uuid=domain_uuid)
        mine = content.filled(tokens)
        continues = row["dialplan_continue"] == "true"
        spelling = ("1" if continues else "") if real_booleans else (row["dialplan_continue"] or "")
        row["dialplan_xml"] = mine.xml(row["dialplan_name"], identity, spelling)
        dialplans.append(row)
        details.extend(
            dict(one, dialplan_detail_uuid=str(uuid.uuid4()), dialplan_uuid=identity, domain_uuid=domain_uuid)
            for one in mine.details
        )
    return dialplans, details

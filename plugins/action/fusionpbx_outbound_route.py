# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Renders outbound routes and has the module converge them."""

from __future__ import annotations

from ansible_collections.voipbox.fusionpbx.plugins.modules.fusionpbx_outbound_route import ROUTE
from ansible_collections.voipbox.fusionpbx.plugins.plugin_utils.route_action import RouteAction


class ActionModule(RouteAction):
    """The action of fusionpbx_outbound_route."""

    MODULE = "fusionpbx_outbound_route"
    KIND = "outbound"
    KEY = "template"
    OPTIONS = ROUTE

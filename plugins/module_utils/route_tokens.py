# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a rendered route template holds in the place of identities that only the PBX server knows."""

from __future__ import annotations

GATEWAY_UUID = "voipbox-gateway-uuid"
DOMAIN_UUID = "voipbox-domain-uuid"

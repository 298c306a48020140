# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from django.apps import AppConfig


class ProvisioningConfig(AppConfig):
    """The app provisioning."""

    name = "voipbox.provisioning"
    label = "provisioning"

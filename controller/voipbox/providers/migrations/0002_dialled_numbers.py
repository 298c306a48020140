# SPDX-License-Identifier: GPL-3.0-or-later
"""Countries whose national numbers a provider sends; emergency routes by the country of the number."""

from __future__ import annotations

from typing import Any

import django.contrib.postgres.fields
from django.db import migrations, models

import voipbox.providers.models

_OLD, _NEW = {"template": "emergency_nanp"}, {"template": "emergency"}


def by_country(apps: Any, schema_editor: Any) -> None:
    """Accounts that had the default emergency route get that of each number's country: in North America it is the same."""
    for account in apps.get_model("providers", "ProviderAccount").objects.all():
        if isinstance(account.outbound, list) and _OLD in account.outbound:
            account.outbound = [_NEW if entry == _OLD else entry for entry in account.outbound]
            account.save(update_fields=["outbound"])


class Migration(migrations.Migration):
    """After the first tables."""

    dependencies = (("providers", "0001_initial"),)
    operations = (
        migrations.AddField(
            "provideraccount",
            "national_codes",
            django.contrib.postgres.fields.ArrayField(
                models.CharField(max_length=3), default=voipbox.providers.models.default_national_codes, blank=True, size=None
            ),
        ),
        migrations.RunPython(by_country, migrations.RunPython.noop),
    )

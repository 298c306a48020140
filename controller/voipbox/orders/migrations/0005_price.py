# SPDX-License-Identifier: GPL-3.0-or-later
"""The price that was agreed, kept whole with its order."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """After the toll classes."""

    dependencies = (("orders", "0004_toll_classes"),)
    operations = (migrations.AddField("order", "price", models.JSONField(default=dict, blank=True)),)

# SPDX-License-Identifier: GPL-3.0-or-later
"""Toll classes that an order's products give."""

from __future__ import annotations

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    """After the drafts."""

    dependencies = (("orders", "0003_drafts"),)
    operations = (
        migrations.AddField(
            "order",
            "toll_classes",
            django.contrib.postgres.fields.ArrayField(models.CharField(max_length=64), default=list, blank=True, size=None),
        ),
    )

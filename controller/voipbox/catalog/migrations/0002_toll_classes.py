# SPDX-License-Identifier: GPL-3.0-or-later
"""Toll classes that products give."""

from __future__ import annotations

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    """After the first tables."""

    dependencies = (("catalog", "0001_initial"),)
    operations = (
        migrations.AddField(
            "product",
            "toll_allow",
            django.contrib.postgres.fields.ArrayField(models.CharField(max_length=64), default=list, blank=True, size=None),
        ),
    )

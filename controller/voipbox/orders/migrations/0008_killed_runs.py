# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that told nothing of an order and runs that were killed are counted apart from all runs."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """Two columns."""

    dependencies = (("orders", "0007_assigned_to"),)

    operations = (
        migrations.AddField("order", "run_misses", models.PositiveIntegerField(default=0)),
        migrations.AddField("order", "run_deaths", models.PositiveIntegerField(default=0)),
    )

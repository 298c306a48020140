# SPDX-License-Identifier: GPL-3.0-or-later
"""Tries at a provider have a column of their own: what a run tells of an order no longer overwrites them."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """One column."""

    dependencies = (("orders", "0005_price"),)

    operations = (migrations.AddField(model_name="order", name="provider_tries", field=models.PositiveIntegerField(default=0)),)

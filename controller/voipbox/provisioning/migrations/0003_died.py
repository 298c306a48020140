# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a run's process ended by itself, while its daemon and the database were well."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """One column."""

    dependencies = (("provisioning", "0002_plan"),)

    operations = (migrations.AddField("run", "died", models.BooleanField(default=False)),)

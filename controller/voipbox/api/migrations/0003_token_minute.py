# SPDX-License-Identifier: GPL-3.0-or-later
"""How often a token asked in a minute."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """One table."""

    dependencies = (("api", "0002_initial"), ("core", "0001_initial"))
    operations = (
        migrations.CreateModel(
            name="TokenMinute",
            fields=(
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("minute", models.DateTimeField()),
                ("calls", models.PositiveIntegerField()),
                ("token", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="core.apitoken")),
            ),
            options={"constraints": [models.UniqueConstraint(fields=("token", "minute"), name="one_count_a_minute")]},
        ),
    )

# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings tell of trunks too; an order's trunk remembers when it was last asked for without a certain end."""

from __future__ import annotations

from django.db import migrations, models

_KINDS = (
    ("orphan", "Orphan"),
    ("missing", "Missing"),
    ("duplicate", "Duplicate"),
    ("misrouted", "Misrouted"),
    ("twins", "Login exists twice"),
)


class Migration(migrations.Migration):
    """Two columns, and what makes an open finding one of a kind."""

    dependencies = (("numbers", "0001_initial"), ("orders", "0006_provider_tries"), ("providers", "0001_initial"))

    operations = (
        migrations.RemoveConstraint("finding", "one_open_finding"),
        migrations.AddField("finding", "trunk", models.CharField(blank=True, max_length=40, default=""), preserve_default=False),
        migrations.AddField("ordertrunk", "asked_at", models.DateTimeField(null=True)),
        migrations.AlterField("finding", "kind", models.CharField(choices=_KINDS, max_length=10)),
        migrations.AlterField("finding", "number", models.CharField(blank=True, max_length=16)),
        migrations.AddConstraint(
            "finding",
            models.UniqueConstraint(
                fields=("account", "kind", "number", "trunk"),
                condition=models.Q(("settled_at__isnull", True)),
                name="one_open_finding",
            ),
        ),
    )

# SPDX-License-Identifier: GPL-3.0-or-later
"""The database refuses to change or delete an audit event."""

from __future__ import annotations

from django.db import migrations

_UP = """
CREATE FUNCTION orders_audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit events are never changed or deleted';
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON orders_auditevent
    FOR EACH ROW EXECUTE FUNCTION orders_audit_is_append_only();
"""
_DOWN = """
DROP TRIGGER append_only ON orders_auditevent;
DROP FUNCTION orders_audit_is_append_only();
"""


class Migration(migrations.Migration):
    """After the tables."""

    dependencies = (("orders", "0001_initial"),)
    operations = (migrations.RunSQL(_UP, _DOWN),)

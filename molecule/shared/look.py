#!/usr/bin/env python3
# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands on a PBX server after the example tenants were provisioned, as JSON. Argument: its config.conf."""

from __future__ import annotations

import json
import os
import sys

import psycopg2

TENANTS = ["acme.pbx.example.com", "harbour.pbx.example.com"]
MINE = "domain_uuid IN (SELECT domain_uuid FROM v_domains WHERE domain_name = ANY(%s))"
OUTBOUND = "8c914ec3-9fc0-8ab5-4cda-6c9288bdc9a3"
INBOUND = "c03b422e-13a8-bd1b-e42b-b6b9b4d27ce4"


def main():
    """Print what was found."""
    config = {}
    with open(sys.argv[1], encoding="utf-8") as lines:
        for line in lines:
            if "=" in line and not line.startswith("#"):
                key, value = line.split("=", 1)
                config[key.strip()] = value.strip()
    connection = psycopg2.connect(
        host=config["database.0.host"],
        port=config["database.0.port"],
        dbname=config["database.0.name"],
        user=config["database.0.username"],
        password=config["database.0.password"],
    )
    cursor = connection.cursor()

    def ask(sql, *parameters):
        cursor.execute(sql, parameters)
        return cursor.fetchall()

    def count(table, condition="true"):
        return ask("SELECT count(*) FROM {0} WHERE {1} AND {2}".format(table, MINE, condition), TENANTS)[0][0]

    boxes = os.path.join(config["switch.voicemail.dir"], "default")
    folders = [os.path.join(boxes, tenant, box) for tenant in TENANTS for box in os.listdir(os.path.join(boxes, tenant))]
    owner = os.stat(boxes)
    print(
        json.dumps(
            {
                "domains": count("v_domains"),
                "default_dialplans": count("v_dialplans", "app_uuid NOT IN ('{0}', '{1}')".format(OUTBOUND, INBOUND)),
                "extensions": count("v_extensions"),
                "mailbox_folders": len(folders),
                "odd_owners": [
                    folder
                    for folder in folders
                    if (os.stat(folder).st_uid, os.stat(folder).st_gid) != (owner.st_uid, owner.st_gid)
                    or os.stat(folder).st_mode & 0o777 != 0o770
                ],
                "gateways": [row[0] for row in ask("SELECT gateway FROM v_gateways WHERE " + MINE + " ORDER BY 1", TENANTS)],
                "routes": count("v_dialplans", "app_uuid = '{0}'".format(OUTBOUND)),
                "open_routes": count("v_dialplans", "app_uuid = '{0}' AND dialplan_enabled::text = 'true'".format(OUTBOUND)),
                "outbox": ask("SELECT count(*) FROM voipbox.outbox")[0][0],
            }
        )
    )


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls as CSV, compressed: asked for, waited for, fetched."""

from __future__ import annotations

import csv
import datetime
import gzip
import io
from typing import Any, ClassVar

from .body import Given
from .handler import Handler
from .records import Record

_FORMAT = "%Y-%m-%d %H:%M:%S"
_FILTERS = {"cdr_in": {"from", "to", "did_number"}, "cdr_out": {"from", "to", "voice_out_trunk.id"}}
_START = "Date/Time Start (UTC)"
_MONTHS_BACK = 2

COLUMNS = {
    "cdr_in": (
        _START,
        "Date/Time Connect (UTC)",
        "Date/Time End (UTC)",
        "Status",
        "Source",
        "Source Name",
        "Destination DID",
        "Duration (sec)",
        "Attempt",
        "Disconnect Code",
        "Response",
        "Disconnect Initiator",
        "Voice IN Trunk",
        "Destination",
        "Trunk Group",
        "Capacity Group",
        "Toll-free (USD)",
        "PSTN (USD)",
        "Metered (USD)",
        "CNAM IN (USD)",
        "Total (USD)",
        "Call ID",
    ),
    "cdr_out": (
        _START,
        "Date/Time Connect (UTC)",
        "Date/Time End (UTC)",
        "Status",
        "Source",
        "CLI",
        "Destination Number",
        "Call Duration (sec)",
        "Billing Duration (sec)",
        "Disconnect Code",
        "Disconnect Reason",
        "Voice OUT Trunk",
        "Destination Country",
        "Network",
        "Call Type",
        "Rate (USD)",
        "Charged (USD)",
        "P-Charge-Info",
        "Call ID",
    ),
}


def _moment(text: Any) -> datetime.datetime | None:
    try:
        return datetime.datetime.strptime(str(text), _FORMAT).replace(tzinfo=datetime.UTC)
    except ValueError:
        return None


class Exports(Handler):
    """Of the current month and the two before; from is inclusive, to is not."""

    kind = "exports"
    attributes: ClassVar[tuple[str, ...]] = (
        "export_type",
        "filters",
        "callback_url",
        "callback_method",
        "external_reference_id",
    )
    changeable = ("external_reference_id",)

    def create(self, given: Given) -> Record:
        """Ask for one."""
        given.require("export_type", "filters")
        given.one_of("export_type", tuple(COLUMNS))
        given.callback()
        given.short()
        given.check()
        self._check_filters(given)
        record = self.world.make(self.kind, {**dict.fromkeys(self.attributes), "status": "pending", "url": None})
        given.onto(record)
        self.world.schedule.after(self.world.settings.export_delay, lambda: self._complete(record))
        return record

    def _check_filters(self, given: Given) -> None:
        filters, kind = given.attributes["filters"], given.attributes["export_type"]
        if not isinstance(filters, dict) or set(filters) - _FILTERS[kind]:
            given.fault("filters", "is invalid")
            given.check()
        ends = [_moment(filters.get(name)) for name in ("from", "to")]
        pointer = "/data/attributes/filters"
        for name, end in zip(("from", "to"), ends, strict=True):
            if end is None:
                given.fault("filters", f"{name} is invalid", pointer)
        first, last = ends
        if first and first < self._earliest():
            given.fault("filters", "from must be within the current and 2 previous months", pointer)
        if first and last and last <= first:
            given.fault("filters", "to must be after from", pointer)
        given.check()

    def _earliest(self) -> datetime.datetime:
        first = self.world.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        for _ in range(_MONTHS_BACK):
            first = (first - datetime.timedelta(days=1)).replace(day=1)
        return first

    def update(self, record: Record, given: Given) -> None:
        """The reference of the customer is all that may be changed."""
        given.short()
        given.check()
        given.onto(record)

    def _complete(self, record: Record) -> None:
        if self.store.at(record.ref) is None:
            return
        record.attributes.update(status="completed", url=f"{record.hidden.get('base', '')}/exports/{record.id}.csv.gz")
        self.world.tell(record, {"status": "completed", "url": record.attributes["url"]})

    def file(self, record: Record) -> bytes:
        """The compressed CSV."""
        kind, filters = record.attributes["export_type"], record.attributes["filters"]
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS[kind], lineterminator="\n")
        writer.writeheader()
        for call in self.world.calls:
            if call["type"] == kind and self._wanted(call["row"], filters):
                writer.writerow(call["row"])
        return gzip.compress(text.getvalue().encode())

    def _wanted(self, row: dict[str, str], filters: dict[str, str]) -> bool:
        start = _moment(row[_START])
        first, last = _moment(filters["from"]), _moment(filters["to"])
        if not start or not first or not last or not first <= start < last:
            return False
        trunk = self.store.get("voice_out_trunks", filters.get("voice_out_trunk.id", ""))
        return row.get("Destination DID") == filters.get("did_number", row.get("Destination DID")) and (
            "voice_out_trunk.id" not in filters or (trunk is not None and row["Voice OUT Trunk"] == trunk.attributes["name"])
        )


def call(kind: str, given: dict[str, Any]) -> dict[str, Any]:
    """A call to be exported. Parameters: given, values by column; others stay empty. Raises ValueError."""
    if kind not in COLUMNS:
        raise ValueError(f"There are calls of {', '.join(COLUMNS)} only.")
    wrong = set(given) - set(COLUMNS[kind])
    if wrong or _moment(given.get(_START)) is None:
        raise ValueError(f"A call needs {_START}, as 2026-10-05 01:11:42, and has no {', '.join(sorted(wrong)) or 'others'}.")
    return {"type": kind, "row": {name: str(given.get(name, "")) for name in COLUMNS[kind]}}

# SPDX-License-Identifier: GPL-3.0-or-later
"""Methods about balance, calls and fees."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from . import fields
from .fields import Form, need
from .shapes import No

if TYPE_CHECKING:
    from .sandbox import VoipMsSandbox

_DISPOSITIONS = {"answered": "ANSWERED", "noanswer": "NO ANSWER", "busy": "BUSY", "failed": "FAILED"}
_ZONES = range(-12, 14)
_SIX = Decimal("0.000001")
_EIGHT = Decimal("0.00000001")


class Money:
    """Parameters: sandbox, whose state it reads."""

    def __init__(self, sandbox: VoipMsSandbox) -> None:
        self._sandbox = sandbox

    def balance(self, form: Form) -> Mapping[str, Any]:
        """getBalance: six decimals."""
        state = self._sandbox.state
        row: dict[str, Any] = {"current_balance": f"{state.balance.quantize(_SIX)}"}
        if fields.flag(form, "advanced"):
            seconds = sum(call["seconds"] for call in state.calls)
            spent = sum((call["total"] for call in state.calls), Decimal(0))
            row.update(
                spent_total=spent, calls_total=len(state.calls), time_total=_clock(seconds), spent_today=spent,
                calls_today=len(state.calls), time_today=_clock(seconds),
            )  # fmt: skip
        return {"balance": row}

    def calls(self, form: Form) -> Mapping[str, Any]:
        """getCDR: at most 92 days, one offset for all of them, and at least one disposition."""
        first, last = fields.days(form)
        try:
            zone = int(need(form, "timezone"))
        except ValueError:
            raise No("invalid_timezone") from None
        if zone not in _ZONES:
            raise No("invalid_timezone")
        wanted = {text for name, text in _DISPOSITIONS.items() if fields.flag(form, name)}
        if not wanted:
            raise No("no_callstatus")
        rows = []
        for call in self._sandbox.state.calls:
            local = call["date"] + datetime.timedelta(hours=zone)
            ours = form.get("account", "") in ("", call["account"])
            if ours and first <= local.date() <= last and call["disposition"] in wanted:
                rows.append({**call, "date": local.strftime("%Y-%m-%d %H:%M:%S")})
        if not rows and self._sandbox.state.settings.empty == "code":
            raise No("no_cdr")
        return {"cdr": rows}

    def transactions(self, form: Form) -> Mapping[str, Any]:
        """getTransactionHistory: by the provider's own clock."""
        first, last = fields.days(form)
        state = self._sandbox.state
        offset = datetime.timedelta(hours=state.settings.offset)
        rows = [row for row in state.transactions if first <= (row["date"] - offset).date() <= last]
        if not rows and state.settings.empty == "code":
            raise No("no_transactions")
        return {"transactions": rows}

    def note_call(self, given: Mapping[str, Any]) -> None:
        """A call happened. Parameters of given: account, kind (inbound or outbound), number (ours, E.164), peer, seconds;
        at (ISO, else now), rate, disposition, callerid (else the caller's digits), uniqueid."""
        state = self._sandbox.state
        at = datetime.datetime.fromisoformat(given["at"]) if "at" in given else self._sandbox.clock.now()
        seconds, rate = int(given["seconds"]), Decimal(str(given.get("rate", "0.00900000")))
        inbound = {"inbound": True, "outbound": False}[given["kind"]]
        ours, peer = str(given["number"]).removeprefix("+1"), str(given["peer"]).removeprefix("+1")
        caller, called = (peer, ours) if inbound else (ours, peer)
        total = (rate * (-(-seconds // 6) * 6) / 60).quantize(_EIGHT)
        state.balance -= total
        state.calls.append(
            {
                "date": at.astimezone(datetime.UTC),
                "callerid": given.get("callerid", caller),
                "destination": called,
                "description": "Inbound - Local Caller" if inbound else "Canada",
                "account": given["account"],
                "disposition": given.get("disposition", "ANSWERED"),
                "duration": _clock(seconds),
                "seconds": seconds,
                "rate": rate,
                "total": total,
                "uniqueid": given.get("uniqueid", f"{next(state.ids)}x41098i8c"),
                "destination_type": "IN:CAN" if inbound else "OUT:CAN",
            }
        )


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"

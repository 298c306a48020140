# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run's events say of each tenant."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .playbook import Event

_ACTIONS = {
    "voipbox.fusionpbx.fusionpbx_tenant": "tenant",
    "voipbox.fusionpbx.fusionpbx_trunk": "trunk",
}
_LONGEST = 2000
_KEPT = ("domain_uuid", "changed", "created", "updated", "removed", "gateways", "checks_passed", "warnings")


@dataclass
class TenantResult:
    """One tenant's part of a run. done is empty until its last step has been told."""

    domain: str
    failed: bool = False
    changed: bool = False
    message: str = ""
    steps: set[str] = field(default_factory=set)
    facts: dict[str, Any] = field(default_factory=dict)

    def is_complete(self, has_trunk: bool) -> bool:
        """True when every step that the tenant needs was told and none failed."""
        return not self.failed and {"tenant", "trunk"} <= self.steps if has_trunk else not self.failed and "tenant" in self.steps


class Results:
    """Collects events; afterwards tells the result of each tenant and what stopped the run as a whole."""

    def __init__(self) -> None:
        self.tenants: dict[str, TenantResult] = {}
        self.fault = ""

    def take(self, event: Event) -> None:
        """Look at one event."""
        kind = event.get("event", "")
        data = event.get("event_data") or {}
        if kind == "runner_on_unreachable":
            self.fault = f"The PBX server cannot be reached: {_words(data.get('res') or {})}"
        elif kind in ("runner_on_ok", "runner_on_failed"):
            self._take_result(data, failed=kind == "runner_on_failed")

    def _take_result(self, data: dict[str, Any], failed: bool) -> None:
        step = _ACTIONS.get(str(data.get("resolved_action") or data.get("task_action")))
        result = data.get("res") or {}
        if step is None or "tenants" not in result:
            if failed and not self.fault and not self.tenants:
                self.fault = _words(result)
            return
        for digest in result["tenants"]:
            self._take_digest(step, digest)

    def _take_digest(self, step: str, digest: dict[str, Any]) -> None:
        domain = digest.get("domain")
        if not domain:
            return
        tenant = self.tenants.setdefault(domain, TenantResult(domain))
        tenant.steps.update(digest.get("parts") or [step])
        tenant.changed = tenant.changed or bool(digest.get("changed"))
        if digest.get("failed"):
            tenant.failed = True
            tenant.message = str(digest.get("msg") or "no cause was told")[:_LONGEST]
        for name in _KEPT:
            if digest.get(name) and not (name == "changed" and tenant.facts.get(name)):
                tenant.facts[name] = (
                    tenant.facts[name] + digest[name] if _both_lists(tenant.facts.get(name), digest[name]) else digest[name]
                )


def _both_lists(one: Any, other: Any) -> bool:
    return isinstance(one, list) and isinstance(other, list)


def _words(result: dict[str, Any]) -> str:
    return " ".join(str(result.get("msg") or "Ansible told no cause").split())[:_LONGEST]

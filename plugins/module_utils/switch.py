# Copyright: (c) 2026, the voipbox authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of the running switch, and what its answers mean; success is judged by the result, never by +OK alone."""

from __future__ import annotations

import re
import time
from xml.etree import ElementTree

from .errors import SwitchError
from .event_socket import EventSocket

_NAME = re.compile(r"^[A-Za-z0-9_.-]+\Z")
_UUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
_GONE_SECONDS = 10
_POLL_SECONDS = 0.1
_READY = ("REGED", "NOREG")
# After a refusal the switch waits retry_seconds before it tries again: waiting longer here tells nothing new.
_SETTLED = (*_READY, "FAIL_WAIT")
_ATTEMPTS = 3
# A profile loads new gateways within a second of a rescan; what is missing for longer was left out.
_LOAD_SECONDS = 5


class Switch:
    """The running FreeSWITCH of one server. Parameters: settings, a configuration.Settings. Raises SwitchError."""

    def __init__(self, settings):
        wanted = settings.event_socket
        self.socket = EventSocket(wanted["host"], wanted["port"], wanted["password"])
        self.commands = []
        self._hostname = None
        self._profiles = set()
        self._lost = None

    def ask(self, commands):
        """Answers to commands that change nothing. Once the connection failed, every later call fails with the same error."""
        if not commands:
            return []
        if self._lost:
            raise self._lost
        try:
            return self.socket.api(commands)
        except SwitchError as error:
            # An answer that comes too late would be taken for that of the next command.
            self._lost = error
            raise

    def tell(self, command):
        """Send a command that changes something; it is noted for the result."""
        self.commands.append(command)
        return self.ask([command])[0]

    def hostname(self):
        """The name that stands in front of host-bound cache keys (api hostname, not the switch name)."""
        if self._hostname is None:
            self._hostname = self.ask(["hostname"])[0].strip()
        return self._hostname

    def close(self):
        """Close the connection."""
        self.socket.close()

    def gateway_states(self, identities):
        """State and status of gateways by uuid: {uuid: (state, status)}, ("MISSING", "") for one the switch lacks."""
        answers = self.ask(["sofia xmlstatus gateway {0}".format(_uuid(identity)) for identity in identities])
        return {identity: _state(answer) for identity, answer in zip(identities, answers)}

    def wait_for_gateways(self, identities, seconds):
        """Wait until every gateway is ready (REGED, or NOREG without registration) or refused, or the time is over.

        One that the switch does not have is waited for as long as a profile takes to load it.
        """
        deadline = time.monotonic() + seconds
        loading = time.monotonic() + _LOAD_SECONDS
        states = self.gateway_states(identities)
        while time.monotonic() < deadline:
            settled = _SETTLED if time.monotonic() < loading else (*_SETTLED, "MISSING")
            if all(state[0] in settled for state in states.values()):
                break
            time.sleep(_POLL_SECONDS)
            states = self.gateway_states(identities)
        return states

    def kill_gateways(self, profiles):
        """Remove gateways from the switch and wait until they are gone.

        profiles: {uuid: profile}. The name for all gateways is never sent. A gateway whose profile the switch does not have
        is removed under that by which it is listed. Raises SwitchError when one stays.
        """
        elsewhere = [identity for identity, profile in profiles.items() if not self._kill(profile, identity)]
        deadline = time.monotonic() + _GONE_SECONDS
        left = list(profiles)
        while left:
            listed = self.ask(["sofia status"])[0]
            while elsewhere:
                identity = elsewhere.pop()
                found = re.search(r"(\S+)::" + identity, listed)
                if found:
                    self._kill(found.group(1), identity)
            left = [identity for identity in left if identity in listed]
            if left and time.monotonic() > deadline:
                raise SwitchError(
                    "The switch still lists gateway {0} after it was told to remove it.".format(left[0]),
                    not_done="Its new settings were not loaded.",
                    next_step="Run again: the commands are kept and sent first.",
                )
            if left:
                time.sleep(_POLL_SECONDS)

    def _kill(self, profile, identity):
        """Have the switch remove a gateway; False when it has no such profile."""
        _uuid(identity)
        if not _NAME.match(profile):
            return False
        return "Invalid Profile" not in self.tell("sofia profile {0} killgw {1}".format(profile, identity))

    def has_profile(self, profile):
        """True when the switch runs a SIP profile of that name; one that was found is not asked for again."""
        if profile in self._profiles:
            return True
        if not _NAME.match(profile) or "Invalid Profile" in self.ask(["sofia status profile " + profile])[0]:
            return False
        self._profiles.add(profile)
        return True

    def register(self, profile, identity):
        """Have a gateway try again now. One that does not register, or is gone, is left as it is."""
        self.tell("sofia profile {0} register {1}".format(_name(profile), _uuid(identity)))

    def rescan(self, profile):
        """Load the gateways of a profile that the switch does not have yet (rescan only adds)."""
        answer = self.tell("sofia profile {0} rescan".format(_name(profile)))
        if "+OK scan complete" not in answer:
            raise SwitchError(
                "The switch did not rescan profile {0}: {1}.".format(profile, " ".join(answer.split())),
                not_done="New gateways of the profile are not loaded.",
                next_step="Run again when the profile runs: the commands are kept and sent first.",
            )

    def reload_acl(self, addresses, drop):
        """Reload the access lists and ask for addresses in the list providers; drop() removes the stale cache key.

        After a database restart the first load comes back empty and is cached, so a mismatch is tried again.
        """
        missing = []
        for unused in range(_ATTEMPTS):
            drop()
            self.tell("reloadacl")
            missing = self.not_in_providers(addresses)
            if not missing:
                return
        raise SwitchError(
            "The switch does not let {0} in, though the access list providers holds it.".format(missing[0]),
            not_done="Calls from the provider are refused.",
            next_step="Run again: the commands are kept and sent first.",
        )

    def not_in_providers(self, addresses):
        """Those networks whose first address the running switch does not find in the list providers."""
        answers = self.ask(["acl {0} providers".format(network.split("/")[0]) for network in addresses])
        return [network for network, answer in zip(addresses, answers) if answer.strip() != "true"]


def _state(answer):
    if "Invalid Gateway" in answer or "Invalid Profile" in answer:
        return "MISSING", ""
    try:
        root = ElementTree.fromstring(answer.encode("iso-8859-1", "replace"))
    except ElementTree.ParseError:
        return "UNKNOWN", ""
    return root.findtext("state", "UNKNOWN"), root.findtext("status", "")


def _name(value):
    if not _NAME.match(value):
        raise SwitchError("The name {0!r} cannot stand in a switch command.".format(value))
    return value


def _uuid(value):
    if not _UUID.match(value):
        raise SwitchError("The gateway identity {0!r} is no uuid.".format(value))
    return value

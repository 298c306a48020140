"""A provider with regulation, in memory: as strict as the real one, with its traps, and with faults that a test scripts.

Traps: blocked is also true while registration is awaited; files that are not attached are gone after a day; a proof needs
files that are there; an identity never changes its kind; what is not asked for is refused as well as what is missing; an
approval switches the number on only a while later; callbacks carry no truth.
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import hmac
import itertools
from collections import defaultdict
from decimal import Decimal

from voipbox.core import clock
from voipbox.core.errors import Fault
from voipbox.providers.errors import BadRequest, NumberUnavailable
from voipbox.providers.papers import AreaNeed, PersonNeed, ProofType, Requirements, Verification
from voipbox.providers.records import (
    Bought,
    Capacity,
    CapacityKind,
    Location,
    LocationKind,
    NumberState,
    Offer,
    OwnedNumber,
    PurchaseState,
    Quote,
    Trunk,
)

PROOFS = (
    ProofType("pt-passport", "Passport", "identity"),
    ProofType("pt-national", "National ID", "identity"),
    ProofType("pt-bill", "Utility Bill", "address"),
)
COMPANY_PROOFS = (ProofType("pt-register", "Business Registration Certificate", "identity"), PROOFS[2])
SECRET = "callback-secret"
CAPACITIES = (
    Capacity("sku-0", CapacityKind.PER_MINUTE, "Pay per minute", Decimal("1.00"), Decimal("2.00"), Decimal("0.0105"), 0),
    Capacity("sku-2", CapacityKind.UNLIMITED, "2 channels", Decimal("1.00"), Decimal("8.00"), None, 2),
)


class World:
    """What the provider knows, and what a test wants to go wrong: script(method, error) fails the next call, before it
    takes effect, or after it with after=True."""

    def __init__(self):
        self.requirements = Requirements(
            "req-za", "any",
            personal=PersonNeed(AreaNeed("area"), ("birth_date",), 1, 1, PROOFS),
            business=PersonNeed(
                AreaNeed("country"), ("company_reg_number", "vat_id"), 1, 1, COMPANY_PROOFS, ("tpl-1", "Registration Form")
            ),
        )  # fmt: skip
        self.offered = [f"+2711555{number:04}" for number in range(2000, 2010)]
        self.states = {}
        self.identities, self.addresses, self.files, self.proofs, self.permanent = {}, {}, {}, {}, {}
        self.verifications = {}
        self.purchases = []
        self.calls = []
        self.scripts = defaultdict(list)
        self.ids = itertools.count(1)
        self.extra_sentences = ()
        self.monthly = {one.id: one.monthly for one in CAPACITIES}

    def script(self, method, error, after=False):
        """Let the next call fail."""
        self.scripts[method].append((error, after))

    def fresh(self, kind):
        """A new id."""
        return f"{kind}-{next(self.ids)}"

    def called(self, method):
        """How often a method took effect or was tried."""
        return self.calls.count(method)

    def missing(self, requirement, identity, address):
        """The sentences of a dry run."""
        assert requirement == self.requirements.id
        said = list(self.extra_sentences)
        need = self.requirements.business if identity["kind"] == "business" else self.requirements.personal
        for name in need.fields:
            if not identity["fields"].get(name):
                said.append(f"Identity {name.replace('_', ' ').title()} is required")
        for entity, wanted, owner in (("Identity", need.identity_proofs, identity), ("Address", need.address_proofs, address)):
            have = [one for one in self.proofs.values() if one["entity_id"] == owner["id"]]
            if len(have) < wanted:
                kinds = ", ".join(one.name for one in need.proof_types if one.entity == entity.lower())
                said.append(f"{wanted} {entity} Proof(s) ({kinds}) required")
        if need.template and not any(one["identity"] == identity["id"] for one in self.permanent.values()):
            said.append(f"Following Supporting Document(s) required ({need.template[1]})")
        return said

    def approve(self, reference="", switch_on=True):
        """A reviewer's yes to the newest registration."""
        row = self._newest(reference)
        row["state"] = "approved"
        if switch_on:
            self.states[row["number"]] = NumberState.ACTIVE

    def reject(self, *reasons, reference=""):
        """A reviewer's no."""
        row = self._newest(reference)
        row["state"], row["faults"] = "rejected", tuple(reasons)

    def _newest(self, reference):
        return [one for one in self.verifications.values() if not reference or one["reference"] == reference][-1]


def faulty(method):
    """Note the call and obey the script."""

    def wrapped(self, *args, **kwargs):
        self.world.calls.append(method.__name__)
        error, after = self.world.scripts[method.__name__].pop(0) if self.world.scripts[method.__name__] else (None, False)
        if error and not after:
            raise error
        result = method(self, *args, **kwargs)
        if error:
            raise error
        return result

    return wrapped


class FakeRegulated:
    """The driver of that provider; its world is set by the fixture."""

    slug, label, buys, regulates = "fake", "Fake provider", True, True
    credential_fields = option_fields = ()
    world: World

    def __init__(self, account):
        self.account = account

    def __enter__(self):
        return self

    def __exit__(self, *details):
        return None

    def is_regulated(self, number):
        return True

    @faulty
    def balance(self):
        return Decimal(1000), "USD"

    @faulty
    def locations(self, kind, parent=""):
        if kind == LocationKind.COUNTRY:
            return [Location(kind, "c-za", "South Africa", "ZA"), Location(kind, "c-de", "Germany", "DE")]
        assert parent == "c-za"
        return [Location(kind, "a-jnb", "Johannesburg"), Location(kind, "a-cpt", "Cape Town")]

    @faulty
    def search(self, wanted):
        found = [number for number in self.world.offered if wanted.number in ("", number)]
        return [self._offer(number) for number in found][: wanted.limit]

    def _offer(self, number):
        capacities = tuple(dataclasses.replace(one, monthly=self.world.monthly[one.id]) for one in CAPACITIES)
        return Offer(number, "c-za", "", "Johannesburg", capacities, True, ("voice_in",), token={"group": "g-jnb"})

    @faulty
    def quote(self, offer, capacity):
        return Quote(
            offer.number in self.world.offered, capacity.setup, self.world.monthly[capacity.id], capacity.per_minute,
            vat_rate=Decimal("0.15"),
        )  # fmt: skip

    @faulty
    def reserve(self, offer, reference):
        if offer.number not in self.world.offered:
            raise NumberUnavailable("available_did - is invalid")

    @faulty
    def extend(self, reservation, offer, reference):
        return None

    @faulty
    def unreserve(self, reservation):
        return None

    @faulty
    def purchase(self, wanted):
        number = wanted.offer.number
        if number not in self.world.offered:
            raise NumberUnavailable("gone")
        self.world.offered.remove(number)
        self.world.states[number] = NumberState.AWAITING_REGISTRATION
        bought = Bought(PurchaseState.COMPLETED, wanted.reference, (number,), {"order": self.world.fresh("order")})
        self.world.purchases.append(bought)
        return bought

    @faulty
    def find_purchase(self, reference, number, order_id=""):
        return [one for one in self.world.purchases if one.reference == reference]

    @faulty
    def number(self, number):
        state = self.world.states.get(number)
        return OwnedNumber(number, state) if state else None

    @faulty
    def ensure_trunk(self, wanted):
        return Trunk(wanted.name, "user", {"outbound": "t-1"}, "Trunk-Password-1")

    @faulty
    def route(self, number, trunk):
        assert self.world.states[number] == NumberState.ACTIVE

    @faulty
    def requirements(self, offer):
        return self.world.requirements

    @faulty
    def ensure_identity(self, identity):
        known = self.world.identities.get(identity.reference)
        if known:
            assert known["kind"] == identity.kind, "a kind never changes"
            return known["id"]
        if not identity.phone.startswith("+"):
            raise BadRequest("phone", faults=[Fault("phone_number", "is invalid")])
        made = {"id": self.world.fresh("identity"), "kind": identity.kind, "fields": dict(identity.fields), "given": identity}
        self.world.identities[identity.reference] = made
        return made["id"]

    @faulty
    def ensure_address(self, address):
        known = self.world.addresses.get(address.reference)
        if known:
            assert known["identity"] == address.identity_id, "an address never changes its identity"
            return known["id"]
        assert address.identity_id in [one["id"] for one in self.world.identities.values()]
        made = {"id": self.world.fresh("address"), "identity": address.identity_id, "given": address}
        self.world.addresses[address.reference] = made
        return made["id"]

    @faulty
    def upload(self, content, description):
        made = self.world.fresh("file")
        self.world.files[made] = {"content": content, "at": clock.now(), "description": description, "used": False}
        return made

    @faulty
    def ensure_proof(self, entity, entity_id, proof_type, files):
        self._use(files)
        made = self.world.fresh("proof")
        self.world.proofs[made] = {"entity": entity, "entity_id": entity_id, "type": proof_type, "files": list(files)}
        return made

    @faulty
    def ensure_permanent_document(self, identity_id, template, files):
        self._use(files)
        made = self.world.fresh("permanent")
        self.world.permanent[made] = {"identity": identity_id, "template": template, "files": list(files)}
        return made

    def _use(self, files):
        for name in files:
            held = self.world.files.get(name)
            if held is None or (not held["used"] and clock.now() - held["at"] > datetime.timedelta(hours=24)):
                raise BadRequest("files", faults=[Fault("files", "is invalid")])
            held["used"] = True

    @faulty
    def validate(self, requirement, identity_id, address_id):
        return tuple(self.world.missing(requirement, *self._pair(identity_id, address_id)))

    def _pair(self, identity_id, address_id):
        identity = next(one for one in self.world.identities.values() if one["id"] == identity_id)
        address = next(one for one in self.world.addresses.values() if one["id"] == address_id)
        assert address["identity"] == identity_id
        return identity, address

    @faulty
    def submit_registration(self, reference, number, address_id, onetime_files=(), service="", callback_url=""):
        assert reference not in [one["reference"] for one in self.world.verifications.values()], "handed in twice"
        address = next(one for one in self.world.addresses.values() if one["id"] == address_id)
        identity = next(one for one in self.world.identities.values() if one["id"] == address["identity"])
        said = self.world.missing(self.world.requirements.id, identity, address)
        need = self.world.requirements.business if identity["kind"] == "business" else self.world.requirements.personal
        if bool(onetime_files) != bool(need.onetime):
            said.append(f"one-time document is {'required' if need.onetime else 'not needed'}")
        if bool(service) != self.world.requirements.service_description:
            said.append(f"service description is {'required' if not service else 'not needed'}")
        if said:
            raise BadRequest("registration", faults=[Fault("registration", one) for one in said])
        self._use(onetime_files)
        made = self.world.fresh("verification")
        self.world.verifications[made] = {
            "reference": reference, "number": number, "state": "pending", "faults": (), "url": callback_url, "service": service,
            "files": list(onetime_files),
        }  # fmt: skip
        return self._verification(made)

    def _verification(self, name):
        row = self.world.verifications[name]
        return Verification(name, row["state"], row["reference"], row["faults"])

    @faulty
    def find_registration(self, reference):
        found = [name for name, row in self.world.verifications.items() if row["reference"] == reference]
        return self._verification(found[-1]) if found else None

    @faulty
    def registration(self, verification):
        return self._verification(verification)

    def verify_callback(self, url, payload, signature):
        return hmac.compare_digest(sign(url, payload), signature)


def sign(url, payload, secret=SECRET):
    """A signature in the manner of the real one: over the address and the sorted pairs."""
    text = url + "".join(f"{name}{payload[name]}" for name in sorted(payload))
    return hmac.new(secret.encode(), text.encode(), hashlib.sha1).hexdigest()

# SPDX-License-Identifier: GPL-3.0-or-later
"""Codes of an authenticator app as a second factor (RFC 6238), and codes for when the phone is lost."""

from __future__ import annotations

import hmac

import pyotp
import segno
from django.db import transaction

from voipbox.core import clock, identities
from voipbox.core.errors import Fault, MoveRefused, Refused
from voipbox.core.models import User
from voipbox.core.people import Actor
from voipbox.orders import audit, mail_queue

from .models import SecondFactor

_ISSUER = "voipbox"
_STEP = 30  # seconds
_SLACK = 1  # steps that clocks may differ
_RECOVERY_CODES = 8
_WRONG = Refused([Fault("code", "is not right, or was used already; wait for the next one")])


def is_on(user: User) -> bool:
    """True when signing in takes a code."""
    return SecondFactor.objects.filter(user=user, confirmed_at__isnull=False).exists()


def begin(user: User) -> SecondFactor:
    """A secret to be scanned; a begun one stays the same until it is confirmed. Raises MoveRefused when one is on."""
    factor, _ = SecondFactor.objects.get_or_create(user=user, defaults={"secret": pyotp.random_base32()})
    if factor.confirmed_at:
        raise MoveRefused("The second factor is on already; switch it off first. Nothing was changed.")
    return factor


def picture(factor: SecondFactor) -> str:
    """The secret as a QR code: SVG for a page."""
    address = pyotp.TOTP(factor.secret).provisioning_uri(name=factor.user.email, issuer_name=_ISSUER)
    svg: str = segno.make(address, error="m").svg_inline(scale=5, border=2, title="QR code of the second factor", light="#fff")
    return svg


def confirm(user: User, code: str, actor: Actor) -> list[str]:
    """Switch it on with a first code; returns recovery codes, which are shown once. Raises Refused, MoveRefused."""
    with transaction.atomic():
        factor = SecondFactor.objects.select_for_update().filter(user=user).first()
        if factor is None or factor.confirmed_at:
            raise MoveRefused("There is nothing to confirm; begin again. Nothing was changed.")
        if not _takes(factor, code):
            raise _WRONG
        codes = [identities.login_password(10) for _ in range(_RECOVERY_CODES)]
        factor.confirmed_at, factor.recovery = clock.now(), [identities.token_hash(one) for one in codes]
        factor.save()
        audit.write(actor, "second_factor_on", after={"user": user.email})
        mail_queue.add_for_person("changed", user)
    return codes


def check(user: User, code: str) -> bool:
    """Whether a code of the app, or a recovery code, is right. Each works once."""
    with transaction.atomic():
        factor = SecondFactor.objects.select_for_update().filter(user=user, confirmed_at__isnull=False).first()
        if factor is None:
            return False
        plain = code.replace(" ", "").replace("-", "")
        digest = identities.token_hash(plain)
        if digest in factor.recovery:
            factor.recovery = [one for one in factor.recovery if one != digest]
        elif not _takes(factor, plain):
            return False
        factor.save()
    return True


def switch_off(user: User, actor: Actor) -> None:
    """Signing in takes the password alone again."""
    with transaction.atomic():
        if SecondFactor.objects.filter(user=user).delete()[0]:
            audit.write(actor, "second_factor_off", after={"user": user.email})
            mail_queue.add_for_person("changed", user)


def _takes(factor: SecondFactor, code: str) -> bool:
    """Whether the code is one of now and younger than the last one taken; notes it then."""
    plain = code.replace(" ", "")
    now = int(clock.now().timestamp()) // _STEP
    totp = pyotp.TOTP(factor.secret)
    for step in range(now - _SLACK, now + _SLACK + 1):
        if step > factor.last_step and hmac.compare_digest(totp.generate_otp(step).encode(), plain.encode("utf-8", "replace")):
            factor.last_step = step
            return True
    return False

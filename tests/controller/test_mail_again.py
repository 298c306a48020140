"""Mails: sending one again, and what the doctor says of those that wait."""

from __future__ import annotations

import datetime

import pytest
from voipbox.api import health
from voipbox.core import clock
from voipbox.core.errors import MoveRefused, NotAllowed
from voipbox.orders import credentials, mailing
from voipbox.orders.models import Mail

from tests.controller.mail_fixtures import LINK, only


@pytest.mark.parametrize("name", ["alice", "charlie", "eve"])
def test_clients_and_auditors_do_not_resend(place, actors, folder, name):
    place("alice")
    mailing.send_queued()
    with pytest.raises(NotAllowed):
        mailing.resend(Mail.objects.get(), actors[name])
    assert Mail.objects.count() == 1


@pytest.mark.parametrize("state", ["queued", "sending"])
def test_what_is_on_its_way_is_not_resent(place, actors, state):
    place()
    Mail.objects.update(state=state)
    with pytest.raises(MoveRefused, match="still on its way"):
        mailing.resend(Mail.objects.get(), actors["bob"])
    assert Mail.objects.count() == 1


def test_a_welcome_that_is_sent_again_holds_a_fresh_link_and_the_old_one_stops(completed, actors, folder):
    completed()
    mail = only("welcome")
    mailing.send_queued()
    mailing.resend(Mail.objects.get(pk=mail.pk), actors["dora"])
    mailing.send_queued()
    old, fresh = (LINK.search(one.text)[1] for one in Mail.objects.filter(kind="welcome").order_by("id"))
    assert credentials.find(fresh)
    with pytest.raises(Exception, match="used, revoked or is too old"):
        credentials.find(old)


@pytest.mark.parametrize("state", ["failed", "unknown"])
def test_the_doctor_warns_until_a_mail_is_sent_again(place, actors, folder, state):
    def finding():
        return next(one for one in health.checks() if one.name == "mails")

    place()
    assert finding().good
    Mail.objects.update(state=state)
    mail = Mail.objects.get()
    assert not finding().good
    assert f"voipbox mail resend {mail.pk}" in finding().fix
    mailing.resend(mail, actors["bob"])
    mailing.send_queued()
    assert finding().good


def test_the_doctor_warns_of_mails_that_wait_for_long(place):
    place()
    Mail.objects.update(created_at=clock.now() - datetime.timedelta(minutes=6))
    (finding,) = (one for one in health.checks() if one.name == "mails")
    assert (finding.good, finding.says) == (False, "0 failed or unknown, 1 late")
    assert finding.fix

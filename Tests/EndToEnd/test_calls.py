"""Real calls: Chromium on one side, baresip on the other, the service between."""

import pytest

from audio import tone_share
from conftest import DEMO, registered
from patience import eventually


@pytest.mark.parametrize("codec", ["opus", "pcmu", "pcma"])
def test_both_hear_each_other(gateway, softphone, visitor, codec):
    phone = registered(softphone("alice", codec))
    assert visitor.call(DEMO)["success"]
    eventually(lambda: phone.heard("CALL_ESTABLISHED"), what="the phone's answer")
    eventually(lambda: visitor.state("talking"), what="talking")
    assert visitor.state("talking")["agent"] == "alice"
    visitor.hears(1000)
    eventually(lambda: phone.seconds_recorded >= 3, what="three seconds of sound at the phone")
    eventually(visitor.reports, seconds=30, what="the gateway's reports")
    visitor.hang_up()
    eventually(lambda: phone.heard("CALL_CLOSED"), what="the phone's goodbye")
    # The recorder completes its file after the call.
    share, loud = eventually(lambda: (found := tone_share(phone.recording, 440))[1] >= 15 and found, what="the recording")
    assert share > 0.9, f"{share:.2f} of {loud} windows"


def test_the_agent_hangs_up(gateway, softphone, visitor):
    phone = registered(softphone("alice"))
    visitor.call(DEMO)
    eventually(lambda: visitor.state("talking"), what="talking")
    phone.command("hangup")
    ended = eventually(lambda: visitor.state("ended"), what="the end")
    assert ended["reason"] == "agent-hung-up" and ended["message"]


def test_who_declines_is_followed_by_the_next(gateway, softphone, visitor):
    first = registered(softphone("alice", answers=False))
    second = registered(softphone("bob"))
    visitor.call(DEMO)
    eventually(lambda: first.heard("CALL_INCOMING"), what="ringing")
    eventually(lambda: visitor.state("ringing"), what="the visitor's ringing")
    first.command("hangup")
    eventually(lambda: second.heard("CALL_ESTABLISHED"), what="the second agent's answer")
    eventually(lambda: visitor.state("talking"), what="talking")
    assert visitor.state("talking")["agent"] == "bob"


def test_the_first_phone_that_answers_silences_the_other(gateway, softphone, visitor):
    silent = registered(softphone("alice", answers=False))
    quick = registered(softphone("alice"))
    visitor.call(DEMO)
    eventually(lambda: quick.heard("CALL_ESTABLISHED"), what="the answer")
    eventually(lambda: silent.heard("CALL_CLOSED"), what="the other phone's silence")


def test_with_nobody_there_the_demo_echoes(visitor):
    assert visitor.call(DEMO)["success"]
    eventually(lambda: visitor.state("talking"), what="the echo")
    # The greeting speaks first, for about six seconds.
    visitor.hears(440, seconds=30)


def test_a_wrong_password_registers_nobody(gateway, softphone):
    phone = softphone("alice", password="wrong")
    eventually(lambda: "wrong password" in gateway.log.read_text(), what="the refusal")
    assert "OK" not in phone.command("reginfo")["data"]

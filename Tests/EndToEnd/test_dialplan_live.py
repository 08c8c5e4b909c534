"""Dialplans lead real calls, and a file that is saved leads the calls that come after it."""

import subprocess

import pytest

from conftest import BINARY, DEMO, ROOT, registered, running
from patience import eventually
from test_dialplan_reload import save, version

PLAN = """[widget]
exten => s,1,Answer()
 same => n,WaitExten(30)
exten => 1,1,Dial(PJSIP/alice,20)
exten => support,1,Dial(PJSIP/bob,20)
exten => both,1,Dial(PJSIP/alice&PJSIP/bob,20)
"""


@pytest.fixture
def plans(tmp_path):
    folder = tmp_path / "dialplans"
    for name in ("default", DEMO):
        (folder / name).mkdir(parents=True)
    (folder / "prompts").symlink_to(ROOT / "dialplans" / "prompts")
    (folder / "default" / "extensions.conf").write_text((ROOT / "dialplans" / "default" / "extensions.conf").read_text())
    (folder / DEMO / "extensions.conf").write_text(PLAN)
    return folder


@pytest.fixture
def gateway(tmp_path, plans):
    with running(tmp_path, "--dialplans", plans) as gateway:
        yield gateway


def press(visitor, digits):
    visitor.client.emit("call-dtmf", {"callId": visitor.call_id, "digits": digits})


def story(gateway, visitor):
    """What is told of the visitor's latest call."""
    words = [BINARY, "why", visitor.call_id, "--private", "--data", gateway.data]
    return subprocess.run(words, capture_output=True, text=True, timeout=60).stdout


def test_a_key_leads_to_the_agent(gateway, visitor, softphone):
    alice, bob = registered(softphone("alice")), registered(softphone("bob"))
    assert visitor.call(DEMO)["success"]
    press(visitor, "1")
    eventually(lambda: visitor.state("talking"), what="talking")
    assert visitor.state("talking")["agent"] == "alice"
    visitor.hears(1000)
    assert not bob.heard("CALL_INCOMING")
    told = story(gateway, visitor)
    assert "The dialplan executed Dial(PJSIP/alice,20) at widget,1,1." in told, told


def test_two_agents_ring_and_the_first_answer_wins(gateway, visitor, softphone):
    silent, quick = registered(softphone("alice", answers=False)), registered(softphone("bob"))
    assert visitor.call(DEMO, extension="both")["success"]
    eventually(lambda: quick.heard("CALL_ESTABLISHED"), what="the answer")
    eventually(lambda: silent.heard("CALL_CLOSED"), what="the other phone's silence")
    assert visitor.state("talking")["agent"] == "bob"


def test_a_file_saved_during_a_call_leads_the_next_one(gateway, plans, visitor, softphone):
    alice, bob = registered(softphone("alice")), registered(softphone("bob"))
    before = version(gateway, DEMO)
    assert visitor.call(DEMO)["success"]
    save(plans / DEMO / "extensions.conf", PLAN.replace("exten => 1,1,Dial(PJSIP/alice,20)", "exten => 1,1,Dial(PJSIP/bob,20)"))
    eventually(lambda: version(gateway, DEMO) > before, what="the new version")
    press(visitor, "1")
    eventually(lambda: visitor.state("talking"), what="talking")
    assert visitor.state("talking")["agent"] == "alice", "the call keeps the plan that it began with"
    visitor.hang_up()
    eventually(lambda: alice.heard("CALL_CLOSED"), what="the goodbye")
    visitor.states.clear()
    assert visitor.call(DEMO)["success"]
    press(visitor, "1")
    eventually(lambda: visitor.state("talking"), what="talking again")
    assert visitor.state("talking")["agent"] == "bob"

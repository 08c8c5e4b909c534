"""An agent's desk in a browser, as far as a stock Socket.IO client without sound sees it."""

import contextlib
import socket
import time

import pytest
import requests

from conftest import sign_up
from patience import StockClient, eventually

FINGERPRINT = ":".join(["07"] * 32)


def offer(fragment="abcd", fingerprint=FINGERPRINT):
    """What a browser would offer that has gathered no candidate yet."""
    lines = [
        "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "m=audio 9 UDP/TLS/RTP/SAVPF 111", f"a=ice-ufrag:{fragment}",
        "a=ice-pwd:abcdefghijklmnopqrstuvwx", f"a=fingerprint:sha-256 {fingerprint}", "a=setup:actpass", "a=mid:0",
        "a=rtcp-mux", "a=rtpmap:111 opus/48000/2"]
    return "\r\n".join(lines) + "\r\n"


class Client:
    """A page of either side; it keeps what it was told."""

    def __init__(self, gateway):
        self.told = []
        self.io = StockClient(reconnection=False)
        self.io.on("*", lambda event, *body: self.told.append((event, body[0] if body else {})))
        self.io.connect(gateway.http, transports=["websocket"])

    def ask(self, event, **body):
        return self.io.call(event, body, timeout=30)

    def heard(self, event, **facts):
        return [body for name, body in list(self.told) if name == event and facts.items() <= body.items()]

    def hears(self, event, **facts):
        return eventually(lambda: self.heard(event, **facts), what=f"{event} {facts} among {self.told}")[-1]

    def vanish(self):
        """The network is gone: no goodbye of any kind."""
        self.io.eio.ws.sock.shutdown(socket.SHUT_RDWR)
        eventually(lambda: not self.io.connected, what="the end of the connection")


@pytest.fixture
def page(gateway):
    clients = []

    def make():
        clients.append(Client(gateway))
        return clients[-1]

    yield make
    for client in clients:
        with contextlib.suppress(Exception):
            client.io.disconnect()


@pytest.fixture
def office(gateway, page):
    """A business, and a way to sit down at a desk of it."""
    uuid = sign_up(gateway)["uuid"]

    def desk(agent, **more):
        client = page()
        client.uuid = uuid
        client.answer = client.ask("register-agent", uuid=uuid, agentId=agent, **more)
        return client

    desk.uuid = uuid
    return desk


def talking(office, page):
    """Alice at her desk talks with a visitor."""
    alice, visitor = office("alice"), page()
    routed = visitor.ask("call-request", uuid=office.uuid, name="Vera", page="https://shop.example/", sdp=offer())
    alice.hears("incoming-call", callId=routed["callId"])
    accepted = alice.ask("call-accept", callId=routed["callId"], sdp=offer("desk"))
    assert accepted["success"] and "a=ice-lite" in accepted["sdp"]
    visitor.hears("call-state", state="talking", agent="alice")
    return alice, visitor, routed["callId"], accepted["resumeToken"]


def test_desks_see_each_other_and_nobody_elses(gateway, office, page):
    alice = office("alice")
    assert alice.answer["success"]
    assert alice.answer["agent"] == {"id": "alice", "displayName": "alice", "teams": [], "state": "available"}
    bob = office("Bob", status="paused", reason="lunch")
    assert [(agent["id"], agent["state"]) for agent in bob.answer["agents"]] == [("alice", "available"), ("bob", "paused")]
    assert bob.answer["agent"]["reason"] == "lunch"
    alice.hears("agent-state", agentId="bob", displayName="bob", state="paused", reason="lunch")
    stranger = page()
    assert stranger.ask("register-agent", uuid=sign_up(gateway)["uuid"], agentId="alice")["success"]
    visitor = page()
    call = visitor.ask("call-request", uuid=office.uuid)["callId"]
    alice.hears("incoming-call", callId=call)
    bob.hears("agent-state", agentId="alice", state="ringing")
    bob.hears("calls-changed", callId=call)
    assert bob.ask("agent-status", status="available")["success"]
    bob.hears("agent-state", agentId="bob", state="available")
    alice.ask("call-reject", callId=call)
    bob.hears("incoming-call", callId=call)
    alice.io.disconnect()
    bob.hears("agent-state", agentId="alice", state="offline")
    assert not bob.heard("agent-state", agentId="alice", state="busy")
    assert not [event for event, _ in stranger.told if event != "connect"]


def test_a_call_is_accepted_and_both_are_told(office, page):
    bob = office("bob", status="paused")
    alice, visitor, call, _ = talking(office, page)
    bob.hears("agent-state", agentId="alice", state="busy")
    again = alice.ask("call-offer", callId=call, sdp=offer("restart"))
    assert again["success"] and "a=ice-ufrag" in again["sdp"]
    assert visitor.ask("call-offer", callId=call, sdp=offer("visitor"))["success"]
    assert bob.ask("call-offer", callId=call, sdp=offer())["reason"] == "unknown-call"
    assert alice.ask("call-hangup", callId=call)["success"]
    ended = visitor.hears("call-state", state="ended")
    assert ended["reason"] == "agent-hung-up" and ended["message"].endswith(".")
    assert alice.hears("call-state", state="ended", callId=call)["duration"] >= 0
    bob.hears("agent-state", agentId="alice", state="available")
    # Once when it began, once when all was known of it.
    eventually(lambda: len(bob.heard("calls-changed", callId=call)) == 2, what="the second line of the call log")


def test_a_desk_that_is_lost_comes_back_into_its_call(office, page):
    alice, visitor, call, token = talking(office, page)
    alice.vanish()
    back = office("alice", status="available")
    assert back.answer["agent"]["state"] == "busy" and "resumeToken" not in back.answer, "an open business lets anybody in"
    assert page().ask("call-request", uuid=office.uuid)["reason"] == "no-agents"
    refused = back.ask("call-resume", uuid=office.uuid, callId=call, resumeToken="guess")
    assert refused["reason"] == "unknown-call"
    resumed = back.ask("call-resume", uuid=office.uuid, callId=call, resumeToken=token, sdp=offer("anew", "08" + FINGERPRINT[2:]))
    assert resumed["success"] and resumed["state"] == "talking" and resumed["sdp"] and resumed["resumeToken"] != token
    assert resumed["from"] == "Vera" and resumed["page"] == "https://shop.example/"
    assert not visitor.heard("call-state", state="ended")
    back.ask("call-hangup", callId=call)
    assert visitor.hears("call-state", state="ended")["reason"] == "agent-hung-up"


def test_who_logged_in_hears_of_the_call_that_waits(gateway, page):
    business = sign_up(gateway)
    uuid, owner = business["uuid"], {"Authorization": f"Bearer {business['token']}"}
    agents = f"{gateway.http}/api/tenants/{uuid}/agents"
    form = {"name": "alice", "displayName": "Alice B.", "password": "correct horse"}
    assert requests.post(agents, json=form, headers=owner, timeout=30).status_code == 201
    login = {"uuid": uuid, "user": "alice", "password": "correct horse"}
    token = requests.post(f"{gateway.http}/api/login", json=login, timeout=30).json()["token"]
    sit_down = {"uuid": uuid, "agentId": "alice", "token": token}
    alice, visitor = page(), page()
    assert alice.ask("register-agent", **sit_down)["agent"]["displayName"] == "Alice B."
    call = visitor.ask("call-request", uuid=uuid, sdp=offer())["callId"]
    alice.hears("incoming-call", callId=call)
    alice.ask("call-accept", callId=call, sdp=offer("desk"))
    alice.vanish()
    item = requests.get(f"{agents}/alice", headers=owner, timeout=30).json()
    assert item["state"] == "busy" and item["phones"] == 0
    eventually(lambda: not requests.get(f"{agents}/alice", headers=owner, timeout=30).json()["desk"], what="the lost desk")
    back = page()
    waiting = back.ask("register-agent", **sit_down)
    assert waiting["callId"] == call and waiting["agent"]["state"] == "busy"
    resumed = back.ask("call-resume", uuid=uuid, callId=call, resumeToken=waiting["resumeToken"])
    assert resumed["success"] and resumed["state"] == "talking"
    assert "callId" not in page().ask("register-agent", **sit_down), "nothing waits any more"


def test_a_goodbye_ends_the_call_at_once(office, page):
    alice, visitor, call, _ = talking(office, page)
    began = time.monotonic()
    alice.io.disconnect()
    assert visitor.hears("call-state", state="ended")["reason"] == "agent-hung-up"
    assert time.monotonic() - began < 30


def test_two_tabs_ring_and_the_first_answer_wins(office, page):
    one, two, visitor = office("alice"), office("alice"), page()
    call = visitor.ask("call-request", uuid=office.uuid)["callId"]
    for tab in (one, two):
        tab.hears("incoming-call", callId=call)
    assert two.ask("call-accept", callId=call, sdp=offer())["success"]
    assert one.hears("incoming-call-ended", callId=call)["reason"] == "answered-elsewhere"
    assert one.ask("call-accept", callId=call, sdp=offer())["reason"] == "unknown-call"
    assert not two.heard("incoming-call-ended")
    one.io.disconnect()
    visitor.ask("call-hangup", callId=call)
    assert two.hears("call-state", state="ended", callId=call)["reason"] == "visitor-hung-up"


def test_what_a_desk_may_not_is_told(office, page):
    stranger = page()
    for event in ("call-accept", "call-reject", "agent-status"):
        answer = stranger.ask(event, callId="x", sdp=offer(), status="available")
        assert answer["reason"] == "unauthorised" and event in answer["message"]
    assert office("alice", status="asleep").answer["reason"] == "bad-request"
    alice = office("alice")
    assert alice.ask("agent-status", status="asleep")["reason"] == "bad-request"
    assert alice.ask("call-resume", callId="x")["reason"] == "bad-request"
    for _ in range(7):
        assert office("alice").answer["success"]
    assert office("alice").answer["reason"] == "busy"

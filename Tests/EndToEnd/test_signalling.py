"""The contract with other people's clients, by the stock Socket.IO client and plain HTTP."""

import contextlib
import os
import socket
import threading

import pytest
import requests

from conftest import sign_up
from patience import StockClient, eventually


@pytest.mark.parametrize("transports", [None, ["websocket"], ["polling"]], ids=["default", "websocket", "polling"])
def test_a_business_signs_up_and_its_agent_hears_of_a_call(gateway, transports):
    uuid = sign_up(gateway)["uuid"]
    agent, visitor = StockClient(), StockClient()
    incoming, routed, ended, heard = [], [], [], threading.Event()
    agent.on("incoming-call", lambda call: (incoming.append(call), heard.set()))
    agent.on("incoming-call-ended", ended.append)
    visitor.on("call-routed", routed.append)
    agent.connect(gateway.http, transports=transports)
    visitor.connect(gateway.http, transports=transports)
    if transports is None:
        eventually(lambda: agent.transport() == "websocket", what="the upgrade")
    assert agent.call("register-agent", {"uuid": uuid, "agentId": "agent-1"}, timeout=30)["success"]
    answer = visitor.call("call-request", {"uuid": uuid, "name": "Vera"}, timeout=30)
    assert answer["success"] and heard.wait(30)
    assert incoming[0]["callId"] == answer["callId"] and incoming[0]["from"] == "Vera"
    eventually(lambda: routed, what="call-routed")
    assert routed[0] == answer
    visitor.disconnect()
    eventually(lambda: ended, what="the end of the ringing")
    assert ended[0]["reason"] == "caller-hung-up"
    agent.disconnect()


def test_refusals_have_a_word_and_a_sentence(gateway):
    uuid = sign_up(gateway)["uuid"]
    client = StockClient()
    client.connect(gateway.http)
    for request, reason in [
        ({"uuid": uuid}, "no-agents"), ({"uuid": "nobody"}, "unknown-tenant"), ({}, "bad-request"), ("text", "bad-request"),
        ({"uuid": 7}, "bad-request"),
    ]:
        answer = client.call("call-request", request, timeout=30)
        assert answer["success"] is False and answer["reason"] == reason and answer["message"].endswith(".")
    assert client.call("no-such-event", {}, timeout=30)["reason"] == "bad-request"
    client.disconnect()


def test_http_answers_as_the_contract_says(gateway):
    assert requests.get(f"{gateway.http}/healthz", timeout=30).json() == {"status": "ok"}
    uuid = sign_up(gateway)["uuid"]
    assert requests.get(f"{gateway.http}/api/widget/{uuid}/status", timeout=30).json()["online"] is False
    for body, status in [("{", 400), ('{"companyName":"","email":"a@b"}', 422), ('{"companyName":"x","email":"x"}', 422)]:
        answer = requests.post(f"{gateway.http}/api/widget/register", data=body, timeout=30)
        assert answer.status_code == status and answer.headers["Content-Type"] == "application/problem+json"
    assert requests.get(f"{gateway.http}/api/widget/register", timeout=30).status_code == 405
    assert requests.get(f"{gateway.http}/nothing", timeout=30).status_code == 404


def test_garbage_on_every_port_ends_nothing(gateway):
    for address in (gateway.sip, gateway.webrtc):
        host, port = address.split(":")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for length in list(range(0, 64)) * 8 + [1400]:
                sender.sendto(os.urandom(length), (host, int(port)))
            sender.sendto(b"INVITE sip:x SIP/2.0\r\n\r\n", (host, int(port)))
    host, port = gateway.http.removeprefix("http://").split(":")
    for octets in (os.urandom(2000), b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00\x05hello", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999\r\n\r\n"):
        # Whom we refuse may find the connection reset; it must not stay open.
        with socket.create_connection((host, int(port)), 30) as connection, contextlib.suppress(ConnectionError):
            connection.sendall(octets)
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
            connection.settimeout(30)
            while connection.recv(4096):
                pass
    assert requests.get(f"{gateway.http}/healthz", timeout=30).ok
    assert gateway.is_alive


def test_an_end_that_was_asked_for_is_no_failure(gateway):
    client = StockClient()
    states = []
    client.on("call-state", states.append)
    client.connect(gateway.http)
    client.call("call-request", {"uuid": "00000000-0000-4000-8000-00000000ca11"}, timeout=30)
    assert gateway.stop() == 0

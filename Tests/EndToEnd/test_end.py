"""The end that an operator asks for: refused in words, drained, told to everybody, and with code 0."""

import signal

import pytest
import requests

from conftest import DEMO, ROOT, Gateway, registered
from patience import StockClient, eventually


def visitor(gateway, transports):
    client, states = StockClient(reconnection=False), []
    client.on("call-state", states.append)
    client.connect(gateway.http, transports=transports)
    return client, states


def echo(client):
    assert client.call("call-request", {"uuid": DEMO, "extension": "echo"}, timeout=30)["success"]


@pytest.fixture
def service(tmp_path):
    services = []

    def make(*flags):
        services.append(Gateway(tmp_path, *flags))
        return services[-1]

    yield make
    for each in services:
        if each.is_alive:
            each.process.kill()
        print(each.log.read_text())


def test_nothing_to_end_ends_at_once(service):
    gateway = service("--drain", "3600")
    assert gateway.stop() == 0


@pytest.mark.parametrize("transports", [["websocket"], ["polling"]], ids=["websocket", "polling"])
def test_calls_that_are_left_end_in_words(service, transports):
    gateway = service("--drain", "0")
    callers = [visitor(gateway, transports) for _ in range(10)]
    for client, _ in callers:
        echo(client)
    assert gateway.stop() == 0
    for _, states in callers:
        eventually(lambda: states and states[-1]["state"] == "ended", what="the end")
        assert states[-1]["reason"] == "shutting-down" and states[-1]["message"].endswith(".")


def test_draining_refuses_new_calls_and_lets_those_that_are_go_on(service):
    gateway = service("--drain", "3600")
    first, states = visitor(gateway, ["websocket"])
    second, _ = visitor(gateway, ["websocket"])
    echo(first)
    eventually(lambda: states and states[-1]["state"] == "talking", what="the echo")
    gateway.process.send_signal(signal.SIGTERM)
    health = f"{gateway.http}/healthz"
    eventually(lambda: requests.get(health, timeout=30).status_code == 503, what="draining")
    assert requests.get(health, timeout=30).json() == {"status": "draining"}
    assert requests.get(f"{health}?live", timeout=30).status_code == 200
    answer = second.call("call-request", {"uuid": DEMO, "extension": "echo"}, timeout=30)
    assert answer["reason"] == "shutting-down" and gateway.is_alive and states[-1]["state"] == "talking"
    first.emit("call-hangup", {"callId": states[-1]["callId"]})
    assert gateway.process.wait(30) == 0


def test_a_second_signal_does_not_wait(service):
    gateway = service("--drain", "3600")
    client, states = visitor(gateway, ["websocket"])
    echo(client)
    gateway.process.send_signal(signal.SIGTERM)
    eventually(lambda: not requests.get(f"{gateway.http}/healthz", timeout=30).ok, what="draining")
    assert gateway.stop() == 0
    eventually(lambda: states and states[-1]["state"] == "ended", what="the end")


def test_a_phone_that_talks_is_hung_up_and_may_answer_that(gateway, softphone):
    phone = registered(softphone("alice"))
    client, states = visitor(gateway, ["websocket"])
    assert client.call("call-request", {"uuid": DEMO}, timeout=30)["success"]
    eventually(lambda: states and states[-1]["state"] == "talking", what="the answer")
    assert gateway.stop() == 0
    eventually(lambda: phone.heard("CALL_CLOSED"), what="BYE at the phone")
    eventually(lambda: states and states[-1]["state"] == "ended", what="the end")
    # Nobody is left whom it could take leave of.
    phone.process.kill()


def test_metrics_are_read_here_and_not_through_a_proxy(service):
    gateway = service("--drain", "0")
    client, states = visitor(gateway, ["websocket"])
    echo(client)
    eventually(lambda: states and states[-1]["state"] == "talking", what="the echo")
    address = f"{gateway.http}/metrics"
    answer = requests.get(address, timeout=30)
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    assert 'calldocker_calls{state="echo"} 1' in lines and "calldocker_calls_begun_total 1" in lines
    families = {line.split()[2] for line in lines if line.startswith("# TYPE")}
    assert len(families) == sum(line.startswith("# HELP") for line in lines) > 30
    for line in lines:
        if not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            assert float(value) >= 0
            family = name.split("{")[0]
            assert family in families or family.rsplit("_", 1)[0] in families
    assert DEMO not in answer.text
    assert requests.get(address, headers={"X-Forwarded-For": "203.0.113.1"}, timeout=30).status_code == 403
    documented = (ROOT / "docs" / "operations.md").read_text()
    assert [name for name in sorted(families) if f"`{name}`" not in documented] == []

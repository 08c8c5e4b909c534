"""SIP over real sockets: sipp scenarios over UDP and TCP, streams byte by byte, baresip over TCP and IPv6."""

import socket

import pytest
import requests
from playwright.sync_api import sync_playwright

from audio import tone_share
from conftest import DEMO, Gateway, registered
from patience import StockClient, eventually
from sipphone import Sipp
from softphone import Softphone, free_port
from visitor import Visitor, launch


@pytest.fixture
def sipp(gateway, tmp_path):
    """Plays scenarios as demo agents' phones."""
    players = []

    def play(scenario, user, port, **options):
        player = Sipp(tmp_path, scenario, gateway.sip, user, gateway.password(user), DEMO, port, **options)
        players.append(player)
        return player

    yield play
    for player in players:
        player.stop()


@pytest.fixture
def caller(gateway):
    """A visitor without sound: a stock Socket.IO client that says when its call is over."""
    client = StockClient()
    client.states = []
    client.on("call-state", lambda state: client.states.append(state))
    client.connect(gateway.http)
    yield client
    client.disconnect()


def state(caller, name):
    return next((state for state in caller.states if state["state"] == name), None)


def metric(gateway, name):
    lines = requests.get(f"{gateway.http}/metrics", timeout=30).text.splitlines()
    values = [int(line.split()[1]) for line in lines if line.startswith((f"{name} ", f"{name}{{"))]
    assert values, f"there is no {name}"
    return sum(values)


@pytest.mark.parametrize("transport", ["u1", "t1"], ids=["udp", "tcp"])
def test_a_phone_registers_by_digest(sipp, transport):
    sipp("register", "alice", free_port(), transport=transport).finish()


def test_an_answer_heard_twice_is_acknowledged_twice(sipp, caller):
    port = free_port()
    sipp("register", "alice", port).finish()
    phone = sipp("answer", "alice", port)
    call = caller.call("call-request", {"uuid": DEMO}, timeout=30)
    eventually(lambda: state(caller, "talking"), what="talking")
    eventually(lambda: phone.messages.read_text(errors="replace").count("\nACK sip:") == 2, what="the second ACK")
    caller.emit("call-hangup", {"callId": call["callId"]})
    phone.finish()


@pytest.mark.parametrize("loser", ["cancelled", "late"])
def test_the_first_answer_wins_and_the_other_phone_is_let_go(gateway, sipp, caller, loser):
    ports = [free_port(), free_port()]
    for port in ports:
        sipp("register", "alice", port).finish()
    winner, other = sipp("answer", "alice", ports[0]), sipp(loser, "alice", ports[1])
    call = caller.call("call-request", {"uuid": DEMO}, timeout=30)
    eventually(lambda: state(caller, "talking"), what="talking")
    other.finish()
    assert not state(caller, "ended"), "the call goes on without the loser"
    caller.emit("call-hangup", {"callId": call["callId"]})
    winner.finish()
    eventually(lambda: metric(gateway, "calldocker_calls") == 0, what="the end of the call")


# Streams


def connect(gateway):
    host, port = gateway.sip.rsplit(":", 1)
    stream = socket.create_connection((host, int(port)), 30)
    stream.settimeout(30)
    return stream


def options(number, extra="Content-Length: 0\r\n"):
    return (
        f"OPTIONS sip:{DEMO} SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKo{number};rport\r\nMax-Forwards: 70\r\n"
        f"From: <sip:a@b>;tag=1\r\nTo: <sip:{DEMO}>\r\nCall-ID: stream\r\nCSeq: {number} OPTIONS\r\n{extra}\r\n").encode()


def read(stream, ending, count=1):
    octets = b""
    while octets.count(ending) < count:
        more = stream.recv(65536)
        assert more, f"the stream ended after {octets}"
        octets += more
    return octets


def test_messages_are_told_apart_however_their_bytes_come(gateway):
    with connect(gateway) as stream:
        stream.sendall(b"\r\n\r\n")
        assert read(stream, b"\r\n") == b"\r\n", "a ping has its pong (RFC 5626)"
        stream.sendall(options(1) + b"\r\n" + options(2) + options(3))
        answers = read(stream, b"\r\n\r\n", 3)
        assert [f"CSeq: {number} OPTIONS".encode() in answers for number in (1, 2, 3)] == [True] * 3
        for octet in options(4):
            stream.sendall(bytes([octet]))
        assert b"SIP/2.0 200 OK" in read(stream, b"\r\n\r\n")
        assert metric(gateway, "calldocker_sip_connections") == 1
    eventually(lambda: metric(gateway, "calldocker_sip_connections") == 0, what="the end of the connection")


def test_a_message_without_an_end_is_400_and_the_end(gateway):
    with connect(gateway) as stream:
        stream.sendall(options(1, extra=""))
        assert b"SIP/2.0 400" in read(stream, b"\r\n\r\n")
        assert stream.recv(1) == b""
    with connect(gateway) as stream:
        stream.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        assert stream.recv(1) == b"", "another protocol hears nothing"
    assert gateway.is_alive


def test_who_does_not_read_is_let_go(gateway):
    with connect(gateway) as stream, pytest.raises(OSError):
        for number in range(1, 1_000_000, 100):
            stream.sendall(b"".join(options(number + offset) for offset in range(100)))
    eventually(lambda: metric(gateway, "calldocker_sip_connections") == 0, what="the end of the connection")
    with connect(gateway) as stream:
        stream.sendall(options(1))
        assert b"SIP/2.0 200 OK" in read(stream, b"\r\n\r\n")


def test_many_connections_come_and_go(gateway):
    streams = [connect(gateway) for _ in range(200)]
    for number, stream in enumerate(streams):
        stream.sendall(options(number + 1)[: 20 + number])
    for stream in streams:
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # A reset, not a goodbye.
        stream.close()
    eventually(lambda: metric(gateway, "calldocker_sip_connections") == 0, what="the end of all connections")
    assert gateway.is_alive


# Real phones


@pytest.fixture
def browser(tmp_path):
    with sync_playwright() as playwright:
        browser = launch(playwright, tmp_path)
        yield browser
        browser.close()


def talk(gateway, browser, phone):
    """Both hear each other's tone, and the phone is hung up at the end."""
    page = browser.new_context(permissions=["microphone"]).new_page()
    page.goto(f"{gateway.http}/healthz")
    visitor = Visitor(page, gateway)
    assert visitor.call(DEMO)["success"]
    eventually(lambda: phone.heard("CALL_ESTABLISHED"), what="the phone's answer")
    visitor.hears(1000)
    eventually(lambda: phone.seconds_recorded >= 3, what="three seconds of sound at the phone")
    visitor.hang_up()
    eventually(lambda: phone.heard("CALL_CLOSED"), what="the phone's goodbye")
    share, loud = eventually(lambda: (found := tone_share(phone.recording, 440))[1] >= 15 and found, what="the recording")
    assert share > 0.9, f"{share:.2f} of {loud} windows"
    visitor.leave()


def test_both_hear_each_other_over_tcp(gateway, softphone, browser):
    phone = registered(softphone("alice", transport="tcp"))
    assert metric(gateway, "calldocker_sip_connections") == 1
    talk(gateway, browser, phone)


def test_an_answer_silences_the_phone_that_rings_over_tcp(gateway, softphone, caller):
    silent = registered(softphone("alice", answers=False, transport="tcp"))
    quick = registered(softphone("alice"))
    caller.call("call-request", {"uuid": DEMO}, timeout=30)
    eventually(lambda: quick.heard("CALL_ESTABLISHED"), what="the answer")
    eventually(lambda: silent.heard("CALL_CLOSED"), what="the other phone's silence")


def test_a_phone_whose_connection_ends_is_not_rung(gateway, softphone, caller):
    phone = registered(softphone("alice", transport="tcp"))
    phone.process.kill()
    phone.process.wait(30)
    eventually(lambda: "connection ended; 0 are left" in gateway.log.read_text(), what="the end of the registration")
    # With nobody there the demo echoes at once.
    assert caller.call("call-request", {"uuid": DEMO}, timeout=30)["success"]
    eventually(lambda: state(caller, "talking"), what="the echo")


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_phone_over_ipv6_and_a_visitor_over_ipv4(tmp_path, browser, transport):
    gateway = Gateway(tmp_path, host="::")
    server = "[::1]:" + gateway.sip.rsplit(":", 1)[1]
    folder = tmp_path / "six"
    folder.mkdir()
    phone = Softphone(
        folder, server, DEMO, "alice", gateway.password("alice"), "pcmu", True, 1000, transport=transport, host="::1")
    try:
        talk(gateway, browser, registered(phone))
    finally:
        phone.stop()
        gateway.stop()


@pytest.mark.parametrize("transport", ["u1", "t1"], ids=["udp", "tcp"])
def test_registering_over_ipv6(tmp_path, transport):
    gateway = Gateway(tmp_path, host="::1")
    player = Sipp(
        tmp_path, "register", gateway.sip, "alice", gateway.password("alice"), DEMO, free_port("::1"), transport=transport, host="::1")
    try:
        assert "received=" in (story := player.finish()) and "::ffff:" not in story
    finally:
        player.stop()
        gateway.stop()

"""Crowds that want nothing but to be in the way: calls and registrations go on."""

import json
import resource
import select
import socket
import threading
import time

import pytest
import requests
import websocket

from conftest import DEMO, registered
from patience import StockClient, eventually
from sipphone import Sipp
from softphone import free_port
from test_bad_input import pair

CROWD = 1000
# What each says, a byte a second; none of it is ever whole.
HTTP = b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 1000
SIP = b"OPTIONS sip:a@x SIP/2.0\r\nSubject: " + b"a" * 1000
TLS = b"\x16\x03\x01\x3f\x00" + bytes(1000)


class Crowd:
    """A thousand connections that send a byte a second, from ten addresses: one has not more than a hundred."""

    def __init__(self, address, words):
        self.words = words
        self.sockets = []
        for number in range(CROWD):
            self.sockets.append(socket.create_connection(pair(address), 10, (f"127.0.1.{1 + number % 10}", 0)))
        self.isOver = threading.Event()
        self.thread = threading.Thread(target=self.drip)
        self.thread.start()

    def drip(self):
        for byte in self.words:
            for connection in self.sockets:
                try:
                    connection.send(bytes([byte]))
                except OSError:
                    pass
            if self.isOver.wait(1):
                return

    def left(self):
        """How many are still connected."""
        poll = select.poll()
        for connection in self.sockets:
            poll.register(connection, select.POLLRDHUP)
        return CROWD - len(poll.poll(0))

    def stop(self):
        self.isOver.set()
        self.thread.join()
        for connection in self.sockets:
            connection.close()


@pytest.fixture
def many_descriptors():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 3 * CROWD + 500), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_three_thousand_that_send_a_byte_a_second_hinder_nobody_and_are_given_up(
        gateway, softphone, visitor, tmp_path, many_descriptors):
    registered(softphone("alice"))
    assert visitor.call(DEMO)["success"]
    eventually(lambda: visitor.state("talking"), what="talking")
    # One phone, which registers again and again.
    port = free_port()
    crowds = [Crowd(gateway.http, HTTP), Crowd(gateway.sip, SIP), Crowd(gateway.http, TLS)]
    try:
        while any(left := [crowd.left() for crowd in crowds]):
            assert crowds[0].thread.is_alive(), f"all was said, and still connected are: {left}"
            began = time.monotonic()
            Sipp(tmp_path, "register", gateway.sip, "bob", gateway.password("bob"), DEMO, port).finish()
            assert requests.get(f"{gateway.http}/healthz", timeout=30).ok
            assert time.monotonic() - began < 30, "a REGISTER and a page"
            visitor.hears(1000)
            time.sleep(1)
    finally:
        for crowd in crowds:
            crowd.stop()
    assert visitor.state("ended") is None
    visitor.hears(1000)


def figure(gateway, name):
    lines = requests.get(f"{gateway.http}/metrics", timeout=30).text.splitlines()
    return int(next(line for line in lines if line.startswith(f"{name} ")).split()[1])


def knock(gateway, count):
    """So many new sessions over one connection; whether one was refused."""
    request = b"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n"
    statuses = set()
    with socket.create_connection(pair(gateway.http), 30) as connection, connection.makefile("rb") as answers:
        # As many at a time as may wait on one connection.
        for _ in range(0, count, 16):
            connection.sendall(request * 16)
            for _ in range(16):
                statuses.add(int(answers.readline().split()[1]))
                length = 0
                while (line := answers.readline().strip()):
                    name, value = line.split(b":", 1)
                    length = int(value) if name.lower() == b"content-length" else length
                answers.read(length)
    assert statuses <= {200, 400}
    return 400 in statuses


def test_the_last_session_is_refused_and_those_that_are_go_on(gateway):
    early = StockClient(reconnection=False)
    states = []
    early.on("call-state", states.append)
    early.connect(gateway.http, transports=["websocket"])
    # Sessions that only knock are given up after a while: there must be 20 000 before that.
    eventually(lambda: knock(gateway, 1600), 120, "one too many")
    assert 19_000 < figure(gateway, "calldocker_web_sessions") <= 20_000
    assert figure(gateway, "calldocker_web_sessions_refused_total") >= 1
    assert early.call("call-request", {"uuid": DEMO, "extension": "echo"}, timeout=30)["success"]
    eventually(lambda: any(state["state"] == "talking" for state in states), what="the echo")
    early.disconnect()


def test_a_session_that_asks_too_much_at_once_is_told_so_and_others_are_served(gateway):
    other = StockClient(reconnection=False)
    other.connect(gateway.http)
    line = websocket.create_connection(gateway.http.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket", timeout=30)
    assert line.recv().startswith("0{")
    line.send("40")
    assert line.recv().startswith("40{")
    frames = [
        websocket.ABNF.create_frame(f'42{number}["call-hangup",{{"callId":"none"}}]', websocket.ABNF.OPCODE_TEXT).format()
        for number in range(1000)]
    answers = {}

    def is_told():
        # What comes in one piece is read in one piece, and none of it is answered before all of it was asked.
        line.sock.sendall(b"".join(frames))
        heard = []
        while len(heard) < len(frames):
            # A ping may come between.
            heard += [text for text in [line.recv()] if text != "2"]
        assert len({text.split("[")[0] for text in heard}) == len(frames), "each has its own answer"
        answers.update({text.split("[", 1)[0]: json.loads(text[text.index("["):])[0] for text in heard})
        return [answer for answer in answers.values() if answer.get("reason") == "busy"]

    assert all("Too many requests" in answer["message"] for answer in eventually(is_told, what="one too many"))
    assert sum(answer["success"] for answer in answers.values()) >= 256
    assert other.call("call-hangup", {"callId": "none"}, timeout=30)["success"]
    line.close()
    other.disconnect()

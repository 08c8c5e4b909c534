"""Crowds that want nothing but to be in the way: calls and registrations go on."""

import resource
import select
import socket
import threading
import time

import pytest
import requests

from conftest import DEMO, registered
from patience import eventually
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

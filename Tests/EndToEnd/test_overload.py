"""Crowds that want nothing but to be in the way, and a disk without room: calls and registrations go on."""

import os
import resource
import select
import socket
import subprocess
import threading
import time

import pytest
import requests

from conftest import DEMO, Gateway, eventually
from sipphone import Sipp, free_port
from test_bad_input import pair
from test_calls import registered, visitor  # noqa: F401

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
        gateway, softphone, visitor, tmp_path, many_descriptors):  # noqa: F811
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
            assert requests.get(f"{gateway.http}/healthz", timeout=5).ok
            assert time.monotonic() - began < 30, "a REGISTER and a page"
            visitor.hears(1000)
            time.sleep(1)
    finally:
        for crowd in crowds:
            crowd.stop()
    assert visitor.state("ended") is None
    visitor.hears(1000)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting takes root")
def test_a_full_disk_refuses_sign_ups_keeps_calls_and_recovers_by_itself(tmp_path):
    disk = tmp_path / "data"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m,mode=700", "calldocker-test", disk], check=True)
    try:
        gateway = Gateway(tmp_path)
        health = lambda: requests.get(f"{gateway.http}/healthz", timeout=5)  # noqa: E731
        form = {"companyName": "ACME " * 30, "email": "a@b.example"}
        sign_up = lambda: requests.post(f"{gateway.http}/api/widget/register", json=form, timeout=15)  # noqa: E731
        assert health().json()["status"] == "ok" and sign_up().status_code == 201
        ballast = disk / "ballast"
        with ballast.open("wb", buffering=0) as file, pytest.raises(OSError):
            while True:
                file.write(bytes(4096))
        eventually(lambda: sign_up().status_code != 201, seconds=60, what="a disk that is full")
        assert sign_up().status_code in (500, 503, 507)
        assert health().ok and health().json()["status"] == "degraded"
        assert gateway.log.read_text().count("The disk does not take") == 1
        ballast.unlink()
        eventually(lambda: health().json()["status"] == "ok", what="recovery by itself")
        assert sign_up().status_code == 201
        assert gateway.stop() == 0
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)

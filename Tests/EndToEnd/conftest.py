"""What the tests share: the service, softphones, a browser. Everything is started on free ports of 127.0.0.1 and stopped again."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import time

import pytest
import requests

from softphone import Softphone

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("CALLDOCKER_BINARY", ROOT / ".build" / "release" / "calldocker"))
DEMO = "00000000-0000-4000-8000-00000000ca11"


def eventually(condition, seconds=15, what="it"):
    """Waits until a condition holds; the deadline is for ever on the slowest machine."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, f"{what} did not happen within {seconds} s"
        time.sleep(0.02)
    return value


def registered(phone):
    # The event may have come before we listened.
    eventually(lambda: phone.heard("REGISTER_OK") or "OK" in phone.command("reginfo")["data"], what="registration")
    return phone


class Gateway:
    """A running service, its addresses, and the passwords of its demo agents."""

    def __init__(self, folder, *flags, host="127.0.0.1", demo=True, within=()):
        self.data = folder / "data"
        self.log = folder / "calldocker.log"
        arguments = ["serve", "--host", host, "--http-port", "0", "--sip-port", "0", "--webrtc-port", "0"]
        arguments += ["--rtp-ports", "31000-31199", "--data", self.data, *["--demo"] * demo, *flags]
        self.process = subprocess.Popen(
            [*within, BINARY, *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=self.log.open("w"), text=True)
        line = self.process.stdout.readline()
        assert line, f"the service did not start:\n{self.log.read_text()}"
        ready = json.loads(line)
        self.http, self.sip, self.webrtc = ready["http"], ready["sip"], ready["webrtc"]

    def password(self, user):
        words = next(line.split() for line in self.log.read_text().splitlines() if line.split()[:2] == ["user", user])
        return words[3]

    @property
    def demo_page(self):
        """The link for the newcomer at this machine."""
        return next(line.split()[-1] for line in self.log.read_text().splitlines() if "#key=" in line)

    @property
    def is_alive(self):
        return self.process.poll() is None

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(15)


@pytest.fixture
def gateway(tmp_path):
    gateway = Gateway(tmp_path)
    yield gateway
    if gateway.is_alive:
        gateway.stop()
    print(gateway.log.read_text())


@pytest.fixture
def softphone(gateway, tmp_path):
    """Makes baresip phones that register as demo agents."""
    phones = []

    def make(user, codec="opus", answers=True, tone=1000, password=None, transport="udp", domain=DEMO):
        folder = tmp_path / f"{user}{len(phones)}"
        folder.mkdir()
        phone = Softphone(
            folder, gateway.sip, domain, user, password or gateway.password(user), codec, answers, tone, transport=transport)
        phones.append(phone)
        return phone

    yield make
    for phone in phones:
        phone.stop()


def sign_up(gateway):
    """A business of its own, with nobody in it yet."""
    form = {"companyName": "ACME", "email": "a@b.example"}
    answer = requests.post(f"{gateway.http}/api/widget/register", json=form, timeout=15)
    assert answer.status_code == 201
    return answer.json()


@pytest.fixture
def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]

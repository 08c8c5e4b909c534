"""What the tests share: the service, softphones, a browser. Everything is started on free ports of 127.0.0.1 and stopped again."""

import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess

import pytest
import requests
from playwright.sync_api import expect, sync_playwright

from patience import eventually
from softphone import Softphone
from visitor import EARS, Visitor, launch
from website import Website

# For ever on the slowest machine, as `eventually` waits.
expect.set_options(timeout=30_000)

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("CALLDOCKER_BINARY", ROOT / ".build" / "release" / "calldocker"))
DEMO = "00000000-0000-4000-8000-00000000ca11"


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
        return self.process.wait(60)


@contextlib.contextmanager
def running(folder, *flags, **options):
    """A service for as long as it is needed; its log stands in what the test printed."""
    gateway = Gateway(folder, *flags, **options)
    try:
        yield gateway
    finally:
        if gateway.is_alive:
            gateway.stop()
        print(gateway.log.read_text())


@pytest.fixture
def gateway(tmp_path):
    with running(tmp_path) as gateway:
        yield gateway


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
    answer = requests.post(f"{gateway.http}/api/widget/register", json=form, timeout=30)
    assert answer.status_code == 201
    return answer.json()


@pytest.fixture
def visitor(gateway, tmp_path):
    """A visitor with a real browser's sound and the stock client's signalling."""
    with sync_playwright() as playwright:
        browser = launch(playwright, tmp_path)
        page = browser.new_context(permissions=["microphone"]).new_page()
        page.goto(f"{gateway.http}/healthz")
        visitor = Visitor(page, gateway)
        yield visitor
        visitor.leave()
        browser.close()


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    with sync_playwright() as playwright:
        # A name that is neither localhost nor a loopback address: what browsers call insecure.
        browser = launch(playwright, tmp_path_factory.mktemp("chromium"), flags=["--host-resolver-rules=MAP shop.example 127.0.0.1"])
        yield browser
        browser.close()


@pytest.fixture
def website():
    website = Website()
    yield website
    website.stop()


@pytest.fixture
def browse(chromium):
    """Opens pages. At the end no policy may have been violated, and the console may hold no error but the `expected` ones."""
    contexts, complaints, pages = [], [], []

    def open(address, microphone=True, expected="(?!)", before="", **settings):
        context = chromium.new_context(permissions=["microphone"] if microphone else [], **settings)
        contexts.append(context)
        context.add_init_script(EARS + before)

        def watch(page):
            pages.append((page, expected))
            page.on("console", lambda entry: entry.type == "error" and complain(entry.text))
            page.on("pageerror", lambda error: complain(str(error)))

        def complain(text):
            if not re.search(expected, text):
                complaints.append(text)

        context.on("page", watch)
        page = context.new_page()
        page.goto(address)
        return page

    yield open
    for page, expected in pages:
        if not page.is_closed():
            complaints += [violation for violation in page.evaluate("violations") if not re.search(expected, violation)]
    for context in contexts:
        context.close()
    assert not complaints


@pytest.fixture
def shop(gateway, website, browse):
    """A visitor on the strict page of the demo business."""
    return browse(website.embed(gateway.http, DEMO))

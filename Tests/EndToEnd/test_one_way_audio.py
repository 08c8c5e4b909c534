"""One-way audio, provoked: how the widget and the desk tell of it, what heals it, and that its end is told as well."""

import json
import os
import pathlib
import re

import pytest
from playwright.sync_api import expect, sync_playwright

from conftest import DEMO
from patience import eventually
from speaking_phone import G722, PCMA, PCMU, SpeakingPhone
from test_command_line import calldocker
from visitor import EARS, hears, launch
from website import Website

# Where whoever changes these pages looks at them.
PICTURES = os.environ.get("CALLDOCKER_PICTURES")


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    with sync_playwright() as playwright:
        browser = launch(playwright, tmp_path_factory.mktemp("chromium"))
        yield browser
        browser.close()


@pytest.fixture
def context(chromium):
    context = chromium.new_context(permissions=["microphone"])
    context.add_init_script(EARS)
    yield context
    context.close()


@pytest.fixture
def phone(gateway):
    phones = []

    def make(user, **settings):
        phones.append(SpeakingPhone(gateway.sip, DEMO, user, gateway.password(user), **settings))
        phones[-1].register()
        return phones[-1]

    yield make
    for each in phones:
        each.close()


@pytest.fixture
def desk(gateway, context):
    """The desk of an agent of the demo."""

    def open(user="alice"):
        page = context.new_page()
        page.goto(f"{gateway.http}/desk?uuid={DEMO}")
        page.get_by_label("Name", exact=True).fill(user)
        page.get_by_label("Password").fill(gateway.password(user))
        page.get_by_role("button", name="Log in").click()
        expect(page.locator(".stage .title")).to_have_text("Ready for calls")
        return page

    return open


@pytest.fixture
def call(gateway, context):
    """Calls from a website; answers the page and the widget's panel."""
    website = Website()

    def click():
        page = context.new_page()
        page.goto(website.embed(gateway.http, DEMO))
        page.get_by_role("button", name="Call Us").click()
        return page, page.get_by_role("dialog", name="Call Us")

    yield click
    website.stop()


def talking(panel, agent="alice"):
    expect(panel.locator(".title")).to_have_text(f"Talking with {agent}")


def shown(page, words, picture=None):
    """Words on a page, not only in what is read out."""
    notice = page.locator(".notice").filter(has_text=words)
    expect(notice).to_be_visible()
    if picture and PICTURES:
        page.screenshot(path=pathlib.Path(PICTURES) / f"{picture}.png")
    return notice


def story(gateway, page):
    """The one call as `why` tells it; it is hung up and run again, and must go the same way."""

    def ask(*words):
        code, output, errors = calldocker(*words, data=gateway.data)
        assert code == 0, errors
        return output

    page.get_by_role("button", name="Hang up").click()

    def over():
        calls = json.loads(ask("calls", DEMO, "--json"))["calls"]
        return calls[0]["call"] if calls and calls[0]["end"] else None

    call = eventually(over, what="the end of the call")
    assert json.loads(ask("replay", DEMO, call, "--json"))["same"]
    text = ask("why", DEMO, call)
    print(text)
    return text


def test_a_mute_phone_is_told_at_both_ends_asked_anew_and_taken_back(gateway, desk, call, phone):
    alice = phone("alice")
    alice.is_mute = True
    office = desk()
    page, panel = call()
    talking(panel)
    quiet = shown(page, "You may hear nothing: no sound comes from the other side.", "widget-mute-phone")
    unheard = shown(office, "No sound comes from your phone", "desk-mute-phone")
    eventually(lambda: len(alice.offers) == 2, what="the re-INVITE")
    first, second = (re.search(r"(?m)^o=\S+ (\d+) (\d+)", offer).groups() for offer in alice.offers)
    assert second == (first[0], str(int(first[1]) + 1)), "the same session, the next version"
    alice.is_mute = False
    expect(quiet).to_be_hidden()
    expect(unheard).to_be_hidden()
    hears(page, 1000)
    assert len(alice.offers) == 2, "once a call"
    text = story(gateway, panel)
    assert "was asked for its sound anew (re-INVITE); it answered 200 OK" in text and "You hear nothing" in text, text


def test_a_deaf_phone_is_told_at_both_ends_and_taken_back(gateway, desk, call, phone):
    alice = phone("alice")
    alice.is_deaf = True
    office = desk()
    page, panel = call()
    talking(panel)
    hears(page, 1000)
    unheard = shown(page, "You are not heard.", "widget-deaf-phone")
    quiet = shown(office, "You may hear nothing on your phone", "desk-deaf-phone")
    assert len(alice.offers) == 2, "it was asked anew"
    alice.is_deaf = False
    expect(unheard).to_be_hidden()
    expect(quiet).to_be_hidden()
    text = story(gateway, panel)
    assert "knows of none of the sound that it is sent" in text and "arrives again" in text, text


def test_a_phone_that_speaks_the_other_g711_is_heard(gateway, call, phone):
    alice = phone("alice", agrees_to=PCMA)
    alice.speaks_type = PCMU
    page, panel = call()
    talking(panel)
    hears(page, 1000)
    expect(page.locator(".notice").filter(has_text=re.compile("."))).to_be_hidden()
    assert len(alice.offers) == 1
    assert "speaks pcmu, not the codec that it preferred" in story(gateway, panel)


def test_a_phone_that_nobody_understands_is_told_and_taken_back(gateway, desk, call, phone):
    alice = phone("alice")
    alice.speaks_type = G722
    office = desk()
    page, panel = call()
    talking(panel)
    quiet = shown(page, "You may hear nothing: no sound comes from the other side.")
    unheard = shown(office, "No sound comes from your phone")
    alice.speaks_type = PCMU
    hears(page, 1000)
    expect(quiet).to_be_hidden()
    expect(unheard).to_be_hidden()
    assert "only packets of type 9 came" in story(gateway, panel)


def test_a_widget_whose_packets_are_lost_is_told_at_both_ends_and_taken_back(desk, call):
    office = desk()
    page, panel = call()
    expect(office.get_by_text("Incoming call", exact=True)).to_be_visible()
    office.keyboard.press("a")
    talking(panel)
    hears(office, 440)
    sending = """async (active) => {
      const [sender] = pc.getSenders();
      const parameters = sender.getParameters();
      parameters.encodings[0].active = active;
      await sender.setParameters(parameters);
    }"""
    page.evaluate(sending, False)
    unheard = shown(page, "You are not heard.", "widget-lost-packets")
    gone = shown(office, "No sound comes from the visitor.", "desk-lost-packets")
    page.evaluate(sending, True)
    expect(unheard).to_be_hidden()
    expect(gone).to_be_hidden()
    hears(office, 440)

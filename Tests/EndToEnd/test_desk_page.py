"""The desk as an agent has it, /desk in Chromium: against the gateway with a visitor at the other end, and against a scripted server for what
is rare there."""

import itertools
import os
import pathlib
import re

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

from conftest import DEMO, ROOT, eventually, registered, sign_up
from mock_desk import COMPANY, UUID, Server, written_call
from visitor import EARS, PEAK, hears, launch
from website import Website

expect.set_options(timeout=15_000)

# What rings and trembles leaves no trace on a page: the browser's own doors are watched instead.
WATCH = EARS + """
  window.rung = 0;
  const begin = AudioBufferSourceNode.prototype.start;
  AudioBufferSourceNode.prototype.start = function (...when) { rung++; return begin.apply(this, when); };
  window.told = [];
  window.Notification = class {
    static permission = "granted";
    static requestPermission = async () => "granted";
    constructor(title, options) { told.push([title, options.body]); }
    close() {}
  };
"""


@pytest.fixture(scope="module")
def playwright():
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def visitors(playwright, tmp_path_factory):
    """The visitors' browser: it says 440 Hz."""
    browser = launch(playwright, tmp_path_factory.mktemp("visitors"))
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def agents(playwright, tmp_path_factory):
    """The agents' browser: it says 700 Hz."""
    browser = launch(playwright, tmp_path_factory.mktemp("agents"), tone=700)
    yield browser
    browser.close()


@pytest.fixture
def browse(visitors, agents):
    """Makes contexts. At the end no policy may have been violated, and no console may hold an error but the `expected` ones."""
    contexts, complaints = [], []

    def open(browser=agents, microphone=True, expected="(?!)", before="", **settings):
        context = browser.new_context(permissions=["microphone"] if microphone else [], **settings)
        contexts.append((context, expected))
        context.add_init_script(WATCH + before)

        def complain(text):
            if not re.search(expected, text):
                complaints.append(text)

        context.on("console", lambda entry: entry.type == "error" and complain(entry.text))
        context.on("weberror", lambda error: complain(str(error.error)))
        return context

    yield open
    for context, expected in contexts:
        for page in context.pages:
            complaints += [violation for violation in page.evaluate("violations") if not re.search(expected, violation)]
        context.close()
    assert not complaints


# MARK: With the gateway


@pytest.fixture
def desk(gateway, browse):
    """Opens the desk of an agent of the demo, logged in and ready."""

    def open(user="alice", context=None, **settings):
        page = (context or browse(**settings)).new_page()
        page.goto(f"{gateway.http}/desk?uuid={DEMO}")
        log_in(page, user, gateway.password(user))
        expect(title(page)).to_have_text("Ready for calls")
        return page

    return open


@pytest.fixture
def visitor(gateway, browse, visitors):
    """Calls from a website's page; answers the panel."""
    website = Website()

    def call(name="Vera", **settings):
        page = browse(visitors, **settings).new_page()
        page.goto(website.embed(gateway.http, DEMO, name=name))
        page.get_by_role("button", name="Call Us").click()
        return page

    yield call
    website.stop()


def log_in(page, user, password, keep=False):
    page.get_by_label("Name", exact=True).fill(user)
    page.get_by_label("Password").fill(password)
    if keep:
        page.get_by_label("Keep me logged in on this device").check()
    page.get_by_role("button", name="Log in").click()


def stage(page):
    return page.get_by_role("region", name="Your call")


def title(page):
    return stage(page).locator(".title")


def rings(page, who="Vera"):
    expect(stage(page).get_by_text("Incoming call", exact=True)).to_be_visible()
    expect(title(page)).to_have_text(who)


def answer(page):
    rings(page)
    page.keyboard.press("a")
    talks(page)


def talks(page):
    expect(stage(page).get_by_role("timer")).to_have_text(re.compile(r"^\d:\d\d$"))
    expect(page.get_by_role("button", name="Hang up")).to_be_visible()


def both_hear(page, caller):
    hears(page, 440)
    hears(caller, 700)


def ended(page, words):
    expect(stage(page).get_by_text(re.compile(rf"^Call ended — \d:\d\d — {words}$"))).to_be_visible()


def test_the_agent_answers_in_the_browser_and_both_hear_each_other(desk, visitor):
    page = desk()
    caller = visitor()
    rings(page)
    expect(stage(page).get_by_role("link", name=re.compile("localhost"))).to_have_attribute("rel", "noopener noreferrer")
    assert page.evaluate("rung") == 1
    page.get_by_role("button", name="Answer").click()
    talks(page)
    both_hear(page, caller)
    expect(caller.locator(".title")).to_have_text("Talking with alice")
    eventually(lambda: int(page.get_by_role("meter", name="Your microphone").get_attribute("aria-valuenow") or 0) > 20, what="the meter")
    page.keyboard.press("h")
    ended(page, "you hung up")
    expect(caller.get_by_text("The other side ended the call.")).to_be_visible()
    # The history has it without being asked again, and says how it sounded.
    row = page.locator(".call").first
    expect(row.get_by_text("Vera")).to_be_visible()
    expect(row.locator(".outcome")).to_have_text(re.compile(r"\d:\d\d"))
    row.get_by_role("button").click()
    expect(row.get_by_text(re.compile("MOS 4"))).not_to_have_count(0)
    expect(row.get_by_text("good")).not_to_have_count(0)


def test_the_visitor_hangs_up(desk, visitor):
    page = desk()
    caller = visitor()
    answer(page)
    caller.get_by_role("button", name="Hang up").click()
    ended(page, "they hung up")
    page.get_by_role("button", name="Done").click()
    expect(title(page)).to_have_text("Ready for calls")


def test_who_declines_is_followed_by_the_next(desk, visitor):
    alice, bob = desk("alice"), desk("bob")
    visitor()
    first, second = (alice, bob) if eventually(lambda: [page for page in (alice, bob) if title(page).inner_text() == "Vera"])[0] is alice else (bob, alice)
    first.keyboard.press("d")
    expect(stage(first).get_by_text("You declined.")).to_be_visible()
    answer(second)


def test_who_is_away_is_not_rung_and_stays_away_across_a_reload(desk, visitor):
    page = desk()
    page.get_by_role("button", name="Online").click()
    page.get_by_role("button", name="Lunch").click()
    expect(title(page)).to_have_text("Away: Lunch")
    expect(page.get_by_role("region", name="Team").get_by_text("Lunch")).to_be_visible()
    caller = visitor()
    expect(caller.get_by_text(re.compile("Nobody is available|Talking with Echo"))).not_to_have_count(0)
    page.reload()
    expect(title(page)).to_have_text("Away: Lunch")
    assert page.evaluate("rung") == 0
    page.get_by_role("button", name="Go online").click()
    expect(title(page)).to_have_text("Ready for calls")


def test_a_visitor_who_gives_up_is_told(desk, visitor):
    page = desk()
    caller = visitor()
    rings(page)
    caller.get_by_role("button", name="Hang up").click()
    expect(stage(page).get_by_text("The visitor hung up before you answered.")).to_be_visible()


def test_a_reload_comes_back_into_the_call(desk, visitor):
    page = desk()
    page.on("dialog", lambda dialog: dialog.accept())
    caller = visitor()
    answer(page)
    both_hear(page, caller)
    page.reload()
    talks(page)
    expect(title(page)).to_have_text("Vera")
    both_hear(page, caller)
    page.keyboard.press("h")
    ended(page, "you hung up")


def test_a_call_outlives_its_line_to_the_server(gateway, browse, visitor, desk):
    routes, sent = [], []

    def handle(route):
        server = route.connect_to_server()
        route.on_message(lambda text: (sent.append(text), server.send(text)))
        routes.append((route, server))

    context = browse()
    context.route_web_socket(re.compile("/socket.io/"), handle)
    page = desk(context=context)
    caller = visitor()
    answer(page)
    both_hear(page, caller)
    for end in routes[-1]:
        end.close(code=3000, reason="the test cuts the line")
    eventually(lambda: page.evaluate("1") and any("call-resume" in text for text in sent), what="coming back")
    expect(stage(page).get_by_text("The line to the server is lost.")).to_be_hidden()
    both_hear(page, caller)
    page.keyboard.press("h")
    expect(caller.get_by_text("The other side ended the call.")).to_be_visible()


def test_another_network_gets_another_path(desk, visitor):
    page = desk()
    caller = visitor()
    answer(page)
    hears(page, 440)
    credentials = "pc.remoteDescription.sdp.match(/ice-ufrag:(.*)/)[1]"
    before = page.evaluate(credentials)
    page.evaluate("dispatchEvent(new Event('online'))")
    eventually(lambda: page.evaluate(credentials) != before, what="new credentials")
    both_hear(page, caller)
    before = page.evaluate(credentials)
    page.evaluate("""() => {
        Object.defineProperty(pc, "connectionState", { value: "failed", configurable: true });
        pc.dispatchEvent(new Event("connectionstatechange"));
        delete pc.connectionState;
    }""")
    eventually(lambda: page.evaluate(credentials) != before, what="new credentials")
    both_hear(page, caller)


def test_muted_is_said_and_is_silent(desk, visitor):
    page = desk()
    caller = visitor()
    answer(page)
    hears(caller, 700)
    page.keyboard.press("m")
    expect(stage(page).get_by_text("You are muted")).to_be_visible()
    eventually(lambda: abs(caller.evaluate(PEAK) - 700) > 12, what="silence")
    page.keyboard.press("m")
    hears(caller, 700)


@pytest.mark.parametrize("who", ["desk", "softphone"])
def test_softphone_and_desk_ring_together_and_the_first_answer_wins(desk, visitor, softphone, who):
    phone = registered(softphone("alice", answers=False))
    page = desk()
    caller = visitor()
    rings(page)
    eventually(lambda: phone.heard("CALL_INCOMING"), what="the phone's ringing")
    if who == "desk":
        page.keyboard.press("a")
        both_hear(page, caller)
        eventually(lambda: phone.heard("CALL_CLOSED"), what="the phone's silence")
    else:
        phone.command("accept")
        expect(stage(page).get_by_text("Answered on another device or by a colleague.")).to_be_visible()
        page.get_by_role("button", name="Done").click()
        expect(title(page)).to_have_text("You are on a call")


def test_a_login_lives_in_its_window_or_on_the_device_as_chosen(gateway, browse):
    context = browse(expected="401")
    page = context.new_page()
    page.goto(f"{gateway.http}/desk?uuid={DEMO}")
    log_in(page, "alice", "wrong")
    expect(page.get_by_role("alert")).to_contain_text("Name or password is wrong")
    expect(page.get_by_label("Password")).to_be_focused()
    log_in(page, "alice", gateway.password("alice"), keep=True)
    expect(title(page)).to_have_text("Ready for calls")
    second = context.new_page()
    second.goto(f"{gateway.http}/desk")
    expect(title(second)).to_have_text("Ready for calls")
    # Away in one is away in all, and leaving in one is leaving in all.
    second.get_by_role("button", name="Online").click()
    second.get_by_role("textbox", name="Another reason").fill("Dentist")
    second.get_by_role("button", name="Set").click()
    expect(title(page)).to_have_text("Away: Dentist")
    second.get_by_role("button", name="Log out").click()
    expect(second.get_by_role("heading", name="Log in to your desk")).to_be_visible()
    expect(page.get_by_role("heading", name="Log in to your desk")).to_be_visible()
    token = page.evaluate("JSON.stringify([...Object.entries(localStorage), ...Object.entries(sessionStorage)])")
    assert "token" not in token


def test_of_several_windows_one_rings(gateway, browse, visitor):
    context = browse()
    pages = [context.new_page() for _ in range(2)]
    pages[0].goto(f"{gateway.http}/desk?uuid={DEMO}")
    log_in(pages[0], "alice", gateway.password("alice"), keep=True)
    expect(title(pages[0])).to_have_text("Ready for calls")
    pages[1].goto(f"{gateway.http}/desk?uuid={DEMO}")
    expect(title(pages[1])).to_have_text("Ready for calls")
    caller = visitor()
    for page in pages:
        rings(page)
    eventually(lambda: sum(page.evaluate("rung") for page in pages) == 1, what="one ringing window")
    answer(pages[1])
    both_hear(pages[1], caller)
    expect(stage(pages[0]).get_by_text("Answered on another device or by a colleague.")).to_be_visible()
    assert sum(page.evaluate("rung") for page in pages) == 1


def test_the_owner_sees_calls_and_people_and_is_no_agent(gateway, browse):
    business = sign_up(gateway)
    page = browse().new_page()
    page.goto(f"{gateway.http}/desk?uuid={business['uuid']}")
    log_in(page, business["owner"]["user"], business["owner"]["password"])
    expect(page.get_by_text("No calls yet")).to_be_visible()
    expect(page.get_by_text("Nobody yet")).to_be_visible()
    expect(page.get_by_text("Owner", exact=True)).to_be_visible()
    expect(stage(page)).to_have_count(0)
    expect(page.get_by_role("combobox", name="Agent")).to_be_visible()


def test_the_demo_page_lets_a_newcomer_answer_in_the_browser(gateway, browse, visitors, visitor):
    page = browse().new_page()
    page.goto(gateway.demo_page)
    with page.expect_popup() as popup:
        page.get_by_role("button", name="Answer in this browser").first.click()
    window = popup.value
    expect(title(window)).to_have_text("Ready for calls")
    caller = visitor()
    answer(window)
    both_hear(window, caller)

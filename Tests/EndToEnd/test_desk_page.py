"""The desk as an agent has it, /desk in Chromium: against the gateway with a visitor at the other end, and against a scripted server for what
is rare there."""

import os
import pathlib
import re

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

from conftest import DEMO, ROOT, registered, sign_up
from mock_desk import COMPANY, UUID, Server, written_call
from patience import eventually
from visitor import EARS, PEAK, hears, launch
from website import Website

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
    return page.get_by_role("region", name="Your call", exact=True)


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
    eventually(lambda: page.evaluate("rung") == 1, what="one ringing")
    page.get_by_role("button", name="Answer").click()
    talks(page)
    both_hear(page, caller)
    expect(caller.locator(".title")).to_have_text("Talking with alice")
    eventually(lambda: int(page.get_by_role("meter", name="Your microphone").get_attribute("aria-valuenow") or 0) > 20, what="the meter")
    page.keyboard.press("h")
    ended(page, "you hung up")
    expect(caller.get_by_text("The other side ended the call.", exact=True)).to_be_visible()
    # The history has it without being asked again, and says how it sounded.
    row = page.locator(".call").first
    expect(row.get_by_text("Vera")).to_be_visible()
    expect(row.locator(".outcome")).to_have_text(re.compile(r"\d:\d\d"))
    row.get_by_role("button").click()
    expect(row.get_by_text(re.compile("MOS 4"))).not_to_have_count(0)
    expect(row.get_by_text("good")).not_to_have_count(0)
    outcome = page.get_by_role("combobox", name="Outcome")
    outcome.select_option("missed")
    expect(page.get_by_text("No such calls")).to_be_visible()
    outcome.select_option("answered")
    expect(page.locator(".call")).to_have_count(1)


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
    expect(stage(first).get_by_text("You declined.", exact=True)).to_be_visible()
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
    expect(stage(page).get_by_text("The visitor hung up before you answered.", exact=True)).to_be_visible()


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


def test_a_window_that_was_duplicated_takes_the_call_and_the_former_one_says_so(desk, visitor):
    page = desk()
    caller = visitor()
    answer(page)
    both_hear(page, caller)
    with page.context.expect_page() as opened:
        page.evaluate("() => { window.open(location.href) }")
    copy = opened.value
    talks(copy)
    ended(page, "the call goes on in another window")
    both_hear(copy, caller)
    copy.get_by_role("button", name="Hang up").click()
    expect(caller.get_by_role("dialog").get_by_text("The other side ended the call.")).to_be_visible()


def test_a_login_that_somebody_ended_leads_to_the_door_after_the_call(gateway, desk, visitor):
    page = desk(expected="401|Failed to load resource")
    caller = visitor()
    answer(page)
    token = page.evaluate("JSON.parse(sessionStorage['calldocker.desk.session']).token")
    headers = {"Authorization": f"Bearer {token}"}
    assert requests.post(f"{gateway.http}/api/logout", headers=headers, timeout=30).status_code == 204
    expect(page.get_by_text("Your login ended; please log in again after this call.")).to_be_visible()
    both_hear(page, caller)
    caller.get_by_role("dialog").get_by_role("button", name="Hang up").click()
    expect(page.get_by_text("You were logged out because your login ended.")).to_be_visible(timeout=30_000)


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
    expect(caller.get_by_text("The other side ended the call.", exact=True)).to_be_visible()


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
        expect(stage(page).locator(".kicker")).to_have_text("You are on a call")
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
    second.get_by_role("button", name="Set", exact=True).click()
    expect(title(page)).to_have_text("Away: Dentist")
    second.get_by_role("button", name="Log out").click()
    expect(second.get_by_role("heading", name="Log in to your desk")).to_be_visible()
    expect(page.get_by_role("heading", name="Log in to your desk")).to_be_visible()
    expect(page).to_have_title("Desk")
    expect(second).to_have_title("Desk")
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
    expect(stage(pages[0]).locator(".kicker")).to_have_text("You are on a call")
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


def test_the_demo_page_lets_a_newcomer_answer_in_the_browser(gateway, browse, visitor):
    page = browse().new_page()
    page.goto(gateway.demo_page)
    with page.expect_popup() as popup:
        page.get_by_role("button", name="Answer in this browser").first.click()
    window = popup.value
    expect(title(window)).to_have_text("Ready for calls")
    expect(page.get_by_text("Somebody is there, so a call rings.")).to_be_visible()
    caller = visitor()
    answer(window)
    both_hear(window, caller)


# MARK: With a scripted server, for what is rare


@pytest.fixture
def scripted(gateway, browse):
    """A desk whose server is the test's; the pages still come from the gateway."""

    def open(role="agent", calls=(), agents=None, answers=None, is_open=True, query="", **settings):
        page = browse(**settings).new_page()
        server = Server(page, role=role, calls=calls, agents=agents, answers=answers)
        page.goto(f"{gateway.http}/desk?uuid={UUID}{query}")
        if is_open:
            log_in(page, "alice", "secret")
            expect(page.get_by_role("banner").get_by_text(COMPANY)).to_be_visible()
        return page, server

    return open


@pytest.mark.parametrize("status, body, words", [
    (401, {"title": "Wrong"}, "Name or password is wrong"), (429, {"title": "Slow"}, "Please wait 30 seconds"),
    (503, {"title": "Busy"}, "too many logins at once"), (500, {"title": "The disk is full."}, "The server refused: The disk is full.")])
def test_a_login_that_fails_says_why(scripted, status, body, words):
    page, server = scripted(is_open=False, expected="Failed to load resource")
    server.login = (status, body)
    log_in(page, "alice", "secret")
    expect(page.get_by_role("alert")).to_contain_text(words)
    server.login = (200, {})
    page.get_by_role("button", name="Log in").click()
    expect(title(page)).to_have_text("Ready for calls")


def test_a_server_that_is_away_is_told_at_the_door_and_behind_it(scripted):
    page, server = scripted(is_open=False, expected="Failed to load resource|WebSocket")
    log_in(page, "", "")
    expect(page.get_by_role("alert")).to_have_text("Please fill in all three fields.")
    server.is_away = True
    log_in(page, "alice", "secret")
    expect(page.get_by_role("alert")).to_contain_text("The server cannot be reached.")
    server.is_away = False
    page.get_by_role("button", name="Log in").click()
    expect(title(page)).to_have_text("Ready for calls")
    page.get_by_role("button", name="Online").click()
    page.get_by_role("button", name="Meeting").click()
    server.is_away = True
    server.cut()
    expect(title(page)).to_have_text("No line to the server")
    expect(page.get_by_text(re.compile("Trying again in|Trying again…"))).to_be_visible()
    server.is_away = False
    expect(title(page)).to_have_text("Away: Meeting", timeout=60_000)
    registrations = [body for name, body in server.said if name == "register-agent"]
    assert len(registrations) >= 2 and (registrations[-1]["status"], registrations[-1]["reason"]) == ("paused", "Meeting")


def test_a_token_that_ended_leads_to_the_door(scripted):
    page, server = scripted(expected="401|Failed to load resource")
    expect(title(page)).to_have_text("Ready for calls")
    page.route(re.compile("/calls"), lambda route: route.fulfill(status=401, json={"title": "No"}))
    server.tell("calls-changed", callId="c1")
    expect(page.get_by_text("You were logged out because your login ended.")).to_be_visible()


def test_a_refused_microphone_is_explained_and_nothing_rings(scripted):
    page, server = scripted(microphone=False)
    expect(title(page)).to_have_text("Callers could not hear you")
    expect(stage(page).get_by_text("The microphone is blocked for this page.")).to_be_visible()
    assert [body["status"] for name, body in server.said if name == "register-agent"] == ["paused"]
    assert not any(body.get("status") == "available" for _, body in server.said)
    page.context.grant_permissions(["microphone"])
    expect(title(page)).to_have_text("Ready for calls")
    eventually(lambda: page.evaluate("1") and ("agent-status", "available") in [(name, body.get("status")) for name, body in server.said])


def test_it_rings_blinks_and_tells_who_looks_elsewhere(scripted):
    page, server = scripted(before="Document.prototype.hasFocus = () => false;")
    expect(title(page)).to_have_text("Ready for calls")
    server.ring()
    rings(page, "Vera Holm")
    expect(page).to_have_title("Vera Holm calls")
    expect(page).to_have_title(re.compile(f"Desk – {COMPANY}"))
    eventually(lambda: page.evaluate("told"), what="the notification")
    assert page.evaluate("told") == [["Vera Holm calls", "From https://shop.example/bikes/city-7?size=54"]]
    expect(page.locator("#icon")).to_have_attribute("href", re.compile("ringing"))
    expect(stage(page).get_by_text(re.compile("Waiting for 0:(0[4-9]|[1-5][0-9])"))).to_be_visible()
    expect(stage(page).get_by_role("alert")).to_have_text("Incoming call. Vera Holm")
    server.tell("incoming-call-ended", callId="r1", reason="timeout")
    expect(stage(page).get_by_text("It rang for too long and went on to somebody else.", exact=True)).to_be_visible()
    expect(page.locator("#icon")).to_have_attribute("href", re.compile("online"))


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,<b>x", "<img src=x onerror=alert(1)>", "file:///etc/passwd"])
def test_a_page_that_is_no_page_is_no_link(scripted, address):
    page, server = scripted(calls=[written_call(1, 2, page=address)])
    expect(title(page)).to_have_text("Ready for calls")
    server.ring(page=address, **{"from": "<b>Eve</b>"})
    rings(page, "<b>Eve</b>")
    expect(stage(page).get_by_text(address)).to_be_visible()
    page.keyboard.press("d")
    page.locator(".call button").first.click()
    assert page.locator("a").count() == 0


def test_keys_do_nothing_while_somebody_types_or_switched_them_off(scripted):
    page, server = scripted()
    expect(title(page)).to_have_text("Ready for calls")
    server.ring()
    rings(page, "Vera Holm")
    page.get_by_role("button", name="Online").click()
    page.get_by_role("textbox", name="Another reason").press_sequentially("dad")
    rings(page, "Vera Holm")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Online")).to_be_focused()
    page.keyboard.press("Control+d")
    page.get_by_role("button", name="Settings").click()
    page.get_by_role("checkbox", name="Keyboard shortcuts").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    rings(page, "Vera Holm")
    page.get_by_role("button", name="Settings").click()
    page.get_by_role("checkbox", name="Keyboard shortcuts").check()
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    expect(stage(page).get_by_text("You declined.", exact=True)).to_be_visible()
    assert ("call-reject", {"callId": "r1"}) in server.said
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


def test_a_call_that_is_gone_when_it_is_answered_says_so(scripted):
    page, server = scripted(answers={"call-accept": {"success": False, "reason": "unknown-call", "message": "There is no such call."}})
    expect(title(page)).to_have_text("Ready for calls")
    server.ring()
    page.get_by_role("button", name="Answer").click()
    expect(stage(page).get_by_text("The call was gone before you answered.", exact=True)).to_be_visible()


def test_the_history_pages_filters_and_shows_what_it_has_not(scripted):
    calls = [written_call(number, number * 3, "declined" if number % 10 == 0 else "visitor-hung-up", visitor=f"Visitor {number}") for number in range(1, 91)]
    page, server = scripted(calls=calls, role="supervisor")
    row = page.locator(".call")
    expect(row.first).to_contain_text("Visitor 1")
    eventually(lambda: (page.mouse.wheel(0, 4000), row.count())[1] == 90, what="all pages")
    page.get_by_role("combobox", name="Outcome").select_option("declined")
    expect(row).to_have_count(9)
    page.get_by_role("combobox", name="Outcome").select_option("missed")
    expect(row).to_have_count(9)
    page.get_by_role("combobox", name="Outcome").select_option("answered")
    eventually(lambda: (page.mouse.wheel(0, 4000), row.count())[1] == 81, what="all that were answered, page by page")
    asked = [path for _, path in server.asked if "/calls" in path]
    assert any("answered=false" in path for path in asked) and sum("answered=true" in path for path in asked) >= 3, asked
    page.get_by_role("combobox", name="Outcome").select_option("failed")
    expect(page.get_by_text("No such calls")).to_be_visible()
    page.get_by_role("button", name="Show all calls").click()
    expect(row.first).to_contain_text("Visitor 1")
    page.get_by_label("Day").fill("2026-11-23")
    eventually(lambda: page.evaluate("1") and any("from=2026-11-2" in path and "to=2026-11-2" in path for _, path in server.asked), what="the day")


def test_calls_that_cannot_be_loaded_are_asked_for_again(scripted):
    page, server = scripted(calls=[written_call(1, 2)], is_open=False, expected="Failed to load resource")
    aborted = []
    page.route(re.compile("/calls"), lambda route: (aborted.append(route.request.url), route.abort()))
    log_in(page, "alice", "secret")
    expect(page.get_by_text("The calls could not be loaded.")).to_be_visible()
    # The line, once it is there, makes the desk ask again.
    expect(title(page)).to_have_text("Ready for calls")
    eventually(lambda: page.evaluate("1") and len(aborted) >= 2, what="the second question")
    expect(page.get_by_text("The calls could not be loaded.")).to_be_visible()
    page.unroute(re.compile("/calls"))
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".call")).to_have_count(1)


def test_colleagues_are_seen_as_they_change(scripted):
    page, server = scripted()
    team = page.get_by_role("region", name="Team")
    expect(team.get_by_text("1 of 4 available")).to_be_visible()
    server.tell("agent-state", agentId="dmitri", displayName="Dmitri Orlov", state="available")
    expect(team.get_by_text("2 of 4 available")).to_be_visible()
    server.tell("agent-state", agentId="alice", displayName="Alice Moreau", state="busy")
    expect(title(page)).to_have_text("You are on a call")


# With reduced motion what goes on for ever is not drawn; what goes over is waited for.
STILL = "document.getAnimations().every((motion) => motion.playState !== 'running' || motion.effect.getTiming().iterations === Infinity)"
SHOTS = os.environ.get("CALLDOCKER_SCREENSHOTS")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_nothing_that_a_checker_finds_is_in_anybodys_way(scripted, width, scheme):
    calls = [
        written_call(1, 4), written_call(2, 31, "no-answer", visitor=None), written_call(3, 58, "agent-hung-up", visitor="Jürgen von Hohenstein-Waldburg"),
        written_call(4, 1500, "connection-lost", visitor="Ana Lucía")]
    page, server = scripted(
        calls=calls, is_open=False, color_scheme=scheme, viewport={"width": width, "height": 800}, reduced_motion="reduce", expected="WebSocket")

    def check(where):
        eventually(lambda: page.evaluate(STILL), what="an end of all motion")
        if SHOTS:
            page.screenshot(path=pathlib.Path(SHOTS) / f"desk-{width}-{scheme}-{where}.png")
        found = Axe().run(page, options={"resultTypes": ["violations"]})
        assert not found.violations_count, f"{where}\n{found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{where}: the page is wider than the window"

    # The page draws itself; before it has, there is nothing to check.
    expect(page.locator("h1").first).to_be_visible(timeout=30_000)
    check("login")
    log_in(page, "alice", "secret")
    expect(title(page)).to_have_text("Ready for calls")
    expect(page.locator(".call")).to_have_count(4)
    check("ready")
    page.locator(".call button").first.click()
    check("details")
    server.ring()
    rings(page, "Vera Holm")
    check("ringing")
    page.get_by_role("button", name="Decline").click()
    check("declined")
    page.get_by_role("button", name="Online").click()
    check("statuses")
    page.get_by_role("button", name="Lunch").click()
    expect(title(page)).to_have_text("Away: Lunch")
    check("away")
    page.get_by_role("button", name="Settings").click()
    check("settings")
    page.keyboard.press("Escape")
    server.is_away = True
    server.cut()
    expect(title(page)).to_have_text("No line to the server")
    check("lost")


@pytest.mark.parametrize("language, words, ready", [
    ("de-AT", "Anmelden", "Bereit für Anrufe"), ("es-MX", "Entrar", "Listo para llamadas"), ("fr-CA", "Se connecter", "Prêt pour les appels")])
def test_it_speaks_the_agents_language(gateway, browse, language, words, ready):
    page = browse(locale=language).new_page()
    Server(page)
    page.goto(f"{gateway.http}/desk?uuid={UUID}")
    page.locator("#user").fill("alice")
    page.locator("#password").fill("x")
    page.get_by_role("button", name=words).click()
    expect(page.locator(".stage .title")).to_have_text(ready)


def test_every_language_says_everything():
    texts = {path.stem: path.read_text() for path in (ROOT / "web/desk/texts").glob("*.js")}

    def keys(text):
        return re.findall(r'^\s+"?([\w-]+)"?:', text, re.M)

    assert set(texts) == {"de", "en", "es", "fr"}
    for language, text in texts.items():
        assert keys(text) == keys(texts["en"]), f"{language} differs in {set(keys(text)) ^ set(keys(texts['en']))}"

"""The call button as a visitor has it: on a strict page of another site, in Chromium, with baresip as the agent's phone."""

import gzip
import json
import re

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from audio import loudness, tone_share
from call_button import call, launcher, talking
from conftest import DEMO, ROOT, registered, sign_up
from patience import eventually
from visitor import hears

STATES = """
  window.states = [];
  document.addEventListener("calldocker:ready", () => Calldocker.on("state", (state) => states.push(state)));
"""


# Which answers a page has read and thought over.
READS = """
  window.read = [];
  const json = Response.prototype.json;
  Response.prototype.json = async function () {
    const body = await json.call(this);
    setTimeout(() => read.push(this.url));
    return body;
  };
"""


def states(page):
    return [state["state"] for state in page.evaluate("states")]


# MARK: Calls


@pytest.mark.parametrize("codec", ["opus", "pcmu"])
def test_the_visitor_and_the_agent_hear_each_other(gateway, website, browse, softphone, codec):
    phone = registered(softphone("alice", codec))
    page = browse(website.embed(gateway.http, DEMO), before=STATES)
    panel = talking(call(page), "alice")
    hears(page, 1000)
    expect(panel.get_by_role("timer")).to_have_text(re.compile(r"0:0[1-9]"))
    eventually(lambda: phone.seconds_recorded >= 2.5, what="sound at the phone")
    panel.get_by_role("button", name="Hang up").click()
    expect(panel.get_by_text("Call ended", exact=True)).to_be_visible()
    expect(panel.get_by_text("You ended the call.")).to_be_visible()
    expect(panel.get_by_text(re.compile("Duration 0:0[1-9]"))).to_be_visible()
    eventually(lambda: phone.heard("CALL_CLOSED"), what="the phone's goodbye")
    share, loud = eventually(lambda: (found := tone_share(phone.recording, 440))[1] >= 12 and found, what="the recording")
    assert share > 0.9, f"{share:.2f} of {loud} windows"
    told = states(page)
    assert told[:2] == ["microphone", "connecting"] and told[-2:] == ["talking", "ended"], told
    assert page.evaluate("states.at(-2).agent") == "alice" and page.evaluate("states.at(-1).reason") == "visitor-hung-up"


def test_the_agent_hangs_up_and_the_visitor_calls_again(shop, softphone):
    phone = registered(softphone("alice"))
    panel = talking(call(shop), "alice")
    phone.command("hangup")
    expect(panel.get_by_text("The other side ended the call.")).to_be_visible()
    panel.get_by_role("button", name="Call again").click()
    talking(panel, "alice")


def test_it_rings_and_who_declines_is_followed_by_the_next(shop, softphone):
    first = registered(softphone("alice", answers=False))
    second = registered(softphone("bob"))
    panel = call(shop)
    expect(panel.get_by_text("Ringing…")).to_be_visible()
    eventually(lambda: first.heard("CALL_INCOMING"), what="ringing")
    first.command("hangup")
    talking(panel, "bob")
    assert second.heard("CALL_ESTABLISHED")


def test_a_call_that_everybody_declines_says_so(shop, softphone):
    phone = registered(softphone("alice", answers=False))
    panel = call(shop)
    eventually(lambda: phone.heard("CALL_INCOMING"), what="ringing")
    phone.command("hangup")
    expect(panel.get_by_text("Nobody is available", exact=True)).to_be_visible()
    expect(panel.get_by_text("Nobody could take your call right now.")).to_be_visible()
    expect(panel.get_by_role("button", name="Try again")).to_be_visible()


def test_with_nobody_there_the_widget_says_so(gateway, website, browse):
    address = website.embed(gateway.http, sign_up(gateway)["uuid"])
    # Without a look at the status first, by the gateway's refusal.
    page = browse(address)
    page.evaluate("Calldocker.call()")
    expect(page.get_by_role("dialog").get_by_text("Nobody is available to take your call right now.")).to_be_visible()
    # A pointer on the button asks beforehand, and then not even the microphone is asked for.
    page = browse(address, before=STATES + READS)
    launcher(page).hover()
    eventually(lambda: page.evaluate("read.some((url) => url.endsWith('/status'))"), what="the status")
    panel = call(page)
    expect(panel.get_by_text("Nobody is available", exact=True)).to_be_visible()
    assert states(page) == ["ended"]


def test_digits_reach_the_phone(shop, softphone):
    phone = registered(softphone("alice"))
    panel = talking(call(shop), "alice")
    panel.get_by_role("button", name="Key pad").click()
    for digit in "159":
        panel.get_by_role("group", name="Key pad").get_by_role("button", name=digit, exact=True).click()
    shop.keyboard.press("#")
    expect(panel.get_by_text("159#")).to_be_visible()

    def digits():
        phone.heard("CALL_CLOSED")
        return [event["param"] for event in phone.events if event.get("type") == "CALL_DTMF_START"]

    eventually(lambda: digits() == list("159#"), what=f"the digits, not {digits()}")


def test_digits_go_through_the_gateway_where_the_browser_cannot_send_them(gateway, website, browse, softphone):
    before = "Object.defineProperty(RTCDTMFSender.prototype, 'canInsertDTMF', { get: () => false });"
    phone = registered(softphone("alice"))
    page = browse(website.embed(gateway.http, DEMO), before=before)
    panel = talking(call(page), "alice")
    panel.get_by_role("button", name="Key pad").click()
    panel.get_by_role("button", name="7", exact=True).click()
    event = eventually(lambda: phone.heard("CALL_DTMF_START"), what="the digit")
    assert event["param"] == "7"


def test_muted_is_silent(shop, softphone):
    phone = registered(softphone("alice", "pcmu"))
    panel = talking(call(shop), "alice")
    eventually(lambda: phone.seconds_recorded >= 1.5, what="sound at the phone")
    panel.get_by_role("button", name="Mute").click()
    expect(panel.get_by_role("button", name="Unmute")).to_be_visible()
    muted_at = phone.seconds_recorded
    eventually(lambda: phone.seconds_recorded >= muted_at + 2, what="two seconds more")
    panel.get_by_role("button", name="Unmute").click()
    heard_at = phone.seconds_recorded
    eventually(lambda: phone.seconds_recorded >= heard_at + 1.5, what="the voice again")
    panel.get_by_role("button", name="Hang up").click()
    eventually(lambda: phone.heard("CALL_CLOSED"), what="the phone's goodbye")
    levels = eventually(lambda: len(found := loudness(phone.recording)) > 40 and found, what="the recording")
    at = round(muted_at * 10)
    assert max(levels[:at]) > 0.01, "nothing was heard before"
    assert max(levels[at + 7 : at + 18]) < 0.005, "something was heard while muted"
    assert max(levels[round(heard_at * 10) :]) > 0.01, "nothing was heard after"


def test_who_leaves_while_it_rings_is_called_no_more(shop, website, softphone):
    phone = registered(softphone("alice", answers=False))
    website.pages["/other"] = ({}, "<!doctype html><title>Other</title>")
    call(shop)
    eventually(lambda: phone.heard("CALL_INCOMING"), what="ringing")
    shop.goto(f"{website.address}/other")
    eventually(lambda: phone.heard("CALL_CLOSED"), what="the phone's goodbye")


def test_a_conversation_outlives_a_reload_and_goes_along_to_other_pages(gateway, shop, website, softphone):
    phone = registered(softphone("alice"))
    website.embed(gateway.http, DEMO, path="/other")
    panel = talking(call(shop), "alice")
    hears(shop, 1000)
    for step in [shop.reload, lambda: shop.get_by_role("link", name="Other page").click()]:
        step()
        talking(panel, "alice")
        expect(panel.get_by_text("The connection is unsteady.")).to_be_hidden()
        hears(shop, 1000)
        recorded = phone.seconds_recorded
        eventually(lambda: phone.seconds_recorded >= recorded + 1, what="sound at the phone")
    # What was left was taken away: a copy of the tab begins no second conversation.
    assert shop.evaluate("sessionStorage.length") == 0
    assert not phone.heard("CALL_CLOSED")
    panel.get_by_role("button", name="Hang up").click()
    eventually(lambda: phone.heard("CALL_CLOSED"), what="the phone's goodbye")
    share, loud = eventually(lambda: (found := tone_share(phone.recording, 440))[1] > 20 and found, what="the recording")
    assert share > 0.7
    shop.reload()
    expect(launcher(shop)).to_be_visible()


def test_a_conversation_that_ended_meanwhile_is_over(gateway, shop, website, softphone):
    phone = registered(softphone("alice"))
    website.pages["/other"] = ({}, "<!doctype html><title>Other</title>")
    panel = talking(call(shop), "alice")
    shop.goto(f"{website.address}/other")
    # The agent hears the tone that asks to wait, and does not.
    recorded = phone.seconds_recorded
    eventually(lambda: phone.seconds_recorded >= recorded + 1, what="the tone")
    phone.command("hangup")
    eventually(lambda: phone.heard("CALL_CLOSED"), what="the end")
    shop.go_back()
    expect(panel.get_by_text("The connection was lost.")).to_be_visible()


def test_a_path_that_fails_is_replaced_while_they_talk(shop, softphone):
    phone = registered(softphone("alice"))
    panel = talking(call(shop), "alice")
    hears(shop, 1000)
    before = shop.evaluate("pc.remoteDescription.sdp.match(/ice-ufrag:(.*)/)[1]")
    shop.evaluate("""() => {
        Object.defineProperty(pc, "connectionState", { value: "failed", configurable: true });
        pc.dispatchEvent(new Event("connectionstatechange"));
        delete pc.connectionState;
    }""")
    eventually(lambda: shop.evaluate("pc.remoteDescription.sdp.match(/ice-ufrag:(.*)/)[1]") != before, what="new credentials")
    expect(panel.get_by_text("The connection is unsteady.")).to_be_hidden()
    recorded = phone.seconds_recorded
    eventually(lambda: phone.seconds_recorded >= recorded + 1, what="sound at the phone after the restart")
    hears(shop, 1000)


# MARK: Ways to the gateway


def test_calls_work_where_websocket_is_blocked(gateway, website, browse, softphone):
    headers = {"Content-Security-Policy": f"default-src 'none'; script-src {gateway.http}; connect-src {gateway.http}"}
    phone = registered(softphone("alice"))
    page = browse(website.embed(gateway.http, DEMO, headers=headers), expected="connect-src|ws://")
    panel = talking(call(page), "alice")
    assert page.evaluate("violations.length") == 1
    hears(page, 1000)
    phone.command("hangup")
    expect(panel.get_by_text("The other side ended the call.")).to_be_visible()
    # The next call does not try again what is blocked, and its end reaches the phone although the page is gone.
    panel.get_by_role("button", name="Call again").click()
    talking(panel, "alice")
    assert page.evaluate("violations.length") == 1
    phone.events.clear()
    page.evaluate("Calldocker.hangUp()")
    page.close()
    eventually(lambda: phone.heard("CALL_CLOSED"), what="the phone's goodbye")


@pytest.mark.parametrize("policy", [
    "default-src 'none'; script-src 'nonce-abc' 'strict-dynamic'; connect-src {http} {ws}",
    "default-src 'none'; script-src {http}; connect-src {http} {ws}; sandbox allow-scripts allow-same-origin",
], ids=["nonce", "sandbox"])
def test_other_strict_policies_and_isolation(gateway, website, browse, policy):
    headers = {
        "Content-Security-Policy": policy.format(http=gateway.http, ws=gateway.http.replace("http", "ws", 1)),
        "Cross-Origin-Embedder-Policy": "require-corp", "Cross-Origin-Opener-Policy": "same-origin",
    }
    address = website.embed(gateway.http, DEMO, headers=headers)
    website.pages["/"] = (headers, website.pages["/"][1].replace("<script ", '<script nonce="abc" '))
    page = browse(address)
    assert page.evaluate("crossOriginIsolated")
    talking(call(page), "Echo")


def test_a_gateway_that_is_down_is_told_before_and_after_the_panel_is_loaded(gateway, website, browse):
    address = website.embed(gateway.http, DEMO)
    page, other = (browse(address, expected="ERR_CONNECTION_REFUSED|Failed to fetch|WebSocket connection") for _ in range(2))
    page.evaluate("Calldocker.open()")
    panel = page.get_by_role("dialog")
    expect(panel).to_be_visible()
    gateway.stop()
    panel.get_by_role("button", name="Start the call").click()
    expect(panel.get_by_text("The call service cannot be reached.")).to_be_visible()
    expect(panel.get_by_role("button", name="Try again")).to_be_visible()
    launcher(other).click()
    expect(launcher(other, "We cannot be reached right now")).to_be_visible()
    expect(launcher(other)).to_be_visible()


def test_a_call_outlives_its_connection_to_the_gateway(shop, softphone):
    routes, sent = [], []

    def handle(route):
        server = route.connect_to_server()
        route.on_message(lambda text: (sent.append(text), server.send(text)))
        routes.append((route, server))

    shop.route_web_socket(re.compile("/socket.io/"), handle)
    phone = registered(softphone("alice"))
    panel = talking(call(shop), "alice")
    hears(shop, 1000)
    for end in routes[0]:
        end.close(code=3000, reason="the test cuts the line")
    # Playwright serves its routes only while it is asked something.
    eventually(lambda: shop.evaluate("1") and any("call-resume" in text for text in sent), what="coming back")
    expect(panel.get_by_text("The connection is unsteady.")).to_be_hidden()
    talking(panel, "alice")
    recorded = phone.seconds_recorded
    eventually(lambda: phone.seconds_recorded >= recorded + 1, what="sound at the phone")
    hears(shop, 1000)
    assert not phone.heard("CALL_CLOSED")
    phone.command("hangup")
    expect(panel.get_by_text("The other side ended the call.")).to_be_visible()


def scripted(page, answers, interval=25_000):
    """A gateway of a few lines in the place of the true one: what it says to a `call-request`."""

    def handle(route):
        def receive(text):
            if text == "40":
                route.send('40{"sid":"s"}')
            elif match := re.match(r'42(\d+)\["call-request"', text):
                for answer in answers:
                    route.send(answer.replace("ID", match[1]))

        route.on_message(receive)
        route.send(json.dumps({"sid": "s", "upgrades": [], "pingInterval": interval, "pingTimeout": interval}).join(["0", ""]))

    page.route_web_socket(re.compile("/socket.io/"), handle)


def test_a_connection_that_falls_silent_is_lost(shop):
    scripted(shop, ['42["call-state",{"callId":"c","state":"ringing"}]'], interval=400)
    panel = call(shop)
    expect(panel.get_by_text("The connection was lost.")).to_be_visible()


def test_a_place_in_the_queue_is_shown(shop):
    scripted(shop, ['42["call-state",{"callId":"c","state":"queued","position":3,"waited":10}]'])
    panel = call(shop)
    expect(panel.get_by_text("You are number 3.")).to_be_visible()


def test_a_refusal_that_we_do_not_know_is_told_in_the_gateways_words(shop):
    scripted(shop, ['43ID[{"success":false,"reason":"new-moon","message":"We do not work at new moon."}]'])
    panel = call(shop)
    expect(panel.get_by_text("We do not work at new moon.")).to_be_visible()


# MARK: Microphones


def test_a_refused_microphone_is_explained(gateway, website, browse):
    panel = call(browse(website.embed(gateway.http, DEMO), microphone=False))
    expect(panel.get_by_text("The microphone is blocked for this page.")).to_be_visible()
    expect(panel.get_by_role("button", name="Try again")).to_be_visible()


def test_a_page_that_forbids_microphones_is_told_from_a_visitor_who_does(gateway, website, browse):
    page = browse(website.embed(gateway.http, DEMO, headers={"Permissions-Policy": "microphone=()"}), expected="Permissions policy")
    expect(call(page).get_by_text("This website does not let its pages use the microphone.")).to_be_visible()


@pytest.mark.parametrize("error, words", [
    ("NotFoundError", "We found no microphone."), ("NotReadableError", "Your microphone did not start.")])
def test_a_microphone_that_is_not_there_or_busy_is_explained(gateway, website, browse, error, words):
    before = f"if (navigator.mediaDevices) navigator.mediaDevices.getUserMedia = async () => {{ throw new DOMException('', '{error}'); }};"
    expect(call(browse(website.embed(gateway.http, DEMO), before=before)).get_by_text(words)).to_be_visible()


def test_an_insecure_page_is_explained(gateway, website, browse):
    website.embed(gateway.http, DEMO, headers={})
    page = browse(f"http://shop.example:{website.port}/")
    assert not page.evaluate("isSecureContext")
    expect(call(page).get_by_text("Calls work only on secure pages")).to_be_visible()


def test_a_microphone_that_gives_nothing_is_noticed(gateway, website, browse):
    before = """if (navigator.mediaDevices) navigator.mediaDevices.getUserMedia = async () => {
        const context = new AudioContext(), silence = context.createMediaStreamDestination();
        return silence.stream;
    };"""
    panel = talking(call(browse(website.embed(gateway.http, DEMO), before=before)), "Echo")
    expect(panel.get_by_text("Your microphone is silent.")).to_be_visible()


def test_an_agent_whose_microphone_is_off_is_told_from_a_broken_call(gateway, website, browse, softphone):
    # A tone of 0 Hz: packets as ever, and in them nothing.
    registered(softphone("alice", "pcmu", tone=0))
    panel = talking(call(browse(website.embed(gateway.http, DEMO))), "alice")
    expect(panel.get_by_text("no sound comes from the other side")).to_be_visible()


def test_one_way_audio_is_told_and_taken_back(shop):
    state = '42["call-state",{"callId":"c","state":"talking","agent":"alice"%s}]'
    scripted(shop, [state % ',"trouble":"not-heard","advice":"restart-ice","message":"No."'])
    panel = call(shop)
    expect(panel.get_by_text("You are not heard.")).to_be_visible()
    expect(shop.get_by_role("status").filter(has_text="You are not heard.")).to_be_attached()
    shop.reload()
    scripted(shop, [state % ',"trouble":"hears-nothing","message":"No."', state % ""])
    panel = talking(call(shop), "alice")
    expect(panel.get_by_text("no sound comes from the other side")).to_be_hidden()


def test_an_unplugged_microphone_is_replaced(shop, softphone):
    phone = registered(softphone("alice"))
    talking(call(shop), "alice")
    track = "pc.getSenders()[0].track"
    first = shop.evaluate(f"{track}.id")
    shop.evaluate(f"{track}.stop(); {track}.dispatchEvent(new Event('ended'))")
    eventually(lambda: shop.evaluate(f"{track}.id") != first, what="another microphone")
    assert shop.evaluate(f"{track}.readyState") == "live" and not phone.heard("CALL_CLOSED")


# MARK: For everybody


def test_a_call_by_keyboard_alone(shop, softphone):
    phone = registered(softphone("alice"))
    assert shop.evaluate("document.activeElement === document.body")
    shop.keyboard.press("Tab")
    shop.keyboard.press("Tab")
    expect(launcher(shop)).to_be_focused()
    assert launcher(shop).get_attribute("aria-haspopup") == "dialog"
    shop.keyboard.press("Enter")
    panel = talking(shop.get_by_role("dialog", name="Call Us"), "alice")
    expect(panel).to_be_focused()
    expect(shop.get_by_role("status")).to_have_text("Talking with alice")
    # Escape hides the call and does not end it; the button brings it back.
    shop.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    button = launcher(shop, "Show the call")
    expect(button).to_be_focused()
    expect(button).to_have_text(re.compile(r"\d:\d\d"))
    assert not phone.heard("CALL_CLOSED")
    shop.keyboard.press("Enter")
    expect(panel).to_be_focused()
    names = []
    for _ in range(4):
        shop.keyboard.press("Tab")
        focused = "document.querySelector('calldocker-widget').shadowRoot.activeElement"
        names.append(shop.evaluate(f"{focused}.getAttribute('aria-label') ?? {focused}.textContent"))
    assert names == ["Hide; the call goes on", "Mute", "Key pad", "Hang up"]
    shop.keyboard.press("Enter")
    eventually(lambda: phone.heard("CALL_CLOSED"), what="the phone's goodbye")
    expect(panel.get_by_role("button", name="Call again")).to_be_focused()
    expect(shop.get_by_role("status")).to_have_text("Call ended. You ended the call.")
    shop.keyboard.press("Escape")
    expect(launcher(shop)).to_be_focused()


# What axe cannot judge inside a Shadow DOM: each text against the nearest opaque ground under it (WCAG 2, relative luminance).
CONTRASTS = """() => {
  const root = document.querySelector("calldocker-widget, #telephone").shadowRoot;
  const pen = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const paint = (colour) => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    return [...pen.getImageData(0, 0, 1, 1).data];
  };
  const light = (colour) => paint(colour).slice(0, 3).map((part) => part / 255)
    .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
  const ground = (element) => {
    const colour = getComputedStyle(element).backgroundColor;
    return paint(colour)[3] === 255 || !element.parentElement ? colour : ground(element.parentElement);
  };
  const isSeen = (element) => element.checkVisibility() && !element.closest(".announcement") &&
    [...element.childNodes].some((node) => node.nodeName === "svg" || node.nodeType === 3 && node.data.trim());
  return [...root.querySelectorAll(".panel *")].filter(isSeen).map((element) => {
    const [one, other] = [light(getComputedStyle(element).color), light(ground(element))].sort((a, b) => b - a);
    return [element.className + " " + element.textContent, (one + 0.05) / (other + 0.05)];
  });
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_nothing_that_a_checker_finds_is_in_anybodys_way(gateway, browse, scheme, width):
    page = browse(gateway.demo_page, color_scheme=scheme, viewport={"width": width, "height": 740}, reduced_motion="reduce")
    expect(page.get_by_role("button", name="Call now")).to_be_enabled()

    def check(where):
        found = Axe().run(page, options={"resultTypes": ["violations"]})
        assert not found.violations_count, f"{where}\n{found.generate_report()}"
        contrasts = [] if where == "the demo page" else page.evaluate(CONTRASTS)
        assert len(contrasts) >= (0 if where == "the demo page" else 3)
        assert not (faint := [entry for entry in contrasts if entry[1] < 4.5]), f"{where}: {faint}"
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{where}: the page is wider than the window"

    check("the demo page")
    panel = talking(call(page), "Echo")
    box = panel.bounding_box()
    assert 0 <= box["x"] and box["x"] + box["width"] <= width and box["y"] + box["height"] <= 740
    assert width > 480 or box["width"] == width, "the panel is no sheet"
    check("talking")
    panel.get_by_role("button", name="Key pad").click()
    check("the key pad")
    panel.get_by_role("button", name="Hang up").click()
    check("the end")
    page.goto(f"{gateway.http}/call?uuid={DEMO}")
    expect(page.get_by_role("button", name="Start the call")).to_be_visible()
    check("the call page")


@pytest.mark.parametrize("language, button, words", [
    ("de-AT", "Anrufen", "Sie haben den Anruf beendet."), ("es", "Llámanos", "Has finalizado la llamada."),
    ("fr", "Appelez-nous", "Vous avez mis fin à l’appel."), ("it", "Call Us", "You ended the call.")])
def test_it_speaks_the_pages_language(gateway, website, browse, language, button, words):
    page = browse(website.embed(gateway.http, DEMO, language=language))
    launcher(page, button).click()
    panel = page.get_by_role("dialog", name=button)
    expect(panel.get_by_text(re.compile("Echo"))).to_be_visible()
    page.evaluate("Calldocker.hangUp()")
    expect(panel.get_by_text(words)).to_be_visible()


def test_every_language_says_everything():
    texts = {path.stem: path.read_text() for path in (ROOT / "web/widget/texts").glob("*.js")}

    def keys(text):
        return set(re.findall(r'^\s+"?([\w-]+)"?:', text, re.M))

    assert set(texts) == {"de", "en", "es", "fr"}
    for language, text in texts.items():
        assert keys(text) >= keys(texts["en"]), f"{language} lacks {keys(texts['en']) - keys(text)}"
    assert keys(texts["de"]) == keys(texts["es"]) == keys(texts["fr"])


# MARK: The script tag


def test_attributes_do_what_the_guide_says(gateway, website, browse):
    page = browse(website.embed(
        gateway.http, DEMO, label="Ring us", position="left", color="#ffd400", theme="dark", extension="echo", name="Vera"))
    button = launcher(page, "Ring us")
    assert button.bounding_box()["x"] < 100
    look = button.evaluate("button => [getComputedStyle(button).backgroundColor, getComputedStyle(button).color]")
    assert look == ["rgb(255, 212, 0)", "rgb(0, 0, 0)"]
    button.click()
    panel = talking(page.get_by_role("dialog", name="Ring us"), "Echo")
    assert panel.evaluate("panel => getComputedStyle(panel).backgroundColor") == "rgb(23, 28, 32)"


def test_the_agent_is_told_who_calls_and_from_which_page(gateway, website, browse):
    requests_seen = []
    page = browse(website.embed(gateway.http, DEMO, name="Vera", email="vera@example.com") + "?article=7#price")
    page.on("websocket", lambda socket: socket.on("framesent", lambda text: requests_seen.append(text)))
    talking(call(page), "Echo")
    request = json.loads(next(text for text in requests_seen if "call-request" in text).lstrip("0123456789"))[1]
    assert (request["name"], request["email"]) == ("Vera", "vera@example.com")
    assert request["page"] == f"{website.address}/?article=7" and request["uuid"] == DEMO
    # The offer went out at once: nothing was gathered for it.
    assert request["sdp"].startswith("v=0") and "extension" not in request


def test_a_second_copy_of_the_script_does_nothing(gateway, website, browse):
    address = website.embed(gateway.http, DEMO)
    headers, html = website.pages["/"]
    website.pages["/"] = (headers, html + html[html.index("<script") :])
    page = browse(address)
    expect(launcher(page)).to_have_count(1)
    assert page.evaluate("document.querySelectorAll('calldocker-widget').length") == 1


def test_a_script_without_a_uuid_says_so_to_the_sites_maker(gateway, website, browse):
    address = website.embed(gateway.http, DEMO)
    website.pages["/"] = (website.pages["/"][0], website.pages["/"][1].replace("data-uuid", "data-id"))
    said = []
    page = browse("about:blank", expected="data-uuid")
    page.on("console", lambda entry: said.append(entry.text))
    page.goto(address)
    eventually(lambda: any("data-uuid" in text for text in said), what="the sentence")
    assert launcher(page).count() == 0 and page.evaluate("typeof Calldocker") == "undefined"


def test_a_page_can_call_from_its_own_button(shop):
    shop.evaluate("""() => {
        window.told = [];
        for (const event of ["open", "close"]) Calldocker.on(event, () => told.push(event));
        const button = document.createElement("button");
        button.textContent = "Talk to sales";
        button.addEventListener("click", () => Calldocker.call({ extension: "echo" }));
        document.body.append(button);
    }""")
    shop.get_by_role("button", name="Talk to sales").click()
    panel = talking(shop.get_by_role("dialog"), "Echo")
    shop.evaluate("Calldocker.close()")
    expect(panel).to_be_hidden()
    shop.evaluate("Calldocker.hangUp()")
    # The button says for a while that the call is over, and is itself again.
    expect(launcher(shop, "Call ended")).to_be_visible()
    expect(launcher(shop)).to_be_visible()
    assert shop.evaluate("told") == ["open", "close"]


def test_calling_twice_makes_one_call_and_its_end_lets_every_microphone_go(gateway, website, browse):
    before = """
      window.streams = [];
      const devices = navigator.mediaDevices, original = devices?.getUserMedia.bind(devices);
      if (devices) devices.getUserMedia = async (what) => (streams.push(await original(what)), streams.at(-1));
    """
    page = browse(website.embed(gateway.http, DEMO), before=before)
    sockets = []
    page.on("websocket", lambda socket: sockets.append(socket))
    page.evaluate("Calldocker.call(); Calldocker.call()")
    panel = talking(page.get_by_role("dialog"), "Echo")
    assert page.evaluate("streams.length") == 2
    assert len(sockets) == 1
    live = "streams.flatMap((stream) => stream.getTracks()).filter((track) => track.readyState === 'live').length"
    eventually(lambda: page.evaluate(live) == 1, what="one microphone")
    panel.get_by_role("button", name="Hang up").click()
    eventually(lambda: page.evaluate(live) == 0, what="no microphone")


def test_the_widget_stays_small(gateway):
    first = requests.get(f"{gateway.http}/widget.js", timeout=30).content
    rest = [path.read_bytes() for path in (ROOT / "web/widget").glob("*.js")] + [(ROOT / "web/widget/texts/de.js").read_bytes()]
    assert len(gzip.compress(first)) <= 3000
    assert sum(len(gzip.compress(content)) for content in rest) <= 25_000

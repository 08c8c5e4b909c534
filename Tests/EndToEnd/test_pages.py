"""The pages of our own, in Chromium and as files: the call in a window of its own, the demo page, and what is served with which headers."""

import subprocess

import requests
from playwright.sync_api import expect

from call_button import talking
from conftest import BINARY, DEMO, ROOT, registered
from patience import eventually
from visitor import hears


def test_the_window_of_its_own_calls(shop, softphone):
    phone = registered(softphone("alice"))
    shop.evaluate("Calldocker.open()")
    with shop.expect_popup() as popup:
        shop.get_by_role("button", name="Open in a window of its own").click()
    window = popup.value
    expect(window).to_have_title("Call Us")
    expect(shop.get_by_role("dialog")).to_be_hidden()
    window.get_by_role("button", name="Start the call").click()
    talking(window.get_by_role("group", name="Call Us"), "alice")
    expect(window).to_have_title("Talking with alice – Call Us")
    hears(window, 1000)
    asked = []
    window.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    with window.expect_event("close"):
        window.close(run_before_unload=True)
    eventually(lambda: phone.heard("CALL_CLOSED"), what="the phone's goodbye")
    # The browser asked before it ended a conversation.
    assert asked == ["beforeunload"]


def test_the_demo_page_calls_the_echo(gateway, browse):
    page = browse(gateway.demo_page)
    page.get_by_role("button", name="Call now").click()
    talking(page.get_by_role("dialog"), "Echo")
    # The greeting speaks first, for about six seconds.
    hears(page, 440, seconds=30)


def test_the_demo_page_says_what_to_type_into_a_softphone(gateway, browse, softphone):
    page = browse(gateway.demo_page)
    expect(page.get_by_text(gateway.password("alice"))).to_be_visible()
    expect(page.get_by_text(gateway.sip)).to_be_visible()
    expect(page.locator("#snippet")).to_have_text(f'<script src="{gateway.http}/widget.js" data-uuid="{DEMO}" async></script>')
    expect(page.get_by_text("Nobody is there to answer yet")).to_be_visible()
    registered(softphone("alice"))
    expect(page.get_by_text("Somebody is there, so a call rings.")).to_be_visible()
    # Who did not come by the link of the terminal gets no password.
    stranger = browse(f"{gateway.http}/demo")
    expect(stranger.get_by_text("The passwords stand on the terminal")).to_be_visible()
    expect(stranger.get_by_text(gateway.password("alice"))).to_have_count(0)


def test_the_demos_passwords_are_for_who_has_the_key_and_for_no_other_site(gateway):
    key = gateway.demo_page.split("#key=")[1]
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": f"Bearer {key[:-1]}"}):
        answer = requests.get(f"{gateway.http}/demo.json", headers=headers, timeout=30)
        assert "password" not in answer.text and "Access-Control-Allow-Origin" not in answer.headers
    answer = requests.get(f"{gateway.http}/demo.json", headers={"Authorization": f"Bearer {key}"}, timeout=30)
    assert answer.json()["agents"][0]["password"] == gateway.password("alice")
    assert answer.headers["Cache-Control"] == "no-store" and "Access-Control-Allow-Origin" not in answer.headers


def test_files_are_served_as_browsers_and_caches_want_them(gateway):
    with requests.Session() as session:
        for path, kind in [("/widget.js", "text/javascript"), ("/widget/telephone.js", "text/javascript"), ("/call", "text/html"), ("/", "text/html")]:
            answer = session.get(gateway.http + path, timeout=30)
            assert answer.status_code == 200 and answer.headers["Content-Type"] == f"{kind}; charset=utf-8"
            assert answer.headers["X-Content-Type-Options"] == "nosniff" and "Cache-Control" in answer.headers
            again = session.get(gateway.http + path, headers={"If-None-Match": answer.headers["ETag"]}, timeout=30)
            assert again.status_code == 304 and not again.content
            head = session.head(gateway.http + path, timeout=30)
            assert head.status_code == 200 and int(head.headers["Content-Length"]) == len(answer.content) and not head.content
        script = session.get(f"{gateway.http}/widget.js", timeout=30)
        assert script.headers["Access-Control-Allow-Origin"] == "*"
        assert script.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert "unsafe" not in session.get(f"{gateway.http}/call?uuid=x", timeout=30).headers["Content-Security-Policy"]
        assert session.post(f"{gateway.http}/widget.js", timeout=30).headers["Allow"] == "GET, HEAD"


def test_without_its_files_the_service_does_not_start(tmp_path):
    (tmp_path / "empty").mkdir()
    for folder, words in [(tmp_path / "nowhere", "cannot be read"), (tmp_path / "empty", "has no widget.js")]:
        run = subprocess.run([BINARY, "serve", "--web", folder, "--host", "127.0.0.1", "--http-port", "0", "--sip-port", "0",
                              "--webrtc-port", "0"], cwd=ROOT, capture_output=True, text=True, timeout=30)
        assert run.returncode == 78 and not run.stdout
        assert words in run.stderr and "--web" in run.stderr and str(folder) in run.stderr

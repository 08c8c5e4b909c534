"""A call is asked why it went as it did, from the command line, after a real phone declined it."""

import json
import pathlib
import signal

from conftest import DEMO, Gateway, registered
from patience import StockClient, eventually
from softphone import Softphone
from test_command_line import calldocker
from visitor import written_offer


def test_a_declined_call_explains_itself(gateway, softphone, tmp_path):
    alice = registered(softphone("alice", answers=False))
    client, states = StockClient(), []
    client.on("call-state", states.append)
    client.connect(gateway.http, transports=["websocket"])
    try:
        wish = {"uuid": DEMO, "sdp": written_offer(), "name": "Vera", "page": "https://shop.example/"}
        answer = client.call("call-request", wish, timeout=30)
        assert answer["success"], answer
        eventually(lambda: alice.heard("CALL_INCOMING"), what="ringing")
        alice.command("hangup")
        eventually(lambda: any(state["state"] == "ended" for state in states), what="the end")
    finally:
        client.disconnect()

    def ask(*words):
        code, output, errors = calldocker(*words, data=gateway.data)
        assert code == 0, errors
        return output

    calls = eventually(lambda: json.loads(ask("calls", DEMO, "--json"))["calls"], what="the call's story")
    assert [call["end"] for call in calls] == ["declined"] and calls[0]["agent"] == "…"
    call = calls[0]["call"]
    story = ask("why", call[:6], "--private")
    print(story)
    for sentence in [
        "A visitor named Vera asked to be called through",
        "alice was chosen: available, and had no call yet.",
        "bob was skipped: no phone is registered.",
        "was sent an INVITE; it rang after",
        "The call ended: whoever was rung declined, was busy or did not answer",
        "Hint: no phone of bob has registered since the server started",
    ]:
        assert sentence in story, story
    hidden = ask("why", DEMO, call)
    print(hidden)
    for name in ["alice", "bob", "Vera", "127.0.0.1", "shop.example"]:
        assert name not in hidden, hidden
    ladder = ask("why", DEMO, call, "--ladder", "--private")
    print(ladder)
    assert "INVITE" in ladder and "180 Ringing" in ladder and "ACK" in ladder
    entries = json.loads(ask("why", DEMO, call, "--json", "--private"))["entries"]
    assert entries[0]["event"] == "asked" and entries[0]["ms"] == 0
    assert any(entry["event"] == "sip" and entry["fields"]["title"] == "180 Ringing" for entry in entries)
    kept = json.dumps(entries) + pathlib.Path(gateway.log).read_text()
    assert "ice-pwd" not in kept and "Authorization" not in kept

    again = json.loads(ask("replay", DEMO, call, "--json"))
    assert again["same"] and again["end"] == "declined" and again["inputs"] > 3, again
    assert "went the same way again" in ask("replay", DEMO, call)
    named, nameless = tmp_path / "named.json", tmp_path / "nameless.json"
    ask("why", DEMO, call, "--export", str(named), "--private")
    ask("why", DEMO, call, "--export", str(nameless))
    for name in ["alice", "bob", "Vera", "127.0.0.1", "shop.example", DEMO]:
        assert name not in nameless.read_text(), name
    assert "Vera" in named.read_text() and "ice-pwd" not in named.read_text()
    for file in [named, nameless]:
        # Support runs it on a machine without a server.
        code, output, errors = calldocker("replay", str(file), "--json")
        assert code == 0 and json.loads(output)["same"], output + errors
    altered = tmp_path / "altered.json"
    altered.write_text(named.read_text().replace("SIP/2.0 180 ", "SIP/2.0 486 "))
    code, output, errors = calldocker("replay", str(altered))
    print(output)
    assert code == 70 and "It parts after input" in output and "486" in output, output + errors
    damaged = tmp_path / "damaged.json"
    damaged.write_text("{}")
    assert calldocker("replay", str(damaged))[0] == 65
    # With blanks behind it, as many as may be, and with one more.
    large = tmp_path / "large.json"
    whole = named.read_text()
    for size, found in [(16 * 1024 * 1024, 0), (16 * 1024 * 1024 + 1, 65)]:
        large.write_text(whole + " " * (size - len(whole.encode())))
        assert large.stat().st_size == size and calldocker("replay", str(large))[0] == found, size

    code, _, errors = calldocker("why", DEMO, "zzzzzzzz", data=gateway.data)
    assert code == 65 and "calldocker calls" in errors
    other = json.loads(ask("tenant", "add", "Other", "--json"))["uuid"]
    assert calldocker("why", other, call, data=gateway.data)[0] == 65, "a call belongs to its tenant alone"
    code, _, errors = calldocker("why", call, data=gateway.data)
    assert code == 64 and "tenant list" in errors


def test_mondays_call_is_explained_on_tuesday(tmp_path):
    """What happened to a call is known to the server that comes after."""
    gateway = Gateway(tmp_path)
    alice = None
    try:
        folder = tmp_path / "alice"
        folder.mkdir()
        alice = registered(Softphone(folder, gateway.sip, DEMO, "alice", gateway.password("alice"), "pcmu", False, 1000))
        client, states = StockClient(), []
        client.on("call-state", states.append)
        client.connect(gateway.http, transports=["websocket"])
        answer = client.call("call-request", {"uuid": DEMO, "sdp": written_offer(), "name": "Vera"}, timeout=30)
        eventually(lambda: alice.heard("CALL_INCOMING"), what="ringing")
        alice.command("hangup")
        eventually(lambda: any(state["state"] == "ended" for state in states), what="the end")
        client.disconnect()
        # While its registrar is there: a phone says goodbye.
        alice.stop()
        alice = None
        assert gateway.stop() == 0
        gateway = Gateway(tmp_path)

        def ask(*words):
            code, output, errors = calldocker(*words, data=gateway.data)
            assert code == 0, errors
            return output

        call = answer["callId"]
        assert [known["end"] for known in json.loads(ask("calls", DEMO, "--json"))["calls"]] == ["declined"]
        assert "alice was chosen" in ask("why", DEMO, call[:6], "--private")
        assert json.loads(ask("replay", DEMO, call, "--json"))["same"]
        other = json.loads(ask("tenant", "add", "Other", "--json"))["uuid"]
        assert calldocker("why", other, call, data=gateway.data)[0] == 65, "a call belongs to its tenant alone"
    finally:
        if alice:
            alice.stop()
        if gateway.is_alive:
            gateway.stop()


def ask(gateway, *words):
    code, output, errors = calldocker(*words, data=gateway.data)
    assert code == 0, errors
    return output


def ring(gateway, goes_on):
    """A visitor's call to the demo business, as long as `goes_on` takes; the call's id."""
    client = StockClient()
    client.connect(gateway.http, transports=["websocket"])
    try:
        answer = client.call("call-request", {"uuid": DEMO, "sdp": written_offer(), "name": "Vera"}, timeout=30)
        assert answer["success"], answer
        goes_on(answer["callId"])
        client.call("call-hangup", {"callId": answer["callId"]}, timeout=30)
    finally:
        client.disconnect()
    eventually(lambda: "going on" not in ask(gateway, "why", DEMO, answer["callId"]), what="the end of its story")
    return answer["callId"]


def test_a_phone_that_lost_its_power_is_told_from_one_that_nobody_answered(gateway, softphone):
    """It is still registered, and nothing comes back; what can be done is said."""
    alice = registered(softphone("alice", answers=False))
    alice.process.send_signal(signal.SIGSTOP)
    try:
        call = ring(gateway, lambda call: eventually(
            lambda: "times; nothing came back" in ask(gateway, "why", DEMO, call), what="an INVITE again"))
        # Once it has its power again it answers what was asked meanwhile.
        story = ask(gateway, "why", DEMO, call, "--private")
    finally:
        alice.process.send_signal(signal.SIGCONT)
    print(story)
    assert "The call ended: the visitor hung up before anybody answered." in story
    assert "is registered and did not react; a router may have forgotten the way to it" in story


def test_a_desk_takes_the_call_and_the_real_phone_is_told_so(gateway, softphone):
    alice = registered(softphone("alice", answers=False))
    desk, rung = StockClient(), []
    desk.on("incoming-call", rung.append)
    desk.connect(gateway.http, transports=["websocket"])
    try:
        assert desk.call("register-agent", {"uuid": DEMO, "agentId": "alice"}, timeout=30)["success"]

        def accept(_):
            eventually(lambda: rung and alice.heard("CALL_INCOMING"), what="ringing here and there")
            accepted = desk.call("call-accept", {"callId": rung[0]["callId"], "sdp": written_offer()}, timeout=30)
            assert accepted["success"], accepted
            eventually(lambda: alice.heard("CALL_CLOSED"), what="the end of the phone's ringing")

        call = ring(gateway, accept)
    finally:
        desk.disconnect()
    story = ask(gateway, "why", DEMO, call, "--private")
    print(story)
    for sentence in [
        "alice is rung on 1 phone and in 1 browser", "was told to stop ringing: the call was answered elsewhere.",
        "stopped when it was told to", "alice answered (alice's browser)", "The call ended: the visitor hung up",
    ]:
        assert sentence in story, story
    print(ask(gateway, "why", DEMO, call, "--ladder", "--private"))
    assert json.loads(ask(gateway, "replay", DEMO, call, "--json"))["same"]


def test_a_call_that_was_refused_before_it_began_is_explained(gateway):
    stranger = "0b8f6d0e-1111-4000-8000-00000000dead"
    other = json.loads(ask(gateway, "tenant", "add", "Other", "--json"))["uuid"]
    ask(gateway, "tenant", "set", other, "--allowed-origin", "https://shop.example")

    def refused(uuid, reason, **headers):
        client = StockClient(websocket_extra_options={"suppress_origin": True})
        client.connect(gateway.http, headers=headers, transports=["websocket"])
        try:
            wish = {"uuid": uuid, "sdp": written_offer(), "page": "https://page.example/a?b=secret"}
            assert client.call("call-request", wish, timeout=30)["reason"] == reason
        finally:
            client.disconnect()

    for _ in range(3):
        refused(other, "origin-refused", Origin="https://evil.example")
    refused(other, "no-agents")
    refused(stranger, "unknown-tenant")
    told = ask(gateway, "why", "--refused", other, "--private")
    print(told)
    assert "1 no-agents, 3 origin-refused" in told
    assert ", 3 times, on the page https://evil.example: The business does not allow calls from pages of this origin." in told
    assert "Nobody could be rung. (no-agents) `calldocker why" in told and "Hint: `calldocker tenant set" in told
    for word in ["evil", "page.example"]:
        assert word not in ask(gateway, "why", "--refused", other) + ask(gateway, "why", "--refused", other, "--json")
    assert "secret" not in told and stranger not in told
    latest = json.loads(ask(gateway, "why", "--refused", other, "--json"))["business"]["refusals"][0]
    assert latest["reason"] == "no-agents"
    assert "Nobody could be rung." in ask(gateway, "why", other, latest["call"])
    both = json.loads(ask(gateway, "why", "--refused", "--json"))
    assert "business" not in both, "there is more than one"
    assert both["strangers"]["refusals"][0]["named"] == stranger
    assert f"for {stranger}: The page names a business that there is not" in ask(gateway, "why", "--refused")
    assert ask(gateway, "why", "--refused", DEMO).strip() == "No call was refused since the server started."
    assert calldocker("why", "--refused", other, "x", data=gateway.data)[0] == 64

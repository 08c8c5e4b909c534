"""What must be remembered and what must end: pauses across crashes, desks whose right has ended, calls that another tab took over."""

import base64
import hashlib
import hmac
import json
import sqlite3
import time

import pytest

from conftest import sign_up
from patience import StockClient, eventually
from test_desk import Client, offer
from test_durable import ask, calldocker, house, kill, rows
from test_login import api, business, log_in, log_out, owner_of, renew

assert house


def desk(gateway, uuid, token, agent="alice", **more):
    client = Client(gateway)
    client.answer = client.ask("register-agent", uuid=uuid, agentId=agent, token=token, **more)
    return client


def short_lived(gateway, token, seconds):
    """The same login with another end, sealed with the service's own key."""

    def written(octets):
        return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()

    header, body, _ = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    claims |= {"exp": int(time.time()) + seconds, "jti": f"short-{seconds}"}
    signed = f"{header}.{written(json.dumps(claims).encode())}"
    key = rows(gateway, "SELECT octets FROM secrets WHERE name = 'token-seal'")[0][0]
    return f"{signed}.{written(hmac.new(key, signed.encode(), hashlib.sha256).digest())}"


def test_a_pause_outlives_kills_and_restarts_until_somebody_ends_it(house):
    gateway = house()
    made = business(gateway)
    uuid, owner = made["uuid"], owner_of(gateway, made)
    alice = lambda: api(gateway, "GET", f"{uuid}/agents/alice", owner).json()
    token = log_in(gateway, uuid, "alice", "secret-1").json()["token"]
    client = desk(gateway, uuid, token)
    assert client.ask("agent-status", status="paused", reason="lunch")["success"]
    since = alice()["pausedSince"]
    assert since and alice()["state"] == "paused"
    kill(gateway)
    gateway = house()
    assert abs(time.time() - time.mktime(time.strptime(since[:19], "%Y-%m-%dT%H:%M:%S")) + time.timezone) < 600
    assert alice()["pausedSince"][:19] == since[:19] and alice()["reason"] == "lunch"
    assert ask(gateway, "agent", "show", uuid, "alice")["pausedSince"][:19] == since[:19]
    client = desk(gateway, uuid, token)
    assert client.answer["agent"]["state"] == "paused" and client.answer["agent"]["reason"] == "lunch"
    assert gateway.stop() == 0
    gateway = house()
    assert alice()["reason"] == "lunch", "our own end is not the desk's"
    assert api(gateway, "PATCH", f"{uuid}/agents/alice", owner, json={"paused": False}).json()["pausedSince"] is None
    kill(gateway)
    gateway = house()
    assert alice()["pausedSince"] is None
    client = desk(gateway, uuid, token, status="paused")
    kill(gateway)
    gateway = house()
    assert alice()["pausedSince"]
    client = desk(gateway, uuid, token)
    client.io.disconnect()
    eventually(lambda: rows(gateway, "SELECT 1 FROM agents WHERE name = 'alice' AND paused_at IS NULL"), what="the pause's end")
    assert alice()["pausedSince"] is None, "with the last desk"


@pytest.mark.parametrize("ending", ["logout", "password", "agent", "business", "time"])
def test_a_desk_is_told_when_its_right_ends_and_has_no_seat(house, ending):
    gateway = house()
    made = business(gateway)
    uuid, owner = made["uuid"], owner_of(gateway, made)
    ask(gateway, "agent", "add", uuid, "bob", "--password", "secret-2")
    token = log_in(gateway, uuid, "alice", "secret-1").json()["token"]
    other = desk(gateway, uuid, log_in(gateway, uuid, "bob", "secret-2").json()["token"], "bob")
    if ending == "time":
        token = short_lived(gateway, token, 10)
    alice = desk(gateway, uuid, token)
    assert alice.answer["success"] and other.answer["success"]
    if ending == "logout":
        assert log_out(gateway, token).status_code == 204
    elif ending == "password":
        assert api(gateway, "PATCH", f"{uuid}/agents/alice", owner, json={"password": "secret-3"}).status_code == 200
    elif ending == "agent":
        assert api(gateway, "DELETE", f"{uuid}/agents/alice", owner).status_code == 204
    elif ending == "business":
        ask(gateway, "tenant", "remove", uuid)
    told = alice.hears("error", reason="unauthorised")
    words = {"agent": "This agent was removed", "business": "This business was removed", "time": "has run out"}
    assert words.get(ending, "Log in again") in told["message"] and told["success"] is False
    eventually(lambda: not alice.io.connected, what="the end of the socket")
    if ending == "business":
        other.hears("error", reason="unauthorised")
        eventually(lambda: not other.io.connected, what="the end of the other socket")
        return
    if ending != "agent":
        found = lambda: api(gateway, "GET", f"{uuid}/agents/alice", owner).json()
        eventually(lambda: found()["state"] == "offline" and not found()["desk"], what="an agent without a seat")
    assert other.io.connected and not other.heard("error"), "whose right goes on"
    visitor = Client(gateway)
    routed = visitor.ask("call-request", uuid=uuid, name="Vera", sdp=offer())
    other.hears("incoming-call", callId=routed["callId"])
    assert not alice.heard("incoming-call")


def test_a_call_goes_on_when_a_login_ends_and_the_socket_goes_with_it(house):
    gateway = house()
    made = business(gateway)
    uuid, owner = made["uuid"], owner_of(gateway, made)
    alice = desk(gateway, uuid, log_in(gateway, uuid, "alice", "secret-1").json()["token"])
    visitor = Client(gateway)
    call = visitor.ask("call-request", uuid=uuid, name="Vera", sdp=offer())["callId"]
    alice.hears("incoming-call", callId=call)
    assert alice.ask("call-accept", callId=call, sdp=offer("desk"))["success"]
    visitor.hears("call-state", state="talking")
    assert api(gateway, "PATCH", f"{uuid}/agents/alice", owner, json={"password": "secret-3"}).status_code == 200
    alice.hears("error", reason="unauthorised")
    refused = alice.ask("agent-status", status="paused")
    assert refused["success"] is False and refused["reason"] == "unauthorised"
    assert alice.io.connected and not visitor.heard("call-state", state="ended")
    visitor.ask("call-hangup", callId=call)
    alice.hears("call-state", state="ended", callId=call)
    eventually(lambda: not alice.io.connected, what="the end of the socket")
    assert api(gateway, "GET", f"{uuid}/agents/alice", owner).json()["desk"] is False


def test_a_removed_agents_call_ends_in_words(house):
    gateway = house()
    made = business(gateway)
    uuid = made["uuid"]
    alice = desk(gateway, uuid, log_in(gateway, uuid, "alice", "secret-1").json()["token"])
    visitor = Client(gateway)
    call = visitor.ask("call-request", uuid=uuid, name="Vera", sdp=offer())["callId"]
    alice.hears("incoming-call", callId=call)
    assert alice.ask("call-accept", callId=call, sdp=offer("desk"))["success"]
    ask(gateway, "tenant", "remove", uuid)
    assert visitor.hears("call-state", state="ended", callId=call)["reason"] == "unavailable"
    alice.hears("call-state", state="ended", callId=call)
    alice.hears("error", reason="unauthorised")
    eventually(lambda: not alice.io.connected, what="the end of the socket")


def test_a_fresh_token_on_the_same_socket_outlives_the_old_one(house):
    gateway = house()
    made = business(gateway)
    uuid = made["uuid"]
    fresh = log_in(gateway, uuid, "alice", "secret-1").json()["token"]
    alice = desk(gateway, uuid, short_lived(gateway, fresh, 3))
    again = alice.ask("register-agent", uuid=uuid, agentId="alice", token=fresh)
    assert again["success"] and again["agent"]["id"] == "alice"
    end = time.monotonic() + 5
    while time.monotonic() < end:
        assert not alice.heard("error") and alice.io.connected
        time.sleep(0.2)
    assert log_out(gateway, fresh).status_code == 204
    alice.hears("error", reason="unauthorised")


def test_who_polls_is_told_as_well(house):
    gateway = house()
    made = business(gateway)
    uuid = made["uuid"]
    token = log_in(gateway, uuid, "alice", "secret-1").json()["token"]
    told = []
    alice = StockClient(reconnection=False)
    alice.on("error", told.append)
    alice.connect(gateway.http, transports=["polling"])
    assert alice.call("register-agent", {"uuid": uuid, "agentId": "alice", "token": token}, timeout=30)["success"]
    assert log_out(gateway, token).status_code == 204
    eventually(lambda: told and not alice.connected, what="words and the end")
    assert told[0]["reason"] == "unauthorised"


def test_a_duplicated_tab_takes_the_call_and_the_former_one_is_told(house):
    gateway = house()
    made = business(gateway)
    uuid = made["uuid"]
    token = log_in(gateway, uuid, "alice", "secret-1").json()["token"]
    alice, visitor = desk(gateway, uuid, token), Client(gateway)
    routed = visitor.ask("call-request", uuid=uuid, name="Vera", sdp=offer())
    call = routed["callId"]
    alice.hears("incoming-call", callId=call)
    accepted = alice.ask("call-accept", callId=call, sdp=offer("desk"))
    visitor.hears("call-state", state="talking")
    copy = Client(gateway)
    back = copy.ask("call-resume", uuid=uuid, callId=call, resumeToken=routed["resumeToken"])
    assert back["success"] and back["state"] == "talking"
    told = visitor.hears("call-state", state="ended", callId=call)
    assert told["reason"] == "taken-over" and told["message"] == "This call goes on in another window."
    second = desk(gateway, uuid, token)
    assert second.ask("call-resume", uuid=uuid, callId=call, resumeToken=accepted["resumeToken"])["success"]
    assert alice.hears("call-state", state="ended", callId=call)["reason"] == "taken-over"
    visitor.io.disconnect()
    alice.io.disconnect()
    second.ask("call-hangup", callId=call)
    assert copy.hears("call-state", state="ended", callId=call)["reason"] == "agent-hung-up"


def test_the_businesss_token_has_an_end_and_can_be_made_anew_and_revoked(house):
    gateway = house()
    made = business(gateway)
    uuid, first = made["uuid"], made["token"]
    (end,), = rows(gateway, "SELECT expires_at FROM owner_tokens")
    assert 89 < (end / 1000 - time.time()) / 86_400 < 91
    machine = desk(gateway, uuid, first)
    assert machine.answer["success"]
    answer = api(gateway, "POST", f"{uuid}/token", first)
    second = answer.json()["token"]
    assert answer.status_code == 201 and second != first
    machine.hears("error", reason="unauthorised")
    assert api(gateway, "GET", f"{uuid}/users", first).status_code == 401
    assert api(gateway, "GET", f"{uuid}/users", second).status_code == 200
    third = ask(gateway, "tenant", "token", uuid)["token"]
    kill(gateway)
    with sqlite3.connect(f"{gateway.data}/calldocker.db") as database:
        stored = database.execute("SELECT expires_at FROM owner_tokens").fetchall()
    gateway = house()
    assert api(gateway, "GET", f"{uuid}/users", second).status_code == 401
    assert api(gateway, "GET", f"{uuid}/users", third).status_code == 200 and len(stored) == 1
    assert calldocker(gateway, "tenant", "token", uuid, "--revoke")[0] == 0
    assert api(gateway, "GET", f"{uuid}/users", third).status_code == 401
    kill(gateway)
    gateway = house()
    assert api(gateway, "GET", f"{uuid}/users", third).status_code == 401
    fourth = api(gateway, "POST", f"{uuid}/token", owner_of(gateway, made)).json()["token"]
    assert api(gateway, "DELETE", f"{uuid}/token", fourth).status_code == 204
    assert api(gateway, "GET", f"{uuid}/users", fourth).status_code == 401
    fifth = ask(gateway, "tenant", "token", uuid)["token"]
    assert gateway.stop() == 0
    with sqlite3.connect(f"{gateway.data}/calldocker.db") as database:
        database.execute("UPDATE owner_tokens SET expires_at = ?", (int(time.time() * 1000) + 1,))
    database.close()
    gateway = house()
    assert api(gateway, "GET", f"{uuid}/users", fifth).status_code == 401, "its end has come"


def test_settings_and_a_password_are_changed_together_or_not_at_all(house):
    gateway = house()
    made = business(gateway)
    uuid, owner = made["uuid"], owner_of(gateway, made)
    with sqlite3.connect(f"{gateway.data}/calldocker.db", timeout=30) as database:
        database.execute("CREATE TRIGGER broken BEFORE UPDATE ON tenants BEGIN SELECT RAISE(ABORT, 'the disk of this test'); END")
    wish = {"ownerPassword": "another one", "name": "Shop"}
    answer = api(gateway, "PATCH", f"{uuid}/settings", owner, json=wish)
    assert answer.status_code >= 500 and answer.json()["detail"]
    assert renew(gateway, owner).status_code == 200 and owner_of(gateway, made), "the password is what it was"
    assert log_in(gateway, uuid, made["owner"]["user"], "another one").status_code == 401
    assert "changeSettings" not in {entry["operation"] for entry in api(gateway, "GET", f"{uuid}/audit", owner).json()["items"]}
    kill(gateway)
    gateway = house()
    assert owner_of(gateway, made)
    with sqlite3.connect(f"{gateway.data}/calldocker.db", timeout=30) as database:
        database.execute("DROP TRIGGER broken")
    database.close()
    assert api(gateway, "PATCH", f"{uuid}/settings", owner, json=wish).status_code == 200
    assert log_in(gateway, uuid, made["owner"]["user"], "another one").json()["company"] == "Shop"


def test_every_change_stands_in_the_audit_with_who_made_it_and_no_secret(house):
    gateway = house()
    made = sign_up(gateway)
    uuid, owner = made["uuid"], owner_of(gateway, made)
    secrets = ["a-secret-1", "a-secret-2", "a-secret-3", "a-secret-4", made["token"], made["owner"]["password"]]
    changes = [
        ("POST", "agents", {"name": "alice", "password": secrets[0]}),
        ("PATCH", "agents/alice", {"password": secrets[1], "displayName": "Alice", "paused": True}),
        ("POST", "teams", {"name": "sales", "members": ["alice"]}), ("PATCH", "teams/sales", {"name": "shop"}),
        ("DELETE", "teams/shop", None), ("DELETE", "agents/alice", None),
        ("POST", "users", {"user": "sue@acme.example", "password": secrets[2], "role": "supervisor"}),
        ("DELETE", "users/sue@acme.example", None), ("PATCH", "settings", {"name": "Shop", "digest": "both"}),
        ("POST", "token", None)]
    for method, path, body in changes:
        assert api(gateway, method, f"{uuid}/{path}", owner, json=body).status_code < 300, path
    for refused in [("POST", "agents", {"name": "a b"}), ("DELETE", "agents/nobody", None), ("PATCH", "settings", {"digest": "x"})]:
        assert api(gateway, refused[0], f"{uuid}/{refused[1]}", owner, json=refused[2]).status_code >= 400
    ask(gateway, "agent", "add", uuid, "bob")
    kill(gateway)
    gateway = house()
    told = api(gateway, "GET", f"{uuid}/audit", owner).json()
    entries = told["items"][::-1]
    mine = [(entry["operation"], entry["target"], entry["fields"]) for entry in entries]
    assert mine == [
        ("addTenant", None, []), ("addAgent", "alice", []), ("changeAgent", "alice", ["displayName", "password", "paused"]),
        ("addTeam", "sales", []), ("changeTeam", "sales", ["name"]), ("removeTeam", "shop", []), ("removeAgent", "alice", []),
        ("addUser", "sue@acme.example", ["supervisor"]), ("removeUser", "sue@acme.example", []),
        ("changeSettings", None, ["name", "digest"]), ("makeOwnerToken", None, []), ("addAgent", "bob", [])]
    assert {(entry["who"], entry["role"], entry["source"]) for entry in entries[1:-1]} == {("a@b.example", "owner", "loopback")}
    assert (entries[0]["who"], entries[0]["source"]) == ("sign-up", "loopback")
    assert (entries[-1]["who"], entries[-1]["role"], entries[-1]["source"]) == ("console", "operator", "console")
    assert not any(secret in json.dumps(told) for secret in secrets)
    first = api(gateway, "GET", f"{uuid}/audit?limit=5", owner).json()
    rest = api(gateway, "GET", f"{uuid}/audit?limit=200&after={first['next']}", owner).json()
    assert first["items"] + rest["items"] == told["items"] and rest["next"] is None
    shown = ask(gateway, "tenant", "audit", uuid)["entries"]
    assert [entry["operation"] for entry in shown] == [entry["operation"] for entry in told["items"]]
    assert ask(gateway, "audit")["entries"] == []
    ask(gateway, "tenant", "remove", uuid)
    (gone,) = ask(gateway, "audit")["entries"]
    assert (gone["operation"], gone["target"], gone["who"]) == ("removeTenant", uuid, "console")
    assert rows(gateway, "SELECT count(*) FROM audit WHERE tenant IS NOT NULL") == [(0,)]


def test_an_agent_or_supervisor_does_not_see_the_audit(house):
    gateway = house()
    made = business(gateway)
    uuid, owner = made["uuid"], owner_of(gateway, made)
    wish = {"user": "sue@acme.example", "password": "a-secret-3", "role": "supervisor"}
    assert api(gateway, "POST", f"{uuid}/users", owner, json=wish).status_code == 201
    for user, password in [("alice", "secret-1"), ("sue@acme.example", "a-secret-3")]:
        token = log_in(gateway, uuid, user, password).json()["token"]
        assert api(gateway, "GET", f"{uuid}/audit", token).status_code == 403
        assert api(gateway, "POST", f"{uuid}/token", token).status_code == 403


def test_a_pause_that_could_not_be_saved_is_refused_and_is_none(house):
    gateway = house()
    made = business(gateway)
    uuid, owner = made["uuid"], owner_of(gateway, made)
    token = log_in(gateway, uuid, "alice", "secret-1").json()["token"]
    client = desk(gateway, uuid, token)
    with sqlite3.connect(f"{gateway.data}/calldocker.db", timeout=30) as database:
        database.execute("CREATE TRIGGER broken BEFORE UPDATE ON agents BEGIN SELECT RAISE(ABORT, 'the disk of this test'); END")
    database.close()
    answer = client.ask("agent-status", status="paused", reason="lunch")
    assert answer["success"] is False and answer["reason"] == "busy" and "could not save" in answer["message"]
    assert api(gateway, "GET", f"{uuid}/agents/alice", owner).json()["state"] == "available"
    assert api(gateway, "PATCH", f"{uuid}/agents/alice", owner, json={"paused": True}).status_code >= 500
    assert api(gateway, "GET", f"{uuid}/agents/alice", owner).json()["pausedSince"] is None
    second = desk(gateway, uuid, token, status="paused")
    assert second.answer["success"] is False and second.answer["reason"] == "busy"
    again = client.ask("register-agent", uuid=uuid, agentId="alice", token=token, status="paused")
    assert again["success"] is False and again["reason"] == "busy"
    alice = api(gateway, "GET", f"{uuid}/agents/alice", owner).json()
    assert alice["pausedSince"] is None and alice["desk"] and alice["state"] == "available", "who had a seat keeps it"

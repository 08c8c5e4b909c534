"""Who may do what: logging in, tokens and their end, people, settings and allowed origins."""

import base64
import concurrent.futures
import datetime
import itertools
import json
import math
import re
import socket
import sqlite3
import time

import pytest
import requests
from playwright.sync_api import sync_playwright

from conftest import DEMO, sign_up
from patience import StockClient, eventually
from test_durable import ask, calldocker, house, kill, rows
from visitor import launch
from website import Website

assert house

WRONG = "Nobody can log in with this"


def log_in(gateway, uuid, user, password, **fields):
    form = {"uuid": uuid, "user": user, "password": password, **fields}
    return requests.post(f"{gateway.http}/api/login", json=form, timeout=30)


def renew(gateway, token):
    return requests.post(f"{gateway.http}/api/login/renew", headers=bearer(token), timeout=30)


def log_out(gateway, token):
    return requests.post(f"{gateway.http}/api/logout", headers=bearer(token), timeout=30)


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def register(gateway, **fields):
    agent = StockClient()
    agent.connect(gateway.http)
    try:
        return agent.call("register-agent", fields, timeout=30)
    finally:
        agent.disconnect()


def business(gateway):
    """A business with an owner and the agent alice, her password `secret-1`."""
    made = sign_up(gateway)
    ask(gateway, "agent", "add", made["uuid"], "alice", "--password", "secret-1")
    return made


def test_an_agent_and_an_owner_log_in_renew_and_log_out(house):
    gateway = house()
    made = business(gateway)
    uuid = made["uuid"]
    for user, password, role, name in [
        ("Alice", "secret-1", "agent", "alice"), ("A@b.example", made["owner"]["password"], "owner", "a@b.example"),
    ]:
        answer = log_in(gateway, uuid.upper(), user, password)
        assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
        grant = answer.json()
        assert grant.items() >= {"role": role, "user": name, "uuid": uuid, "company": "ACME"}.items()
        life = datetime.datetime.fromisoformat(grant["expiresAt"]) - datetime.datetime.now(datetime.timezone.utc)
        assert datetime.timedelta(hours=11.9) < life < datetime.timedelta(hours=12.1)
        again = renew(gateway, grant["token"])
        assert again.status_code == 200 and again.json()["token"] != grant["token"]
        assert log_out(gateway, grant["token"]).status_code == 204
        ended = renew(gateway, grant["token"])
        assert ended.status_code == 401 and ended.headers["WWW-Authenticate"].startswith("Bearer")
        assert log_out(gateway, grant["token"]).status_code == 401, "it is ended already"
        assert renew(gateway, again.json()["token"]).status_code == 200, "another token lives on"


def test_who_is_nobody_hears_what_a_wrong_password_hears(house):
    gateway = house()
    made = business(gateway)
    stranger = "0b8f6d0e-0000-4000-8000-000000000000"
    answers = [
        log_in(gateway, uuid, user, password) for uuid, user, password in [
            (made["uuid"], "alice", "wrong"), (made["uuid"], "nobody", "secret-1"), (stranger, "alice", "secret-1"),
            (made["uuid"], "a@b.example", "wrong"), (made["uuid"], "x@b.example", "wrong"), (stranger, "a@b.example", "x"),
            (made["uuid"], "owner", "wrong"), (made["uuid"], "al ice", "x"), ("nobody", "alice", "secret-1"),
            (made["uuid"], "a" * 300, "x"), (made["uuid"], "alice", ""), (made["uuid"], "alice", "x" * 9000),
        ]]
    assert {(answer.status_code, answer.text) for answer in answers} == {(401, answers[0].text)}
    assert answers[0].json()["title"] == WRONG and answers[0].headers["WWW-Authenticate"] == "Bearer"
    log = gateway.log.read_text()
    assert "could not log in" in log
    assert not any(word in log for word in ("alice", "a@b.example", "wrong", "secret-1"))


def test_a_body_that_cannot_be_used_is_told_by_the_name_of_its_field(house):
    gateway = house()
    for body, status, word in [
        ("{", 400, "JSON object"), ("[]", 400, "JSON object"), ("{}", 422, "uuid is missing"),
        ('{"uuid":1,"user":"u","password":"p"}', 422, "uuid must be a text"),
        ('{"uuid":"u","user":"u","pasword":"p"}', 422, "did you mean password?"),
        ("[" * 100_000, 400, "JSON"), ('{"uuid":"\\ud800","user":"u","password":"p"}', None, ""),
    ]:
        answer = requests.post(f"{gateway.http}/api/login", data=body, timeout=30)
        assert answer.status_code == status or status is None and answer.status_code in (400, 401), answer.text
        assert answer.headers["Content-Type"] == "application/problem+json" and word in answer.json().get("detail", "")
    assert requests.get(f"{gateway.http}/api/login", timeout=30).status_code == 405


def test_a_thousand_guesses_at_once_are_five_guesses(house):
    gateway = house()
    made = business(gateway)
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(16) as crowd:
        answers = list(crowd.map(lambda guess: log_in(gateway, made["uuid"], "alice", f"guess-{guess}"), range(64)))
    codes = [answer.status_code for answer in answers]
    # The sixth waits a second for the next, which waits two for the one after it, and so on: a slow machine gives time for some.
    allowed = 6 + math.log2(1 + time.monotonic() - began)
    assert codes.count(401) <= allowed and codes.count(429) == 64 - codes.count(401)
    slow = next(answer for answer in answers if answer.status_code == 429)
    assert int(slow.headers["Retry-After"]) >= 1

    def is_held_back():
        return all(log_in(gateway, made["uuid"], "alice", word).status_code == 429 for word in ("wrong", "secret-1"))

    eventually(is_held_back, what="a refusal of even the right one, for a moment")
    ask(gateway, "agent", "add", made["uuid"], "bob", "--password", "secret-2")
    assert log_in(gateway, made["uuid"], "bob", "secret-2").status_code == 200, "nobody else waits"


def test_too_many_slow_hashes_are_refused_and_the_service_answers_meanwhile(house):
    gateway = house()
    made = business(gateway)
    names = itertools.count()

    def busy():
        """Who was refused of forty that come together; none, where they came too slowly for that."""
        with concurrent.futures.ThreadPoolExecutor(40) as crowd:
            tries = [crowd.submit(log_in, gateway, made["uuid"], f"{next(names)}@b.example", "x") for _ in range(40)]
            assert requests.get(f"{gateway.http}/healthz", timeout=30).ok
            answers = [attempt.result() for attempt in tries]
        assert {answer.status_code for answer in answers} <= {401, 503}
        return [answer for answer in answers if answer.status_code == 503]

    assert all(int(answer.headers["Retry-After"]) > 0 for answer in eventually(busy, 90, "too many at once"))
    assert log_in(gateway, made["uuid"], "a@b.example", made["owner"]["password"]).status_code == 200


def test_tokens_outlive_a_crash_and_so_does_their_end(house):
    gateway = house()
    made = business(gateway)
    stays, ended = (log_in(gateway, made["uuid"], "alice", "secret-1").json()["token"] for _ in range(2))
    assert log_out(gateway, ended).status_code == 204
    kill(gateway)
    with sqlite3.connect(f"{gateway.data}/calldocker.db") as database:
        database.execute("INSERT INTO revoked_tokens (jti, expires_at) VALUES ('of-long-ago', 1)")
    gateway = house()
    assert renew(gateway, ended).status_code == 401
    assert renew(gateway, stays).status_code == 200
    kept = [jti for (jti,) in rows(gateway, "SELECT jti FROM revoked_tokens")]
    claims = json.loads(base64.urlsafe_b64decode(ended.split(".")[1] + "=="))
    assert kept == [claims["jti"]], "what has ended by itself is forgotten"


def test_a_removed_agents_token_is_worth_nothing_and_stays_so(house):
    gateway = house()
    made = business(gateway)
    token = log_in(gateway, made["uuid"], "alice", "secret-1").json()["token"]
    ask(gateway, "agent", "remove", made["uuid"], "alice")
    assert renew(gateway, token).status_code == 401
    ask(gateway, "agent", "add", made["uuid"], "alice", "--password", "secret-2")
    assert renew(gateway, token).status_code == 401, "another password, another agent"
    owner = log_in(gateway, made["uuid"], "a@b.example", made["owner"]["password"]).json()["token"]
    ask(gateway, "tenant", "remove", made["uuid"])
    assert renew(gateway, owner).status_code == 401


def test_forged_tokens_are_not_believed(house):
    gateway = house()
    made = business(gateway)
    token = log_in(gateway, made["uuid"], "alice", "secret-1").json()["token"]
    head, body, seal = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    claims["role"] = "owner"
    forged = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    for value in [
        f"Bearer {head}.{forged}.{seal}", f"Bearer {none}.{forged}.", "Bearer", "Bearer ", "Basic eDp5", f"Bearer {'x' * 5000}",
        f"Bearer {token} {token}", token, made["token"],
    ]:
        answer = requests.post(f"{gateway.http}/api/login/renew", headers={"Authorization": value}, timeout=30)
        assert answer.status_code == 401 and "error" in answer.headers["WWW-Authenticate"], value
    bare = requests.post(f"{gateway.http}/api/login/renew", timeout=30)
    assert bare.status_code == 401 and bare.headers["WWW-Authenticate"] == "Bearer"
    assert renew(gateway, token).status_code == 200


def test_an_agents_browser_shows_its_own_token(house):
    gateway = house()
    made, other = business(gateway), business(gateway)
    uuid = made["uuid"]
    ask(gateway, "agent", "add", uuid, "bob", "--password", "secret-2")
    alice, bob = (log_in(gateway, uuid, user, word).json()["token"] for user, word in [("alice", "secret-1"), ("bob", "secret-2")])
    owner = log_in(gateway, uuid, "a@b.example", made["owner"]["password"]).json()["token"]
    stranger = log_in(gateway, other["uuid"], "alice", "secret-1").json()["token"]
    assert register(gateway, uuid=uuid, agentId="alice", token=alice)["success"]
    assert register(gateway, uuid=uuid, agentId="alice", token=made["token"])["success"], "the owner's of sign-up"
    for token in (bob, owner, stranger, "anything", other["token"], None):
        answer = register(gateway, uuid=uuid, agentId="alice", token=token)
        assert answer["success"] is False and answer["reason"] == "unauthorised", token
    assert log_out(gateway, alice).status_code == 204
    assert register(gateway, uuid=uuid, agentId="alice", token=alice)["reason"] == "unauthorised"


def test_an_open_business_takes_anything_but_a_token_of_somebody_else(gateway):
    token = log_in(gateway, DEMO, "alice", gateway.password("alice")).json()["token"]
    assert register(gateway, uuid=DEMO, agentId="alice", token=token)["success"]
    assert register(gateway, uuid=DEMO, agentId="bob", token="anything")["success"]
    assert register(gateway, uuid=DEMO, agentId="bob")["success"]
    assert register(gateway, uuid=DEMO, agentId="bob", token=token)["reason"] == "unauthorised"
    assert log_out(gateway, token).status_code == 204
    assert register(gateway, uuid=DEMO, agentId="alice", token=token)["reason"] == "unauthorised"


def api(gateway, method, path, token=None, **more):
    headers = {**(bearer(token) if token else {}), **more.pop("headers", {})}
    return requests.request(method, f"{gateway.http}/api/tenants/{path}", headers=headers, timeout=30, **more)


def owner_of(gateway, made):
    return log_in(gateway, made["uuid"], made["owner"]["user"], made["owner"]["password"]).json()["token"]


def test_an_owner_adds_lists_and_removes_people(house):
    gateway = house()
    made, other = business(gateway), business(gateway)
    uuid, owner = made["uuid"], owner_of(gateway, made)
    agent = log_in(gateway, uuid, "alice", "secret-1").json()["token"]
    form = {"user": "Sue+1@B.example", "password": "long enough", "role": "supervisor"}
    added = api(gateway, "POST", f"{uuid}/users", owner, json=form)
    assert added.status_code == 201 and added.json().items() >= {"user": "sue+1@b.example", "role": "supervisor"}.items()
    assert datetime.datetime.fromisoformat(added.json()["createdAt"]) and added.json()["createdAt"].endswith("Z")
    assert added.headers["Location"] == f"/api/tenants/{uuid}/users/sue%2B1@b.example"
    grant = log_in(gateway, uuid, "SUE+1@b.example", "long enough").json()
    supervisor = grant["token"]
    assert grant["role"] == "supervisor"
    assert log_in(gateway, other["uuid"], "sue+1@b.example", "long enough").status_code == 401, "another business"
    # Who may.
    for token, status in [
        (None, 401), ("x", 401), (agent, 403), (supervisor, 403), (owner, 200), (made["token"], 200), (other["token"], 401),
        (owner_of(gateway, other), 404),
    ]:
        answer = api(gateway, "GET", f"{uuid}/users", token)
        assert answer.status_code == status, token
    nowhere = api(gateway, "GET", "0b8f6d0e-0000-4000-8000-000000000000/users", owner)
    elsewhere = api(gateway, "GET", f"{other['uuid']}/users", owner)
    assert (nowhere.status_code, nowhere.text) == (404, elsewhere.text), "nothing tells a stranger's business from none"
    # What cannot be.
    for change, status in [
        ({}, 409), ({"user": "x"}, 422), ({"user": "a@b@c"}, 422), ({"user": "a b@c"}, 422), ({"user": "@c"}, 422),
        ({"user": "y@b.example", "role": "agent"}, 422), ({"user": "y@b.example", "role": 1}, 422),
        ({"user": "y@b.example", "password": "short"}, 422), ({"user": "y@b.example", "password": "x" * 201}, 422),
        ({"user": "a" * 250 + "@b.example"}, 422), ({"nickname": "Sue"}, 422),
    ]:
        answer = api(gateway, "POST", f"{uuid}/users", owner, json={**form, **change})
        assert answer.status_code == status and answer.json()["detail"].endswith((".", "?")), (change, answer.text)
    # Pages.
    first = api(gateway, "GET", f"{uuid}/users?limit=1", owner).json()
    rest = api(gateway, "GET", f"{uuid}/users", owner, params={"after": first["next"]}).json()
    assert [user["user"] for user in first["items"] + rest["items"]] == ["a@b.example", "sue+1@b.example"]
    assert rest["next"] is None
    for query in ("limit=0", "limit=201", "limit=x", "after=x", "lmit=1"):
        assert api(gateway, "GET", f"{uuid}/users?{query}", owner).status_code == 400, query
    # The end.
    assert api(gateway, "DELETE", f"{uuid}/users/a@b.example", owner).status_code == 409, "the last owner stays"
    kill(gateway)
    gateway = house()
    assert renew(gateway, supervisor).json()["role"] == "supervisor"
    assert api(gateway, "DELETE", f"{uuid}/users/sue+1@b.example", owner).status_code == 204
    assert api(gateway, "DELETE", f"{uuid}/users/sue%2B1@b.example", owner).status_code == 404
    assert renew(gateway, supervisor).status_code == 401
    kill(gateway)
    gateway = house()
    assert log_in(gateway, uuid, "sue+1@b.example", "long enough").status_code == 401


def test_a_business_may_have_two_hundred_people_and_not_one_more(house):
    gateway = house()
    made = business(gateway)
    uuid = made["uuid"]
    assert gateway.stop() == 0
    with sqlite3.connect(f"{gateway.data}/calldocker.db") as database:
        database.execute(
            "WITH RECURSIVE many (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < 198) "
            "INSERT INTO users SELECT tenant, 'u' || n || '@b.example', 'supervisor', password_algorithm, password_cost, "
            "password_salt, password_hash, created_at, tokens_valid_after FROM users, many")
    gateway = house()
    owner = owner_of(gateway, made)
    form = {"password": "long enough", "role": "supervisor"}
    last = api(gateway, "POST", f"{uuid}/users", owner, json={**form, "user": "last@b.example"})
    assert last.status_code == 201
    refused = api(gateway, "POST", f"{uuid}/users", owner, json={**form, "user": "one.more@b.example"})
    assert (refused.status_code, "may have 200 users" in refused.json()["detail"]) == (409, True), refused.text
    assert api(gateway, "DELETE", f"{uuid}/users/u7@b.example", owner).status_code == 204
    assert api(gateway, "POST", f"{uuid}/users", owner, json={**form, "user": "one.more@b.example"}).status_code == 201


def test_settings_are_shown_changed_and_kept(house):
    gateway = house()
    made = business(gateway)
    uuid, owner = made["uuid"], owner_of(gateway, made)
    agent = log_in(gateway, uuid, "alice", "secret-1").json()["token"]
    assert api(gateway, "GET", f"{uuid}/settings", owner).json() == {"name": "ACME", "allowedOrigins": [], "digest": "md5"}
    assert api(gateway, "GET", f"{uuid}/settings", agent).status_code == 403
    assert api(gateway, "PATCH", f"{uuid}/settings", agent, json={"name": "x"}).status_code == 403
    for wish in [
        {"digest": "sha"}, {"name": " "}, {"allowedOrigins": ["https://shop.example/path"]}, {"allowedOrigins": ["*"]},
        {"allowedOrigins": "https://shop.example"}, {"allowedOrigins": [f"https://{n}.example" for n in range(51)]},
        {"ownerPassword": "short"}, {"colour": "red"}, {"name": "New", "digest": "none"}, {"name": 1},
    ]:
        answer = api(gateway, "PATCH", f"{uuid}/settings", owner, json=wish)
        assert answer.status_code == 422 and answer.json()["detail"], wish
    assert api(gateway, "GET", f"{uuid}/settings", owner).json()["name"] == "ACME", "nothing of what was refused"
    wish = {"name": " Shop ", "allowedOrigins": ["HTTPS://Shop.Example:443", "https://shop.example"], "digest": "both"}
    settings = {"name": "Shop", "allowedOrigins": ["https://shop.example"], "digest": "both"}
    assert api(gateway, "PATCH", f"{uuid}/settings", owner, json=wish).json() == settings
    kill(gateway)
    gateway = house()
    assert api(gateway, "GET", f"{uuid}/settings", owner).json() == settings
    assert challenges(gateway, uuid) == ["MD5", "SHA-256"]
    assert ask(gateway, "tenant", "set", uuid, "--digest", "sha-256")["digest"] == "sha-256"
    assert challenges(gateway, uuid) == ["SHA-256"]
    changed = api(gateway, "PATCH", f"{uuid}/settings", owner, json={"ownerPassword": "another one"})
    assert changed.status_code == 200 and changed.json()["name"] == "Shop"
    assert renew(gateway, owner).status_code == 401, "another password ends the owner's tokens"
    assert log_in(gateway, uuid, "a@b.example", made["owner"]["password"]).status_code == 401
    kill(gateway)
    gateway = house()
    assert renew(gateway, owner).status_code == 401
    assert log_in(gateway, uuid, "a@b.example", "another one").json()["company"] == "Shop"


def challenges(gateway, uuid):
    """The algorithms that a REGISTER is challenged with, in their order."""
    host, port = gateway.sip.split(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.connect((host, int(port)))
        phone.settimeout(30)
        address = "%s:%d" % phone.getsockname()
        phone.send(
            f"REGISTER sip:{uuid} SIP/2.0\r\nVia: SIP/2.0/UDP {address};branch=z9hG4bK{address}\r\n"
            f"From: <sip:alice@{uuid}>;tag=f\r\nTo: <sip:alice@{uuid}>\r\nCall-ID: {address}\r\n"
            f"CSeq: 1 REGISTER\r\nContact: <sip:alice@{address}>\r\n\r\n".encode())
        return re.findall(r"WWW-Authenticate: [^\r]*algorithm=([^,\r]*)", phone.recv(4096).decode())


def test_an_owner_from_the_command_line_gets_a_password_by_its_token(house):
    gateway = house()
    made = ask(gateway, "tenant", "add", "ACME")
    uuid = made["uuid"]
    assert log_in(gateway, uuid, "owner", "first one").status_code == 401
    assert api(gateway, "PATCH", f"{uuid}/settings", made["token"], json={"ownerPassword": "first one"}).status_code == 200
    assert log_in(gateway, uuid, "owner", "first one").json()["role"] == "owner"


def test_users_on_the_command_line(house):
    gateway = house()
    uuid = ask(gateway, "tenant", "add", "ACME")["uuid"]
    made = ask(gateway, "user", "add", uuid, "Ann@B.example", "--role", "owner")
    assert made["user"] == "ann@b.example" and len(made["password"]) == 16
    given = ask(gateway, "user", "add", uuid, "bob+x@b.example", "--password", "long enough")
    assert given["role"] == "supervisor" and "password" not in given
    assert [user["user"] for user in ask(gateway, "user", "list", uuid)["items"]] == ["ann@b.example", "bob+x@b.example"]
    assert log_in(gateway, uuid, "ann@b.example", made["password"]).json()["role"] == "owner"
    for words, sentence in [
        (("add", uuid, "ann@b.example"), "of that name already"), (("add", uuid, "ann"), "e-mail address"),
        (("add", uuid, "x@b.example", "--role", "boss"), "owner and supervisor"), (("remove", uuid, "ann@b.example"), "only owner"),
        (("remove", uuid, "x@b.example"), "no user of that name"), (("add", DEMO, "x@b.example"), "No business"),
    ]:
        code, _, errors = calldocker(gateway, "user", *words)
        assert code == 65 and sentence in errors, errors
    assert ask(gateway, "user", "remove", uuid, "bob+x@b.example")["user"] == "bob+x@b.example"
    settings = ask(gateway, "tenant", "set", uuid, "--allowed-origin", "https://a.example", "--allowed-origin", "http://b:81")
    assert settings == {"name": "ACME", "allowedOrigins": ["https://a.example", "http://b:81"], "digest": "md5"}
    assert ask(gateway, "tenant", "set", uuid) == settings
    assert ask(gateway, "tenant", "set", uuid, "--any-origin", "--name", "Shop")["allowedOrigins"] == []
    assert "no origin" in calldocker(gateway, "tenant", "set", uuid, "--allowed-origin", "shop.example")[2]
    assert "no choice of digests" in calldocker(gateway, "tenant", "set", uuid, "--digest", "sha")[2]


SHOP, EVIL = "https://shop.example", "https://evil.example"


def test_pages_of_other_origins_get_nothing_that_is_the_tenants(house):
    gateway = house()
    made, other = business(gateway), business(gateway)
    uuid, owner = made["uuid"], owner_of(gateway, made)
    assert ask(gateway, "tenant", "set", uuid, "--allowed-origin", SHOP)["allowedOrigins"] == [SHOP]

    def permission(answer):
        return answer.headers.get("Access-Control-Allow-Origin")

    for origin, allowed in [(SHOP, SHOP), (gateway.http, gateway.http), (EVIL, None), ("null", None), (None, None)]:
        headers = {"Origin": origin} if origin else {}
        status = requests.get(f"{gateway.http}/api/widget/{uuid}/status", headers=headers, timeout=30)
        settings = api(gateway, "GET", f"{uuid}/settings", owner, headers=headers)
        form = {"uuid": uuid, "user": "alice", "password": "secret-1"}
        login = requests.post(f"{gateway.http}/api/login", json=form, headers=headers, timeout=30)
        for answer in (status, settings, login):
            assert permission(answer) == allowed and answer.headers["Vary"] == "Origin"
        assert status.status_code == 200
        assert {settings.status_code, login.status_code} == ({403} if origin in (EVIL, "null") else {200})
        asks = {**headers, "Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization"}
        preflight = requests.options(f"{gateway.http}/api/tenants/{uuid}/settings", headers=asks, timeout=30)
        assert permission(preflight) == allowed and preflight.ok == (origin not in (EVIL, "null"))
        if preflight.ok:
            assert "PATCH" in preflight.headers["Access-Control-Allow-Methods"]
            assert "POST" not in preflight.headers["Access-Control-Allow-Methods"], "what is not served there"
            assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]
            assert 0 < int(preflight.headers["Access-Control-Max-Age"]) <= 86_400
    # A business that names none may be asked from everywhere, and the service itself as well.
    for path in (f"/api/widget/{other['uuid']}/status", "/healthz", "/api/login"):
        answer = requests.get(f"{gateway.http}{path}", headers={"Origin": EVIL}, timeout=30)
        assert permission(answer) in ("*", EVIL), path
    preflight = requests.options(f"{gateway.http}/api/login", headers={"Origin": EVIL}, timeout=30)
    assert permission(preflight) == "*" and preflight.headers["Access-Control-Max-Age"] == "86400"


# What a desk of somebody's own would do: log in, ask with the token, change something (which is preflighted), look for the new address.
DESK = """async ({ gateway, uuid, password }) => {
  const ask = async (method, path, body, token) => {
    const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
    const answer = await fetch(`${gateway}/api/${path}`, { method, headers, body: body && JSON.stringify(body) });
    return [answer.status, answer.headers.get("Location"), answer.status === 204 ? {} : await answer.json()];
  };
  const status = await ask("GET", `widget/${uuid}/status`).catch(() => ["refused"]);
  try {
    const token = (await ask("POST", "login", { uuid, user: "a@b.example", password }))[2].token;
    const settings = await ask("PATCH", `tenants/${uuid}/settings`, { name: "Shop" }, token);
    const user = { user: "sue@b.example", password: "long enough", role: "supervisor" };
    const added = await ask("POST", `tenants/${uuid}/users`, user, token);
    const removed = await ask("DELETE", `tenants/${uuid}/users/sue@b.example`, undefined, token);
    return [status[0], settings[2].name, added[1], removed[0]];
  } catch (error) {
    return [status[0], error.name];
  }
}"""


def test_a_browser_keeps_pages_of_other_origins_away(house, tmp_path):
    gateway, website = house(), Website()
    website.pages["/"] = ({}, "<!doctype html><title>Desk</title>")
    made = business(gateway)
    uuid = made["uuid"]
    given = {"gateway": gateway.http, "uuid": uuid, "password": made["owner"]["password"]}
    try:
        with sync_playwright() as playwright:
            browser = launch(playwright, tmp_path)

            def desk(address):
                page = browser.new_context().new_page()
                page.goto(address)
                return page.evaluate(DESK, given)

            all_of_it = [200, "Shop", f"/api/tenants/{uuid}/users/sue@b.example", 204]
            assert desk(website.address) == all_of_it, "who names no origin is asked from everywhere"
            ask(gateway, "tenant", "set", uuid, "--allowed-origin", website.address)
            assert desk(website.address) == all_of_it
            assert desk(f"{gateway.http}/healthz") == all_of_it, "our own origin"
            ask(gateway, "tenant", "set", uuid, "--allowed-origin", SHOP)
            assert desk(website.address) == ["refused", "TypeError"]
            assert desk(f"{gateway.http}/healthz") == all_of_it
            browser.close()
    finally:
        website.stop()


@pytest.mark.parametrize("transports", [None, ["websocket"], ["polling"]], ids=["default", "websocket", "polling"])
def test_calls_from_pages_of_other_origins_are_refused(house, transports):
    gateway = house()
    made = business(gateway)
    uuid = made["uuid"]
    alice = log_in(gateway, uuid, "alice", "secret-1").json()["token"]
    ask(gateway, "tenant", "set", uuid, "--allowed-origin", SHOP)
    for origin, welcome in [(SHOP, True), (gateway.http, True), (None, True), (EVIL, False), ("null", False)]:
        # Its WebSocket writes an Origin of its own beside ours, unless it is told not to.
        client = StockClient(websocket_extra_options={"suppress_origin": True})
        client.connect(gateway.http, headers={"Origin": origin} if origin else {}, transports=transports)
        call = client.call("call-request", {"uuid": uuid}, timeout=30)
        assert call["reason"] == ("no-agents" if welcome else "origin-refused"), origin
        client.disconnect()
        client.connect(gateway.http, headers={"Origin": origin} if origin else {}, transports=transports)
        desk = client.call("register-agent", {"uuid": uuid, "agentId": "alice", "token": alice}, timeout=30)
        assert desk["success"] is welcome and (welcome or desk["reason"] == "origin-refused"), origin
        client.disconnect()
    assert 'refused_total{reason="origin-refused"} 2' in requests.get(f"{gateway.http}/metrics", timeout=30).text


def test_whoever_hammers_does_not_fill_the_log(house):
    gateway = house()
    made = business(gateway)
    for number in range(9):
        assert log_in(gateway, made["uuid"], f"agent-{number}", "wrong").status_code == 401
    assert gateway.stop() == 0
    lines = [line.split(" ", 1)[1] for line in gateway.log.read_text().splitlines() if "could not log in" in line]
    assert lines[:5] == [f"warning Somebody could not log in (…) tenant={made['uuid']}"] * 5
    assert lines[5:] == ["warning 4 more could not log in from one address (…)"]


def test_a_trusted_proxy_tells_who_asks_and_nobody_else_does(house):
    gateway = house("--trusted-proxies", "127.0.0.1")
    made = business(gateway)

    def guess(forwarded):
        form = {"uuid": made["uuid"], "user": "alice", "password": "wrong"}
        headers = {"X-Forwarded-For": forwarded}
        return requests.post(f"{gateway.http}/api/login", json=form, headers=headers, timeout=30).status_code

    last = "198.51.100.3, 198.51.100.1, 127.0.0.1"
    # Each wrong one doubles the time for which the next is refused.
    eventually(lambda: guess("198.51.100.1") == guess(last) == 429, what="a refusal by the last that is no proxy of ours")
    assert guess("198.51.100.2") == 401
    assert guess("198.51.100.1, 198.51.100.4") == 401, "what stands before was written by a stranger"
    gateway.stop()
    gateway = house()
    made = business(gateway)
    eventually(lambda: 429 in [guess(f"198.51.100.{n}") for n in range(8)], what="one refusal for all, as nobody is trusted")

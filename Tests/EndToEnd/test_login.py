"""Who may do what: logging in, tokens and their end, people, settings and allowed origins."""

import base64
import concurrent.futures
import datetime
import json

import pytest
import requests
import socketio

from conftest import DEMO, sign_up
from test_durable import ask, house, kill

assert house

WRONG = "Nobody can log in with this"


def log_in(gateway, uuid, user, password, **fields):
    form = {"uuid": uuid, "user": user, "password": password, **fields}
    return requests.post(f"{gateway.http}/api/login", json=form, timeout=30)


def renew(gateway, token):
    return requests.post(f"{gateway.http}/api/login/renew", headers=bearer(token), timeout=10)


def log_out(gateway, token):
    return requests.post(f"{gateway.http}/api/logout", headers=bearer(token), timeout=10)


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def register(gateway, **fields):
    agent = socketio.Client()
    agent.connect(gateway.http)
    try:
        return agent.call("register-agent", fields, timeout=10)
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
        ("{", 400, "uuid, user, password"), ("[]", 400, "uuid"), ("{}", 422, "uuid is missing"),
        ('{"uuid":1,"user":"u","password":"p"}', 422, "uuid must be a text"),
        ('{"uuid":"u","user":"u","pasword":"p"}', 422, "did you mean password?"),
        ("[" * 100_000, 400, "JSON"), ('{"uuid":"\\ud800","user":"u","password":"p"}', None, ""),
    ]:
        answer = requests.post(f"{gateway.http}/api/login", data=body, timeout=10)
        assert answer.status_code == status or status is None and answer.status_code in (400, 401), answer.text
        assert answer.headers["Content-Type"] == "application/problem+json" and word in answer.json().get("detail", "")
    assert requests.get(f"{gateway.http}/api/login", timeout=5).status_code == 405


def test_a_thousand_guesses_at_once_are_five_guesses(house):
    gateway = house()
    made = business(gateway)
    with concurrent.futures.ThreadPoolExecutor(16) as crowd:
        answers = list(crowd.map(lambda guess: log_in(gateway, made["uuid"], "alice", f"guess-{guess}"), range(64)))
    codes = [answer.status_code for answer in answers]
    assert codes.count(401) <= 6 and codes.count(429) == 64 - codes.count(401)
    slow = next(answer for answer in answers if answer.status_code == 429)
    assert int(slow.headers["Retry-After"]) >= 1
    assert log_in(gateway, made["uuid"], "alice", "secret-1").status_code == 429, "not even the right one, for a moment"
    ask(gateway, "agent", "add", made["uuid"], "bob", "--password", "secret-2")
    assert log_in(gateway, made["uuid"], "bob", "secret-2").status_code == 200, "nobody else waits"


def test_too_many_slow_hashes_are_refused_and_the_service_answers_meanwhile(house):
    gateway = house()
    made = business(gateway)
    with concurrent.futures.ThreadPoolExecutor(40) as crowd:
        tries = [crowd.submit(log_in, gateway, made["uuid"], f"{n}@b.example", "x") for n in range(40)]
        assert requests.get(f"{gateway.http}/healthz", timeout=5).ok
        answers = [attempt.result() for attempt in tries]
    busy = [answer for answer in answers if answer.status_code == 503]
    assert {answer.status_code for answer in answers} == {401, 503} and int(busy[0].headers["Retry-After"]) > 0
    assert log_in(gateway, made["uuid"], "a@b.example", made["owner"]["password"]).status_code == 200


def test_tokens_outlive_a_crash_and_so_does_their_end(house):
    gateway = house()
    made = business(gateway)
    stays, ended = (log_in(gateway, made["uuid"], "alice", "secret-1").json()["token"] for _ in range(2))
    assert log_out(gateway, ended).status_code == 204
    kill(gateway)
    gateway = house()
    assert renew(gateway, ended).status_code == 401
    assert renew(gateway, stays).status_code == 200


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
        answer = requests.post(f"{gateway.http}/api/login/renew", headers={"Authorization": value}, timeout=5)
        assert answer.status_code == 401 and "error" in answer.headers["WWW-Authenticate"], value
    bare = requests.post(f"{gateway.http}/api/login/renew", timeout=5)
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

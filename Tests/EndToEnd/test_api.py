"""The API and its description hold each other: every operation that is described is called, and every answer, errors too, is what the
description says."""

import base64
import json
import re
import sqlite3

import jsonschema
import openapi_spec_validator
import pytest
import requests

from conftest import ROOT, Gateway, running
from patience import StockClient, eventually
from test_durable import register
from visitor import written_offer

PASSWORD = "correct horse"
FORMATS = jsonschema.FormatChecker(["uuid"])
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
# A format is asked about other types too, which it has nothing to say of.
FORMATS.checks("date-time")(lambda value: not isinstance(value, str) or bool(MOMENT.fullmatch(value)))


class API:
    """Somebody who asks, with every answer held to the description."""

    def __init__(self, http, token=None, seen=None):
        self.http, self.token = http, token
        self.seen = seen if seen is not None else set()
        self.description = requests.get(f"{http}/api/openapi.json", timeout=30).json()

    def with_token(self, token):
        return API(self.http, token, self.seen)

    def template(self, path):
        found = [
            template for template in self.description["paths"]
            if re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template)), path)]
        # What is written out comes before what stands for anything.
        return min(found, key=lambda template: template.count("{"), default=None)

    def __call__(self, method, path, body=None, data=None, headers=None, **query):
        headers = {**({"Authorization": f"Bearer {self.token}"} if self.token else {}), **(headers or {})}
        answer = requests.request(
            method, self.http + path, json=body, data=data, headers=headers, params=query, timeout=30)
        template = self.template(path.split("?")[0])
        assert template, f"{path} is not described"
        self.hold(answer, self.description["paths"][template][method.lower()], f"{method} {template}")
        self.seen.add((method, template, answer.status_code))
        return answer

    def hold(self, answer, operation, name):
        described = operation["responses"].get(str(answer.status_code))
        assert described, f"{name} answers {answer.status_code}, which is not described: {answer.text}"
        if "content" not in described:
            assert answer.content == b"", f"{name}: {answer.status_code} has a body"
            return
        ((media, content),) = described["content"].items()
        assert answer.headers["Content-Type"].split(";")[0] == media, name
        schema = {**content["schema"], "components": self.description["components"]}
        jsonschema.Draft202012Validator(schema, format_checker=FORMATS).validate(answer.json())
        if answer.status_code == 401:
            assert answer.headers["WWW-Authenticate"].startswith("Bearer"), name
        assert ("Location" in described.get("headers", {})) == answer.headers.get("Location", "").startswith("/api/"), name

    def logged_in(self, uuid, user, password):
        answer = self("POST", "/api/login", {"uuid": uuid, "user": user, "password": password})
        assert answer.status_code == 200, answer.text
        return self.with_token(answer.json()["token"])

    def items(self, path, limit, **query):
        """All of a list, page by page."""
        items, after = [], {}
        while True:
            page = self("GET", path, limit=limit, **query, **after).json()
            assert len(page["items"]) <= limit
            items += page["items"]
            if page["next"] is None:
                return items
            after = {"after": page["next"]}


class Business:
    def __init__(self, api, name, email):
        form = {"companyName": name, "email": email, "password": PASSWORD}
        answer = api("POST", "/api/widget/register", form)
        assert answer.status_code == 201
        self.uuid, self.token, self.email = answer.json()["uuid"], answer.json()["token"], email
        self.path = f"/api/tenants/{self.uuid}"
        self.owner = api.logged_in(self.uuid, email, PASSWORD)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    folder = tmp_path_factory.mktemp("api")
    dialplans = folder / "dialplans"
    dialplans.mkdir()
    for name in ("default", "prompts"):
        (dialplans / name).symlink_to(ROOT / "dialplans" / name)
    with running(folder, "--dialplans", dialplans, demo=False) as gateway:
        gateway.dialplans = dialplans
        yield gateway


@pytest.fixture(scope="module")
def api(gateway):
    return API(gateway.http)


@pytest.fixture
def business(api):
    return Business(api, "ACME", "owner@acme.example")


def add_calls(gateway, uuid, calls):
    """Calls that were, straight into the call log."""
    with sqlite3.connect(gateway.data / "calldocker.db", timeout=30) as database:
        for call in calls:
            call = {"tenant": bytes.fromhex(uuid.replace("-", "")), **call}
            names, marks = ", ".join(call), ", ".join("?" * len(call))
            database.execute(f"INSERT INTO calls ({names}) VALUES ({marks})", list(call.values()))


def operations(description):
    for path, item in description["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield method.upper(), path, operation


def test_the_description_is_valid_closed_and_of_one_voice(api):
    description = api.description
    openapi_spec_validator.validate(description)
    assert description["openapi"].startswith("3.1.")
    names = [operation["operationId"] for _, _, operation in operations(description)]
    assert len(names) == len(set(names))
    for name, schema in description["components"]["schemas"].items():
        assert schema["type"] == "object" and schema["additionalProperties"] is False, name
        assert set(schema.get("required", [])) <= set(schema["properties"]), name
    for method, path, operation in operations(description):
        declared = {parameter["name"] for parameter in description["paths"][path].get("parameters", [])}
        assert declared == set(re.findall(r"{(\w+)}", path)), path
        assert any(status.startswith("2") for status in operation["responses"]), (method, path)


def test_every_operation_is_called_and_answers_as_described(api, gateway, business):
    owner, path = business.owner, business.path
    assert api("GET", f"/api/widget/{business.uuid}/status").json()["online"] is False
    assert api("GET", "/api/openapi.json").status_code == 200
    assert owner("GET", path).json() == {"uuid": business.uuid, "name": "ACME", "sipDomain": business.uuid}

    made = owner("POST", f"{path}/agents", {"name": "Alice", "displayName": " Alice A. ", "teams": ["sales", "night"]})
    alice = made.json()
    assert made.status_code == 201 and made.headers["Location"] == f"{path}/agents/alice"
    assert made.headers["Cache-Control"] == "no-store"
    password = alice.pop("password")
    assert alice == {
        "id": "alice", "displayName": "Alice A.", "teams": ["sales", "night"], "state": "offline", "reason": None, "phones": 0,
        "pausedSince": None, "desk": False}
    bob = owner("POST", f"{path}/agents", {"name": "bob", "password": "long enough"})
    assert bob.status_code == 201 and "password" not in bob.json()
    register(gateway, business.uuid, "alice", password)
    detail = owner("GET", f"{path}/agents/ALICE").json()
    assert detail["state"] == "available" and detail["phones"] == 1
    (contact,) = detail["contacts"]
    assert contact["transport"] == "udp" and 0 < contact["expiresIn"] <= 3600 and 0 <= contact["secondsIdle"] < 60
    assert owner("PATCH", f"{path}/agents/bob", {"displayName": "Bob", "teams": ["night", "day"]}).json()["teams"] == [
        "night", "day"]
    assert [agent["id"] for agent in owner.items(f"{path}/agents", 1)] == ["alice", "bob"]
    assert [agent["id"] for agent in owner.items(f"{path}/agents", 9, team="night")] == ["alice", "bob"]
    assert [agent["id"] for agent in owner.items(f"{path}/agents", 9, team="day", state="offline")] == ["bob"]
    assert owner.items(f"{path}/agents", 9, state="busy") == []

    made = owner("POST", f"{path}/teams", {"name": "C++ / Café?", "members": ["BOB", "alice", "bob"]})
    assert made.json() == {"name": "C++ / Café?", "members": ["alice", "bob"]}
    place = made.headers["Location"]
    assert place == f"{path}/teams/C%2B%2B%20%2F%20Caf%C3%A9%3F" and owner("GET", place).json() == made.json()
    assert owner("GET", f"{path}/teams/C++%20%2F%20Cafe%CC%81%3F").json() == made.json(), "one name in another encoding"
    assert owner("PATCH", place, {"name": "code", "members": ["bob"]}).json() == {"name": "code", "members": ["bob"]}
    assert [team["name"] for team in owner.items(f"{path}/teams", 2)] == ["sales", "night", "day", "code"]
    assert owner("DELETE", f"{path}/teams/code").status_code == 204
    assert owner("GET", f"{path}/agents/bob").json()["teams"] == ["night", "day"]

    call = ring(gateway, business.uuid)
    shown = eventually(lambda: owner("GET", f"{path}/calls/{call}").json().get("endedAt") and
                       owner("GET", f"{path}/calls/{call}").json(), what="the call's record")
    assert shown["visitor"] == "Vera" and shown["reason"] == "visitor-hung-up" and shown["agent"] == "alice"
    assert owner("GET", f"{path}/calls").json() == {"items": [shown], "next": None}
    trace = owner("GET", f"{path}/calls/{call}/trace").json()
    assert trace["call"] == call and trace["entries"][0]["event"] == "asked" and "Vera" not in json.dumps(trace)
    assert "Vera" in owner("GET", f"{path}/calls/{call}/trace", private="yes").text

    assert set(owner("GET", f"{path}/refusals", private="yes").json()) == {"counts", "refusals"}

    agent = api.logged_in(business.uuid, "alice", password)
    assert "contacts" not in agent("GET", f"{path}/agents/alice").json()
    assert agent("POST", "/api/login/renew").status_code == 200
    assert agent("POST", "/api/logout").status_code == 204
    assert owner("DELETE", f"{path}/agents/bob").status_code == 204
    assert owner("GET", f"{path}/agents/bob").status_code == 404
    use_what_else_there_is(owner, path)
    use_dialplans(owner, path, gateway.dialplans / business.uuid)

    called = {(method, template) for method, template, status in api.seen if status < 300}
    missed = [(method, template) for method, template, _ in operations(api.description) if (method, template) not in called]
    assert not missed, f"described, and not called: {missed}"


def use_what_else_there_is(owner, path):
    """People and settings, which have tests of their own (test_login.py): here their shapes are looked at."""
    assert owner("GET", f"{path}/settings").status_code == 200
    assert owner("PATCH", f"{path}/settings", {"name": "ACME & Co", "digest": "both"}).status_code == 200
    assert owner("GET", path).json()["name"] == "ACME & Co"
    wish = {"user": "sue@acme.example", "password": PASSWORD, "role": "supervisor"}
    made = owner("POST", f"{path}/users", wish)
    assert made.status_code == 201
    assert [person["role"] for person in owner.items(f"{path}/users", 1)] == ["owner", "supervisor"]
    assert owner("DELETE", made.headers["Location"]).status_code == 204
    token = owner("POST", f"{path}/token")
    assert token.status_code == 201 and token.json()["expiresAt"] > "2026"
    assert owner("DELETE", f"{path}/token").status_code == 204
    assert [entry["operation"] for entry in owner.items(f"{path}/audit", 1)][:2] == ["revokeOwnerToken", "makeOwnerToken"]


def use_dialplans(owner, path, folder):
    """Versions of a plan, which have tests of their own (test_dialplan_reload.py)."""
    folder.mkdir()
    for number in (1, 2):
        (folder / "extensions.conf").write_text(f"[widget]\nexten => s,1,Playback(sound{number})\nsame => n,Nonsense()\n")
        eventually(lambda: len(owner("GET", f"{path}/dialplan").json()["versions"]) >= number, what="the version")
    versions = owner("GET", f"{path}/dialplan").json()["versions"]
    assert owner("POST", f"{path}/dialplan/back", {"version": versions[0]["version"]}).status_code == 200
    shown = owner("GET", f"{path}/dialplan").json()
    assert shown["version"] == versions[0]["version"] and shown["findings"][0]["severity"] == "warning"


def ring(gateway, uuid):
    """A visitor who calls and hangs up; the call's id."""
    visitor = StockClient()
    visitor.connect(gateway.http)
    call = visitor.call("call-request", {"uuid": uuid, "name": "Vera", "sdp": written_offer()}, timeout=30)["callId"]
    visitor.call("call-hangup", {"callId": call}, timeout=30)
    visitor.disconnect()
    return call


def test_every_mistake_is_named_by_a_sentence(business):
    owner, path = business.owner, business.path
    agent, team = f"{path}/agents", f"{path}/teams"
    owner("POST", agent, {"name": "alice", "password": "a"})
    owner("POST", team, {"name": "sales"})
    owner("PATCH", f"{agent}/alice", {"teams": [f"t{number}" for number in range(16)]})
    for status, word, method, place, body in [
        (422, "displayNam; did you mean displayName?", "POST", agent, {"name": "x", "displayNam": "y"}),
        (422, "name is missing", "POST", agent, {}),
        (422, "name must be a text", "POST", agent, {"name": 7}),
        (422, "name must be a text", "POST", agent, {"name": None}),
        (422, "name must have 1 to 64", "POST", agent, {"name": "x" * 65}),
        (422, "letters, digits", "POST", agent, {"name": "al ice"}),
        (422, "teams must be a list", "POST", agent, {"name": "x", "teams": "sales"}),
        (422, "teams[1] must be a text", "POST", agent, {"name": "x", "teams": ["a", True]}),
        (422, "teams may have 16", "POST", agent, {"name": "x", "teams": [f"t{n}" for n in range(17)]}),
        (422, "on one line", "POST", agent, {"name": "x", "password": "a\nb"}),
        (422, "display name has", "POST", agent, {"name": "x", "displayName": "\u2028"}),
        (422, "display name has", "POST", agent, {"name": "x", "displayName": "ü" * 51}),
        (409, "agent of that name", "POST", agent, {"name": "ALICE"}),
        (404, "no agent of that name", "PATCH", f"{agent}/nobody", {}),
        (404, "no agent of that name", "PATCH", f"{agent}/no%20body", {}),
        (422, "password must be a text", "PATCH", f"{agent}/alice", {"password": None}),
        (404, "no agent of that name", "DELETE", f"{agent}/nobody", None),
        (404, "no agent of that name", "GET", f"{agent}/nobody", None),
        (409, "team of that name", "POST", team, {"name": "sales"}),
        (422, "no agent nobody", "POST", team, {"name": "x", "members": ["nobody", "alice"]}),
        (422, "is in 16 other teams", "POST", team, {"name": "x", "members": ["alice"]}),
        (422, "1 to 64 bytes", "POST", team, {"name": " "}),
        (409, "team of that name", "PATCH", f"{team}/sales", {"name": "t1"}),
        (422, "members must be a list", "PATCH", f"{team}/sales", {"members": {}}),
        (404, "no team of that name", "PATCH", f"{team}/none", {}),
        (404, "no team of that name", "DELETE", f"{team}/none", None),
        (404, "no team of that name", "GET", f"{team}/none", None),
        (404, "no such call", "GET", f"{path}/calls/none", None),
        (404, "no such call", "GET", f"{path}/calls/none/trace", None),
    ]:
        answer = owner(method, place, body)
        assert (answer.status_code, word in answer.json()["detail"]) == (status, True), (method, place, body, answer.text)
    assert owner("GET", f"{team}/x").status_code == 404 and owner("GET", f"{agent}/x").status_code == 404


def test_what_everybody_may_ask_has_its_mistakes_described_too(api, business):
    form = {"companyName": "ACME", "email": "a@b.example"}
    for status, method, place, body in [
        (400, "POST", "/api/widget/register", {"companyName": "ACME"}), (400, "POST", "/api/widget/register", []),
        (422, "POST", "/api/widget/register", {**form, "email": "nobody"}),
        (422, "POST", "/api/widget/register", {**form, "password": "short"}),
        (422, "POST", "/api/widget/register", {**form, "companyName": "x" * 201}),
        (422, "POST", "/api/widget/register", {**form, "pasword": "long enough"}),
        (404, "GET", "/api/widget/00000000-0000-4000-8000-000000000000/status", None), (404, "GET", "/api/widget/x/status", None),
        (401, "POST", "/api/login", {"uuid": business.uuid, "user": "nobody", "password": "wrong"}),
        (422, "POST", "/api/login", {"uuid": business.uuid, "user": "nobody"}), (401, "POST", "/api/login/renew", None),
        (401, "POST", "/api/logout", None),
    ]:
        answer = api(method, place, body)
        assert answer.status_code == status, (method, place, answer.text)
        assert answer.json()["status"] == status and answer.json()["title"]


def test_queries_and_bodies_are_read_strictly(business):
    owner, path = business.owner, business.path
    for query, word in [
        ({"limit": 0}, "1 to 200"), ({"limit": 201}, "1 to 200"), ({"limit": "ten"}, "1 to 200"), ({"limit": "9" * 30}, "1 to 200"),
        ({"limit": [1, 2]}, "twice"), ({"limt": 5}, "did you mean limit?"), ({"after": ""}, "1 to 512"),
        ({"after": "x"}, "cursor"), ({"after": base64.b64encode(b"t1").decode()}, "cursor"), ({"after": "Y34="}, "cursor"),
        ({"reason": "tired"}, "one of"), ({"answered": "yes"}, "one of"), ({"answered": ""}, "one of"), ({"from": "yesterday"}, "RFC 3339"), ({"from": "2026-02-30T00:00:00Z"}, "RFC 3339"),
        ({"to": "2026-11-24T00:00:00+01:00Z"}, "RFC 3339"), ({"agent": "x" * 65}, "1 to 64"),
    ]:
        answer = owner("GET", f"{path}/calls", **query)
        assert (answer.status_code, word in answer.json()["detail"]) == (400, True), (query, answer.text)
    assert owner("GET", f"{path}/calls?x=%FF").status_code == 400 and owner("GET", f"{path}?x").status_code == 400
    assert owner("GET", f"{path}/calls", **{"from": "2026-11-24T00:00:00.5-01:30"}).status_code == 200
    for data, kind, status in [
        ("", "application/json", 400), ("{", "application/json", 400), ("[]", "application/json", 400), ("null", None, 400),
        ('{"name":"x"} {}', "application/json", 400), (b'{"name":"\xff"}', "application/json", 400),
        ("[" * 100_000, "application/json", 400), ('{"name":"x"}', "text/plain", 415),
        ('{"name":"x"}', "application/x-www-form-urlencoded", 415), (" " * 800_001, "application/json", 413),
        ('{"name":"x","name":"sales"}', "application/json", 400), ('{"name":"y"}', "application/json; charset=utf-8", 201),
        ('{"name":"z"}', None, 201),
    ]:
        answer = owner("POST", f"{path}/teams", data=data, headers={"Content-Type": kind} if kind else {})
        assert answer.status_code == status, (data[:40], kind, answer.text)
        assert status < 300 or answer.json()["detail"]


def test_addresses_methods_and_preflights(api, gateway, business):
    url = gateway.http + business.path
    bearer = {"Authorization": f"Bearer {business.owner.token}"}
    for path in ("/", "/agents/", "//agents", "/agents/a/b", "/agents/%ff", "/agents/%", "/calls/x/y", "/nothing"):
        assert requests.get(url + path, headers=bearer, timeout=30).status_code == 404, path
    refused = requests.put(f"{url}/agents/alice", headers=bearer, timeout=30)
    assert refused.status_code == 405 and refused.headers["Allow"] == "GET, PATCH, DELETE, HEAD, OPTIONS"
    head, get = (requests.request(method, f"{url}/agents", headers=bearer, timeout=30) for method in ("HEAD", "GET"))
    assert head.content == b"" and head.headers["Content-Length"] == str(len(get.content)) and head.status_code == 200
    asked = {"Origin": gateway.http, "Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization"}
    preflight = requests.options(f"{url}/teams/x", headers=asked, timeout=30)
    assert preflight.status_code == 204 and "PATCH" in preflight.headers["Access-Control-Allow-Methods"]
    assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]
    # Every address answers OPTIONS with the methods that are described for it, and no others.
    for path, item in api.description["paths"].items():
        allowed = requests.options(gateway.http + re.sub(r"{\w+}", "x", path), timeout=30).headers["Allow"].split(", ")
        described = {method.upper() for method in item if method != "parameters"}
        assert set(allowed) - {"HEAD", "OPTIONS"} == described, path


def test_who_may_do_what_is_what_the_description_says(api, gateway):
    one, two = Business(api, "One", "one@acme.example"), Business(api, "Two", "two@acme.example")
    secret = one.owner("POST", f"{one.path}/agents", {"name": "alice"}).json()["password"]
    wish = {"user": "sue@acme.example", "password": PASSWORD, "role": "supervisor"}
    assert one.owner("POST", f"{one.path}/users", wish).status_code == 201
    people = {
        "nobody": (None, None), "a forger": (None, lambda: api.with_token("eyJhbGciOiJub25lIn0.e30.")),
        "an agent": ("agent", lambda: api.logged_in(one.uuid, "alice", secret)),
        "a supervisor": ("supervisor", lambda: api.logged_in(one.uuid, "sue@acme.example", PASSWORD)),
        "the owner": ("owner", lambda: api.logged_in(one.uuid, one.email, PASSWORD)),
        # Made anew each time, as whoever makes one ends the one before.
        "the business's token": ("first", lambda: api.with_token(one.owner("POST", f"{one.path}/token").json()["token"])),
        "another's owner": ("stranger", lambda: api.logged_in(two.uuid, two.email, PASSWORD)),
    }
    clients = {who: make() if make else api for who, (_, make) in people.items()}
    checked = 0
    for method, template, operation in operations(api.description):
        if not operation["security"]:
            continue
        roles = [role for requirement in operation["security"] for role in requirement["token"]]
        path = template.replace("{uuid}", one.uuid).replace("{id}", "nobody").replace("{name}", "none").replace("{user}", "nobody")
        for who, (role, make) in people.items():
            # A token that was logged out would be of no more use.
            client = make() if make and ("logout" in template or role == "first") else clients[who]
            answer = client(method, path, {} if "requestBody" in operation else None)
            unknown = answer.status_code == 404 and "No business" in answer.json()["detail"]
            if role is None:
                expected = answer.status_code == 401
            elif role == "stranger":
                expected = unknown if roles else answer.status_code < 300
            elif role == "first":
                expected = answer.status_code == 401 if not roles else answer.status_code not in (401, 403) and not unknown
            elif roles and role not in roles:
                expected = answer.status_code == 403
            else:
                expected = answer.status_code not in (401, 403) and not unknown
            assert expected, f"{who}: {method} {template}: {answer.status_code} {answer.text}"
            checked += 1
        if roles:
            nowhere = path.replace(one.uuid, "00000000-0000-4000-8000-000000000000")
            theirs, none = (clients["another's owner"](method, place, {} if "requestBody" in operation else None)
                            for place in (path, nowhere))
            assert (theirs.status_code, theirs.content) == (none.status_code, none.content), (method, template)
            assert clients["another's owner"](method, path.replace(one.uuid, "x"), {}).content == none.content
    assert checked >= 16 * len(people)


def test_an_agent_sees_the_calls_of_its_business(api, gateway, business):
    secret = business.owner("POST", f"{business.path}/agents", {"name": "alice"}).json()["password"]
    add_calls(gateway, business.uuid, [
        {"id": "mine", "started_at": 1000, "agent": "alice"}, {"id": "theirs", "started_at": 2000, "agent": "bob"}])
    alice = api.logged_in(business.uuid, "alice", secret)
    assert [call["id"] for call in alice("GET", f"{business.path}/calls").json()["items"]] == ["theirs", "mine"]
    assert [call["id"] for call in alice("GET", f"{business.path}/calls", agent="Alice").json()["items"]] == ["mine"]
    assert alice("GET", f"{business.path}/calls/theirs").status_code == 200
    assert alice("GET", f"{business.path}/calls/theirs/trace").status_code == 403
    assert alice("GET", f"{business.path}/refusals").status_code == 403


def test_calls_are_paged_filtered_and_shown_with_their_legs(api, gateway, business):
    stranger = Business(api, "Other", "other@acme.example")
    add_calls(gateway, business.uuid, [
        {"id": f"c{number:03}", "started_at": 1000 * (number // 2), "agent": ["alice", "bob", None][number % 3],
         "answered_at": [None, 1000 * number + 2][number % 2],
         "team": ["sales", None][number % 2], "ended_at": 1000 * number + 5,
         "end_reason": ["no-answer", "agent-hung-up"][number % 2]} for number in range(250)])
    add_calls(gateway, business.uuid, [{
        "id": "whole", "visitor": "Vera", "page": "https://shop.example/", "extension": "12", "agent": "alice",
        "started_at": 1_764_000_000_123, "answered_at": 1_764_000_004_000, "ended_at": 1_764_000_010_999, "ringing": 3877,
        "talking": 6999, "end_reason": "agent-hung-up", "note": "Fine.", "visitor_codec": "opus", "visitor_sent": 350,
        "visitor_received": 349, "visitor_lost": -1, "visitor_jitter": 1.23456, "visitor_round_trip": 20.0, "visitor_mos": 4.4,
        "agent_codec": "pcma"}])
    owner, path = business.owner, f"{business.path}/calls"
    calls = owner.items(path, 50)
    assert [call["id"] for call in calls] == ["whole"] + [f"c{number:03}" for number in reversed(range(250))]
    assert calls[0] == {
        "id": "whole", "visitor": "Vera", "page": "https://shop.example/", "extension": "12", "team": None, "agent": "alice",
        "startedAt": "2025-11-24T16:00:00.123Z", "answeredAt": "2025-11-24T16:00:04.000Z", "endedAt": "2025-11-24T16:00:10.999Z",
        "ringing": 3, "talking": 6, "reason": "agent-hung-up", "note": "Fine.", "legs": {
            "visitor": {
                "codec": "opus", "sent": 350, "received": 349, "lost": -1, "jitter": 1.235, "roundTrip": 20.0, "mos": 4.4},
            "agent": {
                "codec": "pcma", "sent": None, "received": None, "lost": None, "jitter": None, "roundTrip": None, "mos": None}}}
    assert calls[1]["legs"] == {"visitor": None, "agent": None}

    def ids(**query):
        return [call["id"] for call in owner.items(path, 200, **query)]

    numbers = range(249, -1, -1)
    assert ids(agent="bob") == [f"c{number:03}" for number in numbers if number % 3 == 1]
    assert ids(team="sales", reason="no-answer") == [f"c{number:03}" for number in numbers if number % 2 == 0]
    assert ids(**{"from": "1970-01-01T00:00:10Z", "to": "1970-01-01T01:00:12+01:00"}) == ["c023", "c022", "c021", "c020"]
    assert ids(answered="true") == ["whole"] + [f"c{number:03}" for number in numbers if number % 2]
    assert ids(answered="false", agent="alice") == [f"c{number:03}" for number in numbers if number % 6 == 0]
    assert ids(answered="true", reason="no-answer") == []
    add_calls(gateway, business.uuid, [{"id": "rings", "started_at": 3}, {"id": "talks", "started_at": 4, "answered_at": 5}])
    talks_too = ids(answered="true"), ids(answered="false")
    assert "talks" in talks_too[0] and not {"rings", "talks"} & set(talks_too[1]), "of what lasts nobody knows that it was missed"
    assert ids(agent="nobody") == [] and owner("GET", f"{path}/c000").json()["id"] == "c000"
    # A cursor is a position, and in another business it is the same position in that one's own list.
    cursor = owner("GET", path, limit=1).json()["next"]
    assert stranger.owner("GET", f"{stranger.path}/calls", after=cursor).json() == {"items": [], "next": None}
    add_calls(gateway, stranger.uuid, [{"id": "theirs", "started_at": 1}])
    assert [call["id"] for call in stranger.owner("GET", f"{stranger.path}/calls", after=cursor).json()["items"]] == ["theirs"]
    assert owner("GET", f"{path}/theirs").status_code == 404


def test_two_hundred_agents_and_teams_come_page_by_page_and_nobody_twice(business):
    owner, path = business.owner, business.path
    for number in range(101):
        owner("POST", f"{path}/agents", {"name": f"a{number}", "password": "p", "teams": [f"t{100 - number}"]})
    assert [agent["id"] for agent in owner.items(f"{path}/agents", 10)] == sorted(f"a{number}" for number in range(101))
    assert [team["name"] for team in owner.items(f"{path}/teams", 10)] == [f"t{100 - number}" for number in range(101)]
    first = owner("GET", f"{path}/teams", limit=50).json()
    owner("DELETE", f"{path}/teams/{first['items'][-1]['name']}")
    owner("DELETE", f"{path}/teams/{first['items'][0]['name']}")
    rest = owner("GET", f"{path}/teams", limit=200, after=first["next"]).json()
    assert [team["name"] for team in rest["items"]] == [f"t{50 - number}" for number in range(51)], "after one that is gone"


def test_another_password_ends_tokens_and_the_old_ones_right_to_register(api, gateway, business):
    path = f"{business.path}/agents/alice"
    old = business.owner("POST", f"{business.path}/agents", {"name": "alice"}).json()["password"]
    register(gateway, business.uuid, "alice", old)
    alice = api.logged_in(business.uuid, "alice", old)
    assert alice("GET", path).json()["phones"] == 1
    assert business.owner("PATCH", path, {"displayName": "Alice"}).status_code == 200
    assert alice("GET", path).status_code == 200, "no new password"
    assert business.owner("PATCH", path, {"password": "a new one"}).json()["phones"] == 1
    assert alice("GET", path).status_code == 401
    with pytest.raises((AssertionError, TimeoutError)):
        register(gateway, business.uuid, "alice", old)
    register(gateway, business.uuid, "alice", "a new one")
    assert api.logged_in(business.uuid, "alice", "a new one")("GET", path).json()["displayName"] == "Alice"


def test_desks_show_states_and_pauses(gateway, business):
    owner, path = business.owner, business.path
    owner("POST", f"{path}/agents", {"name": "alice"})
    desk = StockClient()
    desk.connect(gateway.http)
    wish = {"uuid": business.uuid, "agentId": "alice", "token": business.token, "status": "paused", "reason": "lunch"}
    assert desk.call("register-agent", wish, timeout=30)["success"]
    alice = owner("GET", f"{path}/agents/alice").json()
    assert (alice["state"], alice["reason"], alice["desk"], alice["phones"]) == ("paused", "lunch", True, 0)
    assert owner("GET", f"{path}/agents", state="paused").json()["items"][0]["reason"] == "lunch"
    desk.call("agent-status", {"status": "available"}, timeout=30)
    assert owner("GET", f"{path}/agents/alice").json()["state"] == "available"
    visitor = StockClient()
    visitor.connect(gateway.http)
    assert visitor.call("call-request", {"uuid": business.uuid, "sdp": written_offer()}, timeout=30)["success"]
    assert owner("GET", f"{path}/agents/alice").json()["state"] == "ringing"
    visitor.disconnect()
    desk.disconnect()
    eventually(lambda: owner("GET", f"{path}/agents/alice").json()["state"] == "offline", what="an agent who went")


def test_what_was_answered_survives_a_kill(tmp_path):
    gateway = Gateway(tmp_path, demo=False)
    api = API(gateway.http)
    business = Business(api, "ACME", "owner@acme.example")
    owner, path = business.owner, business.path
    for name in ("zoe", "alice"):
        owner("POST", f"{path}/agents", {"name": name, "displayName": name.title(), "teams": ["z", "a"]})
    for name in ("m", "b"):
        owner("POST", f"{path}/teams", {"name": name, "members": ["alice"]})
    owner("DELETE", f"{path}/teams/m")
    owner("PATCH", f"{path}/teams/z", {"name": "zz"})
    owner("POST", f"{path}/teams", {"name": "empty"})
    owner("PATCH", f"{path}/agents/zoe", {"displayName": None, "teams": ["a"]})
    owner("PATCH", f"{path}/agents/alice", {"password": "a new one"})
    before = [owner("GET", f"{path}/{what}").json() for what in ("agents", "teams")]
    after = owner("GET", f"{path}/teams", limit=1).json()["next"]
    gateway.process.kill()
    gateway.process.wait(30)
    gateway = Gateway(tmp_path, demo=False)
    try:
        owner = API(gateway.http, owner.token)
        assert [owner("GET", f"{path}/{what}").json() for what in ("agents", "teams")] == before
        assert [team["name"] for team in before[1]["items"]] == ["zz", "a", "b", "empty"]
        assert owner("GET", f"{path}/teams", after=after).json()["items"] == before[1]["items"][1:]
        assert API(gateway.http).logged_in(business.uuid, "alice", "a new one")
    finally:
        gateway.stop()

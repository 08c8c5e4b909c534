"""Nothing of one business is reachable from another, by any route, event or SIP method, with whatever the other one has.

What there is to try is read from the API's description and from the sources, so that what is new is tried or fails here."""

import collections
import json
import re
import uuid as uuids

import pytest
import requests

from conftest import ROOT, running
from paper_phone import PaperPhone, credentials, nonce
from patience import eventually
from test_api import API, PASSWORD, Business, operations
from test_desk import Client, offer

NOWHERE = "0b8f6d0e-1111-4000-8000-00000000dead"
WEB = ROOT / "Sources" / "Server" / "Calldocker" / "Web"
EVENTS = {
    word for file in WEB.glob("*.swift")
    for line in re.findall(r'^\s*case ("[a-z-]+"(?:, "[a-z-]+")*)', file.read_text(), re.M)
    for word in re.findall(r'"(\w+-[\w-]+)"', line)}
METHODS = re.findall(
    r'= Method\(known: "(\w+)"\)', next(ROOT.glob("Sources/Protocols/SIPSyntax/**/Method.swift")).read_text())
# A body that would do, for every operation that takes one.
BODIES = {
    "logIn": {}, "signUp": {}, "addAgent": {"name": "intruder"},
    "changeAgent": {"displayName": "Intruder", "password": PASSWORD},
    "addTeam": {"name": "intruders"}, "changeTeam": {"name": "intruders"},
    "restoreDialplan": {"version": 1},
    "changeSettings": {"name": "Intruders", "digest": "both"},
    "addUser": {"user": "intruder@b.example", "password": PASSWORD, "role": "owner"}}
Marks = collections.namedtuple("Marks", "company phone desk phone_name desk_name team other_team visitor page owner supervisor")


class Office(Business):
    """A business with a phone, a desk, people, one call that was and one that is, all by names that nothing else has."""

    def __init__(self, gateway, api, marks, host):
        super().__init__(api, marks.company, marks.owner)
        self.marks, self.host = marks, host
        self.secrets = {user: uuids.uuid4().hex for user in (marks.phone, marks.desk)}
        for user, name, teams in [
            (marks.phone, marks.phone_name, [marks.team]), (marks.desk, marks.desk_name, [marks.team, marks.other_team]),
        ]:
            form = {"name": user, "displayName": name, "teams": teams, "password": self.secrets[user]}
            assert self.owner("POST", f"{self.path}/agents", form).status_code == 201
        wish = {"user": marks.supervisor, "password": PASSWORD, "role": "supervisor"}
        assert self.owner("POST", f"{self.path}/users", wish).status_code == 201
        self.tokens = {
            "sign-up": self.token, "owner": self.owner.token,
            "supervisor": api.logged_in(self.uuid, marks.supervisor, PASSWORD).token,
            "agent": api.logged_in(self.uuid, marks.desk, self.secrets[marks.desk]).token}
        self.phone = PaperPhone(gateway.sip, self.uuid, marks.phone, self.secrets[marks.phone], host=host)
        self.phone.register()
        self.desk, self.visitor = Client(gateway), Client(gateway)
        sit_down = {"uuid": self.uuid, "agentId": marks.desk, "token": self.tokens["agent"], "status": "paused"}
        assert self.desk.ask("register-agent", **sit_down)["success"]
        self.finished = self.call()
        self.visitor.ask("call-hangup", callId=self.finished["callId"])
        self.visitor.hears("call-state", state="ended", callId=self.finished["callId"])
        record = f"{self.path}/calls/{self.finished['callId']}"
        eventually(lambda: self.owner("GET", record).json()["endedAt"], what="its record")
        self.running = self.call()
        self.calls = [self.finished["callId"], self.running["callId"]]
        self.before = self.snapshot()

    def call(self):
        routed = self.visitor.ask(
            "call-request", uuid=self.uuid, name=self.marks.visitor, page=self.marks.page, sdp=offer())
        assert routed["success"], routed
        self.visitor.hears("call-state", state="talking", callId=routed["callId"])
        return routed

    def snapshot(self):
        """All that its owner sees."""
        found = {
            what: self.owner("GET", f"{self.path}/{what}").json() for what in ("agents", "teams", "users", "settings", "calls")}
        detail = self.owner("GET", f"{self.path}/agents/{self.marks.phone}").json()["contacts"]
        return {**found, "contacts": [(contact["userAgent"], contact["transport"]) for contact in detail]}

    def assert_undisturbed(self):
        assert self.snapshot() == self.before
        heard = [request.split()[0] for request in self.phone.heard]
        # A phone of paper sends no sound, and is asked for it anew, once a call.
        assert heard[:5] == ["INVITE", "ACK", "BYE", "INVITE", "ACK"] and heard[5:] in ([], ["INVITE"], ["INVITE", "ACK"]), heard
        # Silence is told, as these phones are of paper; a hold or an end would be somebody's doing.
        states = {body["state"] for body in self.visitor.heard("call-state", callId=self.running["callId"])}
        assert states <= {"trying", "ringing", "talking"}, states

    def names(self):
        return {mark.lower() for mark in self.marks} | {mark.lower() for mark in self.calls} | {self.uuid}

    def close(self):
        for client in (self.desk, self.visitor):
            client.io.disconnect()
        self.phone.close()


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    with running(tmp_path_factory.mktemp("isolation"), demo=False) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def offices(gateway):
    api = API(gateway.http)
    made = []
    for letter, host, words in [
        ("qa", "127.0.0.1",
         "Obsidiaan zephyrin tamsinel Okonkwor Villanuex larkspur vermilio Wilhelmo vantabla xylofarm quintess"),
        ("qb", "127.0.0.2",
         "Halcyonix bramwell isoldette Ferrantex Dubrovnik marigold cinnabar Thessaly ultramar pomegran sassafra"),
    ]:
        *names, page, owner, supervisor = (f"{word}{letter}" for word in words.split())
        people = [f"{person}@{letter}.example" for person in (owner, supervisor)]
        made.append(Office(gateway, api, Marks(*names, f"https://{page}.example/door", *people), host))
    yield made
    for office in made:
        office.close()


@pytest.fixture
def alien(offices):
    """The business that must not be reached, held to be as it was after every test; and its neighbour, who tries."""
    yield offices[0]
    for office in offices:
        office.assert_undisturbed()


@pytest.fixture
def intruder(offices):
    return offices[1]


def assert_clean(text, office, *allowed):
    found = {name for name in office.names() if name in text.lower()} - {word.lower() for word in allowed}
    assert not found, f"{found} in {text}"


def ask(gateway, method, path, token=None, body=None, **query):
    """What an answer is to whoever compares it: all of it but the moment."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = requests.request(method, gateway.http + path, json=body, params=query, headers=headers, timeout=30)
    shown = sorted((name, value) for name, value in answer.headers.items() if name != "Date")
    return answer.status_code, shown, answer.text


def test_every_operation_answers_of_another_business_as_of_none(gateway, alien, intruder):
    ids = {
        "id": {"agents": [alien.marks.phone, alien.marks.desk], "calls": alien.calls}, "name": {"teams": [alien.marks.team]},
        "user": {"users": [alien.marks.supervisor, alien.marks.owner]}}
    tried = 0
    for method, template, operation in operations(API(gateway.http).description):
        wish = operation["operationId"]
        assert "requestBody" not in operation or wish in BODIES, f"BODIES has none for {wish}"
        body = BODIES.get(wish)
        if not template.startswith("/api/tenants/{uuid}"):
            continue
        place = re.search(r"/(\w+)/{(id|name|user)}", template)
        for who, token in [*intruder.tokens.items(), ("nobody", None)]:
            for name in ids[place[2]][place[1]] if place else [""]:
                path = template.replace(f"{{{place[2]}}}" if place else "{}", name)
                there, none = (
                    ask(gateway, method, path.replace("{uuid}", uuid), token, body) for uuid in (alien.uuid, NOWHERE))
                assert there == none and there[0] in (401, 404), (who, method, path, there, none)
                assert_clean(str(there), alien)
                tried += 1
                if not place or not token:
                    continue
                # Among what is the intruder's own, a name of the other's is a name of nobody.
                own = template.replace("{uuid}", intruder.uuid).replace(f"{{{place[2]}}}", "{}")
                theirs, nobody = (ask(gateway, method, own.format(whom), token, body) for whom in (name, "nobody-at-all"))
                assert theirs == nobody and theirs[0] in (403, 404), (who, method, own, theirs, nobody)
                assert_clean(str(theirs), alien)
    assert tried > 100
    form = {"name": "x", "members": [alien.marks.phone]}
    assert ask(gateway, "POST", f"{intruder.path}/teams", intruder.token, form)[0] == 422


def test_lists_filters_and_cursors_show_ones_own(gateway, alien, intruder):
    lists = [
        (template, {parameter["name"] for parameter in operation["parameters"]}) for method, template, operation
        in operations(API(gateway.http).description) if method == "GET" and "limit" in str(operation.get("parameters"))]
    assert len(lists) >= 4
    for template, parameters in lists:
        first = json.loads(ask(gateway, "GET", template.replace("{uuid}", alien.uuid), alien.token, limit=1)[2])
        assert first["next"], f"{template} needs two items here to have a cursor"
        for token in intruder.tokens.values():
            for query in [
                {}, {"after": first["next"]}, {"agent": alien.marks.phone}, {"team": alien.marks.team}, {"limit": 200},
            ]:
                if not query.keys() <= parameters:
                    continue
                status, headers, text = ask(gateway, "GET", template.replace("{uuid}", intruder.uuid), token, **query)
                assert status in (200, 400, 403)
                assert_clean(text + str(headers), alien)
                assert not {"agent", "team"} & query.keys() or status != 200 or json.loads(text)["items"] == []


def test_who_logs_in_elsewhere_is_nobody_there(gateway, alien, intruder):
    for user, password in [
        (intruder.marks.owner, PASSWORD), (alien.marks.desk, intruder.secrets[intruder.marks.desk]),
        (intruder.marks.desk, intruder.secrets[intruder.marks.desk]),
    ]:
        there, none = (ask(gateway, "POST", "/api/login", None, {"uuid": uuid, "user": user, "password": password})
                       for uuid in (alien.uuid, NOWHERE))
        assert there == none and there[0] == 401
    grant = json.loads(ask(gateway, "POST", "/api/login/renew", intruder.tokens["supervisor"])[2])
    assert grant["uuid"] == intruder.uuid
    assert_clean(str(grant), alien)
    # Its end is the end of no other token.
    assert ask(gateway, "POST", "/api/logout", grant["token"])[0] == 204


def attempts(alien, intruder, call):
    """What is worth a try of every event, with a call of the other business, or with one that does not exist."""
    resume = [
        (alien.uuid, intruder.running["resumeToken"]), (intruder.uuid, alien.running["resumeToken"]),
        (alien.uuid, alien.finished["resumeToken"])]
    names = [(alien.uuid, agent) for agent in (alien.marks.desk, alien.marks.phone, intruder.marks.desk)]
    names += [(intruder.uuid, alien.marks.desk)]
    return {
        "call-offer": [{"callId": call, "sdp": offer("thief")}], "call-dtmf": [{"callId": call, "digits": "1"}],
        "call-hangup": [{"callId": call}], "call-accept": [{"callId": call, "sdp": offer("thief")}],
        "call-reject": [{"callId": call}],
        "agent-status": [{"status": "paused", "uuid": alien.uuid, "agentId": alien.marks.phone, "callId": call}],
        "call-resume": [
            {"uuid": uuid, "callId": call, "resumeToken": token, "sdp": offer("thief")} for uuid, token in resume],
        "call-request": [{"uuid": intruder.uuid, "extension": alien.marks.phone, "sdp": offer("thief")}],
        "register-agent": [
            {"uuid": uuid, "agentId": agent, "token": token} for uuid, agent in names
            for token in [*intruder.tokens.values(), alien.running["resumeToken"], None]]}


def test_every_event_leaves_another_business_alone(gateway, alien, intruder):
    assert set(attempts(alien, intruder, "x")) == EVENTS, "what the server knows, and what is tried"
    stranger = Client(gateway)
    for who, client in [("visitor", intruder.visitor), ("desk", intruder.desk), ("stranger", stranger)]:
        for event, bodies in attempts(alien, intruder, alien.running["callId"]).items():
            none = attempts(alien, intruder, "0" * len(alien.running["callId"]))[event]
            for body, nobodys in zip(bodies, none):
                answer = client.ask(event, **body)
                assert answer == client.ask(event, **nobodys), (who, event, body, answer)
                assert_clean(json.dumps(answer), alien)
                is_silent = event in ("call-hangup", "call-dtmf") or who == "desk" and event in ("call-reject", "agent-status")
                assert answer["success"] is is_silent, (who, event, body, answer)
    assert intruder.desk.ask("agent-status", status="paused")["success"], "the desk is its own business's still"
    stranger.io.disconnect()


def test_desks_hear_nothing_of_another_business(gateway, alien, intruder):
    heard = len(intruder.desk.told)
    passer = Client(gateway)
    assert alien.desk.ask("agent-status", status="available")["success"]
    asked = passer.ask("call-request", uuid=alien.uuid, name=alien.marks.visitor, page=alien.marks.page, sdp=offer())
    alien.desk.hears("incoming-call", callId=asked["callId"])
    passer.ask("call-hangup", callId=asked["callId"])
    alien.desk.hears("calls-changed", callId=asked["callId"])
    alien.desk.hears("incoming-call-ended", callId=asked["callId"])
    eventually(lambda: alien.owner("GET", f"{alien.path}/calls/{asked['callId']}").json()["endedAt"], what="its record")
    assert alien.desk.ask("agent-status", status="paused")["success"]
    passer.io.disconnect()
    # What the intruder's desk hears next is of its own.
    assert intruder.desk.ask("agent-status", status="available")["success"]
    intruder.desk.hears("agent-state", state="available", agentId=intruder.marks.desk)
    assert intruder.desk.ask("agent-status", status="paused")["success"]
    intruder.desk.hears("agent-state", state="paused", agentId=intruder.marks.desk)
    assert_clean(json.dumps(intruder.desk.told + intruder.visitor.told), alien, asked["callId"])
    assert {event for event, _ in intruder.desk.told[heard:]} == {"agent-state"}
    alien.before, intruder.before = alien.snapshot(), intruder.snapshot()


def unlike(answer, *words):
    """An answer without what chance and the question put into it."""
    for word in words:
        answer = answer.replace(word, "…")
    return re.sub(r'(nonce="|;tag=|opaque="|branch=|Call-ID: )[^";\s]+', r"\1…", answer)


@pytest.fixture(params=["udp", "tcp"])
def thief(gateway, offices, request):
    """A phone of the intruder's, at an address of its own."""
    office = offices[1]
    if request.param == "udp":
        yield office.phone
        return
    phone = PaperPhone(gateway.sip, office.uuid, office.marks.desk, office.secrets[office.marks.desk], "tcp", host=office.host)
    yield phone
    phone.close()


def test_no_sip_method_reaches_another_business_or_tells_who_is_in_it(alien, intruder, thief):
    secret = intruder.secrets[thief.user]
    nonces = [nonce(thief.say("REGISTER", f"sip:{uuid}", to=f"<sip:x@{uuid}>")) for uuid in (intruder.uuid, alien.uuid)]
    for method in METHODS:
        told = []
        for user in (alien.marks.phone, alien.marks.desk, thief.user, "nobody-at-all"):
            to = f"<sip:{user}@{alien.uuid}>"
            uri = f"sip:{alien.uuid}" if method == "REGISTER" else to[1:-1]
            proofs = ["", *(credentials(method, uri, name, realm, secret, nonces[which]) for name, realm, which in [
                (thief.user, intruder.uuid, 0), (thief.user, alien.uuid, 0), (user, alien.uuid, 1)])]
            sender = to if method == "REGISTER" else None
            answers = [thief.say(method, uri, to=to, sender=sender, extra=proof) for proof in proofs]
            told.append([unlike(answer, user, thief.user) for answer in answers])
            for answer in answers:
                # OPTIONS asks what the server can do, whoever asks.
                is_harmless = answer.startswith("SIP/2.0 200") if method == "OPTIONS" else method == "ACK"
                assert is_harmless or re.match(r"SIP/2.0 (401|404|405|481) ", answer), (method, user, answer)
                assert_clean(answer, alien, alien.uuid, user)
        assert all(answers == told[0] for answers in told), f"{method} tells who is there"


def test_no_sip_method_reaches_into_another_business_call(alien, intruder, thief):
    # The one that began the call, and none within it.
    invites = [request for request in alien.phone.heard if request.startswith("INVITE")]
    invite = [request for request in invites if not re.search(r"^To: .*;tag=", request, re.M)][-1]
    call, visitor, phone, contact, branch = (re.search(pattern, invite, re.M)[1] for pattern in (
        r"^Call-ID: (.*)\r", r"^From: (.*)\r", r"^To: (.*)\r", r"^Contact: <(.*?)>", r"branch=([^;\s]+)"))
    phone += f";tag={alien.phone.tag}"
    own = nonce(thief.say("REGISTER", f"sip:{intruder.uuid}"))
    first = {"udp": 1000, "tcp": 2000}[thief.transport]
    # A CANCEL comes before the thief has an INVITE of its own by that branch.
    for method in sorted(METHODS, key=lambda method: method != "CANCEL"):
        proof = credentials(method, contact, thief.user, intruder.uuid, intruder.secrets[thief.user], own)
        session = thief.session(intruder.host) if method in ("INVITE", "ACK", "UPDATE", "PRACK") else ""
        for to, sender in [(visitor, phone), (phone, visitor)]:
            for hop, number in [(None, first), (branch, 1)]:
                for extra in ("", proof):
                    answer = thief.say(
                        method, contact, to=to, sender=sender, branch=hop, call_id=call, number=number, extra=extra,
                        body=session)
                    assert method == "ACK" or re.match(r"SIP/2.0 481 ", answer), (method, to, answer)
    # From its own phone the same words mean something.
    answer = alien.phone.say("OPTIONS", contact, to=visitor, sender=phone, call_id=call, number=first + 1)
    assert answer.startswith("SIP/2.0 200"), answer


def test_a_registration_heard_by_another_is_of_no_use(gateway, alien, intruder):
    """Who has read all that the other's phone says still has nothing to say in its place."""
    said = next(found[0] for text in alien.phone.said if (found := re.search(r"^Authorization: .*\r\n", text, re.M)))
    to = f"<sip:{alien.marks.phone}@{alien.uuid}>"
    answer = intruder.phone.say("REGISTER", f"sip:{alien.uuid}", to=to, sender=to, extra=said)
    assert answer.startswith("SIP/2.0 401")


def test_pages_figures_and_the_log_name_nobody(gateway, offices, alien):
    files = [f"/{file.relative_to(ROOT / 'web')}" for file in (ROOT / "web").rglob("*") if file.is_file()]
    states = [f"/api/widget/{office.uuid}/status" for office in offices]
    for path in ["/metrics", "/demo.json", "/healthz", "/api/openapi.json", "/", "/desk", "/desk/", *files, *states]:
        answer = str(ask(gateway, "GET", path))
        for office in offices:
            assert_clean(answer, office)
    log = gateway.log.read_text()
    assert "wrong password" in log
    for office in offices:
        assert_clean(log, office, office.uuid, *office.calls)

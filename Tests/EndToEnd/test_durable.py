"""What was answered with 200 or 201 survives a crash: the service is killed and started again on the same data folder."""

import contextlib
import hashlib
import json
import random
import re
import socket
import sqlite3
import subprocess
import threading
import time
import uuid as uuids

import pytest
import requests
import socketio

from conftest import BINARY, DEMO, ROOT, Gateway, registered, sign_up
from patience import StockClient, eventually
from softphone import Softphone, free_pair


def calldocker(gateway, *words):
    done = subprocess.run(
        [BINARY, *words, "--data", gateway.data], cwd=ROOT, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


def ask(gateway, *words):
    code, output, errors = calldocker(gateway, *words, "--json")
    assert code == 0, errors
    return json.loads(output)


def agents(gateway, uuid):
    return {agent["agent"]: agent for agent in ask(gateway, "agent", "list", uuid)["agents"]}


def kill(gateway):
    gateway.process.kill()
    gateway.process.wait(30)


def ask_over_udp(phone, text):
    """The answer to a request, which is repeated as a phone would; what answers an earlier one is not taken for it."""
    phone.settimeout(1)
    order = re.search(r"CSeq: .*\r\n", text)[0]
    for _ in range(30):
        phone.send(text.encode())
        with contextlib.suppress(TimeoutError):
            while True:
                if order in (answer := phone.recv(4096).decode()):
                    return answer
    raise TimeoutError(text)


def register(gateway, uuid, user, password):
    """Registers a phone by digest over a socket of its own; its address once the 200 came."""
    host, port = gateway.sip.split(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.connect((host, int(port)))
        address = "%s:%d" % phone.getsockname()
        credentials = ""
        for number in (1, 2):
            answer = ask_over_udp(phone, (
                f"REGISTER sip:{uuid} SIP/2.0\r\nVia: SIP/2.0/UDP {address};branch=z9hG4bK{uuids.uuid4().hex}\r\n"
                f"From: <sip:{user}@{uuid}>;tag=f\r\nTo: <sip:{user}@{uuid}>\r\nCall-ID: {address}\r\n"
                f"CSeq: {number} REGISTER\r\nContact: <sip:{user}@{address}>\r\nExpires: 3600\r\n{credentials}\r\n"))
            if answer.startswith("SIP/2.0 200"):
                return address
            nonce = re.search('nonce="([^"]+)"', answer)[1]
            who, what = md5(f"{user}:{uuid}:{password}"), md5(f"REGISTER:sip:{uuid}")
            proof = md5(f"{who}:{nonce}:00000001:c:auth:{what}")
            credentials = (
                f'Authorization: Digest username="{user}", realm="{uuid}", nonce="{nonce}", uri="sip:{uuid}", qop=auth, '
                f'nc=00000001, cnonce="c", algorithm=MD5, response="{proof}"\r\n')
        raise AssertionError(answer)


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


def rows(gateway, question, *values):
    with sqlite3.connect(f"file:{gateway.data}/calldocker.db?mode=ro", uri=True, timeout=30) as database:
        return database.execute(question, values).fetchall()


@pytest.fixture
def house(tmp_path):
    """Starts the service again and again, on one folder and one SIP port."""
    port = free_pair("127.0.0.1")[0]
    running = []

    def start(*flags, demo=False):
        running.append(Gateway(tmp_path, "--sip-port", str(port), *flags, demo=demo))
        return running[-1]

    yield start
    for gateway in running:
        if gateway.is_alive:
            gateway.stop()
    print(running[-1].log.read_text())


def test_a_crash_forgets_nobody_and_calls_a_phone_that_does_not_register_again(house, tmp_path):
    gateway = house()
    business = sign_up(gateway)
    uuid = business["uuid"]
    password = ask(gateway, "agent", "add", uuid, "alice", "--team", "sales")["password"]
    folder = tmp_path / "alice"
    folder.mkdir()
    phone = Softphone(folder, gateway.sip, uuid, "alice", password, "opus", False, 1000, lifetime=3600)
    try:
        registered(phone)
        kill(gateway)
        gateway = house()
        alice = agents(gateway, uuid)["alice"]
        assert alice["state"] == "available" and alice["teams"] == ["sales"] and len(alice["phones"]) == 1
        visitor = StockClient()
        visitor.connect(gateway.http)
        assert visitor.call("call-request", {"uuid": uuid, "name": "Vera"}, timeout=30)["success"]
        eventually(lambda: phone.heard("CALL_INCOMING"), what="the call to a phone that did not register again")
        browser = StockClient()
        browser.connect(gateway.http)
        answer = {"uuid": uuid, "agentId": "alice", "token": business["token"]}
        assert browser.call("register-agent", answer, timeout=30)["success"], "the owner's token"
        wrong = StockClient()
        wrong.connect(gateway.http)
        assert not wrong.call("register-agent", {**answer, "token": "wrong"}, timeout=30)["success"]
        for client in (visitor, browser, wrong):
            client.disconnect()
    finally:
        phone.stop()


def test_the_demo_agents_keep_their_passwords(house):
    gateway = house(demo=True)
    passwords = [gateway.password(user) for user in ("alice", "bob")]
    kill(gateway)
    gateway = house(demo=True)
    assert passwords == [gateway.password(user) for user in ("alice", "bob")]
    stored = rows(gateway, "SELECT name FROM secrets ORDER BY name")
    assert [name for (name,) in stored if name.startswith("demo/")] == ["demo/alice", "demo/bob"]
    gateway.stop()
    gateway = house()
    assert requests.get(f"{gateway.http}/api/widget/{DEMO}/status", timeout=30).status_code == 404


def test_the_call_log_has_what_ended_and_what_a_crash_cut_off(house):
    gateway = house(demo=True)
    calls = []
    for ending in ("hang-up", "crash", "SIGTERM"):
        visitor = StockClient()
        visitor.connect(gateway.http)
        calls.append(visitor.call("call-request", {"uuid": DEMO, "name": "Vera"}, timeout=30)["callId"])
        eventually(lambda: rows(gateway, "SELECT 1 FROM calls WHERE id = ?", calls[-1]), what="the call's first line")
        if ending == "hang-up":
            visitor.emit("call-hangup", {"callId": calls[-1]})
            eventually(
                lambda: rows(gateway, "SELECT 1 FROM calls WHERE id = ? AND ended_at > 0", calls[-1]), what="its last line")
        elif ending == "crash":
            kill(gateway)
            gateway = house(demo=True)
        else:
            assert gateway.stop() == 0
    ends = dict(rows(gateway, "SELECT id, end_reason FROM calls WHERE visitor = 'Vera' AND ended_at >= started_at"))
    assert [ends[call] for call in calls] == ["visitor-hung-up", "failed", "shutting-down"]
    assert "interrupted" in rows(gateway, "SELECT note FROM calls WHERE id = ?", calls[1])[0][0]


def test_removed_is_removed_for_good(house):
    gateway = house()
    stays, goes = ask(gateway, "tenant", "add", "Stays")["uuid"], ask(gateway, "tenant", "add", "Goes")["uuid"]
    for agent in ("alice", "bob"):
        ask(gateway, "agent", "add", stays, agent)
    assert ask(gateway, "agent", "remove", stays, "Alice")["agent"] == "alice"
    assert ask(gateway, "tenant", "remove", goes)["name"] == "Goes"
    assert "no agent of that name" in calldocker(gateway, "agent", "remove", stays, "alice")[2]
    assert "No business" in calldocker(gateway, "tenant", "remove", goes)[2]
    kill(gateway)
    gateway = house()
    assert [tenant["uuid"] for tenant in ask(gateway, "tenant", "list")["tenants"]] == [stays]
    assert list(agents(gateway, stays)) == ["bob"]
    ask(gateway, "agent", "add", stays, "alice")


def test_a_second_server_refuses_the_folder(house):
    gateway = house()
    done = subprocess.run(
        [BINARY, "serve", "--host", "127.0.0.1", "--data", gateway.data], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 73 and str(gateway.process.pid) in done.stderr


def test_every_acknowledged_fact_survives_twenty_kills(house):
    seed = random.randrange(1 << 32)
    print("seed", seed)
    dice = random.Random(seed)
    gateway = house(demo=True)
    made = ask(gateway, "tenant", "add", "ACME")
    uuid, token = made["uuid"], made["token"]
    signed_up, agents_added, teams_added, phones, calls, pauses = set(), set(), {}, {}, set(), {}
    # Whoever asked a server that was killed meanwhile waits in vain, and as long as this.
    patience = 5
    for trial in range(20):
        end = threading.Event()

        def sign_ups():
            while not end.is_set():
                try:
                    signed_up.add(ask(gateway, "tenant", "add", "T")["uuid"])
                except (AssertionError, json.JSONDecodeError):
                    return

        def more_agents():
            while not end.is_set():
                name = f"a{uuids.uuid4().hex[:10]}"
                try:
                    password = ask(gateway, "agent", "add", uuid, name)["password"]
                    agents_added.add(name)
                    phones[name] = register(gateway, uuid, name, password)
                    teams_added[ask(gateway, "team", "add", uuid, f"t{name}", "--agent", name)["team"]] = [name]
                except (AssertionError, json.JSONDecodeError, OSError):
                    return

        def more_calls():
            visitor = StockClient(reconnection=False)
            try:
                visitor.connect(gateway.http)
                while not end.is_set():
                    call = visitor.call("call-request", {"uuid": DEMO}, timeout=patience)["callId"]
                    visitor.emit("call-hangup", {"callId": call})
                    while not rows(gateway, "SELECT 1 FROM calls WHERE id = ? AND end_reason = 'visitor-hung-up'", call):
                        if end.is_set():
                            return
                    calls.add(call)
            except (socketio.exceptions.SocketIOError, KeyError):
                return

        def more_pauses():
            desk = StockClient(reconnection=False)
            try:
                desk.connect(gateway.http)
                name = ask(gateway, "agent", "add", uuid, f"p{uuids.uuid4().hex[:10]}")["agent"]
                assert desk.call("register-agent", {"uuid": uuid, "agentId": name, "token": token}, timeout=patience)["success"]
                while not end.is_set():
                    reason = uuids.uuid4().hex
                    # What was said last and not answered may be on the disk, or not.
                    if name in pauses:
                        pauses[name] = [pauses[name][0], reason]
                    assert desk.call("agent-status", {"status": "paused", "reason": reason}, timeout=patience)["success"]
                    pauses[name] = [reason]
            except (socketio.exceptions.SocketIOError, AssertionError, json.JSONDecodeError):
                return

        threads = [threading.Thread(target=work) for work in (sign_ups, more_agents, more_calls, more_pauses)]
        for thread in threads:
            thread.start()
        time.sleep(dice.uniform(0.05, 0.6))
        if trial == 19:
            # However slow the machine is, there is something to be lost.
            eventually(lambda: signed_up and teams_added and phones and calls and pauses, 120, "a fact of each kind")
        gateway.process.kill()
        end.set()
        for thread in threads:
            thread.join()
        gateway.process.wait(30)
        gateway = house(demo=True)
        listed = {tenant["uuid"] for tenant in ask(gateway, "tenant", "list")["tenants"]}
        assert signed_up <= listed, f"trial {trial}: lost {signed_up - listed}"
        found = agents(gateway, uuid)
        assert agents_added <= set(found), f"trial {trial}: lost {agents_added - set(found)}"
        for name, address in phones.items():
            assert [phone["address"] for phone in found[name]["phones"]] == [address], f"trial {trial}: {name}'s phone"
        teams = {team["team"]: team["members"] for team in ask(gateway, "team", "list", uuid)["teams"]}
        assert teams_added.items() <= teams.items(), f"trial {trial}: teams"
        kept = dict(rows(gateway, "SELECT name, pause_reason FROM agents WHERE paused_at IS NOT NULL"))
        for name, reasons in pauses.items():
            assert kept.get(name) in reasons, f"trial {trial}: {name}'s pause is {kept.get(name)} and not {reasons}"
            assert found[name]["pausedSince"], f"trial {trial}: {name}"
        ended = {call for (call,) in rows(gateway, "SELECT id FROM calls WHERE end_reason = 'visitor-hung-up'")}
        assert calls <= ended, f"trial {trial}: lost {calls - ended}"
    print(len(signed_up), "businesses,", len(agents_added), "agents,", len(teams_added), "teams,", len(phones), "phones,", len(calls), "calls")
    assert signed_up and agents_added and teams_added and phones and calls and pauses

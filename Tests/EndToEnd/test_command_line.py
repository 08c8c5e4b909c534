"""The command line against a running server without a demo: what an operator types, and what comes of it."""

import json
import os
import pathlib
import re
import socket
import stat
import subprocess
import tempfile
import threading
import uuid as uuids

import pytest
import requests

from conftest import BINARY, ROOT, Gateway, registered, running
from patience import StockClient, eventually
from visitor import written_offer


@pytest.fixture
def gateway(tmp_path):
    with running(tmp_path, demo=False) as gateway:
        yield gateway


def calldocker(*words, data=None, stdin="", **environment):
    """Runs one command to its end; its exit code, standard output and standard error."""
    flags = ["--data", data] if data else []
    done = subprocess.run(
        [BINARY, *words, *flags], cwd=ROOT, input=stdin, capture_output=True, text=True, timeout=120,
        env={**os.environ, **environment})
    return done.returncode, done.stdout, done.stderr


def add_tenant(gateway, name="ACME"):
    code, output, errors = calldocker("tenant", "add", name, "--json", data=gateway.data)
    assert code == 0, errors
    return json.loads(output)


def agents(gateway, uuid):
    code, output, errors = calldocker("agent", "list", uuid, "--json", data=gateway.data)
    assert code == 0, errors
    return {agent["agent"]: agent for agent in json.loads(output)["agents"]}


def test_tenant_add_prints_the_contract_and_agents_need_its_token(gateway):
    code, output, errors = calldocker("tenant", "add", "ACME & Söhne", "--json", data=gateway.data)
    assert (code, errors) == (0, "")
    assert re.fullmatch(r'\{"uuid":"[0-9a-f-]{36}","sipDomain":"[0-9a-f-]{36}","token":"[0-9A-Za-z]{40}"\}\n', output)
    tenant = json.loads(output)
    assert tenant["sipDomain"] == tenant["uuid"]
    assert calldocker("agent", "add", tenant["uuid"], "alice", data=gateway.data)[0] == 0
    client = StockClient()
    client.connect(gateway.http)
    request = {"uuid": tenant["uuid"], "agentId": "alice"}
    assert client.call("register-agent", request, timeout=30)["reason"] == "unauthorised"
    assert client.call("register-agent", {**request, "token": "x" * 40}, timeout=30)["reason"] == "unauthorised"
    assert client.call("register-agent", {**request, "token": tenant["token"]}, timeout=30)["success"]
    assert agents(gateway, tenant["uuid"])["alice"]["state"] == "available"
    client.disconnect()


def test_an_agent_of_the_command_line_is_rung_by_a_visitor(gateway, softphone):
    tenant = add_tenant(gateway)
    uuid = tenant["uuid"]
    code, output, _ = calldocker(
        "agent", "add", uuid, "alice", "--password", "a-long-secret", "--team", "sales", "--team", "support", "--json",
        data=gateway.data)
    assert code == 0 and json.loads(output) == {"agent": "alice", "sipDomain": uuid, "uuid": uuid}
    assert agents(gateway, uuid)["alice"] == {
        "agent": "alice", "displayName": "alice", "phones": [], "state": "offline", "desk": False,
        "teams": ["sales", "support"]}
    phone = registered(softphone("alice", answers=False, password="a-long-secret", domain=uuid))
    alice = agents(gateway, uuid)["alice"]
    assert alice["state"] == "available" and len(alice["phones"]) == 1
    assert 0 < alice["phones"][0]["expiresIn"] <= 60 and alice["phones"][0]["address"].startswith("127.0.0.1:")
    code, output, _ = calldocker("agent", "list", uuid, data=gateway.data)
    assert code == 0 and re.search(r"^alice +available +1 +\d+ +sales, support$", output, re.MULTILINE), output
    assert requests.get(f"{gateway.http}/api/widget/{uuid}/status", timeout=30).json()["online"] is True

    visitor, states = StockClient(), []
    visitor.on("call-state", states.append)
    visitor.connect(gateway.http)
    assert visitor.call("call-request", {"uuid": uuid, "sdp": written_offer()}, timeout=30)["success"]
    eventually(lambda: phone.heard("CALL_INCOMING"), what="ringing")
    assert agents(gateway, uuid)["alice"]["state"] == "ringing"
    code, output, _ = calldocker("tenant", "show", uuid, "--json", data=gateway.data)
    shown = json.loads(output)
    assert (shown["name"], shown["agents"], shown["registered"], shown["calls"], shown["open"]) == ("ACME", 1, 1, 1, False)
    visitor.disconnect()
    eventually(lambda: phone.heard("CALL_CLOSED"), what="the end of the ringing")
    eventually(lambda: agents(gateway, uuid)["alice"]["state"] == "available", what="an agent who is free again")


def test_a_password_by_standard_input_and_one_that_is_made(gateway, softphone):
    uuid = add_tenant(gateway)["uuid"]
    code, output, errors = calldocker(
        "agent", "add", uuid, "alice", "--password-stdin", data=gateway.data, stdin="from-standard-input\nand no more\n")
    assert code == 0 and "from-standard-input" not in output + errors
    code, output, _ = calldocker("agent", "add", uuid, "bob", data=gateway.data)
    made = re.search(r"^password +(\S+)", output, re.MULTILINE)
    assert code == 0 and made
    registered(softphone("alice", password="from-standard-input", domain=uuid))
    registered(softphone("bob", password=made[1], domain=uuid))
    log = gateway.log.read_text()
    assert "from-standard-input" not in log and made[1] not in log and "alice" not in log


def test_teams_are_added_listed_shown_and_removed(gateway):
    uuid = add_tenant(gateway)["uuid"]

    def team(*words):
        code, output, errors = calldocker("team", *words, "--json", data=gateway.data)
        assert code == 0, errors
        return json.loads(output)

    for agent in ("alice", "bob"):
        assert calldocker("agent", "add", uuid, agent, "--team", "sales", "--display-name", agent.upper(), data=gateway.data)[0] == 0
    assert team("add", uuid, "C++ / Ümläute?") == {"team": "C++ / Ümläute?", "members": []}
    assert team("add", uuid, "a night", "--agent", "bob", "--agent", "Alice", "--agent", "bob") == {
        "team": "a night", "members": ["alice", "bob"]}
    assert [item["team"] for item in team("list", uuid)["teams"]] == ["sales", "C++ / Ümläute?", "a night"]
    assert team("show", uuid, "C++ / Ümläute?")["members"] == []
    assert agents(gateway, uuid)["bob"]["teams"] == ["sales", "a night"]
    code, output, _ = calldocker("team", "list", uuid, data=gateway.data)
    assert code == 0 and re.search(r"^a night +alice, bob$", output, re.MULTILINE), output
    code, output, _ = calldocker("agent", "show", uuid, "Bob", data=gateway.data)
    assert code == 0 and re.search(r"^called +BOB$", output, re.MULTILINE) and "sales, a night" in output, output
    assert team("remove", uuid, "sales")["members"] == ["alice", "bob"]
    assert agents(gateway, uuid)["bob"]["teams"] == ["a night"]
    other = add_tenant(gateway)["uuid"]
    for words, sentence in [
        (["team", "show", uuid, "sales"], "no team of that name"), (["team", "remove", uuid, "sales"], "no team of that name"),
        (["team", "show", other, "a night"], "no team of that name"), (["team", "add", uuid, "a night"], "team of that name already"),
        (["team", "add", uuid, " "], "1 to 64 bytes"), (["team", "add", uuid, "x" * 65], "1 to 64 bytes"),
        (["team", "add", uuid, "x", "--agent", "carl"], "no agent carl"), (["agent", "show", uuid, "carl"], "no agent of that name"),
        (["team", "show", uuid, ""], "1 to 64 bytes"),
    ]:
        found, output, errors = calldocker(*words, data=gateway.data)
        assert (found, output) == (65, "") and sentence in errors, (words, found, errors)


def test_a_business_sees_only_its_own_agents(gateway):
    one, two = add_tenant(gateway, "One"), add_tenant(gateway, "Two")
    for tenant in (one, two):
        assert calldocker("agent", "add", tenant["uuid"], "alice", "--password", "long-enough", data=gateway.data)[0] == 0
    assert calldocker("agent", "add", two["uuid"], "bob", "--password", "long-enough", data=gateway.data)[0] == 0
    assert list(agents(gateway, one["uuid"])) == ["alice"] and list(agents(gateway, two["uuid"])) == ["alice", "bob"]
    code, output, _ = calldocker("tenant", "list", data=gateway.data)
    assert code == 0 and [line.split()[-1] for line in output.splitlines()] == ["NAME", "One", "Two"]


def test_sign_up_on_the_web_and_tenant_add_share_their_rules(gateway):
    answer = requests.post(f"{gateway.http}/api/widget/register", json={"companyName": "Web", "email": "a@b.example"}, timeout=30)
    assert answer.status_code == 201
    code, output, _ = calldocker("tenant", "list", "--json", data=gateway.data)
    assert [tenant["name"] for tenant in json.loads(output)["tenants"]] == ["Web"]
    assert calldocker("agent", "add", answer.json()["uuid"], "alice", data=gateway.data)[0] == 0
    refused = requests.post(
        f"{gateway.http}/api/widget/register", json={"companyName": "x" * 201, "email": "a@b.example"}, timeout=30)
    code, _, errors = calldocker("tenant", "add", "x" * 201, data=gateway.data)
    assert (refused.status_code, code) == (422, 65) and refused.json()["detail"] == errors.strip()


def test_refusals_have_a_code_and_a_sentence(gateway, tmp_path):
    uuid = add_tenant(gateway)["uuid"]
    assert calldocker("agent", "add", uuid, "alice", "--password", "long-enough", data=gateway.data)[0] == 0
    for words, code, sentence in [
        (["agent", "add", uuid, "Alice"], 65, "has an agent of that name already"),
        (["agent", "add", uuid, "al ice"], 65, "letters, digits"),
        (["agent", "add", uuid, "bob", "--password", ""], 65, "password"),
        (["agent", "add", "nobody", "bob"], 65, "is no UUID"),
        (["agent", "add", str(uuids.uuid4()), "bob"], 65, "No business has this UUID"),
        (["agent", "list", str(uuids.uuid4())], 65, "No business has this UUID"),
        (["tenant", "add", " "], 65, "1 to 200 bytes"),
        (["tenant", "add"], 64, "NAME is missing"),
        (["tenant", "add", "a", "b"], 64, "one word too many"),
        (["agent", "add", uuid, "bob", "--pasword", "x"], 64, "did you mean --password?"),
        (["agent", "ad", uuid, "bob"], 64, "did you mean agent add?"),
        (["tenat", "list"], 64, "did you mean tenant?"),
    ]:
        found, output, errors = calldocker(*words, data=gateway.data)
        assert (found, output) == (code, "") and sentence in errors, (words, found, errors)
    code, output, errors = calldocker("agent", "add", uuid, "carl", "--password", "short", data=gateway.data)
    assert code == 0 and "password is short" in errors
    code, _, errors = calldocker("tenant", "list", data=tmp_path / "nobody")
    assert code == 69 and f"calldocker serve --data {tmp_path}/nobody" in errors
    assert not (tmp_path / "nobody").exists()


def test_a_second_server_on_the_folder_is_refused_and_the_first_lives_on(gateway):
    code, output, errors = calldocker(
        "serve", "--host", "127.0.0.1", "--http-port", "0", "--sip-port", "0", "--webrtc-port", "0", data=gateway.data)
    assert (code, output) == (73, "")
    assert f"process {gateway.process.pid}" in errors and "--data" in errors
    assert add_tenant(gateway)


def test_only_the_servers_user_may_open_the_socket(gateway):
    assert stat.S_IMODE(gateway.data.stat().st_mode) == 0o700
    control = gateway.data / "control.sock"
    assert stat.S_ISSOCK(control.stat().st_mode) and stat.S_IMODE(control.stat().st_mode) == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_another_user_is_told_whose_socket_it_is():
    with tempfile.TemporaryDirectory() as folder:
        # Even where the folder is open to all, its socket is not.
        os.chmod(folder, 0o755)
        gateway = Gateway(pathlib.Path(folder), demo=False)
        os.chmod(gateway.data, 0o755)
        try:
            stranger = subprocess.run(
                [BINARY, "tenant", "list", "--data", gateway.data], user="nobody", capture_output=True, text=True, timeout=120)
        except PermissionError:
            pytest.skip(f"another user cannot run {BINARY}")
        finally:
            assert gateway.stop() == 0
        assert stranger.returncode == 77 and "another user" in stranger.stderr, stranger


def test_the_socket_goes_with_the_server_and_comes_back_after_a_crash(gateway, tmp_path):
    control = gateway.data / "control.sock"
    gateway.process.kill()
    gateway.process.wait(30)
    assert control.exists()
    assert calldocker("tenant", "list", data=gateway.data)[0] == 69
    again = Gateway(tmp_path, demo=False)
    assert add_tenant(again)
    assert again.stop() == 0
    assert not control.exists()
    assert calldocker("tenant", "list", data=gateway.data)[0] == 69
    code, _, errors = calldocker("serve", data="d" * 95)
    assert code == 64 and "has 108 bytes, and may have 107" in errors


def test_what_is_in_the_way_of_the_socket_is_left_alone(tmp_path):
    (tmp_path / "control.sock").write_text("precious")
    code, output, errors = calldocker(
        "serve", "--host", "127.0.0.1", "--http-port", "0", "--sip-port", "0", "--webrtc-port", "0", data=tmp_path)
    assert (code, output) == (73, "") and "control.sock" in errors
    assert (tmp_path / "control.sock").read_text() == "precious"


def test_a_configuration_file_stands_below_environment_and_flags(tmp_path):
    file = tmp_path / "calldocker.conf"
    file.write_text(f"# ours\ndata = {tmp_path}/from-file\nhost = 127.0.0.1\nhttp-port = 0\nsip-port = 0\nwebrtc-port = 0\ndemo = yes\n")
    process = subprocess.Popen(
        [BINARY, "serve", "--config", file, "--demo=no"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert json.loads(process.stdout.readline())["http"].startswith("http://127.0.0.1:")
        # The commands find the data folder by the same file; and no demo tenant was made.
        code, output, errors = calldocker("tenant", "list", "--json", CALLDOCKER_CONFIG=str(file))
        assert (code, output) == (0, '{"tenants":[]}\n'), errors
        assert calldocker("tenant", "list", "--config", file)[0] == 0
        assert calldocker("tenant", "list", CALLDOCKER_CONFIG=str(file), CALLDOCKER_DATA=str(tmp_path / "other"))[0] == 69
    finally:
        process.terminate()
        assert process.wait(30) == 0


def test_faults_of_the_configuration_are_told_together_with_their_places(tmp_path):
    file = tmp_path / "wrong.conf"
    file.write_text('http-prot = 1\n\n  sip-port =  banana\nhost = "127.0.0.1"\nhost = ::\nlog-level\n')
    code, output, errors = calldocker("serve", "--config", file, "--webrtc-port", "x", CALLDOCKER_DEMO="perhaps")
    assert (code, output) == (78, "")
    lines = errors.splitlines()
    assert [line.split(": ")[0] for line in lines] == [
        f"{file}:1:1", f"{file}:3:15", f"{file}:4:8", f"{file}:6:1", "CALLDOCKER_DEMO", "--webrtc-port"], errors
    assert "did you mean http-port?" in lines[0] and "banana is no port" in lines[1]
    file.write_text("sip-port = 1\nsip-port = 2\n")
    code, _, errors = calldocker("serve", "--config", file)
    assert code == 78 and errors == f"{file}:2:1: sip-port is set in line 1 already; leave one of them out\n"
    assert calldocker("serve", "--config", tmp_path / "none")[0] == 78
    code, _, errors = calldocker("serve", "--htp-port", "1")
    assert code == 64 and "did you mean --http-port?" in errors


@pytest.mark.parametrize("words", [
    [], ["tenant"], ["agent"], ["serve"], ["version"], ["tenant", "add"], ["tenant", "list"], ["tenant", "show"],
    ["agent", "add"], ["agent", "list"], ["agent", "show"], ["team"], ["team", "add"], ["team", "list"], ["team", "show"],
    ["team", "remove"], ["doctor"]], ids=" ".join)
def test_every_command_answers_help(words):
    code, output, errors = calldocker(*words, "--help")
    assert (code, errors) == (0, "") and f"calldocker {' '.join(words)}".strip() in output
    assert calldocker("help", *words) == (code, output, errors)


def test_many_commands_at_once_all_succeed(gateway):
    uuid = add_tenant(gateway)["uuid"]
    outcomes = []
    threads = [
        threading.Thread(target=lambda n=n: outcomes.append(
            calldocker("agent", "add", uuid, f"agent-{n}", "--password", "long-enough", data=gateway.data)[0]))
        for n in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [0] * 100 and len(agents(gateway, uuid)) == 100


def test_who_sends_a_byte_and_stops_is_asked_to_leave(gateway):
    with socket.socket(socket.AF_UNIX) as slow, socket.socket(socket.AF_UNIX) as big:
        for client in (slow, big):
            client.settimeout(30)
            client.connect(str(gateway.data / "control.sock"))
        slow.sendall(b"G")
        big.sendall(b"POST /tenants HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n")
        assert big.recv(65536).startswith(b"HTTP/1.1 413 ")
        assert add_tenant(gateway)
        assert slow.recv(65536).startswith(b"HTTP/1.1 408 ") and slow.recv(65536) == b""

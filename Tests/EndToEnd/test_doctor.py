"""calldocker doctor beside a healthy service, beside sick ones, and where none runs."""

import json
import os
import pathlib
import re
import signal
import socket
import sqlite3
import struct
import subprocess
import threading

import pytest
import requests

from conftest import BINARY, ROOT, Gateway
from patience import eventually
from softphone import free_port
from test_tls import Authority

DOCTORS = "00000000-0000-4000-8000-00000000d0c7"


@pytest.fixture
def serve(tmp_path):
    """Starts services without a demo, and stops those that still run."""
    started = []

    def start(*flags, name="one", **options):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        started.append(Gateway(folder, *flags, **{"demo": False, **options}))
        return started[-1]

    yield start
    for gateway in started:
        if gateway.is_alive:
            gateway.process.send_signal(signal.SIGCONT)
            gateway.stop()
        print(gateway.log.read_text())


def examine(*words, data, within=(), **environment):
    """Runs the doctor; its exit code and its checks by their names, and what it wrote on standard error."""
    done = subprocess.run(
        [*within, BINARY, "doctor", "--json", "--data", data, *words], cwd=ROOT, capture_output=True, text=True, timeout=120,
        env={**os.environ, **environment})
    checks = {check["check"]: check for check in json.loads(done.stdout)["checks"]} if done.stdout else {}
    print(done.stdout, done.stderr)
    return done.returncode, checks, done.stderr


def found_well(gateway):
    """What the doctor found if all was well; on a machine that has too much to do its call comes to nothing, and only that."""
    code, checks, errors = examine(data=gateway.data)
    assert failed(checks) in ([], ["call"]), checks
    return code == 0 and (code, checks, errors)


def says(check, words):
    return any(words in finding["sentence"] + " " + finding["advice"] for finding in check["findings"])


def failed(checks):
    return [name for name, check in checks.items() if check["verdict"] == "failed"]


def figures(gateway):
    """What metrics say of businesses, calls and legs."""
    text = requests.get(f"{gateway.http}/metrics", timeout=30).text
    names = ("calldocker_calls", "calldocker_tenants", "calldocker_registered", "calldocker_leg_", "calldocker_media_legs")
    return [line for line in text.splitlines() if line.startswith(names)]


def command(gateway, method, path):
    """One request over the control socket, as another program would send it."""
    with socket.socket(socket.AF_UNIX) as control:
        control.settimeout(30)
        control.connect(str(gateway.data / "control.sock"))
        control.sendall(f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".encode())
        answer = b""
        while part := control.recv(65536):
            answer += part
    return int(answer.split()[1]), answer.partition(b"\r\n\r\n")[2]


def tenants_on_disk(gateway):
    with sqlite3.connect(gateway.data / "calldocker.db") as database:
        return [bytes(row[0]).hex() for row in database.execute("SELECT uuid FROM tenants")]


class Stun:
    """A STUN server that says it sees an address of its own choosing (RFC 8489 §14.2)."""

    def __init__(self, sees):
        self.sees = sees
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.name = "127.0.0.1:%d" % self.socket.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        cookie = 0x2112A442
        while True:
            question, source = self.socket.recvfrom(2048)
            address = struct.unpack("!I", socket.inet_aton(self.sees))[0] ^ cookie
            attribute = struct.pack("!HHBBHI", 0x0020, 8, 0, 1, source[1] ^ (cookie >> 16), address)
            self.socket.sendto(struct.pack("!HHI", 0x0101, len(attribute), cookie) + question[8:20] + attribute, source)


def test_a_healthy_service_is_found_well_and_is_left_as_it_was(serve):
    gateway = serve()
    assert subprocess.run([BINARY, "tenant", "add", "ACME", "--data", gateway.data], cwd=ROOT, capture_output=True).returncode == 0
    before = figures(gateway), tenants_on_disk(gateway)
    _, checks, _ = eventually(lambda: found_well(gateway), 240, "a call that this machine has time for")
    assert list(checks) == [
        "server", "ports", "rtp-ports", "address", "certificate", "clock", "disk", "limits", "files", "libraries", "call"]
    assert f"process {gateway.process.pid}" in checks["server"]["summary"]
    assert gateway.http.split(":")[-1] in checks["ports"]["summary"] and gateway.webrtc.split(":")[-1] in checks["ports"]["summary"]
    levels = [int(level) for level in re.findall(r"at (-\d+) dB", checks["call"]["summary"])]
    # The tones are sent at -13 dB; what a busy machine plays too late is missing from them.
    assert len(levels) == 2 and all(-30 <= level <= -10 for level in levels), checks["call"]
    assert re.search(r"answered after \d+\.\d s", checks["call"]["summary"]) and "in the call log" in checks["call"]["summary"]
    # Nobody but the doctor ever heard of its call.
    assert tenants_on_disk(gateway) == before[1]
    # Figures of media are a second old.
    eventually(lambda: figures(gateway) == before[0], what="figures as they were")
    assert command(gateway, "GET", f"/tenants/{DOCTORS}")[0] == 404
    assert DOCTORS not in gateway.log.read_text()
    with sqlite3.connect(gateway.data / "calldocker.db") as database:
        assert database.execute("SELECT count(*) FROM calls").fetchone() == (0,)


def test_people_get_one_line_a_check_and_what_to_do(serve):
    gateway = serve()
    done = subprocess.run(
        [BINARY, "doctor", "--no-call", "--data", gateway.data], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and done.stderr == ""
    lines = done.stdout.splitlines()
    assert len([line for line in lines if re.match(r"(ok|warning|failed) ", line)]) == 10
    # Every finding is followed by what to do.
    findings = [number for number, line in enumerate(lines) if line.startswith(" ") and not line.lstrip().startswith("→")]
    assert findings and all(lines[number + 1].lstrip().startswith("→ ") for number in findings), done.stdout


def test_whoever_calls_the_doctor_wrongly_is_told(tmp_path):
    for words, code, sentence in [
        (["--no-cal"], 64, "did you mean --no-call?"), (["me"], 64, "one word too many"), (["--http-port", "x"], 64, "is no port"),
    ]:
        done = subprocess.run(
            [BINARY, "doctor", *words, "--data", tmp_path], cwd=ROOT, capture_output=True, text=True, timeout=120)
        assert (done.returncode, done.stdout) == (code, "") and sentence in done.stderr, done
    assert examine(data=tmp_path, CALLDOCKER_DEMO="perhaps")[0] == 78


def test_where_nobody_runs_a_start_is_foretold(tmp_path):
    code, checks, _ = examine("--host", "127.0.0.1", "--http-port", "0", "--sip-port", "0", "--webrtc-port", "0", data=tmp_path / "none")
    assert code == 0 and checks["server"]["verdict"] == "warning" and says(checks["server"], "calldocker serve --data")
    assert "call" not in checks and not (tmp_path / "none").exists()


def test_after_a_crash_it_says_so(serve):
    gateway = serve()
    gateway.process.kill()
    gateway.process.wait(30)
    code, checks, _ = examine("--host", "127.0.0.1", "--http-port", "0", "--sip-port", "0", "--webrtc-port", "0", data=gateway.data)
    assert code == 0 and says(checks["server"], "killed") and "whole" in checks["disk"]["summary"]


def test_taken_ports_are_told_with_who_has_them(tmp_path):
    with socket.socket() as stream, socket.socket(type=socket.SOCK_DGRAM) as datagrams, socket.socket(type=socket.SOCK_DGRAM) as rtp:
        stream.bind(("127.0.0.1", 0))
        stream.listen()
        datagrams.bind(("127.0.0.1", 0))
        rtp.bind(("127.0.0.1", 0))
        http, webrtc, phone = (each.getsockname()[1] for each in (stream, datagrams, rtp))
        code, checks, _ = examine(
            "--host", "127.0.0.1", "--http-port", str(http), "--sip-port", "0", "--webrtc-port", str(webrtc), "--media-planes", "1",
            "--rtp-ports", f"{phone & ~1}-{(phone & ~1) + 99}", data=tmp_path)
        assert code == 1 and failed(checks) == ["ports"]
        me = f"(process {os.getpid()})"
        assert says(checks["ports"], f"TCP 127.0.0.1:{http} is taken by") and says(checks["ports"], f"UDP 127.0.0.1:{webrtc} is taken by")
        assert all(me in finding["sentence"] for finding in checks["ports"]["findings"])
        assert says(checks["ports"], "--http-port") and says(checks["ports"], "--webrtc-port")
        assert says(checks["rtp-ports"], f"{phone} (")


def test_an_expired_certificate_is_told(serve, tmp_path):
    certificate, key = Authority(tmp_path).expired_pair()
    gateway = serve("--tls", f"{certificate},{key}")
    code, checks, _ = examine("--no-call", "--name", "calls.example", data=gateway.data)
    assert code == 1 and failed(checks) == ["certificate"]
    assert says(checks["certificate"], "expired") and says(checks["certificate"], "SIGHUP")
    assert says(checks["certificate"], "not for calls.example") and says(checks["certificate"], "does not trust")


def test_a_certificate_that_was_renewed_and_not_read_again_is_told(serve, tmp_path):
    authority = Authority(tmp_path)
    first, second = authority.pair("first"), authority.pair("second")
    certificate, key = tmp_path / "live.pem", tmp_path / "live.key"
    certificate.write_bytes(pathlib.Path(first[0]).read_bytes())
    key.write_bytes(pathlib.Path(first[1]).read_bytes())
    gateway = serve("--tls", f"{certificate},{key}")
    assert not says(examine("--no-call", data=gateway.data)[1]["certificate"], "another certificate")
    certificate.write_bytes(pathlib.Path(second[0]).read_bytes())
    key.write_bytes(pathlib.Path(second[1]).read_bytes())
    assert says(examine("--no-call", data=gateway.data)[1]["certificate"], "shows another certificate")
    gateway.process.send_signal(signal.SIGHUP)
    eventually(
        lambda: not says(examine("--no-call", data=gateway.data)[1]["certificate"], "another certificate"), what="the new one")
    key.write_bytes(pathlib.Path(first[1]).read_bytes())
    code, checks, _ = examine("--no-call", data=gateway.data)
    assert code == 1 and says(checks["certificate"], "does not belong to the certificate")


def test_a_wrong_address_is_told_and_a_right_one_is_not(serve):
    flags = ("--media-planes", "1", "--advertise", "93.184.216.34")
    gateway = serve(*flags, host="0.0.0.0")
    right, wrong = Stun("93.184.216.34"), Stun("93.184.216.35")
    code, checks, _ = examine("--stun", right.name, "--no-call", data=gateway.data)
    assert code == 0 and checks["address"]["verdict"] == "ok" and "93.184.216.34" in checks["address"]["summary"]
    code, checks, _ = examine("--stun", wrong.name, "--no-call", data=gateway.data)
    assert code == 1 and failed(checks) == ["address"] and says(checks["address"], "--advertise 93.184.216.35")
    assert says(examine("--no-call", data=gateway.data)[1]["address"], "--stun HOST:PORT")
    with socket.socket(type=socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        silent = examine("--no-call", "--stun", "127.0.0.1:%d" % mute.getsockname()[1], data=gateway.data)
        assert silent[0] == 0 and says(silent[1]["address"], "nothing came back")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
def test_a_folder_for_reading_only_is_told(tmp_path):
    folder = tmp_path / "fixed"
    folder.mkdir()
    script = 'mount -t tmpfs -o ro,mode=700 calldocker-test "$0" && exec "$@"'
    within = ["unshare", "--mount", "sh", "-c", script, folder]
    if subprocess.run([*within, "true"], capture_output=True).returncode != 0:
        pytest.skip("nothing can be mounted here")
    code, checks, _ = examine(
        "--host", "127.0.0.1", "--http-port", "0", "--sip-port", "0", "--webrtc-port", "0", data=folder, within=within)
    assert code == 1 and failed(checks) == ["disk"] and says(checks["disk"], "for reading only")


def test_a_service_that_hangs_is_told(serve):
    gateway = serve()
    gateway.process.send_signal(signal.SIGSTOP)
    code, checks, _ = examine(data=gateway.data)
    gateway.process.send_signal(signal.SIGCONT)
    assert code == 1 and failed(checks) == ["server"]
    assert says(checks["server"], f"Process {gateway.process.pid} has the data folder and does not answer")


def test_a_folder_that_others_may_enter_is_told(serve):
    gateway = serve()
    os.chmod(gateway.data, 0o755)
    os.chmod(gateway.data / "control.sock", 0o666)
    code, checks, _ = examine("--no-call", data=gateway.data)
    assert code == 1 and says(checks["disk"], f"chmod 700 {gateway.data}") and says(checks["disk"], "control.sock has mode 666")


def test_a_damaged_database_is_told(serve, tmp_path):
    gateway = serve()
    assert gateway.stop() == 0
    database = gateway.data / "calldocker.db"
    octets = bytearray(database.read_bytes())
    octets[4096 * 3:4096 * 4] = b"\x55" * 4096
    database.write_bytes(octets)
    code, checks, _ = examine("--host", "127.0.0.1", "--http-port", "0", "--sip-port", "0", "--webrtc-port", "0", data=gateway.data)
    assert code == 1 and failed(checks) == ["disk"] and says(checks["disk"], "backup")


def test_a_call_that_fails_comes_with_the_services_own_story(serve):
    # One pair of ports, which another call's ringing phone has taken: ours gets none.
    port = free_port()
    gateway = serve("--rtp-ports", f"{port}-{port + 1}", "--media-planes", "1")
    with socket.socket(type=socket.SOCK_DGRAM) as thief:
        thief.bind(("127.0.0.1", port))
        code, checks, _ = examine(data=gateway.data)
    assert code == 1 and failed(checks) == ["call"] and says(checks["rtp-ports"], f"{port} (")
    assert says(checks["call"], "did not ring") and says(checks["call"], "This is what the service says of the call")


def test_a_doctor_that_vanishes_leaves_nothing_behind(serve):
    gateway = serve()
    status, body = command(gateway, "POST", "/examination")
    assert status == 201 and json.loads(body)["tenant"] == DOCTORS
    assert tenants_on_disk(gateway) == [DOCTORS.replace("-", "")]
    # A second doctor finds out, and says so.
    code, checks, _ = examine(data=gateway.data)
    assert code == 1 and says(checks["call"], "Another doctor is examining this server")
    gateway.process.kill()
    gateway.process.wait(30)
    again = serve()
    assert tenants_on_disk(again) == [] and command(again, "GET", f"/tenants/{DOCTORS}")[0] == 404
    eventually(lambda: found_well(again), 240, "a call that this machine has time for")


def test_two_doctors_at_once_do_not_disturb_each_other(serve):
    gateway = serve()

    def one_is_well():
        outcomes = []
        threads = [threading.Thread(target=lambda: outcomes.append(examine(data=gateway.data))) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(outcomes) == 2 and all(failed(checks) in ([], ["call"]) for _, checks, _ in outcomes)
        assert sum(says(checks["call"], "Another doctor") for _, checks, _ in outcomes) <= 1
        return any(code == 0 for code, _, _ in outcomes)

    eventually(one_is_well, 240, "a call that this machine has time for")


def test_a_doctor_that_is_killed_in_its_call_is_forgotten_with_it(serve):
    gateway = serve()
    doctors = []

    def is_in_its_call():
        if not doctors or doctors[-1].poll() is not None:
            # One whose call went by unseen was too quick for us.
            doctors.append(subprocess.Popen([BINARY, "doctor", "--data", gateway.data], cwd=ROOT, stdout=subprocess.DEVNULL))
        return json.loads(command(gateway, "GET", f"/tenants/{DOCTORS}")[1] or b"{}").get("calls") == 1

    eventually(is_in_its_call, 120, "the doctor's call")
    doctors[-1].kill()
    doctors[-1].wait(30)
    # As the service's own clock would after a minute.
    assert command(gateway, "DELETE", "/examination")[0] == 200
    assert tenants_on_disk(gateway) == []
    eventually(lambda: found_well(gateway), 240, "a call that this machine has time for")

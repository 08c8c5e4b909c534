"""A disk without room, while a visitor talks: calls go on, what cannot be kept is refused, and with room again all of it ends by itself.

Twice: on a disk of one's own that is really full, where this machine lets one mount it, and everywhere under a limit to how long a file
may grow (RLIMIT_FSIZE), which is a disk that is full for this process alone."""

import contextlib
import os
import pathlib
import resource
import subprocess

import pytest
import requests

from conftest import DEMO, ROOT, registered, running
from paper_phone import PaperPhone, credentials, nonce
from patience import StockClient, eventually
from visitor import written_offer


class FileLimit:
    """A limit to how long the service's files may grow, which is there while the disk is full."""

    def __init__(self, data):
        self.data, self.within, self.process = data, (), None

    def fill(self):
        longest = max(file.stat().st_size for file in self.data.glob("calldocker.db*"))
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (longest, resource.RLIM_INFINITY))

    def clear(self):
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    def stop(self):
        pass


class SmallDisk:
    """A tmpfs over the data folder, in a namespace that lives until the test is over."""

    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]

    def __init__(self, data):
        data.mkdir(mode=0o700)
        mount = 'mount -t tmpfs -o size=3m,mode=700 calldocker-test "$0" && echo mounted && exec cat'
        self.holder = subprocess.Popen(
            ["unshare", *self.user, "--mount", "sh", "-c", mount, data], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.holder.stdout.readline() != "mounted\n":
            self.stop()
            pytest.skip("nothing can be mounted here; the limit of files is tried all the same")
        enter = ["nsenter", "--target", str(self.holder.pid), "--mount", *(["--user", "--preserve-credentials"] if self.user else [])]
        self.within = [*enter, "sh", "-c", f'cd "{ROOT}" && exec "$@"', "sh"]
        self.ballast = pathlib.Path(f"/proc/{self.holder.pid}/root{data}/ballast")

    def fill(self):
        with self.ballast.open("wb", buffering=0) as ballast, contextlib.suppress(OSError):
            while True:
                ballast.write(bytes(4096))

    def clear(self):
        self.ballast.unlink()

    def stop(self):
        self.holder.kill()
        self.holder.communicate()


@pytest.fixture(params=[FileLimit, SmallDisk])
def disk(request, tmp_path):
    disk = request.param(tmp_path / "data")
    yield disk
    disk.stop()


@pytest.fixture
def gateway(tmp_path, disk):
    with running(tmp_path, within=disk.within) as gateway:
        disk.process = gateway.process
        yield gateway


def sign_up(gateway):
    """A business of many bytes; the answer's status, and its identity if there is one."""
    form = {"companyName": "x" * 200, "email": f"{'y' * 200}@b.example", "password": "correct horse"}
    answer = requests.post(f"{gateway.http}/api/widget/register", json=form, timeout=30)
    if answer.status_code != 201:
        assert "Retry-After" in answer.headers and "disk is full" in answer.json()["detail"], answer.text
    return answer.status_code, answer.json().get("uuid")


def health(gateway):
    answer = requests.get(f"{gateway.http}/healthz", timeout=30)
    assert answer.status_code == 200
    return answer.json()["status"]


def figure(gateway, name):
    lines = requests.get(f"{gateway.http}/metrics", timeout=30).text.splitlines()
    return int(next(line for line in lines if line.startswith(f"{name} ")).split()[1])


def register(phone):
    uri = f"sip:{DEMO}"
    proof = credentials("REGISTER", uri, phone.user, DEMO, phone.password, nonce(phone.say("REGISTER", uri)))
    return phone.say("REGISTER", uri, extra=proof + "Expires: 3600\r\n")


def calls(gateway, reader):
    answer = requests.get(
        f"{gateway.http}/api/tenants/{DEMO}/calls?limit=200", headers={"Authorization": f"Bearer {reader}"}, timeout=30)
    assert answer.status_code == 200, answer.text
    return {call["id"]: call["reason"] for call in answer.json()["items"]}


def test_calls_go_on_and_nothing_that_was_acknowledged_is_lost(gateway, disk, softphone, visitor, tmp_path):
    phone = registered(softphone("alice"))
    form = {"uuid": DEMO, "user": "alice", "password": gateway.password("alice")}
    reader = requests.post(f"{gateway.http}/api/login", json=form, timeout=30).json()["token"]
    assert visitor.call(DEMO)["success"]
    eventually(lambda: visitor.state("talking"), what="talking")
    visitor.hears(1000)
    status, uuid = sign_up(gateway)
    kept = [uuid]
    assert status == 201 and health(gateway) == "ok"

    disk.fill()
    # What has been there may be written over; in the end there is no room for one more.
    def is_refused():
        status, uuid = sign_up(gateway)
        kept.extend([uuid] * (status == 201))
        return status == 503

    eventually(is_refused, what="a sign-up without room")
    eventually(lambda: health(gateway) == "degraded", what="the service's own word of it")
    assert figure(gateway, "calldocker_disk_failing") == 1
    phones = []
    accepted = set()

    def hears_503():
        phones.append(PaperPhone(gateway.sip, DEMO, "bob", gateway.password("bob")))
        answer = register(phones[-1])
        if answer.startswith("SIP/2.0 200"):
            accepted.add(phones[-1].address)
            return False
        assert answer.startswith("SIP/2.0 503") and "Retry-After: 30\r\n" in answer, answer
        return True

    eventually(hears_503, what="a phone that cannot be kept")

    # The call that is goes on, and another one begins and ends, whose line waits.
    visitor.hears(1000)
    other = StockClient(reconnection=False)
    states = []
    other.on("call-state", states.append)
    other.connect(gateway.http)
    short = other.call("call-request", {"uuid": DEMO, "sdp": written_offer(), "extension": "echo"}, timeout=30)
    assert short["success"]
    eventually(lambda: any(state["state"] == "talking" for state in states), what="another call")
    other.call("call-hangup", {"callId": short["callId"]}, timeout=30)
    other.disconnect()
    eventually(lambda: figure(gateway, "calldocker_disk_held_calls") >= 1, what="a line that waits")
    assert short["callId"] not in calls(gateway, reader) or calls(gateway, reader)[short["callId"]] is None

    disk.clear()
    eventually(lambda: health(gateway) == "ok" and figure(gateway, "calldocker_disk_held_calls") == 0, 60, "room again")
    eventually(lambda: calls(gateway, reader).get(short["callId"]) == "visitor-hung-up", what="the line that waited")
    assert figure(gateway, "calldocker_disk_failing") == 0
    status, uuid = sign_up(gateway)
    kept.append(uuid)
    assert status == 201 and register(phones[-1]).startswith("SIP/2.0 200")
    accepted.add(phones[-1].address)
    for line in ("The disk does not take what is to be kept", "The disk takes what is to be kept again"):
        assert 1 <= gateway.log.read_text().count(line) <= 3, "told when it changes, and not with each write"
    visitor.hears(1000)
    visitor.hang_up()
    eventually(lambda: phone.heard("CALL_CLOSED"), what="the phone's goodbye")
    eventually(lambda: calls(gateway, reader).get(visitor.call_id) == "visitor-hung-up", what="the long call's line")

    gateway.process.kill()
    gateway.process.wait(30)
    # Nobody is left whom it could take leave of.
    phone.process.kill()
    with running(tmp_path, within=disk.within) as again:
        for uuid in kept:
            assert requests.get(f"{again.http}/api/widget/{uuid}/status", timeout=30).status_code == 200, f"{uuid} was lost"
        ends = calls(again, reader)
        assert ends[short["callId"]] == ends[visitor.call_id] == "visitor-hung-up"
        login = {**form, "user": "bob", "password": again.password("bob")}
        assert requests.post(f"{again.http}/api/login", json=login, timeout=30).json()["role"] == "agent"
    for each in phones:
        each.close()

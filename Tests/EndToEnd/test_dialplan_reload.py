"""Dialplans in a running service: read again when they are saved, refused when they are wrong, gone back to."""

import json
import os
import signal
import subprocess

import pytest
import requests

from conftest import BINARY, ROOT, Gateway, running
from patience import eventually
from test_api import API, Business

PROMISED = ';@test "hears {0}" to s@widget -> Playback({0})\n'


def plan(sound, promise=None):
    return "[widget]\n" + (PROMISED.format(promise) if promise else "") + f"exten => s,1,Playback({sound})\n"


def save(path, text):
    """As careful editors do: written beside, and renamed."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text)
    beside.rename(path)


@pytest.fixture
def plans(tmp_path):
    folder = tmp_path / "dialplans"
    (folder / "default").mkdir(parents=True)
    (folder / "prompts").symlink_to(ROOT / "dialplans" / "prompts")
    (folder / "default" / "extensions.conf").write_text(plan("one"))
    return folder


@pytest.fixture
def service(tmp_path, plans):
    with running(tmp_path, "--dialplans", plans, demo=False) as gateway:
        yield gateway


def run(gateway, *words):
    words = [BINARY, "dialplan", *words, "--data", gateway.data]
    return subprocess.run(words, capture_output=True, text=True, timeout=60)


def status(gateway, owner="default"):
    answer = run(gateway, "status", owner, "--json")
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)["dialplans"][0]


def version(gateway, owner="default"):
    return status(gateway, owner)["version"]


def test_a_saved_file_is_taken_and_a_broken_one_changes_nothing(service, plans):
    file = plans / "default" / "extensions.conf"
    assert (status(service)["source"], version(service)) == ("own", 1)
    save(file, plan("two"))
    eventually(lambda: version(service) == 2, what="the second version")
    # Truncated and written, as simple editors do.
    file.write_text(plan("three"))
    eventually(lambda: version(service) == 3, what="the third version")
    save(file, plan("three") + "[broken\n")
    eventually(lambda: status(service)["isRefused"], what="the refusal")
    shown = status(service)
    assert shown["version"] == 3
    (error,) = [finding for finding in shown["findings"] if finding["severity"] == "error"]
    assert (error["file"], error["line"]) == (str(file), 3)
    assert f"{file}:3:" in service.log.read_text() and "the last good one stays in force" in service.log.read_text()
    reloaded = run(service, "reload", "default")
    assert reloaded.returncode == 1 and reloaded.stdout.startswith(f"{file}:3:"), reloaded.stdout + reloaded.stderr
    checked = subprocess.run([BINARY, "dialplan", "check", file], capture_output=True, text=True, timeout=60)
    assert reloaded.stdout.splitlines()[0] in checked.stdout.splitlines()
    # A promise that is not kept is an error as well.
    save(file, plan("three", promise="four"))
    eventually(lambda: "is broken" in str(status(service)["findings"]), what="the broken promise")
    assert status(service)["isRefused"] and version(service) == 3
    save(file, plan("four", promise="four"))
    eventually(lambda: version(service) == 4, what="the kept promise")
    metrics = requests.get(f"{service.http}/metrics", timeout=30).text
    assert 'calldocker_dialplan_loads_total{result="taken"} 4' in metrics


def test_files_that_are_included_and_links(service, plans, tmp_path):
    folder = plans / "default"
    (folder / "sub").mkdir()
    (folder / "sub" / "menu.conf").write_text(plan("included"))
    save(folder / "extensions.conf", "#include sub/menu.conf\n")
    eventually(lambda: version(service) == 2, what="the file with an include")
    save(folder / "sub" / "menu.conf", plan("changed"))
    eventually(lambda: version(service) == 3, what="the included file")
    (tmp_path / "outside.conf").write_text(plan("outside"))
    (folder / "out").symlink_to(tmp_path / "outside.conf")
    os.rename(folder / "out", folder / "extensions.conf")
    eventually(lambda: status(service)["isRefused"], what="the refusal of the link")
    assert "out of the folder" in str(status(service)["findings"]) and version(service) == 3


def test_back_holds_through_a_kill_until_a_file_is_saved(tmp_path, plans):
    file = plans / "default" / "extensions.conf"
    gateway = Gateway(tmp_path, "--dialplans", plans, demo=False)
    for number in (2, 3):
        save(file, plan(f"sound{number}"))
        eventually(lambda: version(gateway) == number, what=f"version {number}")
    assert run(gateway, "back", "default", "3").returncode == 65
    assert "kept are 1, 2, 3" in run(gateway, "back", "default", "9").stderr
    back = run(gateway, "back", "default", "1")
    assert back.returncode == 0 and "gone back to from 3 at" in back.stdout, back.stdout + back.stderr
    gateway.process.send_signal(signal.SIGKILL)
    gateway.process.wait(30)
    with running(tmp_path, "--dialplans", plans, demo=False) as gateway:
        shown = status(gateway)
        assert (shown["version"], shown["wentBack"]["from"]) == (1, 3)
        assert file.read_text() == plan("sound3")
        assert run(gateway, "reload").returncode == 0 and version(gateway) == 1
        save(file, plan("sound4"))
        eventually(lambda: version(gateway) == 4, what="the saved file")
        assert "wentBack" not in status(gateway)
        assert "version 1 of" in run(gateway, "status", "default").stdout
        # Without an argument: the one before.
        assert run(gateway, "back", "default").returncode == 0 and version(gateway) == 3
        save(file, "[broken\n")
        eventually(lambda: status(gateway)["isRefused"], what="the refusal")
    # A start with wrong files takes what was good.
    with running(tmp_path, "--dialplans", plans, demo=False) as gateway:
        shown = status(gateway)
        assert (shown["source"], shown["version"], shown["isRefused"]) == ("own", 3, True)


def test_a_business_has_its_own_and_its_api_tells_only_of_that(service, plans):
    api = API(service.http)
    business = Business(api, "ACME", "owner@acme.example")
    path = f"{business.path}/dialplan"

    def told():
        answer = business.owner("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    first = told()
    assert (first["source"], first["version"], first["versions"], first["findings"]) == ("default", None, [], [])
    own = plans / business.uuid
    own.mkdir()
    for number in (1, 2):
        save(own / "extensions.conf", plan(f"own{number}"))
        eventually(lambda: (told()["source"], told()["version"]) == ("own", number), what=f"its own version {number}")
    save(own / "extensions.conf", "[widget\n")
    eventually(lambda: told()["isRefused"], what="the refusal")
    (error,) = [finding for finding in told()["findings"] if finding["severity"] == "error"]
    assert (error["file"], error["line"], told()["version"]) == ("extensions.conf", 1, 2)
    assert business.owner("POST", f"{path}/back", {"version": 7}).status_code == 409
    assert business.owner("POST", f"{path}/back", {"version": 1}).json()["wentBack"]["from"] == 2
    entry = business.owner("GET", f"{business.path}/audit").json()["items"][0]
    assert (entry["operation"], entry["who"]) == ("restoreDialplan", "owner@acme.example")
    (own / "extensions.conf").unlink()
    eventually(lambda: told()["source"] == "default", what="the default's plan")
    assert (service.data / "dialplans" / business.uuid / "1").is_dir()
    removed = subprocess.run(
        [BINARY, "tenant", "remove", business.uuid, "--data", service.data], capture_output=True, text=True, timeout=60)
    assert removed.returncode == 0, removed.stderr
    eventually(lambda: not (service.data / "dialplans" / business.uuid).exists(), what="the end of its versions")


def without(what):
    """A user namespace in which the kernel lends no inotify."""
    return ["unshare", "--user", "--map-root-user", "sh", "-c", f'echo 0 > /proc/sys/user/{what} && exec "$@"', "sh"]


IS_POSSIBLE = subprocess.run([*without("max_inotify_instances"), "true"], stderr=subprocess.DEVNULL).returncode == 0


@pytest.mark.skipif(not IS_POSSIBLE, reason="needs a user namespace")
@pytest.mark.parametrize("what", ["max_inotify_instances", "max_inotify_watches"])
def test_without_inotify_the_command_takes_what_is_saved(tmp_path, plans, what):
    with running(tmp_path, "--dialplans", plans, demo=False, within=without(what)) as gateway:
        save(plans / "default" / "extensions.conf", plan("two"))
        reloaded = run(gateway, "reload")
        assert reloaded.returncode == 0 and "version 2" in reloaded.stdout, reloaded.stdout + reloaded.stderr
        assert gateway.log.read_text().count("Say `calldocker dialplan reload`") \
            + gateway.log.read_text().count("or say `calldocker dialplan reload`") == 1


def test_commands_that_are_not_understood(service):
    for words, code in [
        (["status", "nobody"], 65), (["reload", "default", "more"], 64), (["back"], 64), (["back", "default", "none"], 65),
        (["back", "default"], 65), (["status", "00000000-0000-4000-8000-000000000001"], 65),
    ]:
        answer = run(service, *words)
        assert answer.returncode == code and answer.stderr, (words, answer)

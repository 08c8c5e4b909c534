"""The dialplan's commands on files: no server, no clock, no call."""

import json
import pathlib
import subprocess
import wave

import pytest

from conftest import BINARY, ROOT

OBSERVED = sorted((ROOT / "Tests" / "Telephony" / "DialplanTests" / "Observed").glob("*.json"))
SOUNDS = {"short": 0.3, "menu": 2, "long": 8, "digits": 1}


def run(*words, **options):
    return subprocess.run([BINARY, "dialplan", *words], capture_output=True, text=True, timeout=120, **options)


@pytest.fixture(scope="module")
def sounds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sounds")
    for name, seconds in SOUNDS.items():
        with wave.open(str(folder / f"{name}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(8000)
            file.writeframes(bytes(int(seconds * 8000) * 2))
    return folder


@pytest.mark.parametrize("path", OBSERVED, ids=lambda path: path.stem)
def test_the_walk_takes_the_steps_that_asterisk_took(path, sounds, tmp_path):
    observed = json.loads(path.read_text())
    for name, text in {"extensions.conf": observed["conf"], **observed.get("files", {})}.items():
        (tmp_path / name).write_text(text)
    words = ["--context", observed["start"]["context"], "--exten", observed["start"]["exten"], "--sounds", sounds, "--json"]
    for digits in observed["dtmf"]:
        words += ["--input", digits]
    for flag, key in (("--hangup-on", "hangup_on"), ("--caller", "callerid")):
        if key in observed:
            words += [flag, observed[key]]
    walked = run("trace", "--file", tmp_path / "extensions.conf", *words)
    assert walked.returncode == 0, walked.stderr
    steps = [json.loads(line) for line in walked.stdout.splitlines()]
    assert [f"{step['context']},{step['exten']},{step['priority']}" for step in steps] == observed["where"]

    def without_case(step):
        name, paren, arguments = step.partition("(")
        return name.lower() + paren + arguments

    assert [without_case(f"{step['app']}({step['args']})") for step in steps] == [without_case(step) for step in observed["expect"]]


def test_the_dialplans_that_we_ship_keep_their_promises():
    checked = run("check", "--json", cwd=ROOT)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert json.loads(checked.stdout) == {"errors": 0, "findings": [], "warnings": 0}


def test_faults_are_told_all_at_once_with_their_places(tmp_path):
    (tmp_path / "extensions.conf").write_text(
        '[c]\nexten => s,1,Backgroud(hello)\n same => n,Goto(nowhere,1)\n same => n,System(rm -rf /)\n;@test "Never" to s@c -> Dial\n'
    )
    checked = run("check", tmp_path, "--json")
    assert checked.returncode == 65
    findings = json.loads(checked.stdout)["findings"]
    assert {finding["line"] for finding in findings} >= {2, 3, 4, 5}
    assert any("Background" in (finding.get("advice") or "") for finding in findings)
    assert all(pathlib.Path(finding["file"]).name == "extensions.conf" and finding["column"] > 0 for finding in findings)
    assert [finding["severity"] for finding in findings if finding["line"] == 5] == ["error"]


def test_a_file_outside_the_folder_is_not_read(tmp_path):
    secret = tmp_path / "secret.conf"
    secret.write_text("[secret]\nexten => s,1,NoOp(secret)\n")
    folder = tmp_path / "tenant"
    folder.mkdir()
    (folder / "link.conf").symlink_to(secret)
    for name in ("../secret.conf", str(secret), "link.conf"):
        (folder / "extensions.conf").write_text(f"[c]\nexten => s,1,NoOp()\n#include {name}\n")
        checked = run("check", folder)
        assert checked.returncode == 65 and "folder of this business" in checked.stdout, checked.stdout
        assert run("trace", "--file", folder / "extensions.conf", "--context", "secret", "--exten", "s").returncode == 65


def test_the_menus_are_drawn():
    drawn = run("show", "--file", ROOT / "dialplans" / "demo" / "extensions.conf", "--svg")
    assert drawn.returncode == 0 and drawn.stdout.startswith("<svg") and "Hear yourself" in drawn.stdout

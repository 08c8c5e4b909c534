"""What stands in etc/ is tried by the programs that it is for, where they are installed."""

import os
import shutil
import subprocess

import pytest
import requests

from conftest import BINARY, ROOT
from patience import StockClient, eventually
from softphone import free_port


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_understands_the_unit(tmp_path):
    unit = tmp_path / "calldocker.service"
    text = (ROOT / "etc" / "calldocker.service").read_text()
    for installed, here in [("/usr/local/bin/calldocker", BINARY), ("/usr/local/share/calldocker", ROOT)]:
        assert installed in text
        text = text.replace(installed, str(here))
    unit.write_text(text)
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture
def nginx(gateway, tmp_path):
    """nginx with our site before the gateway, on a free port; its address, and a session that trusts its certificate."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin")
    if not program:
        pytest.skip("nginx is not installed")
    port = free_port()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj",
         "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", tmp_path / "key.pem", "-out", tmp_path / "certificate.pem"], check=True, capture_output=True)
    site = (ROOT / "etc" / "nginx.conf").read_text()
    for wanted, here in [
        ("listen 80;", f"listen 127.0.0.2:{port};"), ("listen [::]:80;", ""), ("listen [::]:443 ssl http2;", ""),
        ("listen 443 ssl http2;", f"listen 127.0.0.1:{port} ssl http2;"),
        ("server 127.0.0.1:8080;", f"server {gateway.http.removeprefix('http://')};"),
        ("/etc/ssl/certs/call.example.com.pem", f"{tmp_path}/certificate.pem"),
        ("/etc/ssl/private/call.example.com.key", f"{tmp_path}/key.pem"),
    ]:
        assert wanted in site
        site = site.replace(wanted, here)
    folders = "\n".join(
        f"{kind}_temp_path {tmp_path}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(
        f"daemon off;\n{'user root;' if os.geteuid() == 0 else ''}\npid {tmp_path}/nginx.pid;\nerror_log stderr;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{folders}\n{site}\n}}\n")
    command = [program, "-c", configuration, "-p", tmp_path]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, timeout=60)
    assert checked.returncode == 0, checked.stderr
    processes = [subprocess.Popen(command)]
    session = requests.Session()
    session.trust_env, session.verify = False, str(tmp_path / "certificate.pem")
    address = f"https://127.0.0.1:{port}"

    def is_there():
        # The port was free, and somebody's connection may have taken it meanwhile: nginx gives up, and is started again.
        if processes[-1].poll() is not None:
            processes.append(subprocess.Popen(command))
        return answers(session, address)

    eventually(is_there, 60, what="nginx")
    yield address, session
    processes[-1].terminate()
    processes[-1].wait(30)


def answers(session, address):
    try:
        return session.get(f"{address}/healthz", timeout=30).ok
    except requests.ConnectionError:
        return False


@pytest.mark.parametrize("transports", [None, ["websocket"], ["polling"]], ids=["default", "websocket", "polling"])
def test_nginx_passes_sign_up_polls_and_websockets(nginx, gateway, transports):
    nginx, session = nginx
    answer = session.post(f"{nginx}/api/widget/register", json={"companyName": "ACME", "email": "a@b.example"}, timeout=30)
    assert answer.status_code == 201
    uuid = answer.json()["uuid"]
    agent, visitor = StockClient(http_session=session), StockClient(http_session=session)
    incoming = []
    agent.on("incoming-call", incoming.append)
    for client in (agent, visitor):
        client.connect(nginx, transports=transports)
        if transports != ["polling"]:
            eventually(lambda: client.transport() == "websocket", what="the WebSocket")
    assert agent.call("register-agent", {"uuid": uuid, "agentId": "agent-1"}, timeout=30)["success"]
    assert visitor.call("call-request", {"uuid": uuid, "name": "Vera"}, timeout=30)["success"]
    eventually(lambda: incoming, what="the call")
    visitor.disconnect()
    agent.disconnect()
    port = nginx.rsplit(":", 1)[1]
    moved = requests.get(
        f"http://127.0.0.2:{port}/call?uuid=x", headers={"Host": "call.example.com"}, allow_redirects=False, timeout=30)
    assert (moved.status_code, moved.headers["Location"]) == (301, "https://call.example.com/call?uuid=x")
    # What came through a proxy may come from anywhere: the figures are not for it.
    assert session.get(f"{nginx}/metrics", timeout=30).status_code == 403
    assert requests.get(f"{gateway.http}/metrics", timeout=30).ok

"""TLS on the HTTP port: real clients, real certificates, and everything that is not TLS."""

import json
import pathlib
import re
import select
import signal
import socket
import ssl
import subprocess

import pytest
import requests
import urllib3
from playwright.sync_api import sync_playwright

from conftest import BINARY, DEMO, ROOT, Gateway
from patience import StockClient, eventually
from visitor import launch

# An address that no machine has (RFC 5737), in a network of its own where our server and one client are alone.
ELSEWHERE = "203.0.113.1"


@pytest.fixture
def serve(tmp_path):
    """Starts services with the flags that a test wants."""
    started = []

    def start(*flags, within=()):
        folder = tmp_path / f"serve{len(started)}"
        folder.mkdir()
        started.append(Gateway(folder, *flags, within=within))
        started[-1].port = int(re.search(r":(\d+)$", started[-1].http)[1])
        started[-1].https = f"https://127.0.0.1:{started[-1].port}"
        return started[-1]

    yield start
    for gateway in started:
        if gateway.is_alive:
            gateway.stop()
        print(gateway.log.read_text())


@pytest.fixture
def gateway(serve):
    return serve()


@pytest.fixture
def certificate(gateway, tmp_path):
    """The certificate that the service made for itself, saved as a person would."""
    return save_certificate(gateway, tmp_path / "self.pem")


def save_certificate(gateway, path):
    path.write_text(ssl.get_server_certificate(("127.0.0.1", gateway.port)))
    return str(path)


def openssl(*arguments, **options):
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True, text=True, **options).stdout


def curl(*arguments):
    return subprocess.run(["curl", "--silent", "--show-error", "--max-time", "60", *arguments], capture_output=True, text=True)


class Authority:
    """A root that a company might have, an intermediate, and what they issue."""

    def __init__(self, folder):
        self.folder = folder
        self.root = self.issue("root", "-x509", "-addext", "basicConstraints=critical,CA:TRUE")
        self.middle = self.issue("middle", "-addext", "basicConstraints=critical,CA:TRUE", by="root")

    def issue(self, name, *options, by=None):
        key, request, certificate = (self.folder / f"{name}.{end}" for end in ("key", "csr", "pem"))
        made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-subj", f"/CN={name}"]
        if by is None:
            openssl("req", *made, "-out", certificate, *options)
        else:
            openssl("req", "-new", *made, "-out", request, *options)
            openssl(
                "x509", "-req", "-in", request, "-CA", self.folder / f"{by}.pem", "-CAkey", self.folder / f"{by}.key",
                "-CAcreateserial", "-copy_extensions", "copy", "-out", certificate)
        return certificate

    def pair(self, name="server"):
        """A server's certificate with its chain, and its key."""
        own = self.issue(name, "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", by="middle")
        chain = self.folder / f"{name}-chain.pem"
        chain.write_text(own.read_text() + self.middle.read_text())
        return str(chain), str(self.folder / f"{name}.key")

    def expired_pair(self):
        """A certificate of long ago; only `openssl ca` dates back, and wants a folder of its own for it."""
        (self.folder / "index").touch()
        (self.folder / "ca.conf").write_text(
            f"[ca]\ndefault_ca=old\n[old]\ndatabase={self.folder}/index\nnew_certs_dir={self.folder}\nrand_serial=yes\n"
            "default_md=sha256\npolicy=any\n[any]\ncommonName=supplied\n")
        self.issue("old", by="middle")
        openssl(
            "ca", "-batch", "-notext", "-config", self.folder / "ca.conf", "-cert", self.middle, "-keyfile", self.folder / "middle.key",
            "-startdate", "20200101000000Z", "-enddate", "20200301120000Z", "-in", self.folder / "old.csr",
            "-out", self.folder / "old.pem")
        return str(self.folder / "old.pem"), str(self.folder / "old.key")


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


def sign_up(origin, **options):
    form = {"companyName": "ACME", "email": "a@b.example"}
    return requests.post(f"{origin}/api/widget/register", json=form, timeout=30, **options).json()


# MARK: What is served


def test_its_own_certificate_holds_for_every_name_of_the_machine(gateway, certificate):
    for host in ("127.0.0.1", "localhost"):
        answer = requests.get(f"https://{host}:{gateway.port}/healthz", verify=certificate, timeout=30)
        assert answer.json() == {"status": "ok"}
        assert "Strict-Transport-Security" not in answer.headers
    names = openssl("x509", "-in", certificate, "-noout", "-ext", "subjectAltName")
    assert f"DNS:{socket.gethostname()}" in names
    addresses = [one["local"] for link in json.loads(subprocess.check_output(["ip", "-j", "address"])) for one in link["addr_info"]]
    for address in addresses:
        if ":" not in address:
            assert f"IP Address:{address}" in names
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"{gateway.https}/healthz", timeout=30)


def test_the_advertised_address_is_in_the_certificate_and_in_what_is_shown(serve, tmp_path):
    gateway = serve("--advertise", "198.51.100.7")
    names = openssl("x509", "-in", save_certificate(gateway, tmp_path / "self.pem"), "-noout", "-ext", "subjectAltName")
    assert "IP Address:198.51.100.7" in names
    script = sign_up(gateway.http, headers={"Host": 'a"><b'})["widgetScript"]
    assert f'src="https://198.51.100.7:{gateway.port}/widget.js"' in script


@pytest.mark.parametrize("transports", [None, ["websocket"], ["polling"]], ids=["default", "websocket", "polling"])
def test_a_stock_client_calls_over_wss(gateway, certificate, transports):
    session = requests.Session()
    # Else a bundle that the environment names would win.
    session.verify, session.trust_env = certificate, False
    client = StockClient(http_session=session)
    client.connect(gateway.https, transports=transports)
    if transports is None:
        eventually(lambda: client.transport() == "websocket", what="the upgrade")
    assert client.call("call-request", {"uuid": DEMO}, timeout=30)["success"]
    client.disconnect()


def test_a_large_request_passes(gateway, certificate):
    form = {"companyName": "ACME", "email": "a@b.example", "padding": "x" * 1_000_000}
    answer = requests.post(f"{gateway.https}/api/widget/register", json=form, verify=certificate, timeout=30)
    # It was read to its end: what stands last in it is what is not wanted.
    assert answer.status_code == 422 and "padding" in answer.text


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_modern_versions_are_spoken(gateway, certificate, version):
    answer = curl("--cacert", certificate, f"--tlsv{version}", "--tls-max", version, "--write-out", "%{http_version}", f"{gateway.https}/healthz")
    assert answer.stdout == '{"status":"ok"}1.1', answer.stderr


def test_tls_1_1_is_refused(gateway):
    # The client must be talked into offering it at all; then it is the server that says no.
    answer = curl("--insecure", "--tlsv1.1", "--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0", f"{gateway.https}/healthz")
    assert answer.returncode == 35 and "alert protocol version" in answer.stderr


def test_nobody_renegotiates(gateway):
    client = subprocess.Popen(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{gateway.port}", "-tls1_2"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    eventually(lambda: "Extended master secret" in client.stdout.readline(), what="the handshake")
    client.stdin.write("R\n")
    client.stdin.flush()
    assert "no renegotiation" in client.communicate(timeout=30)[0]
    assert gateway.is_alive


def test_a_browser_over_https_gets_a_microphone(gateway, tmp_path):
    # A name that is no loopback address to the browser: plain HTTP gives it no microphone, https does.
    flags = ["--host-resolver-rules=MAP phone.example 127.0.0.1"]
    origin = f"phone.example:{gateway.port}"
    with sync_playwright() as playwright:
        browser = launch(playwright, tmp_path, flags=flags)
        context = browser.new_context(ignore_https_errors=True, permissions=["microphone"])
        page = context.new_page()
        page.goto(f"http://{origin}/healthz")
        assert page.evaluate("isSecureContext || !!navigator.mediaDevices") is False
        page.goto(f"https://{origin}/healthz")
        assert json.loads(page.inner_text("body")) == {"status": "ok"}
        listen = "async () => (await navigator.mediaDevices.getUserMedia({audio: true})).getAudioTracks()[0].readyState"
        assert page.evaluate(listen) == "live"
        greeting = page.evaluate(
            """() => new Promise((heard, failed) => {
                 const socket = new WebSocket(`wss://${location.host}/socket.io/?EIO=4&transport=websocket`);
                 socket.onmessage = message => heard(message.data);
                 socket.onerror = failed;
               })""")
        assert greeting.startswith("0{")
        browser.close()


# MARK: What is not TLS


def test_plain_http_is_served_to_this_machine(gateway):
    assert gateway.http.startswith("http://127.0.0.1:")
    assert requests.get(f"{gateway.http}/healthz", timeout=30).json() == {"status": "ok"}
    client = StockClient()
    client.connect(gateway.http, transports=["websocket"])
    client.disconnect()


@pytest.fixture
def alone():
    """A command that starts another in a network of its own, which has `ELSEWHERE` for an address."""
    probe = subprocess.run(["unshare", "--user", "--map-root-user", "--net", "true"], capture_output=True, text=True)
    if probe.returncode:
        pytest.skip(f"this machine gives nobody a network of their own ({probe.stderr.strip()}); PlainHTTPTests hold the decision")
    setup = f'ip link set lo up && ip address add {ELSEWHERE}/32 dev lo && exec "$@"'
    return ["unshare", "--user", "--map-root-user", "--net", "sh", "-c", setup, "sh"]


def curl_within(gateway, *arguments):
    within = ["nsenter", "--target", str(gateway.process.pid), "--user", "--net", "--preserve-credentials"]
    return subprocess.check_output([*within, "curl", "--silent", "--insecure", "--include", *arguments]).decode()


def test_plain_http_from_elsewhere_is_sent_to_https(serve, alone):
    gateway = serve("--host", "0.0.0.0", within=alone)
    assert gateway.http == f"http://127.0.0.1:{gateway.port}"
    assert f"  https://{ELSEWHERE}:{gateway.port}\n" in gateway.log.read_text()
    assert "that is expected here" in gateway.log.read_text()
    place = f"{ELSEWHERE}:{gateway.port}"
    for options in ([], ["--data", "{}"], ["--header", "Upgrade: websocket", "--header", "Connection: Upgrade"]):
        answer = curl_within(gateway, *options, f"http://{place}/api/widget/register?a=b")
        assert answer.startswith("HTTP/1.1 308 Permanent Redirect\r\n")
        assert f"\r\nLocation: https://{place}/api/widget/register?a=b\r\n" in answer
        assert answer.endswith("\r\n\r\n")
    assert curl_within(gateway, f"https://{place}/healthz").startswith("HTTP/1.1 200 OK\r\n")
    assert curl_within(gateway, "--location", f"http://{place}/healthz").endswith('{"status":"ok"}')
    assert curl_within(gateway, f"http://127.0.0.1:{gateway.port}/healthz").startswith("HTTP/1.1 200 OK\r\n")


def test_where_tls_is_off_plain_http_is_served_to_all(serve, alone):
    gateway = serve("--host", ELSEWHERE, "--tls", "off", within=alone)
    assert gateway.http == f"http://{ELSEWHERE}:{gateway.port}"
    assert curl_within(gateway, f"{gateway.http}/healthz").startswith("HTTP/1.1 200 OK\r\n")


def test_an_address_of_its_own_is_told_as_https(serve, alone):
    gateway = serve("--host", ELSEWHERE, within=alone)
    assert gateway.http == f"https://{ELSEWHERE}:{gateway.port}"
    assert curl_within(gateway, f"{gateway.http}/healthz").startswith("HTTP/1.1 200 OK\r\n")


def last_bytes(connection):
    """What comes until the end; a reset is no clean end."""
    connection.settimeout(30)
    heard = b""
    while more := connection.recv(4096):
        heard += more
    return heard


def test_garbage_after_the_first_byte_ends_only_itself(serve):
    gateway = serve("--log-level", "debug")
    for octets in (b"\x16garbage" * 20, b"\x16\x03\x01\x00\x05hello", b"\x16\x03\x03\xff\xff" + b"x" * 4000, b"\x16" + b"\0" * 100_000):
        with socket.create_connection(("127.0.0.1", gateway.port), 30) as connection:
            connection.sendall(octets)
            try:
                last_bytes(connection)
            except ConnectionResetError:
                pass  # It was closed while more was on its way.
    eventually(lambda: gateway.log.read_text().count("TLS came to nothing: ") == 4, what="four lines of the log")
    assert requests.get(f"{gateway.http}/healthz", timeout=30).ok


def test_tls_where_it_is_off_is_closed_cleanly(serve):
    gateway = serve("--tls", "off", "--log-level", "debug")
    with socket.create_connection(("127.0.0.1", gateway.port), 30) as connection:
        connection.sendall(b"\x16\x03\x01\x00\x05hello")
        assert last_bytes(connection) == b""
    eventually(lambda: "TLS is off, and a client speaks it (…)" in gateway.log.read_text(), what="the line of the log")
    assert "https://" not in gateway.log.read_text()


def test_many_that_stop_after_one_byte_hinder_nobody_and_are_given_up(gateway, certificate):
    idle = [socket.create_connection(("127.0.0.1", gateway.port), 30) for _ in range(200)]
    for connection in idle:
        connection.sendall(b"\x16")
    for _ in range(10):
        assert requests.get(f"{gateway.https}/healthz", verify=certificate, timeout=30).ok
    poll = select.poll()
    for connection in idle:
        poll.register(connection, select.POLLIN)
    eventually(lambda: len(poll.poll(0)) == len(idle), seconds=90, what="the end of 200 handshakes")
    assert all(connection.recv(1) == b"" for connection in idle)
    for connection in idle:
        connection.close()


# MARK: Certificates from files


def test_a_chain_from_files_is_trusted_by_its_root(serve, authority):
    gateway = serve("--tls", ",".join(authority.pair()))
    assert requests.get(f"{gateway.https}/healthz", verify=str(authority.root), timeout=30).ok


def test_files_are_read_again_on_a_hangup(serve, authority):
    chain, key = authority.pair("first")
    gateway = serve("--tls", f"{chain},{key}")
    address = ("127.0.0.1", gateway.port)
    first = ssl.get_server_certificate(address)
    client = StockClient(ssl_verify=False)
    client.connect(gateway.https, transports=["websocket"])

    pathlib.Path(chain).write_text("nothing")
    gateway.process.send_signal(signal.SIGHUP)
    eventually(lambda: "the old certificate stays" in gateway.log.read_text(), what="the complaint")
    assert ssl.get_server_certificate(address) == first

    for new, old in zip(authority.pair("second"), (chain, key)):
        pathlib.Path(old).write_text(pathlib.Path(new).read_text())
    gateway.process.send_signal(signal.SIGHUP)
    eventually(lambda: ssl.get_server_certificate(address) != first, what="the new certificate")
    # Who was there before is still there.
    assert client.call("call-request", {"uuid": DEMO}, timeout=30)["success"]
    client.disconnect()


def test_without_files_a_hangup_is_an_end(gateway):
    gateway.process.send_signal(signal.SIGHUP)
    assert gateway.process.wait(30) == 0


def test_who_starts_it_with_nohup_hears_of_no_hangup(serve):
    gateway = serve(within=["nohup"])
    gateway.process.send_signal(signal.SIGHUP)
    for _ in range(3):
        assert requests.get(f"{gateway.http}/healthz", timeout=30).ok
    assert gateway.stop() == 0


def test_an_expired_certificate_serves_with_a_warning(serve, authority):
    gateway = serve("--tls", ",".join(authority.expired_pair()))
    warning = "warning Browsers will refuse the certificate in .*/old.pem: it expired on 2020-03-01 12:00 UTC\n"
    assert re.search(warning, gateway.log.read_text())
    urllib3.disable_warnings()
    assert requests.get(f"{gateway.https}/healthz", verify=False, timeout=30).ok


def test_files_that_cannot_be_used_are_told(authority, tmp_path):
    chain, key = authority.pair()
    other = tmp_path / "middle.key"
    for choice, words in [
        (f"{tmp_path}/none.pem,{key}", "none.pem cannot be read: No such file or directory"),
        (f"{chain},{other}", f"The key in {other} belongs to certificate 2 in {chain}"),
        (f"{key},{chain}", "server.key holds no certificate in PEM"),
    ]:
        ended = subprocess.run(
            [BINARY, "serve", "--data", tmp_path / "data", "--host", "127.0.0.1", "--http-port", "0", "--sip-port", "0",
             "--webrtc-port", "0", "--tls", choice],
            cwd=ROOT, capture_output=True, text=True, timeout=30)
        assert ended.returncode == 78 and words in ended.stderr and not ended.stdout, ended.stderr


# MARK: Where clients find us


def test_the_script_of_a_sign_up_names_the_place_that_its_reader_used(gateway, certificate):
    def place(origin, verify=True, **headers):
        return re.search('src="(.*)/widget.js"', sign_up(origin, headers=headers, verify=verify)["widgetScript"])[1]

    assert place(gateway.http) == gateway.http
    assert place(gateway.https, certificate) == gateway.https
    assert place(gateway.http, Host="shop.example") == "http://shop.example"
    assert place(gateway.https, certificate, Host="shop.example:8443") == "https://shop.example:8443"
    proxied = {"Host": "shop.example", "X-Forwarded-Proto": "https"}
    assert place(gateway.http, **proxied) == "https://shop.example"
    for insane in ('a"><script>', "a b", "user@a", "a:99999"):
        assert place(gateway.http, Host=insane) == gateway.http

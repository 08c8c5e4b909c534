"""One network has all that one network may have, and more: it is refused, and the visitors and phones of others go on."""

import contextlib
import itertools
import select
import socket

import pytest
import requests

from conftest import DEMO, running
from paper_phone import PaperPhone, credentials, nonce
from patience import StockClient, eventually
from test_bad_input import pair
from visitor import written_offer

CROWDED, OTHER = "198.51.100.7", "198.51.100.8"
# Of one household: the lower half of an address is the visitor's own to choose.
CROWDED_SIX, OTHER_SIX = ["2001:db8:0:1::1", "2001:db8:0:1:ffff::9"], "2001:db8:0:2::1"


@pytest.fixture
def gateway(tmp_path):
    """Beside a proxy that says for whom it asks; IPv6 is listened to as well."""
    with running(tmp_path, "--trusted-proxies", "127.0.0.1", "--calls-per-minute", "5", host="::") as gateway:
        gateway.port = int(gateway.sip.rsplit(":", 1)[1])
        yield gateway


@pytest.fixture
def phone(gateway):
    """Makes phones of paper at addresses of their own."""
    phones = []

    def make(user, host, transport="udp"):
        server = f"{'[::1]' if ':' in host else '127.0.0.1'}:{gateway.port}"
        phones.append(PaperPhone(server, DEMO, user, gateway.password(user), transport, host=host))
        return phones[-1]

    yield make
    for each in phones:
        with contextlib.suppress(OSError):
            each.close()


@pytest.fixture
def visitor(gateway):
    """Makes visitors for whom the proxy asks."""
    clients = []

    def make(network):
        client = StockClient(reconnection=False)
        clients.append(client)
        client.states = []
        client.on("call-state", client.states.append)
        client.connect(gateway.http, headers={"X-Forwarded-For": network}, transports=["websocket"])
        return client

    yield make
    for client in clients:
        client.disconnect()


def call(client):
    return client.call("call-request", {"uuid": DEMO, "sdp": written_offer()}, timeout=30)


def talks(client):
    """A call that a phone answered; its end."""
    answer = call(client)
    assert answer["success"], answer
    eventually(lambda: any(state["state"] == "talking" for state in client.states), what="talking")
    return lambda: client.call("call-hangup", {"callId": answer["callId"]}, timeout=30)


def figure(gateway, name):
    lines = requests.get(f"{gateway.http}/metrics", timeout=30).text.splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith((f"{name} ", f"{name}{{")))


@pytest.mark.parametrize("crowded, other", [([CROWDED], OTHER), (CROWDED_SIX, OTHER_SIX), ([CROWDED], OTHER_SIX)], ids=["4", "6", "4-6"])
def test_who_calls_too_often_is_refused_and_another_network_talks(phone, visitor, crowded, other):
    phone("alice", "127.0.1.2").register()
    crowd = [visitor(network) for network in crowded]
    first = talks(visitor(other))
    # As many as a minute has, and some time may pass meanwhile.
    answers = [call(client) for client in itertools.islice(itertools.cycle(crowd), 12)]
    refused = [answer for answer in answers if not answer["success"]]
    assert len(refused) >= 5 and {answer["reason"] for answer in refused} <= {"rate-limited", "busy", "no-agents"}, answers
    assert any(answer["reason"] == "rate-limited" for answer in refused)
    first()
    second = visitor(other)
    talks(second)()
    eventually(lambda: call(crowd[-1]).get("reason") == "rate-limited", what="the end of what a minute gives back")


def knock(gateway, network, count):
    """So many new sessions for one network, over a few connections; the statuses of the answers."""
    request = f"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {network}\r\n\r\n".encode()
    statuses = []
    with socket.create_connection(pair(gateway.http), 30) as connection, connection.makefile("rb") as answers:
        # As many at a time as may wait on one connection.
        for sent in range(0, count, 10):
            connection.sendall(request * min(10, count - sent))
            for _ in range(min(10, count - sent)):
                statuses.append(int(answers.readline().split()[1]))
                length = 0
                while (line := answers.readline().strip()):
                    name, value = line.split(b":", 1)
                    length = int(value) if name.lower() == b"content-length" else length
                answers.read(length)
    return statuses


def test_who_opens_too_many_sessions_is_refused_and_another_network_talks(gateway, phone, visitor):
    phone("alice", "127.0.1.2").register()
    early = visitor(CROWDED)
    statuses = knock(gateway, CROWDED, 1010)
    # Sessions that were opened first may be given up already on a slow machine.
    assert set(statuses) == {200, 429} and statuses[0] == 200 and statuses[-1] == 429, statuses
    assert figure(gateway, "calldocker_web_sessions_refused_total") >= 1
    talks(visitor(OTHER))()
    talks(visitor(OTHER_SIX))()
    # Who was there before is there still.
    talks(early)()


def guess(phone, password="wrong"):
    """What is said to a password, after a fresh challenge."""
    uri = f"sip:{DEMO}"
    proof = credentials("REGISTER", uri, phone.user, DEMO, password, nonce(phone.say("REGISTER", uri)))
    return phone.say("REGISTER", uri, extra=proof + "Expires: 60\r\n")


def test_who_guesses_passwords_waits_and_phones_of_other_networks_register_and_ring(gateway, phone, visitor):
    guesser = phone("alice", "127.0.1.1")
    eventually(lambda: guess(guesser).startswith("SIP/2.0 503"), what="a refusal to look at more")
    assert guess(guesser, gateway.password("alice")).startswith("SIP/2.0 503"), "not even the right one, for a moment"
    assert figure(gateway, "calldocker_sip_guesses_refused_total") >= 1
    for host in ("127.0.1.2", "::1"):
        phone("alice", host).register()
    talks(visitor(OTHER))()


def test_who_opens_too_many_sip_connections_loses_the_last_and_other_phones_register_over_tcp(gateway, phone, visitor):
    with contextlib.ExitStack() as crowd:
        streams = [
            crowd.enter_context(socket.create_connection(("127.0.0.1", gateway.port), 30, ("127.0.1.3", 0))) for _ in range(1001)]
        ended = select.poll()
        for stream in streams:
            ended.register(stream, select.POLLRDHUP)
        eventually(lambda: ended.poll(0), what="the end of one too many")
        assert figure(gateway, "calldocker_sip_connections_refused_total") >= 1
        phone("alice", "127.0.1.4", "tcp").register()
        talks(visitor(OTHER))()
        phone("bob", "::1", "tcp").register()

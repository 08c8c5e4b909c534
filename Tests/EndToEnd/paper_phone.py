"""A phone of paper: it registers, answers every call without a sound, keeps what it hears, and says what it is told to."""

import collections
import contextlib
import hashlib
import queue
import re
import socket
import threading
import uuid as uuids


def nonce(answer):
    return re.search(r'nonce="([^"]+)"', answer)[1]


def credentials(method, uri, user, realm, password, nonce, count=1):
    """An `Authorization` (RFC 7616 §3.4)."""
    who, what = md5(f"{user}:{realm}:{password}"), md5(f"{method}:{uri}")
    proof = md5(f"{who}:{nonce}:{count:08x}:c:auth:{what}")
    return (
        f'Authorization: Digest username="{user}", realm="{realm}", nonce="{nonce}", uri="{uri}", qop=auth, nc={count:08x}, '
        f'cnonce="c", algorithm=MD5, response="{proof}"\r\n')


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


class PaperPhone:
    def __init__(self, server, domain, user, password, transport="udp", host="127.0.0.1"):
        where, port = server.rsplit(":", 1)
        self.domain, self.user, self.password, self.transport = domain, user, password, transport
        self.tag, self.heard, self.said = uuids.uuid4().hex, [], []
        self.known = set()
        self.answers = collections.defaultdict(queue.Queue)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM if transport == "tcp" else socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.socket.connect((where.strip("[]"), int(port)))
        self.host = f"[{host}]" if ":" in host else host
        self.address = f"{self.host}:{self.socket.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()

    def register(self):
        uri = f"sip:{self.domain}"
        proof = credentials("REGISTER", uri, self.user, self.domain, self.password, nonce(self.say("REGISTER", uri)))
        answer = self.say("REGISTER", uri, extra=proof + "Expires: 3600\r\n")
        assert answer.startswith("SIP/2.0 200"), answer

    def say(self, method, uri, to=None, sender=None, branch=None, call_id=None, number=1, extra="", body=""):
        """The final answer to a request; to an ACK, which has none, the empty text once the server has read it."""
        me = f"<sip:{self.user}@{self.domain}>"
        to, sender, branch = to or me, sender or me, branch or f"z9hG4bK{uuids.uuid4().hex}"
        sender += "" if ";tag=" in sender else f";tag={self.tag}"
        kind = "Content-Type: application/sdp\r\n" if body else ""
        self._send(
            f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/{self.transport.upper()} {self.address};branch={branch};rport\r\n"
            f"Max-Forwards: 70\r\nFrom: {sender}\r\nTo: {to}\r\nCall-ID: {call_id or uuids.uuid4().hex}\r\n"
            f"CSeq: {number} {method}\r\nContact: <sip:{self.user}@{self.address};transport={self.transport}>\r\n{extra}{kind}"
            f"Content-Length: {len(body)}\r\n\r\n{body}")
        if method == "ACK":
            assert self.say("OPTIONS", f"sip:{self.domain}").startswith("SIP/2.0 200")
            return ""
        return self.answers[branch, method].get(timeout=30)

    def session(self, host, port=9):
        family = "IP6" if ":" in host else "IP4"
        return "\r\n".join([
            "v=0", f"o=- 1 1 IN {family} {host}", "s=-", f"c=IN {family} {host}", "t=0 0", f"m=audio {port} RTP/AVP 0",
            "a=rtpmap:0 PCMU/8000", ""])

    def _send(self, text):
        self.said.append(text)
        with contextlib.suppress(OSError):  # Closed meanwhile: who waits for an answer waits in vain.
            self.socket.send(text.encode())

    def _listen(self):
        octets = b""
        while True:
            try:
                more = self.socket.recv(65536)
            except OSError:
                return
            if self.transport == "udp":
                self._take(more.decode())
            elif not more:
                return
            else:
                octets += more
                while (end := octets.find(b"\r\n\r\n")) >= 0:
                    end += 4 + int(re.search(rb"(?i)\r\ncontent-length: *(\d+)", octets)[1])
                    self._take(octets[:end].decode())
                    octets = octets[end:]

    def _take(self, text):
        if text.startswith("SIP/2.0 "):
            if not text.startswith("SIP/2.0 1"):
                method = re.search(r"(?im)^CSeq: *\d+ (\w+)", text)[1]
                self.answers[re.search(r"branch=([^;\s]+)", text)[1], method].put(text)
        elif text.strip():
            method = text.split()[0]
            # What is repeated, as we were slow, is answered again and was heard once.
            if (once := (method, re.search(r"branch=([^;\s]+)", text)[1])) not in self.known:
                self.known.add(once)
                self.heard.append(text)
            if method != "ACK":
                self._answer(text, self.session(self.host.strip("[]")) if method == "INVITE" else "")

    def _answer(self, request, body):
        kept = re.findall(r"(?im)^(?:Via|From|To|Call-ID|CSeq): .*(?=\r)", request)
        kept = [line + f";tag={self.tag}" if line.startswith("To:") and ";tag=" not in line else line for line in kept]
        kind = "Content-Type: application/sdp\r\n" if body else ""
        self._send(
            "SIP/2.0 200 OK\r\n" + "\r\n".join(kept) + f"\r\nContact: <sip:{self.user}@{self.address}>\r\n{kind}"
            f"Content-Length: {len(body)}\r\n\r\n{body}")

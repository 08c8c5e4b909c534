"""A phone of paper that also speaks: it hums in G.711, reports by RTCP what it hears, and can be made mute, deaf or hard to understand."""

import math
import re
import socket
import struct
import threading
import time

from paper_phone import PaperPhone

PCMU, PCMA, G722 = 0, 8, 9


def ulaw(sample):
    """One sample of 16 bits in the µ-law (ITU-T G.711)."""
    sign, magnitude = (0x80, -sample) if sample < 0 else (0, sample)
    magnitude = min(magnitude, 32635) + 132
    exponent = magnitude.bit_length() - 8
    return ~(sign | exponent << 4 | magnitude >> exponent + 3 & 0x0F) & 0xFF


def alaw(sample):
    """One sample of 16 bits in the A-law."""
    sign, magnitude = (0x80, sample) if sample >= 0 else (0, -sample - 1)
    magnitude = min(magnitude, 32635) >> 3
    exponent = max(0, magnitude.bit_length() - 5)
    mantissa = magnitude >> (1 if exponent < 2 else exponent) & 0x0F
    return (sign | exponent << 4 | mantissa) ^ 0x55


def pair(host):
    """Sockets for RTP and for RTCP, on an even port and the one above it (RFC 3550 §11)."""
    while True:
        rtp, rtcp = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        rtp.bind((host, 0))
        port = rtp.getsockname()[1]
        try:
            if port % 2 == 0:
                rtcp.bind((host, port + 1))
                return rtp, rtcp
        except OSError:
            pass
        rtp.close()
        rtcp.close()


class SpeakingPhone(PaperPhone):
    """It agrees to PCMU, or to PCMA, and speaks `speaks_type`."""

    def __init__(self, *arguments, agrees_to=PCMU, **settings):
        self.agrees_to = self.speaks_type = agrees_to
        self.is_mute = self.is_deaf = False
        self.gateway, self.packets_heard, self.highest, self.source = None, 0, 0, 0
        self.rtp, self.rtcp = pair(settings.get("host", "127.0.0.1"))
        self.is_over = threading.Event()
        super().__init__(*arguments, **settings)
        for work in (self._speak, self._hear, self._report):
            threading.Thread(target=work, daemon=True).start()

    def close(self):
        self.is_over.set()
        super().close()
        for each in (self.rtp, self.rtcp):
            each.close()

    @property
    def offers(self):
        """The INVITEs that came, repetitions left out."""
        return list({re.search(r"branch=([^;\s]+)", text)[1]: text for text in list(self.heard) if text.startswith("INVITE")}.values())

    def session(self, host, port=None):
        name = {PCMU: "PCMU", PCMA: "PCMA"}[self.agrees_to]
        return "\r\n".join([
            "v=0", f"o=- 1 1 IN IP4 {host}", "s=-", f"c=IN IP4 {host}", "t=0 0",
            f"m=audio {self.rtp.getsockname()[1]} RTP/AVP {self.agrees_to}", f"a=rtpmap:{self.agrees_to} {name}/8000", ""])

    def _answer(self, request, body):
        if request.startswith("INVITE"):
            host = re.search(r"(?m)^c=IN IP4 (\S+)", request)[1]
            self.gateway = host, int(re.search(r"(?m)^m=audio (\d+)", request)[1])
        elif request.startswith("BYE"):
            self.gateway = None
        super()._answer(request, body)

    def _send_to(self, door, packet, above=0):
        gateway = self.gateway
        if gateway and not self.is_over.is_set():
            door.sendto(packet, (gateway[0], gateway[1] + above))

    def _speak(self):
        code = {PCMU: ulaw, PCMA: alaw}
        number, due = 0, time.monotonic()
        while not self.is_over.is_set():
            encode = code.get(self.speaks_type, ulaw)
            tone = bytes(encode(round(8000 * math.sin(math.tau * index / 8))) for index in range(160))
            if not self.is_mute:
                header = struct.pack("!BBHII", 0x80, self.speaks_type, number & 0xFFFF, number * 160 & 0xFFFFFFFF, 7)
                self._send_to(self.rtp, header + tone)
                number += 1
            due += 0.02
            time.sleep(max(0, due - time.monotonic()))

    def _hear(self):
        while not self.is_over.is_set():
            try:
                packet = self.rtp.recv(2048)
            except OSError:
                return
            if self.is_deaf or len(packet) < 12:
                continue
            number, self.source = struct.unpack("!2xH4xI", packet[:12])
            cycles = self.highest & ~0xFFFF
            if self.packets_heard and number < 0x1000 and self.highest & 0xFFFF > 0xF000:
                cycles += 0x10000
            self.highest = max(self.highest, cycles | number)
            self.packets_heard += 1

    def _report(self):
        """A receiver report each second, with a block if anything was heard since the last (RFC 3550 §6.4.2)."""
        before = 0
        while not self.is_over.wait(1):
            heard, report = self.packets_heard, struct.pack("!BBHI", 0x80, 201, 1, 7)
            if heard > before:
                report = struct.pack("!BBHIIIIIII", 0x81, 201, 7, 7, self.source, 0, self.highest, 0, 0, 0)
            before = heard
            self._send_to(self.rtcp, report, above=1)

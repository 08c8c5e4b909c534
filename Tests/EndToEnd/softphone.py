"""baresip as an agent's softphone: configured in a folder, driven over its control port, its sound kept in WAV files."""

import json
import random
import socket
import subprocess
import time

from audio import write_tone

RATES = {"opus": 48000, "pcmu": 8000, "pcma": 8000}
GIVEN = set()
NAMES = {"opus": "opus/48000/2", "pcmu": "PCMU/8000/1", "pcma": "PCMA/8000/1"}


def is_free(host, port):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            with socket.socket(family, kind) as probe:
                probe.bind((host, port))
    except OSError:
        return False
    return True


def free_port(host="127.0.0.1"):
    """A port for UDP and TCP, of those that `free_pair` takes: an even one, and free is the one after it."""
    return free_pair(host)[0]


def free_pair(host):
    """A SIP port and the one after it, which baresip takes as well, over UDP and TCP, and a third for its control.

    Below those that the system gives to everybody who asks for any: nobody takes one between this look and baresip's start. None is
    given to two of ours.
    """
    while True:
        port = random.randrange(22_000, 30_000, 4)
        if port not in GIVEN and is_free(host, port) and is_free(host, port + 1) and is_free("127.0.0.1", port + 2):
            GIVEN.add(port)
            return port, port + 2


class Softphone:
    def __init__(
            self, folder, server, domain, user, password, codec, answers, tone, transport="udp", host="127.0.0.1",
            lifetime=60):
        self.folder = folder
        self.octets_a_second = RATES[codec] * (4 if codec == "opus" else 2)
        rate, channels = RATES[codec], 2 if codec == "opus" else 1
        write_tone(folder / "tone.wav", tone, 60, rate, channels)
        mode = "auto" if answers else "manual"
        (folder / "accounts").write_text(
            f'<sip:{user}@{domain};transport={transport}>;auth_user={user};auth_pass={password};'
            f'outbound="sip:{server};transport={transport}";regint={lifetime};'
            f"audio_codecs={NAMES[codec]};answermode={mode}\n")
        self.events, self.buffer, self.connection = [], b"", None
        # Another program may take a port between our look and baresip's.
        for _ in range(5):
            port, control = free_pair(host)
            self._configure(host, port, control, rate, channels)
            self.process = subprocess.Popen(
                ["baresip", "-f", folder], stdin=subprocess.DEVNULL, stdout=(folder / "baresip.log").open("w"),
                stderr=subprocess.STDOUT)
            self.connection = self._connect(control)
            if self.connection:
                break
        assert self.connection, f"baresip did not start:\n{(folder / 'baresip.log').read_text()}"

    def _configure(self, host, port, control, rate, channels):
        folder = self.folder
        (folder / "config").write_text(f"""
poll_method epoll
sip_listen {f"[{host}]" if ":" in host else host}:{port}
call_local_timeout 120
call_max_calls 4
audio_path /usr/share/baresip
audio_source aufile,{folder}/tone.wav
audio_player aubridge,nil
audio_alert aubridge,nil
ausrc_srate {rate}
auplay_srate {rate}
ausrc_channels {channels}
auplay_channels {channels}
audio_txmode poll
audio_buffer 20-160
jitter_buffer_delay 5-10
rtp_ports 21000-21998
net_interface {host}
module_path /usr/lib/baresip/modules
module opus.so
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
snd_path {folder}
module_tmp uuid.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control}
""")

    def _connect(self, port):
        """The control connection, or None if baresip ended instead."""
        end = time.monotonic() + 60
        while time.monotonic() < end and self.process.poll() is None:
            try:
                return socket.create_connection(("127.0.0.1", port), 1)
            except OSError:
                time.sleep(0.05)
        self.process.kill()
        return None

    def _read(self, timeout):
        """The next netstring of JSON, or None."""
        self.connection.settimeout(timeout)
        while True:
            if b":" in self.buffer:
                length, rest = self.buffer.split(b":", 1)
                if len(rest) > int(length):
                    self.buffer = rest[int(length) + 1:]
                    return json.loads(rest[:int(length)])
            try:
                octets = self.connection.recv(65536)
            except (TimeoutError, socket.timeout):
                return None
            if not octets:
                return None
            self.buffer += octets

    def command(self, command, parameters=""):
        message = json.dumps({"command": command, "params": parameters, "token": "t"}).encode()
        self.connection.sendall(b"%d:%s," % (len(message), message))
        end = time.monotonic() + 30
        while time.monotonic() < end:
            answer = self._read(0.5)
            if answer and answer.get("response"):
                return answer
            if answer:
                self.events.append(answer)
        raise AssertionError(f"baresip did not answer {command}")

    def heard(self, kind):
        """Whether an event of that kind was told so far."""
        while message := self._read(0.01):
            self.events.append(message)
        return next((event for event in self.events if event.get("type") == kind), None)

    @property
    def recording(self):
        """What the phone received, if anything yet."""
        return next(iter(self.folder.glob("*-dec.wav")), None)

    @property
    def seconds_recorded(self):
        """How much was received, by the size of the file: its header is written at the end."""
        return self.recording.stat().st_size / self.octets_a_second if self.recording else 0

    def stop(self):
        self.connection.close()
        self.process.terminate()
        self.process.wait(60)

"""sipp as a phone that follows a scenario of sipp/ to the letter, and fails if the other side does not."""

import pathlib
import subprocess

from softphone import free_port

SCENARIOS = pathlib.Path(__file__).parent / "sipp"


class Sipp:
    """One scenario, played once: `finish` says how it went."""

    def __init__(self, folder, scenario, server, user, password, domain, port, transport="u1", host="127.0.0.1"):
        self.errors = folder / f"{scenario}-{port}-errors.log"
        self.messages = folder / f"{scenario}-{port}-messages.log"
        # -nr: by itself sipp answers a message it has seen before with its own last one, which two sides would do for ever.
        self.process = subprocess.Popen(
            ["sipp", server, "-sf", SCENARIOS / f"{scenario}.xml", "-i", host, "-mi", host, "-p", str(port), "-mp",
             str(free_port(host)), "-t", transport, "-s", user, "-au", user, "-ap", password, "-key", "domain", domain, "-m", "1",
             "-nostdin", "-nr", "-timeout", "60", "-timeout_error", "-trace_err", "-error_file", self.errors, "-trace_msg",
             "-message_file", self.messages],
            cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)

    def finish(self, seconds=70):
        code = self.process.wait(seconds)
        story = "\n".join(file.read_text(errors="replace") for file in (self.errors, self.messages) if file.exists())
        assert code == 0, f"sipp ended with {code}:\n{story}"
        return story

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)

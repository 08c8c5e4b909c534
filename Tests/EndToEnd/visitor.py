"""A visitor: real Chromium for the media, the stock Socket.IO client for the signalling."""

from audio import write_tone
from patience import StockClient, eventually

PAGE = """async () => {
  const media = await navigator.mediaDevices.getUserMedia({audio: true});
  const pc = window.pc = new RTCPeerConnection();
  pc.addTrack(media.getTracks()[0], media);
  pc.ontrack = event => {
    const audio = window.audio = new Audio();
    audio.srcObject = event.streams[0];
    audio.play();
    const context = window.context = new AudioContext();
    window.analyser = context.createAnalyser();
    analyser.fftSize = 8192;
    analyser.smoothingTimeConstant = 0;
    context.createMediaStreamSource(event.streams[0]).connect(analyser);
  };
  await pc.setLocalDescription(await pc.createOffer());
  return pc.localDescription.sdp;
}"""

PEAK = """() => {
  if (!window.analyser) return 0;
  const levels = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(levels);
  let best = 2;
  for (let index = 2; index < levels.length; index++) if (levels[index] > levels[best]) best = index;
  return levels[best] > -60 ? best * context.sampleRate / analyser.fftSize : 0;
}"""


# Listens to whatever a page's own calls play: put before the page's scripts, so that the page needs no hooks for tests.
EARS = """
  const Peer = window.RTCPeerConnection;
  if (Peer) window.RTCPeerConnection = class extends Peer {
    constructor(...settings) {
      super(...settings);
      window.pc = this;
      this.addEventListener("track", ({ track }) => {
        const context = window.context = new AudioContext();
        window.analyser = context.createAnalyser();
        analyser.fftSize = 8192;
        analyser.smoothingTimeConstant = 0;
        context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
      });
    }
  };
  window.violations = [];
  document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
    violations.push(violatedDirective + " " + blockedURI));
"""


def hears(page, frequency, seconds=30):
    eventually(lambda: abs(page.evaluate(PEAK) - frequency) < 12, seconds, f"a tone of {frequency} Hz in the browser")


class Visitor:
    def __init__(self, page, gateway):
        self.page, self.gateway, self.states = page, gateway, []
        self.client = StockClient()
        self.client.on("call-state", self.states.append)
        self.client.connect(gateway.http)

    def call(self, uuid, **fields):
        offer = self.page.evaluate(PAGE)
        answer = self.client.call("call-request", {"uuid": uuid, "sdp": offer, **fields}, timeout=30)
        if answer["success"]:
            self.call_id = answer["callId"]
            self.page.evaluate("sdp => pc.setRemoteDescription({type: 'answer', sdp})", answer["sdp"])
        return answer

    def state(self, name):
        return next((state for state in list(self.states) if state["state"] == name), None)

    def hears(self, frequency, seconds=30):
        hears(self.page, frequency, seconds)

    def reports(self):
        """Whether the browser heard both of the gateway's reports: of what it received, with a round trip, and of what it sent."""
        kinds = self.page.evaluate("""async () => {
          const kinds = {};
          (await pc.getStats()).forEach(entry => { kinds[entry.type] = entry; });
          return [kinds["remote-inbound-rtp"]?.roundTripTime, kinds["remote-outbound-rtp"]?.packetsSent];
        }""")
        return kinds[0] is not None and bool(kinds[1])

    def hang_up(self):
        self.client.call("call-hangup", {"callId": self.call_id}, timeout=30)

    def leave(self):
        self.client.disconnect()


def launch(playwright, folder, tone=440, flags=()):
    """Chromium with a tone for a microphone; who may use it is the context's to say."""
    write_tone(folder / "microphone.wav", tone, 60, 48000)
    return playwright.chromium.launch(
        executable_path="/usr/bin/chromium",
        args=[
            "--use-fake-device-for-media-stream", f"--use-file-for-fake-audio-capture={folder}/microphone.wav",
            "--allow-loopback-in-peer-connection", *flags,
        ])


def written_offer():
    """A browser's offer from paper, for who needs ringing and no sound."""
    return "\r\n".join([
        "v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0", "a=msid-semantic: WMS",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111 0 8 126", "c=IN IP4 0.0.0.0", "a=rtcp:9 IN IP4 0.0.0.0", "a=ice-ufrag:abcd",
        "a=ice-pwd:0123456789abcdef01234567", "a=ice-options:trickle", f"a=fingerprint:sha-256 {':'.join(['AB'] * 32)}",
        "a=setup:actpass", "a=mid:0", "a=sendrecv", "a=rtcp-mux", "a=rtpmap:111 opus/48000/2", "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:8 PCMA/8000", "a=rtpmap:126 telephone-event/8000", ""])

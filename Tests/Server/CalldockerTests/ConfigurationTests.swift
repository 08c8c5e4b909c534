import Runtime
import Testing
import Wire

@testable import Calldocker

@Suite("What an operator may choose")
struct ConfigurationTests {
  @Test("Flags win over the environment, the environment over the defaults")
  func order() throws {
    let environment = ["CALLDOCKER_HTTP_PORT": "1", "CALLDOCKER_SIP_PORT": "2", "CALLDOCKER_DEMO": "yes"]
    let chosen = try Configuration(
      arguments: ["--http-port", "3", "--rtp-ports=30000-30010", "--host", "127.0.0.1", "--web", "pages"],
      environment: environment)
    #expect(chosen.httpPort == 3 && chosen.sipPort == 2 && chosen.webRTCPort == 7000)
    #expect(chosen.rtpPorts == 30_000...30_010 && chosen.host == .loopback && chosen.isDemo && chosen.web == "pages")
  }

  @Test("Every fault is told at once, with what was meant")
  func faults() {
    let arguments = [
      "--htp-port", "--sip-port", "x", "--rtp-ports", "5-4", "--host", "here", "--log-level", "loud", "--http-port",
    ]
    do {
      _ = try Configuration(arguments: arguments, environment: [:])
      #expect(Bool(false), "accepted")
    } catch {
      #expect(error.sentences.count == 6, "\(error)")
      #expect(error.description.contains("did you mean --http-port?"))
    }
  }
}

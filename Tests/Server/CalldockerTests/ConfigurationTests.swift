import Foundation
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

  @Test("The environment wins over the file, and a flag over both; either names the file")
  func fileOrder() throws {
    let file = try TemporaryFile("http-port = 1\nsip-port = 2\nwebrtc-port = 3\ndemo = yes\n")
    let environment = ["CALLDOCKER_SIP_PORT": "20", "CALLDOCKER_WEBRTC_PORT": "30"]
    let chosen = try Configuration(
      arguments: ["--config", file.path, "--webrtc-port", "300", "--demo=no"], environment: environment)
    #expect(chosen.httpPort == 1 && chosen.sipPort == 20 && chosen.webRTCPort == 300 && !chosen.isDemo)
    let named = try Configuration(arguments: [], environment: environment.merging(["CALLDOCKER_CONFIG": file.path]) { $1 })
    #expect(named.httpPort == 1 && named.isDemo)
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
      #expect(error.areOnlyFlags)
    }
  }

  @Test("Faults of the file have its name, line and column, and stand together with those of environment and flags")
  func fileFaults() throws {
    let file = try TemporaryFile("# ours\nhttp-prot = 1\n\n  sip-port =  banana # no\nconfig = other\ndemo yes\n")
    do {
      _ = try Configuration(
        arguments: ["--config", file.path, "--host", "here"], environment: ["CALLDOCKER_LOG_LEVEL": "infos"])
      #expect(Bool(false), "accepted")
    } catch {
      #expect(!error.areOnlyFlags)
      #expect(
        error.sentences == [
          "\(file.path):2:1: there is no setting http-prot; did you mean http-port?",
          "\(file.path):4:15: sip-port: banana is no port; ports are numbers from 0 to 65535",
          "\(file.path):5:1: a configuration file cannot name another one; give --config to the command",
          "\(file.path):6:1: a line is `name = value`, and begins with # if it is for people",
          "CALLDOCKER_LOG_LEVEL: infos is no level; there are trace, debug, info, warning and error; did you mean info?",
          "--host: here is no IP address, such as 192.0.2.1",
        ])
    }
    #expect(throws: Configuration.Faults.self) {
      try Configuration(arguments: ["--config", file.path + ".not"], environment: [:])
    }
  }

  @Test("A variable that is nearly ours is worth a word, one that is somebody else's is not")
  func slips() throws {
    let environment = ["CALLDOCKER_HTP_PORT": "1", "CALLDOCKER_BINARY": "x", "CALLDOCKER_SERVICE_HOST": "10.0.0.1", "PATH": ""]
    let remarks = try Configuration(arguments: [], environment: environment).remarks
    #expect(remarks == ["The environment has CALLDOCKER_HTP_PORT, which is no setting; did you mean CALLDOCKER_HTTP_PORT?"])
  }

  @Test("A data folder has room for its socket's path in 107 bytes, and one byte more is refused")
  func longData() throws {
    let longest = String(repeating: "d", count: UnixListener.maximumPathBytes - "/control.sock".utf8.count)
    #expect(try Configuration(arguments: ["--data", longest], environment: [:]).data == longest)
    do {
      _ = try Configuration(arguments: ["--data", longest + "d"], environment: [:])
      #expect(Bool(false), "accepted")
    } catch {
      #expect(error.description.contains("has 108 bytes, and may have 107; choose a shorter folder"))
    }
  }

  @Test("TLS is self, off, or two files; what is neither is told")
  func tls() throws {
    #expect(try Configuration(arguments: ["--demo"], environment: [:]).effectiveTLS == .selfSigned)
    #expect(try Configuration(arguments: [], environment: [:]).effectiveTLS == .off)
    let files = try Configuration(arguments: ["--tls", "a.pem,b.pem", "--demo"], environment: [:])
    #expect(files.effectiveTLS == .files(certificate: "a.pem", key: "b.pem"))
    do {
      _ = try Configuration(arguments: ["--tls", "certificate.pem"], environment: [:])
      Issue.record("one file is no certificate and key")
    } catch {
      #expect(error.description.contains("certificate.pem is neither self, nor off, nor two files"))
    }
  }

  @Test("What a setting prints is what it reads", arguments: Setting.all.map(\.name))
  func roundTrip(name: String) throws {
    let setting = try #require(Setting.all.first { $0.name == name })
    var configuration = Configuration()
    for value in ["yes", "7", "2000-3000", "a.pem,b.pem", "192.0.2.7", "sip.example.com", "debug", "some/folder"] {
      guard (try? setting.set(&configuration, value)) != nil else { continue }
      let written = try #require(setting.value(in: configuration))
      #expect(written == value)
      try setting.set(&configuration, written)
      #expect(setting.value(in: configuration) == written)
    }
    #expect(throws: Unfit.self) { try setting.set(&configuration, "") }
  }

  @Test("The example has every setting once, each with its default, and every line of it can be used")
  func example() throws {
    let text = try String(contentsOfFile: Place.root + "/etc/calldocker.conf", encoding: .utf8)
    var asItIs = Configuration()
    #expect(asItIs.apply(ConfigurationFile(parsing: Array(text.utf8))) == [])
    for setting in Setting.all { #expect(setting.value(in: asItIs) == setting.value(in: Configuration())) }

    // A setting is commented out by a # that touches it; what is for people has a blank behind its #.
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.wholeMatch(of: /#[a-z].*/) == nil ? String(line) : String(line.dropFirst())
    }
    let file = ConfigurationFile(parsing: Array(lines.joined(separator: "\n").utf8))
    #expect(Set(file.entries.map(\.name)) == Set(Setting.all.map(\.name)))
    #expect(file.entries.count == Setting.all.count)
    var chosen = Configuration()
    #expect(chosen.apply(file) == [])
    for setting in Setting.all {
      guard let standard = setting.value(in: Configuration()) else { continue }
      #expect(setting.value(in: chosen) == standard, "\(setting.name)")
    }
  }
}

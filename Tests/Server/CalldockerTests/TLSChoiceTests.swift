import Runtime
import Testing
import Wire

@testable import Calldocker

@Suite("--tls: off, self, or files")
struct TLSChoiceTests {
  @Test("Each form is read by flag and by environment")
  func forms() throws {
    let pair = TLSChoice.files(certificate: "/etc/a/cert.pem", key: "key.pem")
    #expect(try Configuration(arguments: ["--tls", "/etc/a/cert.pem,key.pem"], environment: [:]).tls == pair)
    #expect(try Configuration(arguments: ["--tls=self"], environment: ["CALLDOCKER_TLS": "off"]).tls == .selfSigned)
    #expect(try Configuration(arguments: [], environment: ["CALLDOCKER_TLS": "off"]).tls == .off)
  }

  @Test("What is none of the three is told", arguments: ["", "yes", "cert.pem", "cert.pem,", ",key.pem", "a,b,c"])
  func faults(text: String) {
    do {
      _ = try Configuration(arguments: ["--tls", text], environment: [:])
      Issue.record("\(text) was accepted")
    } catch {
      #expect(error.description == "--tls: \(text) is neither self, nor off, nor two files such as cert.pem,key.pem")
    }
  }

  @Test("Where nothing is said, the demo makes a certificate and others do without")
  func unsaid() throws {
    #expect(try Configuration(arguments: ["--demo"], environment: [:]).effectiveTLS == .selfSigned)
    #expect(try Configuration(arguments: [], environment: [:]).effectiveTLS == .off)
    #expect(try Configuration(arguments: ["--demo", "--tls=off"], environment: [:]).effectiveTLS == .off)
  }

  @Test("Off is nobody, self is somebody, and a file that is not there is named")
  func identities() throws {
    let log = Log(level: .error, showsPersonal: false)
    #expect(try TLSChoice.off.identity(advertised: nil, log: log) == nil)
    #expect(try TLSChoice.selfSigned.identity(advertised: .v4(0xCB00_7105), log: log) != nil)
    do {
      _ = try TLSChoice.files(certificate: "/nowhere/cert.pem", key: "/nowhere/key.pem").identity(advertised: nil, log: log)
      Issue.record("read files that are not there")
    } catch {
      #expect(error.description == "The certificate file /nowhere/cert.pem cannot be read: No such file or directory.")
    }
  }
}

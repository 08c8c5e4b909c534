import Cryptography
import Testing

@testable import Doctor

@Suite("The doctor judges certificates")
struct CertificateCheckTests {
  private static let day: Int64 = 86_400
  private static let now: Int64 = 1_795_000_000

  private func check(
    daysLeft: Int64 = 60, trust: CertificateFacts.Trust = .trusted, names: [String] = [], matching: Set<String> = [],
    shown: [UInt8]? = nil, begun: Bool = true
  ) -> CertificateCheck {
    let facts = CertificateFacts(
      subject: "CN = a.example", notBefore: Self.now + (begun ? -Self.day : Self.day), notAfter: Self.now + daysLeft * Self.day,
      trust: trust, matching: matching, digest: [1, 2])
    return CertificateCheck(state: .files(facts), names: names, shown: shown, now: Self.now)
  }

  @Test("One that is valid for three weeks or more is well")
  func well() {
    #expect(check().findings.isEmpty && check(daysLeft: 21).findings.isEmpty)
    #expect(check(daysLeft: 20).verdict == .warning && check(daysLeft: 20).says("expires in 20 days"))
    #expect(check().summary == "CN = a.example, valid for 60 more days")
  }

  @Test("One that is over, or has not begun, is refused")
  func dates() {
    #expect(check(daysLeft: -3).verdict == .failed && check(daysLeft: -3).says("expired 3 days ago"))
    #expect(check(begun: false).says("not valid yet"))
  }

  @Test("Who vouches for it")
  func trust() {
    #expect(check(trust: .selfSigned).says("vouches for itself"))
    #expect(check(trust: .untrusted("unable to get local issuer certificate")).says("fullchain.pem"))
  }

  @Test("It is for every name that was asked about")
  func names() {
    #expect(check(names: ["a.example"], matching: ["a.example"]).findings.isEmpty)
    let wrong = check(names: ["a.example", "b.example"], matching: ["a.example"])
    #expect(wrong.verdict == .failed && wrong.says("not for b.example") && !wrong.says("not for a.example"))
  }

  @Test("The running service shows the one of the file")
  func shown() {
    #expect(check(shown: [1, 2]).findings.isEmpty)
    #expect(check(shown: [3]).verdict == .warning && check(shown: [3]).says("SIGHUP"))
  }

  @Test("A microphone needs https, but for this machine's own browser")
  func off() {
    func check(_ state: CertificateCheck.State) -> CertificateCheck {
      CertificateCheck(state: state, names: [], shown: nil, now: Self.now)
    }
    #expect(check(.off(isReachable: false)).findings.isEmpty)
    #expect(check(.off(isReachable: true)).says("microphone"))
    #expect(check(.made).verdict == .warning)
    #expect(check(.unusable("The key is another's.")).verdict == .failed)
  }

  @Test("A certificate's own facts: dates, names, trust")
  func facts() {
    let identity = Identity.selfSigned(names: ["a.example", "*.b.example", "192.0.2.7"], now: Self.now, days: 30)
    let facts = identity.facts(about: ["a.example", "x.b.example", "192.0.2.7", "b.example", "192.0.2.8"])
    #expect(facts.matching == ["a.example", "x.b.example", "192.0.2.7"])
    #expect(facts.notAfter == Self.now + 30 * Self.day && facts.notBefore == Self.now - Self.day)
    #expect(facts.trust == .selfSigned && facts.digest == identity.fingerprint.octets && facts.subject == "CN = a.example")
  }
}

import SIPSyntax
import Testing

@Suite("When two URIs name the same (RFC 3261 §19.1.4)")
struct URIComparisonTests {
  private func agree(_ first: String, _ second: String) throws -> Bool {
    let (first, second) = (try #require(URI(first)), try #require(URI(second)))
    #expect(first.isEquivalent(to: second) == second.isEquivalent(to: first), "in both directions")
    return first.isEquivalent(to: second)
  }

  @Test(
    "The RFC's examples of the same",
    arguments: [
      ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtlanTa.CoM;Transport=tcp"),
      ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
      ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5"),
      (
        "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
        "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com"
      ),
      (
        "sip:alice@atlanta.com?subject=project%20x&priority=urgent", "sip:alice@atlanta.com?priority=urgent&subject=project%20x"
      ),
      ("SIP:alice@[2001:db8::1]", "sip:alice@[2001:DB8:0::1]"), ("sip:alice@[::ffff:192.0.2.1]", "sip:alice@192.0.2.1"),
    ])
  func same(first: String, second: String) throws { #expect(try agree(first, second)) }

  @Test(
    "The RFC's examples of different ones",
    arguments: [
      ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
      ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"), ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
      ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"),
      ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
      ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"), ("sip:alice@atlanta.com", "sips:alice@atlanta.com"),
      ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"),
    ])
  func different(first: String, second: String) throws { #expect(try !agree(first, second)) }
}

import SIPCore
import SIPSyntax
import Testing
import Wire

@testable import Calls

@Suite("INVITEs that nobody waits for any more")
struct AbandonedInvitesTests {
  private func key(_ number: Int) -> TransactionKey { TransactionKey(client: "z9hG4bK\(number)", method: .invite) }

  @Test("One past the limit, the oldest is forgotten; a minute later, all are")
  func limit() throws {
    let request = SIPRequest(.invite, .sip(try #require(SIPURI("sip:a@b"))))
    let invite = AbandonedInvites.Invite(request: request, peer: .loopback, chance: .seeded(1))
    var abandoned = AbandonedInvites()
    for number in 0...AbandonedInvites.maximum {
      abandoned.insert(key(number), invite, at: Instant() + .milliseconds(Int64(number)))
    }
    #expect(abandoned.count == AbandonedInvites.maximum)
    #expect(abandoned[key(0)] == nil && abandoned[key(1)] != nil && abandoned[key(AbandonedInvites.maximum)] != nil)
    abandoned.remove(key(1))
    abandoned.remove(key(1))
    #expect(abandoned.deadline == Instant() + AbandonedInvites.memory + .milliseconds(2))
    _ = abandoned.expire(at: Instant() + AbandonedInvites.memory + .milliseconds(Int64(AbandonedInvites.maximum)))
    #expect(abandoned.count == 0 && abandoned.deadline == nil)
  }
}

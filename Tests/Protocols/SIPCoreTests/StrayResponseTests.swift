import SIPSyntax
import Testing
import Wire

@testable import SIPCore

private let flow = Flow(remote: SocketAddress(.v4(0xC000_0201), 5060), local: SocketAddress(.v4(0xC000_0202), 5060))

@Suite("Responses that answer nothing of ours (RFC 3261 §17.1.3)")
struct StrayResponseTests {
  private let now = Instant()
  private let elsewhere = Flow(remote: SocketAddress(.v4(0xC633_6409), 5060), local: flow.local)

  private func begun(_ method: SIPSyntax.Method = .invite) throws -> (TransactionLayer, TransactionKey, SIPResponse) {
    var layer = TransactionLayer()
    let asked = try request(method)
    let sent = layer.send(asked, over: flow, at: now)
    return (layer, try #require(sent).key, SIPResponse(to: asked, .decline, toTag: "phone"))
  }

  @Test("One from a host that was not asked ends nothing and is counted; the true one still counts", arguments: [false, true])
  func forged(isInvite: Bool) throws {
    var (layer, key, response) = try begun(isInvite ? .invite : .bye)
    #expect(layer.receive(.response(response), over: elsewhere, at: now).isEmpty)
    #expect(layer.strays[.address] == 1 && layer.isAwaitingAnswers)
    let outputs = layer.receive(.response(response), over: flow, at: now)
    #expect(outputs.contains(.response(response, key, flow)) && !layer.isAwaitingAnswers)
  }

  @Test("A phone behind a router answers from another port, or by another transport")
  func port() throws {
    for other in [
      Flow(remote: SocketAddress(flow.remote.ip, 61_000), local: flow.local),
      Flow(remote: SocketAddress(flow.remote.ip, 40_000), local: flow.local, transport: .tcp(ConnectionID(7))),
    ] {
      var (layer, _, response) = try begun()
      #expect(!layer.receive(.response(response), over: other, at: now).isEmpty)
    }
  }

  @Test("Call-ID, the tag in From and the number are those of the request")
  func names() throws {
    let changes: [(StrayResponse, (inout SIPResponse) -> Void)] = [
      (.callID, { $0.headers.set(.callID, "call2") }),
      (.fromTag, { $0.headers.set(.from, "<sip:bob@192.0.2.1>;tag=from2") }),
      (.fromTag, { $0.headers.set(.from, "<sip:bob@192.0.2.1>") }),
      (.number, { $0.headers.set(.cseq, CSeq(2, .invite).description) }),
      (.transaction, { $0.headers.set(.cseq, CSeq(1, .bye).description) }),
      (.transaction, { $0.headers.set(.via, "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKother") }),
    ]
    for (why, change) in changes {
      var (layer, _, response) = try begun()
      change(&response)
      #expect(layer.receive(.response(response), over: flow, at: now).isEmpty, "\(why)")
      #expect(layer.strays[why] == 1 && layer.isAwaitingAnswers, "\(why)")
    }
  }
}

import Cryptography
import Wire

private let identity = Identity.selfSigned(names: ["localhost"], now: 1_795_000_000, days: 30)

/// One input is either what a stranger sends, or a script for a client, a server and the network between them: no byte may trap the
/// session, and nobody ever hears what the other side did not say.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  var input = OctetReader(Array(UnsafeBufferPointer(start: start, count: count)))
  guard let kind = input.uint8() else { return 0 }
  if kind & 1 == 0 { meetStranger(&input, piece: Int(kind >> 1) + 1) } else { perform(&input, isModern: kind & 2 == 0) }
  return 0
}

/// A stranger cannot shake hands by chance, and what we say to one is a hello and an alert at most.
private func meetStranger(_ input: inout OctetReader, piece: Int) {
  let session = TLSServerSession(identity: identity, at: Instant())
  var (said, isOver) = (0, false)
  while let octets = input.take(min(piece, input.remaining)), !octets.isEmpty {
    for output in session.receive(Array(octets)) {
      precondition(!isOver, "nothing follows an end")
      switch output {
      case .send(let records): said += records.count
      case .established, .received: preconditionFailure("a stranger was believed")
      case .closed, .failed: isOver = true
      }
    }
    precondition(isOver == (session.deadline == nil))
  }
  precondition(said <= 8192)
  precondition(session.wake(at: Instant() + TLSServerSession.patience).count == (isOver ? 0 : 1))
  precondition(session.deadline == nil && session.send([1]).isEmpty && session.close().isEmpty)
}

/// Both sides, what is on its way between them, and what each said and heard.
private struct Conversation {
  let client: TLSClientSession
  let server = TLSServerSession(identity: identity, at: Instant())
  var toServer: [UInt8] = []
  var toClient: [UInt8] = []
  var clientSaid: [UInt8] = []
  var serverSaid: [UInt8] = []
  var clientHeard: [UInt8] = []
  var serverHeard: [UInt8] = []
  var serverIsOver = false
  /// Whether the network or a goodbye did anything that excuses a loss.
  var isDisturbed = false

  init(isModern: Bool) {
    client = TLSClientSession(isModern: isModern)
    fromClient(client.start())
  }

  mutating func fromClient(_ outputs: [TLSOutput]) {
    for output in outputs {
      switch output {
      case .send(let records): toServer += records
      case .received(let octets): clientHeard += octets
      case .established: break
      case .closed, .failed: precondition(isDisturbed, "the client ended an undisturbed conversation: \(output)")
      }
    }
    precondition(serverSaid.starts(with: clientHeard), "the client heard what was not said")
  }

  mutating func fromServer(_ outputs: [TLSOutput]) {
    for output in outputs {
      precondition(!serverIsOver, "nothing follows an end")
      switch output {
      case .send(let records): toClient += records
      case .received(let octets): serverHeard += octets
      case .established: break
      case .closed, .failed:
        precondition(isDisturbed, "the server ended an undisturbed conversation: \(output)")
        serverIsOver = true
      }
    }
    precondition(clientSaid.starts(with: serverHeard), "the server heard what was not said")
  }

  mutating func carryToServer(_ count: Int) {
    let octets = Array(toServer.prefix(count))
    toServer.removeFirst(octets.count)
    if !octets.isEmpty { fromServer(server.receive(octets)) }
  }

  mutating func carryToClient(_ count: Int) {
    let octets = Array(toClient.prefix(count))
    toClient.removeFirst(octets.count)
    if !octets.isEmpty { fromClient(client.receive(octets)) }
  }

  mutating func carryAll() {
    while !toServer.isEmpty || !toClient.isEmpty {
      carryToServer(.max)
      carryToClient(.max)
    }
  }
}

private func perform(_ script: inout OctetReader, isModern: Bool) {
  var talk = Conversation(isModern: isModern)
  while let verb = script.uint8(), let measure = script.uint8() {
    let amount = Int(measure)
    switch verb % 10 {
    case 0: talk.carryAll()
    case 1: talk.carryToServer(amount + 1)
    case 2: talk.carryToClient(amount + 1)
    case 3:
      let words = [UInt8](repeating: measure, count: amount * amount + 1)
      let outputs = talk.client.send(words)
      if !outputs.isEmpty { talk.clientSaid += words }
      talk.fromClient(outputs)
    case 4:
      let words = [UInt8](repeating: measure, count: amount * amount + 1)
      let outputs = talk.server.send(words)
      if !outputs.isEmpty { talk.serverSaid += words }
      talk.fromServer(outputs)
    case 5 where !talk.toServer.isEmpty:
      talk.isDisturbed = true
      talk.toServer[amount * talk.toServer.count / 256] ^= verb | 1
    case 6:
      talk.isDisturbed = true
      talk.toServer.removeFirst(min(amount, talk.toServer.count))
    case 7:
      talk.isDisturbed = true
      talk.toServer += script.take(min(amount, script.remaining)) ?? []
    case 8:
      talk.isDisturbed = true
      if verb < 128 { talk.fromClient(talk.client.close()) } else { talk.fromServer(talk.server.close()) }
    case 9:
      let isLate = talk.server.deadline != nil && measure >= 128
      talk.isDisturbed = talk.isDisturbed || isLate
      talk.fromServer(talk.server.wake(at: Instant() + (isLate ? TLSServerSession.patience : .seconds(1))))
    default: break
    }
  }
  talk.carryAll()
  precondition(talk.isDisturbed || (talk.serverHeard == talk.clientSaid && talk.clientHeard == talk.serverSaid))
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ argumentCount: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutableRawPointer,
  _ one: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

@main
struct Fuzz {
  static func main() {
    var count = CommandLine.argc
    var arguments = CommandLine.unsafeArgv
    _ = runDriver(&count, &arguments, fuzzOneInput)
  }
}

import Cryptography
import Wire

private let identity = Identity.selfSigned(names: ["localhost"], now: 1_795_000_000, days: 30)

extension FuzzTarget {
  /// What a stranger sends, or a script for a client, a server and the network between them: nobody ever hears what the other side
  /// did not say.
  static let tls: Body = { octets throws(BrokenPromise) in
    var input = OctetReader(octets)
    guard let kind = input.uint8() else { return }
    guard kind & 1 == 1 else { return try meetStranger(&input, piece: Int(kind >> 1) + 1) }
    try perform(&input, isModern: kind & 2 == 0)
  }
}

/// A stranger cannot shake hands by chance, and what we say to one is a hello and an alert at most.
private func meetStranger(_ input: inout OctetReader, piece: Int) throws(BrokenPromise) {
  let session = TLSServerSession(identity: identity, at: Instant())
  var (said, isOver) = (0, false)
  while let octets = input.take(min(piece, input.remaining)), !octets.isEmpty {
    for output in session.receive(Array(octets)) {
      try promise(!isOver, "nothing follows an end")
      switch output {
      case .send(let records): said += records.count
      case .established, .received: throw BrokenPromise(description: "a stranger was believed")
      case .closed, .failed: isOver = true
      }
    }
    try promise(isOver == (session.deadline == nil), "the session keeps its word")
  }
  try promise(said <= 8192, "the session keeps its word")
  try promise(session.wake(at: Instant() + TLSServerSession.patience).count == (isOver ? 0 : 1), "the session keeps its word")
  try promise(session.deadline == nil && session.send([1]).isEmpty && session.close().isEmpty, "the session keeps its word")
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

  init(isModern: Bool) throws(BrokenPromise) {
    client = TLSClientSession(isModern: isModern)
    try fromClient(client.start())
  }

  mutating func fromClient(_ outputs: [TLSOutput]) throws(BrokenPromise) {
    for output in outputs {
      switch output {
      case .send(let records): toServer += records
      case .received(let octets): clientHeard += octets
      case .established: break
      case .closed, .failed: try promise(isDisturbed, "the client ended an undisturbed conversation: \(output)")
      }
    }
    try promise(serverSaid.starts(with: clientHeard), "the client heard what was not said")
  }

  mutating func fromServer(_ outputs: [TLSOutput]) throws(BrokenPromise) {
    for output in outputs {
      try promise(!serverIsOver, "nothing follows an end")
      switch output {
      case .send(let records): toClient += records
      case .received(let octets): serverHeard += octets
      case .established: break
      case .closed, .failed:
        try promise(isDisturbed, "the server ended an undisturbed conversation: \(output)")
        serverIsOver = true
      }
    }
    try promise(clientSaid.starts(with: serverHeard), "the server heard what was not said")
  }

  mutating func carryToServer(_ count: Int) throws(BrokenPromise) {
    let octets = Array(toServer.prefix(count))
    toServer.removeFirst(octets.count)
    if !octets.isEmpty { try fromServer(server.receive(octets)) }
  }

  mutating func carryToClient(_ count: Int) throws(BrokenPromise) {
    let octets = Array(toClient.prefix(count))
    toClient.removeFirst(octets.count)
    if !octets.isEmpty { try fromClient(client.receive(octets)) }
  }

  mutating func carryAll() throws(BrokenPromise) {
    while !toServer.isEmpty || !toClient.isEmpty {
      try carryToServer(.max)
      try carryToClient(.max)
    }
  }
}

private func perform(_ script: inout OctetReader, isModern: Bool) throws(BrokenPromise) {
  var talk = try Conversation(isModern: isModern)
  while let verb = script.uint8(), let measure = script.uint8() {
    let amount = Int(measure)
    switch verb % 10 {
    case 0: try talk.carryAll()
    case 1: try talk.carryToServer(amount + 1)
    case 2: try talk.carryToClient(amount + 1)
    case 3:
      let words = [UInt8](repeating: measure, count: amount * amount + 1)
      let outputs = talk.client.send(words)
      if !outputs.isEmpty { talk.clientSaid += words }
      try talk.fromClient(outputs)
    case 4:
      let words = [UInt8](repeating: measure, count: amount * amount + 1)
      let outputs = talk.server.send(words)
      if !outputs.isEmpty { talk.serverSaid += words }
      try talk.fromServer(outputs)
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
      if verb < 128 { try talk.fromClient(talk.client.close()) } else { try talk.fromServer(talk.server.close()) }
    case 9:
      let isLate = talk.server.deadline != nil && measure >= 128
      talk.isDisturbed = talk.isDisturbed || isLate
      try talk.fromServer(talk.server.wake(at: Instant() + (isLate ? TLSServerSession.patience : .seconds(1))))
    default: break
    }
  }
  try talk.carryAll()
  let isWhole = talk.serverHeard == talk.clientSaid && talk.clientHeard == talk.serverSaid
  try promise(talk.isDisturbed || isWhole, "what is said undisturbed is heard")
}

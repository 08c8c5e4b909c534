import Cryptography
import HTTP
import Runtime
import Wire

/// A connection to the service's HTTP port, in plain text or TLS, that waits for every answer.
final class WebLine {
  private static let limit = 1_048_576

  private let conversation: Conversation
  private let address: SocketAddress
  private var tls: TLSClientSession?
  private var waiting: [UInt8] = []
  /// TLS said goodbye; what came before it is still to be read.
  private var isOver = false

  /// - Parameter time: how long the whole conversation may take.
  init(connect address: SocketAddress, speaksTLS: Bool, within time: Duration) throws {
    conversation = try Conversation(connect: address, within: time)
    self.address = address
    guard speaksTLS else { return }
    let session = TLSClientSession()
    tls = session
    var isEstablished = try carry(session.start())
    while !isEstablished { isEstablished = try carry(session.receive(try received())) }
  }

  /// To be waited for.
  var file: Int32 { conversation.file }
  /// SHA-256 over the certificate that was shown.
  var serverCertificate: [UInt8]? { tls?.serverCertificates.first }

  /// The other side ended, or said what cannot be understood.
  struct Ended: Error, CustomStringConvertible {
    let description: String
  }

  private func received() throws -> [UInt8] {
    let octets = isOver ? [] : try conversation.receive()
    guard !octets.isEmpty else { throw Ended(description: "the service closed the connection") }
    return octets
  }

  /// Does what TLS asks for, and says whether hands are shaken.
  private func carry(_ outputs: [TLSOutput]) throws -> Bool {
    var isEstablished = false
    for output in outputs {
      switch output {
      case .send(let records): try conversation.send(records)
      case .received(let octets): waiting += octets
      case .established: isEstablished = true
      case .closed: isOver = true
      case .failed(let failure): throw Ended(description: "TLS came to nothing: \(failure)")
      }
    }
    return isEstablished
  }

  func send(_ octets: [UInt8]) throws {
    guard let tls else { return try conversation.send(octets) }
    _ = try carry(tls.send(octets))
  }

  /// What comes next, in pieces; it may be nothing where TLS had something to say for itself.
  func receive() throws -> [UInt8] {
    if waiting.isEmpty {
      let octets = try received()
      if let tls { _ = try carry(tls.receive(octets)) } else { waiting = octets }
    }
    defer { waiting = [] }
    return waiting
  }

  func get(_ path: String) throws -> HTTPReply {
    try send(Array("GET \(path) HTTP/1.1\r\nHost: \(address)\r\nConnection: close\r\n\r\n".utf8))
    var answer: [UInt8] = []
    while answer.count <= Self.limit {
      do { answer += try receive() } catch is Ended { break }
    }
    return try HTTPReply(parsing: answer)
  }
}

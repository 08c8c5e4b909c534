import COpenSSL

/// The client's side of one TLS 1.3 or 1.2 connection over bytes that its owner carries.
package final class TLSClientSession {
  private let context: TLSContext
  private let engine: TLSEngine
  private var state = State.idle

  private enum State {
    case idle
    case shaking
    case established
    case over
  }

  private let checksCertificate: Bool

  /// One that checks no certificate: it tells which ones it saw. Tests, fuzzers and the doctor talk with it to our own server.
  package init(isModern: Bool = true, protocols: [String] = ["http/1.1"]) {
    context = TLSContext.client
    checksCertificate = false
    engine = TLSEngine(context, isServer: false)
    engine.prepareHello(newest: isModern ? TLS1_3_VERSION : TLS1_2_VERSION, protocols: protocols)
  }

  /// One that goes on only with a server that shows a certificate for this name or IP address, signed by somebody trusted.
  package init(to name: String, trusting roots: TrustedRoots) {
    context = roots.context
    checksCertificate = true
    engine = TLSEngine(context, isServer: false)
    engine.prepareHello(newest: TLS1_3_VERSION, protocols: ["http/1.1"])
    engine.expect(name)
  }

  /// `TLSv1.2` or `TLSv1.3`: the newer one if `isModern`.
  package var version: String { engine.version }
  package var applicationProtocol: [UInt8] { engine.applicationProtocol }
  /// SHA-256 over each certificate that the server sent, its own first.
  package var serverCertificates: [[UInt8]] { engine.peerCertificates }

  /// Says hello.
  package func start() -> [TLSOutput] {
    guard case .idle = state else { return [] }
    state = .shaking
    return receive([])
  }

  package func receive(_ octets: [UInt8]) -> [TLSOutput] {
    var (outputs, records, plaintext): ([TLSOutput], [UInt8], [UInt8]) = ([], [], [])
    var step = TLSEngine.Step.wantsMore
    for start in stride(from: 0, to: max(octets.count, 1), by: TLSEngine.piece) {
      engine.feed(octets[start..<min(start + TLSEngine.piece, octets.count)])
      if case .shaking = state {
        step = engine.shakeHands()
        if step == .done {
          state = .established
          outputs.append(.established)
        }
      }
      if case .established = state { step = engine.read(into: &plaintext) }
      engine.takeRecords(into: &records)
    }
    if !records.isEmpty { outputs.insert(.send(records), at: 0) }
    if !plaintext.isEmpty { outputs.append(.received(plaintext)) }
    switch step {
    case .done, .wantsMore: return outputs
    case .closed: return over(outputs, .closed)
    case .failed(let words):
      let distrust = checksCertificate ? engine.distrust.map { "its certificate is not believed: \($0)" } : nil
      return over(outputs, .failed(.protocolError(distrust ?? words)))
    }
  }

  package func send(_ plaintext: [UInt8]) -> [TLSOutput] {
    guard case .established = state, !plaintext.isEmpty else { return [] }
    var records: [UInt8] = []
    _ = engine.write(plaintext, into: &records)
    return [.send(records)]
  }

  /// Says goodbye (close_notify).
  package func close() -> [TLSOutput] {
    var records: [UInt8] = []
    engine.sayGoodbye()
    engine.takeRecords(into: &records)
    state = .over
    return [.send(records)]
  }

  private func over(_ outputs: [TLSOutput], _ end: TLSOutput) -> [TLSOutput] {
    state = .over
    return outputs + [end]
  }
}

import Cryptography
import Floor
import RTP
import Runtime
import Wire

/// A call's two ends: a browser's socket and a phone's pair of sockets. Nothing that they do is measured.
final class Ends {
  /// One way of a call.
  enum Direction: String, CaseIterable {
    case browserToPhone = "browser → phone"
    case phoneToBrowser = "phone → browser"
  }

  let browser: UDPSocket
  let browserAddress: SocketAddress
  let phone: UDPSocket
  let phoneAddress: SocketAddress
  private let reports: UDPSocket

  init() throws {
    browser = try UDPSocket(bind: SocketAddress(.loopback, 0))
    (phone, reports, phoneAddress) = try Self.pair()
    browserAddress = browser.localAddress ?? SocketAddress(.loopback, 0)
  }

  deinit {
    browser.close()
    phone.close()
    reports.close()
  }

  /// Two ports in a row, or the gateway's reports would reach another call's end.
  private static func pair() throws -> (UDPSocket, UDPSocket, SocketAddress) {
    for _ in 0..<1000 {
      let phone = try UDPSocket(bind: SocketAddress(.loopback, 0))
      if let address = phone.localAddress, address.port < .max,
        let reports = try? UDPSocket(bind: SocketAddress(.loopback, address.port + 1))
      {
        return (phone, reports, address)
      }
      phone.close()
    }
    throw Broken("no two free UDP ports in a row on 127.0.0.1")
  }
}

/// What one end sends and hears through one of the two relays: its sequence, its keys, its payload.
final class Line {
  private let ends: Ends
  private let remoteForBrowser: SocketAddress
  private let remoteForPhone: SocketAddress
  private let seal: OpaquePointer
  private let formats: (browser: UInt8, phone: UInt8)
  private var sequences: (browser: UInt16, phone: UInt16) = (1, 1)
  private let bench = UnsafeMutableRawBufferPointer.allocate(byteCount: 2048, alignment: 16)

  /// - Parameter keys: the browser's.
  init(
    _ ends: Ends, browserPort: UInt16, phonePort: UInt16, keys: SRTPKeys, formats: (browser: UInt8, phone: UInt8)
  ) throws {
    guard keys.profile == .aeadAES128GCM, let seal = browser_seal_new(keys.local, keys.remote) else {
      throw Broken("a browser cannot use its keys for \(keys.profile.name)")
    }
    self.ends = ends
    self.seal = seal
    self.formats = formats
    remoteForBrowser = SocketAddress(.loopback, browserPort)
    remoteForPhone = SocketAddress(.loopback, phonePort)
  }

  deinit {
    browser_seal_free(seal)
    bench.deallocate()
  }

  func send(_ direction: Ends.Direction, _ payload: [UInt8], ticks: UInt32) throws {
    switch direction {
    case .browserToPhone:
      write(formats.browser, &sequences.browser, payload, ticks: ticks)
      let length = browser_protect(seal, octets, Int32(12 + payload.count))
      guard length > 0 else { throw Broken("a browser's packet could not be sealed") }
      ends.browser.send(UnsafeRawBufferPointer(rebasing: bench[..<Int(length)]), to: remoteForBrowser)
    case .phoneToBrowser:
      write(formats.phone, &sequences.phone, payload, ticks: ticks)
      ends.phone.send(UnsafeRawBufferPointer(rebasing: bench[..<(12 + payload.count)]), to: remoteForPhone)
    }
  }

  private func write(_ format: UInt8, _ sequence: inout UInt16, _ payload: [UInt8], ticks: UInt32) {
    sequence &+= 1
    let header = [0x80, format] + sequence.octets + (UInt32(sequence) &* ticks).octets + (7 as UInt32).octets
    bench.copyBytes(from: header + payload)
  }

  /// The payload of the next packet of speech that came out at the other end of `direction`; reports and late handshakes are
  /// passed over, and what other programs on this machine send to a port that they had before.
  func hear(_ direction: Ends.Direction) throws -> [UInt8]? {
    let (socket, remote) =
      direction == .browserToPhone ? (ends.phone, remoteForPhone) : (ends.browser, remoteForBrowser)
    while let (count, source) = socket.receive(into: bench) {
      if source != remote || count < 12 || DatagramKind(of: UnsafeRawBufferPointer(rebasing: bench[..<count])) != .rtp {
        continue
      }
      guard direction == .phoneToBrowser else { return Array(bench[12..<count]) }
      let length = browser_unprotect(seal, octets, Int32(count))
      guard length > 0 else { throw Broken("a browser could not open a packet of \(count) bytes") }
      return Array(bench[12..<Int(length)])
    }
    return nil
  }

  private var octets: UnsafeMutablePointer<UInt8>? { bench.assumingMemoryBound(to: UInt8.self).baseAddress }
}

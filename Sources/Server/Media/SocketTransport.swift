import Runtime
import Wire

/// Carries an engine's packets over real sockets: one for all browsers, a pair for each phone, all waited for by one epoll.
struct SocketTransport: MediaTransport, ~Copyable {
  /// What an event of the epoll is about.
  enum Source {
    case mailbox
    case browsers
    case phone(slot: Int, PhoneChannel)
  }

  /// A quarter of a second of one call: what waits longer is better lost. The kernel doubles the number and counts some 840 bytes for a
  /// packet of 172; network cards whose packets weigh more of it get a tenth of a second.
  static let phoneReceiveBuffer: Int32 = 6 * 1024
  /// The same for each browser, and once for the datagrams of a handshake, which are few and large.
  static let browserReceiveBuffer: Int32 = 6 * 1024
  static let handshakeReceiveBuffer: Int32 = 4 * 1024

  let epoll: Epoll
  let browsers: UDPSocket
  private let ports: ClosedRange<UInt16>
  private var nextPort: UInt16
  /// Datagrams that the kernel was given.
  private(set) var sent: UInt64 = 0
  /// The browsers for whose packets the kernel has room.
  private var expectedBrowsers = 0
  private let host: IPAddress
  private let portsBySlot: UnsafeMutablePointer<PhonePort?>
  private let slots: Int

  /// - Parameter slots: how many legs there can be.
  init(
    host: IPAddress, browserPort: UInt16, phonePorts: ClosedRange<UInt16>, slots: Int, bell: WakeDescriptor
  ) throws(SystemFailure) {
    let browsers = try UDPSocket(bind: SocketAddress(host, browserPort))
    browsers.setReceiveBuffer(bytes: Self.browserReceiveBuffer + Self.handshakeReceiveBuffer)
    // Everything that can fail comes before the first property is set.
    epoll = try Self.waiting(for: bell, browsers)
    self.browsers = browsers
    self.host = host
    ports = phonePorts
    nextPort = phonePorts.lowerBound
    self.slots = slots
    portsBySlot = .allocate(capacity: slots)
    portsBySlot.initialize(repeating: nil, count: slots)
  }

  private static func waiting(for bell: WakeDescriptor, _ browsers: UDPSocket) throws(SystemFailure) -> Epoll {
    do throws(SystemFailure) {
      let epoll = try Epoll()
      try epoll.add(bell.file, .readable, token: 0)
      try epoll.add(browsers.file, .readable, token: 1)
      return epoll
    } catch {
      browsers.close()
      throw error
    }
  }

  deinit {
    browsers.close()
    for slot in 0..<slots { if let port = portsBySlot[slot] { close(port) } }
    portsBySlot.deallocate()
  }

  func source(_ index: Int) -> Source {
    switch epoll.token(index) {
    case 0: .mailbox
    case 1: .browsers
    case let token: .phone(slot: Int(token >> 1) - 1, token & 1 == 0 ? .rtp : .rtcp)
    }
  }

  /// The socket of a leg's port; `nil` for an event that outlived its leg.
  func socket(_ slot: Int, _ channel: PhoneChannel) -> UDPSocket? {
    guard slot >= 0, slot < slots, let port = portsBySlot[slot] else { return nil }
    return UDPSocket(file: channel == .rtp ? port.rtp : port.rtcp, isIPv6: browsers.isIPv6)
  }

  /// Lets as much wait on the browsers' port as so many of them send in a quarter of a second. The kernel holds to
  /// `net.core.rmem_max`, whatever is asked for.
  mutating func expect(browsers count: Int) {
    guard count != expectedBrowsers else { return }
    expectedBrowsers = count
    let each = Int32(clamping: max(1, count)).multipliedReportingOverflow(by: Self.browserReceiveBuffer)
    browsers.setReceiveBuffer(bytes: each.overflow ? .max / 2 : each.partialValue &+ Self.handshakeReceiveBuffer)
  }

  // MARK: MediaTransport

  mutating func sendToBrowser(_ packet: UnsafeRawBufferPointer, at address: SocketAddress) {
    sent &+= 1
    browsers.send(packet, to: address)
  }

  mutating func send(
    _ packet: UnsafeRawBufferPointer, from port: PhonePort, _ channel: PhoneChannel, to address: SocketAddress
  ) {
    sent &+= 1
    UDPSocket(file: channel == .rtp ? port.rtp : port.rtcp, isIPv6: browsers.isIPv6).send(packet, to: address)
  }

  /// Takes the next free pair of the range, so that a port rests as long as possible between two calls.
  mutating func openPhonePort(for slot: Int) -> PhonePort? {
    for _ in 0..<(ports.count / 2) {
      let number = takeNumber()
      guard let rtp = try? UDPSocket(bind: SocketAddress(host, number)) else { continue }
      guard let rtcp = try? UDPSocket(bind: SocketAddress(host, number + 1)) else {
        rtp.close()
        continue
      }
      rtp.setReceiveBuffer(bytes: Self.phoneReceiveBuffer)
      let port = PhonePort(number: number, rtp: rtp.file, rtcp: rtcp.file)
      let token = UInt64(slot + 1) << 1
      guard (try? epoll.add(rtp.file, .readable, token: token)) != nil,
        (try? epoll.add(rtcp.file, .readable, token: token | 1)) != nil
      else {
        close(port)
        return nil
      }
      portsBySlot[slot] = port
      return port
    }
    return nil
  }

  /// Even numbers, round and round; the odd one above belongs to the pair (RFC 3550 §11).
  private mutating func takeNumber() -> UInt16 {
    let even = nextPort + nextPort % 2
    let number = even < ports.upperBound ? even : ports.lowerBound + ports.lowerBound % 2
    nextPort = number < UInt16.max - 2 ? number + 2 : ports.lowerBound
    return number
  }

  mutating func closePhonePort(_ port: PhonePort, of slot: Int) {
    if slot >= 0, slot < slots { portsBySlot[slot] = nil }
    close(port)
  }

  private func close(_ port: PhonePort) {
    UDPSocket(file: port.rtp, isIPv6: browsers.isIPv6).close()
    UDPSocket(file: port.rtcp, isIPv6: browsers.isIPv6).close()
  }
}

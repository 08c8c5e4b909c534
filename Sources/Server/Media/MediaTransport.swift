import Wire

/// The sockets of one phone's leg: an even RTP port and the odd RTCP port after it (RFC 3550 §11).
package struct PhonePort: Hashable, Sendable {
  package var number: UInt16
  /// The descriptors of both sockets, or whatever a test's network knows them by.
  package var rtp: Int32
  package var rtcp: Int32

  package init(number: UInt16, rtp: Int32, rtcp: Int32) {
    self.number = number
    self.rtp = rtp
    self.rtcp = rtcp
  }
}

package enum PhoneChannel: Hashable, Sendable {
  case rtp
  case rtcp
}

/// What carries an engine's packets: sockets in service, an imagined network in a test.
package protocol MediaTransport: ~Copyable {
  /// Sends from the port that all browsers share.
  mutating func sendToBrowser(_ packet: UnsafeRawBufferPointer, at address: SocketAddress)
  mutating func send(_ packet: UnsafeRawBufferPointer, from port: PhonePort, _ channel: PhoneChannel, to address: SocketAddress)
  /// Binds a port pair whose packets belong to `slot`; `nil` when the range is used up.
  mutating func openPhonePort(for slot: Int) -> PhonePort?
  /// Closes the pair that was opened for `slot`.
  mutating func closePhonePort(_ port: PhonePort, of slot: Int)
}

import Runtime
import Wire

/// The SIP port: one number, for datagrams and for connections (RFC 3261 §18).
package struct SIPSockets: Sendable {
  package let datagrams: UDPSocket
  package let listener: TCPListener

  /// Numbers tried where any free one will do: the one that UDP gets may be taken for TCP.
  private static let tries = 64

  /// When the power comes back, all phones register at once: some thousands of them wait here, or come back half a second later.
  private static let receiveBuffer: Int32 = 4 * 1024 * 1024

  /// Binds both; port 0 takes a number that is free for both.
  package init(bind address: SocketAddress) throws(SystemFailure) {
    var left = address.port == 0 ? Self.tries : 1
    while true {
      let datagrams = try UDPSocket(bind: address)
      datagrams.setReceiveBuffer(bytes: Self.receiveBuffer)
      do throws(SystemFailure) {
        listener = try TCPListener(bind: SocketAddress(address.ip, datagrams.localAddress?.port ?? address.port))
        self.datagrams = datagrams
        return
      } catch {
        datagrams.close()
        left -= 1
        guard left > 0, error.isAddressInUse else { throw error }
      }
    }
  }

  package var address: SocketAddress { datagrams.localAddress ?? SocketAddress(.any, 0) }
}

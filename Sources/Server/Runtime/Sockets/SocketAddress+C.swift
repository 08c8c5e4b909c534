import CLinux
import Glibc
import Wire

/// Room for any address that the kernel gives or takes, converted without allocating.
struct AddressStorage {
  var storage = sockaddr_storage()
  var length = socklen_t(MemoryLayout<sockaddr_storage>.size)

  init() {}

  /// - Parameter family: AF_INET6 writes IPv4 addresses as mapped ones, as a dual-stack socket wants them.
  init(_ address: SocketAddress, family: Int32) {
    switch address.ip {
    case .v4(let bits) where family == AF_INET:
      var v4 = sockaddr_in()
      v4.sin_family = sa_family_t(AF_INET)
      v4.sin_port = address.port.bigEndian
      v4.sin_addr.s_addr = bits.bigEndian
      length = socklen_t(MemoryLayout<sockaddr_in>.size)
      withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: v4, as: sockaddr_in.self) }
    case .v4(let bits): set(high: 0, low: 0xFFFF_0000_0000 | UInt64(bits), address.port)
    case .v6(let high, let low): set(high: high, low: low, address.port)
    }
  }

  private mutating func set(high: UInt64, low: UInt64, _ port: UInt16) {
    var v6 = sockaddr_in6()
    v6.sin6_family = sa_family_t(AF_INET6)
    v6.sin6_port = port.bigEndian
    withUnsafeMutableBytes(of: &v6.sin6_addr) {
      $0.storeBytes(of: high.bigEndian, as: UInt64.self)
      $0.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
    }
    length = socklen_t(MemoryLayout<sockaddr_in6>.size)
    withUnsafeMutableBytes(of: &storage) { $0.storeBytes(of: v6, as: sockaddr_in6.self) }
  }

  var address: SocketAddress? {
    withUnsafeBytes(of: storage) { bytes in
      switch Int32(storage.ss_family) {
      case AF_INET:
        let v4 = bytes.load(as: sockaddr_in.self)
        return SocketAddress(.v4(UInt32(bigEndian: v4.sin_addr.s_addr)), UInt16(bigEndian: v4.sin_port))
      case AF_INET6:
        let v6 = bytes.load(as: sockaddr_in6.self)
        return withUnsafeBytes(of: v6.sin6_addr) { octets in
          let high = UInt64(bigEndian: octets.load(as: UInt64.self))
          let low = UInt64(bigEndian: octets.load(fromByteOffset: 8, as: UInt64.self))
          let ip = high == 0 && low >> 32 == 0xFFFF ? IPAddress.v4(UInt32(truncatingIfNeeded: low)) : .v6(high: high, low: low)
          return SocketAddress(ip, UInt16(bigEndian: v6.sin6_port))
        }
      default: return nil
      }
    }
  }

  mutating func withMutable<Result>(_ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Result)
    -> Result
  {
    withUnsafeMutablePointer(to: &storage) { storage in
      storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        withUnsafeMutablePointer(to: &length) { body(address, $0) }
      }
    }
  }

  func with<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    withUnsafePointer(to: storage) { storage in
      storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
    }
  }
}

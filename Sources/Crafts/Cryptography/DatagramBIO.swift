import COpenSSL

/// Where OpenSSL writes datagrams: each write is one datagram. A memory BIO would glue a flight together (RFC 6347 §4.1.1).
enum DatagramBIO {
  /// Datagrams that wait to be taken; a full flight of ours has at most four.
  static let maximumWaiting = 64

  final class Outbox {
    var datagrams: [[UInt8]] = []
  }

  // Written once, before the first association.
  nonisolated(unsafe) private static let method: OpaquePointer? = {
    let method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams")
    BIO_meth_set_write(method) { bio, bytes, count in
      guard let outbox = DatagramBIO.outbox(of: bio), let bytes, count > 0 else { return -1 }
      if outbox.datagrams.count < DatagramBIO.maximumWaiting {
        outbox.datagrams.append(Array(UnsafeRawBufferPointer(start: bytes, count: Int(count))))
      }
      return count
    }
    BIO_meth_set_ctrl(method) { _, command, _, _ in
      [BIO_CTRL_FLUSH, BIO_CTRL_PUSH, BIO_CTRL_POP].contains(command) ? 1 : 0
    }
    return method
  }()

  /// A BIO that fills `outbox`, which must outlive it.
  static func make(filling outbox: Outbox) -> OpaquePointer? {
    guard let bio = BIO_new(method) else { return nil }
    BIO_set_data(bio, Unmanaged.passUnretained(outbox).toOpaque())
    BIO_set_init(bio, 1)
    return bio
  }

  private static func outbox(of bio: OpaquePointer?) -> Outbox? {
    BIO_get_data(bio).map { Unmanaged<Outbox>.fromOpaque($0).takeUnretainedValue() }
  }
}

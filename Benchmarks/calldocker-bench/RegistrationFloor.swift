import Cryptography
import Foundation
import Runtime
import SQLite
import Storage
import Wire

/// The least that a registration could cost: two datagrams in and two out, the hashes of one digest, and one row of a commit that others
/// share. Nothing is read, routed or remembered.
final class RegistrationFloor {
  private let folder: String
  private let database: Database
  private let near: UDPSocket
  private let far: UDPSocket
  private let nearAddress: SocketAddress
  private let farAddress: SocketAddress
  private let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 16)
  private var number = 0

  init(in folder: String) throws {
    self.folder = folder
    try Folder.make(folder)
    database = try Database("\(folder)/floor.db")
    // The shape of the service's own table, with its index.
    try database.script(
      """
      CREATE TABLE registrations (
        tenant BLOB NOT NULL, agent TEXT NOT NULL, contact TEXT NOT NULL, instance TEXT, transport TEXT NOT NULL,
        remote TEXT NOT NULL, local TEXT NOT NULL, call_id TEXT NOT NULL, cseq INTEGER NOT NULL, registered_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL, PRIMARY KEY (tenant, agent, contact)) STRICT, WITHOUT ROWID;
      CREATE INDEX registrations_by_end ON registrations (expires_at);
      """)
    near = try UDPSocket(bind: SocketAddress(.loopback, 0))
    far = try UDPSocket(bind: SocketAddress(.loopback, 0))
    nearAddress = near.localAddress ?? SocketAddress(.loopback, 0)
    farAddress = far.localAddress ?? SocketAddress(.loopback, 0)
  }

  deinit {
    near.close()
    far.close()
    room.deallocate()
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// So many registrations, so many rows in one commit; processor time and time by the wall, in nanoseconds.
  func run(_ count: Int, inOneCommit group: Int, message: [UInt8]) throws -> (processor: Int64, wall: Int64) {
    let began = SystemClock.now
    var processor: Int64 = 0
    var failure: (any Error)?
    for start in stride(from: 0, to: count, by: group) {
      let rows = min(group, count - start)
      // What phones send is theirs to pay for.
      for _ in 0..<rows { message.withUnsafeBytes { _ = far.send($0, to: nearAddress) } }
      processor +=
        Processor.cost {
          do { try commit(rows, message) } catch { failure = error }
        }.nanoseconds
      while far.receive(into: room) != nil {}
    }
    if let failure { throw Broken("the floor's database: \(failure)") }
    return (processor, (SystemClock.now - began).nanoseconds)
  }

  private func commit(_ rows: Int, _ message: [UInt8]) throws {
    try database.script("BEGIN IMMEDIATE")
    for _ in 0..<rows {
      number += 1
      _ = near.receive(into: room)
      _ = near.receive(into: room)
      let answer = UnsafeRawBufferPointer(rebasing: room[..<min(room.count, message.count)])
      near.send(answer, to: farAddress)
      // RFC 7616 §3.4.1: H(A2), then the response over it.
      let request = Hex.encode(MD5.hash(Array("REGISTER:sip:00000000-0000-4000-8000-00000000ca11".utf8)))
      let response = Hex.encode(MD5.hash(Array("\(request):9a7e5c3b1d2f4e6a8c0b:00000001:0a4f113b:auth:\(request)".utf8)))
      try database.run(
        "INSERT OR REPLACE INTO registrations VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        [UInt8](repeating: UInt8(truncatingIfNeeded: number >> 8), count: 16), "agent\(number)",
        "<sip:agent\(number)@127.0.0.1:40000>", response, "udp", "127.0.0.1:40000", "127.0.0.1:5060", "bench-\(number)",
        Int64(number), Int64(1_795_000_000_000), Int64(1_795_000_000_000 + number))
      near.send(answer, to: farAddress)
    }
    try database.script("COMMIT")
  }
}

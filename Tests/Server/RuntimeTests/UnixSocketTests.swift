import Foundation
import Testing
import Wire

@testable import Runtime

/// A folder of the test's own, with a path short enough for sockets, gone at the end.
private final class Scratch {
  let path = "/tmp/calldocker-\(UInt32.random(in: 0 ... .max))"
  init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(atPath: path) }

  func permissions(_ name: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")[.posixPermissions] as? Int
  }
}

@Suite("Unix sockets: whose they are, what is in the way, how long one waits")
struct UnixSocketTests {
  @Test("Bytes pass both ways, and only the socket's own user may open it")
  func conversation() throws {
    let scratch = try Scratch()
    let listener = try UnixListener(bind: scratch.path + "/s")
    defer { listener.close() }
    #expect(try scratch.permissions("s") == 0o600)
    #expect(listener.accept() == nil)
    let connection = try Conversation(connect: listener.path, within: .seconds(30))
    let file = try #require(listener.accept())
    try connection.send(Array("hello".utf8))
    var room = [UInt8](repeating: 0, count: 10)
    #expect(recv(file, &room, 10, 0) == 5)
    #expect(send(file, room, 5, 0) == 5)
    #expect(try connection.receive() == Array("hello".utf8))
    close(file)
    #expect(try connection.receive().isEmpty)
  }

  @Test("What a crash left is replaced; what is no socket is left alone")
  func stale() throws {
    let scratch = try Scratch()
    let crashed = try UnixListener(bind: scratch.path + "/s")
    // The process ends without a word: the descriptor goes, the file stays.
    close(crashed.file)
    #expect(throws: SystemFailure.self) { _ = try Conversation(connect: crashed.path, within: .seconds(60)) }
    let listener = try UnixListener(bind: scratch.path + "/s")
    _ = try Conversation(connect: listener.path, within: .seconds(60))
    listener.close()
    #expect(!FileManager.default.fileExists(atPath: listener.path))

    #expect(FileManager.default.createFile(atPath: scratch.path + "/file", contents: Data("precious".utf8)))
    #expect(throws: SystemFailure.self) { try UnixListener(bind: scratch.path + "/file") }
    #expect(FileManager.default.contents(atPath: scratch.path + "/file") == Data("precious".utf8))
  }

  @Test("A path has 107 bytes at most, and one more is refused on either side")
  func longPath() throws {
    let scratch = try Scratch()
    let name = String(repeating: "x", count: UnixListener.maximumPathBytes - scratch.path.utf8.count - 1)
    let listener = try UnixListener(bind: scratch.path + "/" + name)
    defer { listener.close() }
    _ = try Conversation(connect: listener.path, within: .seconds(60))
    #expect(throws: SystemFailure.self) { try UnixListener(bind: scratch.path + "/x" + name) }
    #expect(throws: SystemFailure.self) { _ = try Conversation(connect: scratch.path + "/x" + name, within: .seconds(60)) }
  }

  @Test("Who never answers is waited for as long as was said, and who is not there not at all")
  func patience() throws {
    let scratch = try Scratch()
    let listener = try UnixListener(bind: scratch.path + "/s")
    defer { listener.close() }
    let connection = try Conversation(connect: listener.path, within: .milliseconds(50))
    do throws(SystemFailure) {
      _ = try connection.receive()
      Issue.record("an answer came from nowhere")
    } catch {
      #expect(error.isTimeout, "\(error)")
    }
    do throws(SystemFailure) {
      _ = try Conversation(connect: scratch.path + "/nobody", within: .seconds(60))
      Issue.record("nobody answered")
    } catch {
      #expect(error.isNobodyThere && error.description.contains("/nobody"), "\(error)")
    }
  }
}

@Suite("Folders and locks")
struct LockFileTests {
  @Test("One holds a lock at a time, the other hears who; it is free once it is let go")
  func lock() throws {
    let scratch = try Scratch()
    let path = scratch.path + "/lock"
    let first = try LockFile(taking: path)
    #expect(try scratch.permissions("lock") == 0o600)
    #expect(throws: LockFile.Refusal.held(by: getpid())) { try LockFile(taking: path) }
    first.release()
    let second = try LockFile(taking: path)
    #expect(throws: LockFile.Refusal.held(by: getpid())) { try LockFile(taking: path) }
    second.release()
  }

  @Test("A folder is made with those above it, for its user alone, and one that is there stays as it is")
  func folder() throws {
    let scratch = try Scratch()
    try Folder.make(scratch.path + "/a/b/")
    #expect(try scratch.permissions("a") == 0o700)
    #expect(try scratch.permissions("a/b") == 0o700)
    #expect(chmod(scratch.path + "/a/b", 0o755) == 0)
    try Folder.make(scratch.path + "/a/b")
    #expect(try scratch.permissions("a/b") == 0o755)
    #expect(FileManager.default.createFile(atPath: scratch.path + "/file", contents: nil))
    #expect(throws: SystemFailure.self) { try Folder.make(scratch.path + "/file") }
    #expect(throws: SystemFailure.self) { try Folder.make(scratch.path + "/file/below") }
  }
}

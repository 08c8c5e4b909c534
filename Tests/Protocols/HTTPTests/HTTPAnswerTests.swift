import Testing

@testable import HTTP

@Suite("Answers of strange servers (RFC 9112)")
struct HTTPAnswerTests {
  /// What an answer comes to, however it is cut into pieces.
  private func progress(_ text: String, ends: Bool = false, maximumBody: Int = 100) -> HTTPAnswer.Progress {
    let octets = Array(text.utf8)
    let results = [1, 2, 7, max(1, octets.count)].map { piece in
      var answer = HTTPAnswer(maximumBody: maximumBody)
      for start in stride(from: 0, to: octets.count, by: piece) {
        let progress = answer.receive(Array(octets[start..<min(start + piece, octets.count)]))
        if progress != .wantsMore { return progress }
      }
      return ends ? answer.end() : .wantsMore
    }
    #expect(Set(results).count == 1, "\(text) cut differently: \(results)")
    return results[0]
  }

  @Test("§6.3 a body has the length that is said, or ends with the connection")
  func lengths() {
    #expect(progress("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc") == .whole(status: 200, body: Array("abc".utf8)))
    #expect(progress("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab") == .wantsMore)
    #expect(progress("HTTP/1.1 500 No\r\n\r\nabc") == .wantsMore)
    #expect(progress("HTTP/1.1 500 No\r\n\r\nabc", ends: true) == .whole(status: 500, body: Array("abc".utf8)))
    #expect(progress("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n") == .whole(status: 304, body: []))
    for wrong in ["+1", "-1", "1 1", "0x1", "99999999999999999999", "101"] {
      #expect(isBroken(progress("HTTP/1.1 200 OK\r\nContent-Length: \(wrong)\r\n\r\na")), "\(wrong)")
    }
    #expect(isBroken(progress("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", ends: true)))
    #expect(isBroken(progress("HTTP/1.1 200", ends: true)))
  }

  @Test("§7.1 chunks are put together; sizes that are none, or too much in all, are refused")
  func chunks() {
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
    #expect(
      progress(head + "A\r\n0123456789\r\n1;a=b\r\nx\r\n0\r\nT: u\r\n\r\n")
        == .whole(status: 200, body: Array("0123456789x".utf8)))
    #expect(progress(head + "A\r\n0123456789\r\n") == .wantsMore)
    for wrong in ["\r\n", "x\r\n", "-1\r\n", "+1\r\n", "123456789\r\n", "1\r\nab\r\n", "65\r\n"] {
      #expect(isBroken(progress(head + wrong)), "\(wrong)")
    }
    #expect(isBroken(progress(head + "1" + String(repeating: " ", count: HTTPConnection.maximumChunkLine))))
    let trailer = String(repeating: "T: 0123456789\r\n", count: HTTPConnection.maximumHeaderBytes / 15 + 1)
    #expect(isBroken(progress(head + "0\r\n" + trailer)))
  }

  @Test("§15.2 answers that come before the one that counts are passed over, so many of them")
  func interim() {
    let early = "HTTP/1.1 100 Continue\r\n\r\n"
    let last = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    #expect(progress(String(repeating: early, count: HTTPAnswer.maximumInterim) + last) == .whole(status: 200, body: []))
    #expect(isBroken(progress(String(repeating: early, count: HTTPAnswer.maximumInterim + 1) + last)))
    #expect(isBroken(progress("HTTP/1.1 101 Switching Protocols\r\n\r\n")))
  }

  @Test("A head without an end is given up, and what is no HTTP is said to be none")
  func heads() {
    #expect(isBroken(progress("HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: HTTPConnection.maximumHeaderBytes))))
    for wrong in [
      "ICY 200 OK\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 999 No\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
    ] {
      #expect(isBroken(progress(wrong)), "\(wrong)")
    }
  }

  private func isBroken(_ progress: HTTPAnswer.Progress) -> Bool { if case .broken = progress { true } else { false } }
}

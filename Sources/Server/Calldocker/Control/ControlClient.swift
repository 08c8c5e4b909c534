import Foundation
import HTTP
import Runtime
import Wire

/// A command's way to the running server: one question, one answer, over the control socket.
struct ControlClient: Sendable {
  let folder: String
  /// A server that takes longer than this does not answer at all.
  var patience = Duration.seconds(30)

  /// - Throws: `Command.Failure`, in words for the person at the keys.
  func ask<Answer: Decodable>(
    _ method: String, _ path: String, _ body: (any Encodable)? = nil, for type: Answer.Type = Answer.self
  ) throws -> Answer {
    let reply = try converse(method, path, try body.map { Array(try JSONEncoder().encode($0)) } ?? [])
    guard (200..<300).contains(reply.status) else { throw Self.failure(reply) }
    do {
      return try JSONDecoder().decode(type, from: Data(reply.body))
    } catch {
      throw Command.Failure(code: EX_PROTOCOL, sentence: "The server's answer is not understood; is it another version?")
    }
  }

  private func converse(_ method: String, _ path: String, _ body: [UInt8]) throws -> HTTPReply {
    // The server closes once it has answered: that is the end of the answer, and its length is checked against what it said.
    let head = [
      "\(method) \(path) HTTP/1.1", "Host: calldocker", "Connection: close", "Content-Type: application/json",
      "Content-Length: \(body.count)", "", "",
    ]
    do {
      let connection = try Conversation(connect: DataFolder.controlSocket(in: folder), within: patience)
      try connection.send(Array(head.joined(separator: "\r\n").utf8) + body)
      var answer: [UInt8] = []
      while answer.count <= HTTPReply.maximumBytes {
        let more = try connection.receive()
        if more.isEmpty { break }
        answer += more
      }
      return try HTTPReply(parsing: answer)
    } catch let failure as SystemFailure {
      throw explain(failure)
    } catch is HTTPReply.Broken {
      throw Command.Failure(code: EX_PROTOCOL, sentence: "The server ended in the middle of its answer; see its log.")
    }
  }

  private func explain(_ failure: SystemFailure) -> Command.Failure {
    let start = "Start one with `calldocker serve --data \(folder)`, or name its data folder with --data."
    if failure.isNobodyThere {
      return Command.Failure(code: EX_UNAVAILABLE, sentence: "No calldocker runs on the data folder \(folder). \(start)")
    }
    if failure.isForbidden {
      let sentence = "The control socket of \(folder) belongs to another user: run this as the user of the server, or as root."
      return Command.Failure(code: EX_NOPERM, sentence: sentence)
    }
    if failure.isTimeout {
      let sentence = "The server on \(folder) did not answer within \(patience.components.seconds) seconds; see its log."
      return Command.Failure(code: EX_UNAVAILABLE, sentence: sentence)
    }
    return Command.Failure(code: EX_IOERR, sentence: "The server cannot be asked: \(failure).")
  }

  private static func failure(_ reply: HTTPReply) -> Command.Failure {
    let problem = try? JSONDecoder().decode(Problem.self, from: Data(reply.body))
    let sentence = problem?.detail ?? problem?.title ?? "The server answered with status \(reply.status)."
    let code =
      switch reply.status {
      case 503: EX_UNAVAILABLE
      case 500...: EX_SOFTWARE
      default: EX_DATAERR
      }
    return Command.Failure(code: code, sentence: sentence)
  }
}

import Foundation
import HTTP
import Testing

@testable import Calldocker

@Suite("The command line")
struct CommandTests {
  private let flags = [Flag("json", nil, ""), Flag("data", "DIR", ""), Flag("team", "T", "", repeats: true)]

  @Test("Flags may stand anywhere and in two forms; after -- nothing is a flag")
  func options() {
    let options = Options(["one", "--team", "a", "--json", "--team=b=c", "two", "--", "--data", "-x"], flags)
    #expect(options.words == ["one", "two", "--data", "-x"])
    #expect(options.values("team") == ["a", "b=c"] && options["team"] == "b=c")
    #expect(options.has("json") && !options.has("data") && options.faults.isEmpty)
  }

  @Test("Faults are told together, with what was meant")
  func faults() {
    let options = Options(["--jsn", "--team=x", "--data"], flags)
    #expect(options.faults == ["--jsn: there is no such flag; did you mean --json?", "--data: a value is missing"])
  }

  @Test("What is near is suggested, what is far is not")
  func suggestions() {
    let known = ["serve", "tenant", "agent", "version"]
    #expect(Suggestion.nearest(to: "tenat", among: known) == "tenant")
    #expect(Suggestion.nearest(to: "sreve", among: known) == "serve")
    #expect(Suggestion.nearest(to: "dialplan", among: known) == nil)
    #expect(Suggestion.nearest(to: "x", among: known) == nil)
    #expect(Suggestion.nearest(to: "", among: known) == nil)
    #expect(Suggestion.nearest(to: String(repeating: "x", count: 100_000), among: known) == nil)
  }

  @Test("Every verb's help shows its words and each of its flags", arguments: Command.verbs.map(\.name))
  func help(name: String) throws {
    let verb = try #require(Command.verbs.first { $0.name == name })
    #expect(verb.help.hasPrefix("calldocker \(name)"))
    for flag in verb.flags { #expect(verb.help.contains("  --\(flag.name) ") || verb.help.contains("  \(flag.shown) ")) }
    for word in verb.words ?? [] { #expect(verb.help.contains(word)) }
    for line in verb.help.split(separator: "\n").dropFirst() { #expect(line.count <= 128, "\(line)") }
  }

  @Test("Exit codes are those of sysexits: 64 for what is not understood, 65 for no UUID, 69 for no server, 78 for the file")
  func exitCodes() throws {
    let folder = TemporaryFolder()
    let environment = ["CALLDOCKER_DATA": folder.path]
    func run(_ words: String...) -> Int32 { Command.run(words, environment: environment) }
    #expect(run("tenat") == 64 && run("tenant") == 64 && run("tenant", "ad", "x") == 64 && run("--json") == 64)
    #expect(run("tenant", "add") == 64 && run("tenant", "add", "a", "b") == 64 && run("tenant", "list", "--jsn") == 64)
    #expect(run("agent", "add", "no-uuid", "alice") == 65)
    #expect(run("agent", "add", UUID().uuidString, "alice", "--password", "a", "--password-stdin") == 64)
    #expect(run("tenant", "list") == 69)
    #expect(run("serve", "--htp-port", "1") == 64 && run("serve", "word") == 64)
    let plan = try TemporaryFile("[c]\nexten => 1,1,Hangup()\n")
    #expect(
      run("dialplan", "show", "--file", plan.path) == 0 && run("dialplan", "show", "--file", plan.path, "c", "1", "--json") == 0
    )
    #expect(
      run("dialplan", "show", "--file", plan.path, "d") == 65
        && run("dialplan", "show", "--file", plan.path, "c", "1", "x") == 64)
    #expect(run("dialplan", "show", "--svg", "--file", plan.path) == 0 && run("dialplan", "show", "--svg") == 64)
    let file = try TemporaryFile("htp-port = 1\n")
    #expect(run("serve", "--config", file.path) == 78 && run("tenant", "list", "--config", file.path) == 78)
    #expect(!FileManager.default.fileExists(atPath: folder.path))
  }
}

@Suite("An answer of the control socket")
struct HTTPReplyTests {
  private func read(_ text: String) -> HTTPReply? { try? HTTPReply(parsing: Array(text.utf8)) }

  @Test("The status and the body, whose length must be what was said")
  func parsing() {
    let reply = read("HTTP/1.1 201 Created\r\nX: y\r\ncontent-length:  2 \r\n\r\n{}")
    #expect(reply?.status == 201 && reply?.body == Array("{}".utf8))
    #expect(read("HTTP/1.1 204 No Content\r\n\r\n")?.body == [])
    for broken in [
      "", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{}",
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}", "HTTP/1.1 200 OK\r\nContent-Le",
      "HTTP/1.1 x\r\n\r\n", "SIP/2.0 200 OK\r\n\r\n", "\r\n\r\n",
    ] { #expect(read(broken) == nil, "\(broken)") }
  }

  @Test("An answer of so many bytes is read, and one byte more is refused")
  func limit() {
    let length = HTTPReply.maximumBytes - "HTTP/1.1 200 OK\r\nContent-Length: 12345678\r\n\r\n".utf8.count
    for (extra, isRead) in [(0, true), (1, false)] {
      let head = Array("HTTP/1.1 200 OK\r\nContent-Length: \(length + extra)\r\n\r\n".utf8)
      let octets = head + [UInt8](repeating: 0x78, count: length + extra)
      #expect(octets.count == HTTPReply.maximumBytes + extra)
      #expect(((try? HTTPReply(parsing: octets)) != nil) == isRead)
    }
  }
}

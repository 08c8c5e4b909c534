import Foundation
import HTTP
import Testing
import Wire

@testable import Calldocker

/// A folder of files that is gone with the test.
private final class Folder {
  let path = FileManager.default.temporaryDirectory.appendingPathComponent("calldocker-\(UUID().uuidString)").path

  init(_ files: [String: String]) throws {
    for (name, text) in files { try write(name, text) }
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ name: String, _ text: String) throws {
    let file = URL(fileURLWithPath: "\(path)/\(name)")
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }
}

private func get(_ path: String, method: String = "GET", _ headers: HTTPHeaders = HTTPHeaders()) -> HTTPRequest {
  HTTPRequest(method: method, path: path, headers: headers)
}

@Suite("The files that the web hands out")
struct WebFilesTests {
  private static let usual = [
    "widget.js": "script", "widget/panel.js": "panel", "call/index.html": "<p>call", "index.html": "<p>home",
    "demo/index.html": "<p>demo", ".secret.js": "no", ".git/config.js": "no", "notes.md": "no", "makefile": "no",
  ]

  private func files(_ contents: [String: String] = usual, isDemo: Bool = false) throws -> WebFiles {
    let folder = try Folder(contents)
    return try withExtendedLifetime(folder) { try WebFiles(reading: folder.path, isDemo: isDemo) }
  }

  @Test("A page has the name of its folder, every other file its own, with its type")
  func paths() throws {
    let files = try files()
    for (path, body, type) in [
      ("/widget.js", "script", "javascript"), ("/widget/panel.js", "panel", "javascript"), ("/call", "<p>call", "html"),
      ("/", "<p>home", "html"),
    ] {
      let answer = try #require(files.answer(to: get(path)), "\(path)")
      #expect(answer.status == 200 && answer.body == Array(body.utf8))
      #expect(answer.headers["Content-Type"] == "text/\(type); charset=utf-8")
    }
  }

  @Test(
    "Nothing else is there, whatever a path says",
    arguments: [
      "/../etc/passwd", "/widget/../widget.js", "/%2e%2e/widget.js", "//widget.js", "/widget.js/", "/call/index.html",
      "/.secret.js", "/.git/config.js", "/notes.md", "/makefile", "/widget", "/demo", "/demo/index.html", "", "*",
    ])
  func others(path: String) throws {
    #expect(try files().answer(to: get(path)) == nil)
  }

  @Test("A demo has its page, and it comes first")
  func demo() throws {
    let files = try files(isDemo: true)
    #expect(files.answer(to: get("/demo"))?.body == Array("<p>demo".utf8))
    #expect(files.answer(to: get("/"))?.body == Array("<p>demo".utf8))
  }

  @Test("What a cache has already is not sent again (RFC 9110 §13.1.2)")
  func caching() throws {
    let files = try files()
    let tag = try #require(files.answer(to: get("/widget.js"))?.headers["ETag"])
    for list in [tag, "W/\(tag)", "\"other\", \(tag)", "\"other\" ,W/\(tag) ", "*"] {
      let answer = try #require(files.answer(to: get("/widget.js", [("If-None-Match", list)])))
      #expect(answer.status == 304 && answer.body.isEmpty && answer.headers["ETag"] == tag, "\(list)")
      #expect(answer.headers["Cache-Control"] == "public, max-age=300")
    }
    for list in ["\"other\"", "", tag.dropLast() + "x\"", "w/\(tag)"] {
      #expect(files.answer(to: get("/widget.js", [("If-None-Match", String(list))]))?.status == 200, "\(list)")
    }
    #expect(files.answer(to: get("/call"))?.headers["ETag"] != tag)
    #expect(files.answer(to: get("/widget/panel.js"))?.headers["Cache-Control"] == "no-cache")
  }

  @Test("Files are read, not written to")
  func methods() throws {
    let files = try files()
    #expect(files.answer(to: get("/widget.js", method: "HEAD"))?.status == 200)
    for method in ["POST", "PUT", "DELETE"] {
      let answer = files.answer(to: get("/widget.js", method: method))
      #expect(answer?.status == 405 && answer?.headers["Allow"] == "GET, HEAD")
    }
  }

  @Test("Our own pages run nothing that stands in them; only the call page may be framed; scripts are for every origin")
  func policies() throws {
    let files = try files(isDemo: true)
    let call = try #require(files.answer(to: get("/call"))?.headers["Content-Security-Policy"])
    let demo = try #require(files.answer(to: get("/demo"))?.headers["Content-Security-Policy"])
    for policy in [call, demo] {
      #expect(policy.contains("default-src 'none'") && policy.contains("script-src 'self'") && !policy.contains("unsafe"))
    }
    #expect(call.contains("frame-ancestors *") && demo.contains("frame-ancestors 'none'"))
    let script = try #require(files.answer(to: get("/widget.js")))
    #expect(script.headers["Cross-Origin-Resource-Policy"] == "cross-origin")
    #expect(files.answer(to: get("/demo"))?.headers["Cross-Origin-Resource-Policy"] == "same-origin")
  }

  @Test("A folder that cannot be right is refused in a sentence that names it and the flag")
  func refusals() throws {
    let missing = #expect(throws: Server.Unready.self) { try WebFiles(reading: "/no/such/folder", isDemo: false) }
    #expect(missing?.description.contains("/no/such/folder cannot be read") == true)
    let empty = #expect(throws: Server.Unready.self) { try files(["index.html": ""]) }
    #expect(empty?.description.contains("has no widget.js") == true && empty?.description.contains("--web") == true)
  }

  @Test("One file more than the limit is too many")
  func limits() throws {
    let full = Dictionary(uniqueKeysWithValues: (1..<WebFiles.maximumFiles).map { ("\($0).js", "") })
    #expect(throws: Never.self) { try files(full.merging(["widget.js": ""]) { first, _ in first }) }
    #expect(throws: Server.Unready.self) { try files(full.merging(["widget.js": "", "more.js": ""]) { first, _ in first }) }
    let big = String(repeating: " ", count: WebFiles.maximumBytes)
    #expect(throws: Never.self) { try files(["widget.js": big]) }
    #expect(throws: Server.Unready.self) { try files(["widget.js": big, "more.js": " "]) }
  }
}

@Suite("The demo business")
struct DemoBusinessTests {
  private let demo: DemoBusiness
  private let key: String

  init() throws {
    var random = Randomness.seeded(1)
    let tenant = try #require(Server.demoTenant)
    demo = DemoBusiness(tenant, outboundProxies: [SocketAddress(.loopback, 5060)], using: &random)
    let behind = demo.announcement(at: "http://x").joined(separator: "\n").split(separator: "#key=").last
    key = String(try #require(behind?.split(separator: "\n").first))
  }

  private func answer(_ headers: HTTPHeaders) -> HTTPResponse {
    demo.answer(to: get("/demo.json", headers), registered: Set(demo.members.prefix(1).map(\.name)))
  }

  @Test("Passwords are told to who has the terminal's key, and to nobody else")
  func passwords() {
    let password = demo.members[0].password
    #expect(demo.announcement(at: "http://x").joined().contains("user alice   password \(password)"))
    #expect(String(decoding: answer([("Authorization", "Bearer \(key)")]).body, as: UTF8.self).contains(password))
    for said in [key, "Bearer ", "Bearer \(key.dropLast())", "Bearer \(key)x"] {
      #expect(!String(decoding: answer([("Authorization", said)]).body, as: UTF8.self).contains("password"), "\(said)")
    }
    #expect(!String(decoding: answer(HTTPHeaders()).body, as: UTF8.self).contains("password"))
  }

  @Test("Who is registered is told, to pages of our own origin only")
  func presence() {
    let answer = answer(HTTPHeaders())
    let text = String(decoding: answer.body, as: UTF8.self)
    #expect(text.contains("{\"isRegistered\":true,\"user\":\"alice\"},{\"isRegistered\":false,\"user\":\"bob\"}"))
    #expect(text.contains("\"outboundProxies\":[\"127.0.0.1:5060\"]"))
    #expect(answer.headers["Cross-Origin-Resource-Policy"] == "same-origin" && answer.headers["Cache-Control"] == "no-store")
  }
}

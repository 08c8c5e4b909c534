import Cryptography
import Foundation
import HTTP
import Wire

/// What the web hands out as it is: the files below one folder, read once at start.
///
/// A request is looked up in a table and never becomes a path of the file system, so nothing outside the folder can be named.
/// `call/index.html` is served as `/call`, every other file under its own name; hidden files and types not listed here are not.
package struct WebFiles: Sendable {
  static let maximumFiles = 1000
  static let maximumBytes = 16 * 1024 * 1024

  private struct File: Sendable {
    var headers: HTTPHeaders
    var tag: String
    var body: [UInt8]
  }
  private var files: [String: File] = [:]

  private static let types = [
    "html": "text/html; charset=utf-8", "js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml", "png": "image/png", "ico": "image/x-icon", "txt": "text/plain; charset=utf-8",
  ]

  /// Pages that others may show in a frame: a microphone in there is the framing page's to give.
  private static let framed: Set<String> = ["/call"]

  /// No files at all.
  init() {}

  /// Reads the folder; `demo/` only for a demo, whose page then also is the first one.
  ///
  /// Throws a sentence for the operator if the folder is not there, lacks the widget, or holds more than the limits.
  init(reading folder: String, isDemo: Bool) throws(Server.Unready) {
    guard let names = try? FileManager.default.subpathsOfDirectory(atPath: folder) else {
      throw .init("The folder \(folder) cannot be read; start in the project's folder, or name the folder with --web.")
    }
    var total = 0
    for name in names {
      guard let type = Self.type(of: name), isDemo || !name.hasPrefix("demo/") else { continue }
      guard let data = FileManager.default.contents(atPath: "\(folder)/\(name)") else {
        throw .init("The file \(folder)/\(name) cannot be read.")
      }
      total += data.count
      guard files.count < Self.maximumFiles, total <= Self.maximumBytes else {
        let limits = "\(Self.maximumFiles) files or \(Self.maximumBytes) bytes"
        throw .init("The folder \(folder) has over \(limits); name the right one with --web.")
      }
      add(Self.path(name), type, Array(data))
    }
    guard files["/widget.js"] != nil else {
      throw .init("The folder \(folder) has no widget.js; start in the project's folder, or name the folder with --web.")
    }
    if let demo = files["/demo"] { files["/"] = demo }
  }

  private static func type(of name: String) -> String? {
    guard !name.split(separator: "/").contains(where: { $0.hasPrefix(".") }), name.contains(".") else { return nil }
    return name.split(separator: ".").last.flatMap { types[String($0)] }
  }

  private static func path(_ name: String) -> String {
    let parts = name.split(separator: "/")
    return "/" + (parts.last == "index.html" ? parts.dropLast() : parts[...]).joined(separator: "/")
  }

  private mutating func add(_ path: String, _ type: String, _ body: [UInt8]) {
    let tag = "\"\(Hex.encode(Array(SHA256.hash(body).prefix(12))))\""
    // Other sites keep the script for minutes; whatever it loads is asked for again each time, so that versions never mix.
    let caching = path == "/widget.js" ? "public, max-age=300" : "no-cache"
    var headers: HTTPHeaders = [("Content-Type", type), ("Cache-Control", caching), ("ETag", tag)]
    if type.hasPrefix("text/html") {
      headers.append("Content-Security-Policy", Self.policy(isFramed: Self.framed.contains(path)))
      headers.append("Permissions-Policy", "microphone=(self)")
      headers.append("Referrer-Policy", "strict-origin-when-cross-origin")
      headers.append("Cross-Origin-Resource-Policy", Self.framed.contains(path) ? "cross-origin" : "same-origin")
    } else {
      // Pages of other origins load these, also those that isolate themselves (HTML standard, Cross-Origin-Embedder-Policy).
      headers.append("Cross-Origin-Resource-Policy", "cross-origin")
    }
    files[path] = File(headers: headers, tag: tag, body: body)
  }

  /// Our own pages load from here and run nothing that stands in them.
  private static func policy(isFramed: Bool) -> String {
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
      + "form-action 'none'; frame-ancestors \(isFramed ? "*" : "'none'"); require-trusted-types-for 'script'; trusted-types 'none'"
  }

  /// The answer for a path of the table; `nil` for any other.
  func answer(to request: HTTPRequest) -> HTTPResponse? {
    guard let file = files[request.path] else { return nil }
    guard request.method == "GET" || request.method == "HEAD" else {
      var refusal = HTTPResponse.problem(405, "This address is for GET, HEAD")
      refusal.headers.append("Allow", "GET, HEAD")
      return refusal
    }
    let isKnown = request.headers["If-None-Match"].map { Self.matches(file.tag, $0) } ?? false
    return HTTPResponse(isKnown ? 304 : 200, headers: file.headers, body: isKnown ? [] : file.body)
  }

  /// The weak comparison of RFC 9110 §13.1.2: a proxy that packs what it passes on marks our tag as weak.
  private static func matches(_ tag: String, _ list: String) -> Bool {
    list.split(separator: ",").contains { entry in
      let entry = entry.drop { $0 == " " || $0 == "\t" }
      let known = (entry.hasPrefix("W/") ? entry.dropFirst(2) : entry).prefix { $0 != " " && $0 != "\t" }
      return known == tag || known == "*"
    }
  }
}

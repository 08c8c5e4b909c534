import Calls
import Foundation
import HTTP
import Storage
import Testing
import Wire

@testable import Calldocker

@Suite("What the API reads and says")
struct APITests {
  private static let schema = Schema.object(
    "Thing", .always("name", .text(1...3)), .maybe("count", .integer(1...5)), .maybe("kind", .orNull(.word(["a", "b"]))),
    .maybe("list", .list(of: .object("Inner", .always("flag", .flag)), atMost: 2)), .maybe("ratio", .number),
    .maybe("words", .texts))

  private func fault(_ body: String) throws -> String? {
    Self.schema.fault(in: try #require(JSON(parsing: Array(body.utf8))), called: "")
  }

  @Test("A value is held to its schema, and what is wrong is named with its place")
  func schema() throws {
    for fine in [
      #"{"name":"x"}"#, #"{"name":"\u00fc\u00fc\u00fc","count":5,"kind":null,"list":[],"ratio":1}"#,
      #"{"name":"x","kind":"b","list":[{"flag":true},{"flag":false}],"ratio":-0.5e3,"words":{"any":"text"}}"#,
    ] { #expect(try fault(fine) == nil, "\(fine)") }
    for (body, sentence) in [
      (#"{}"#, "name is missing."), (#"{"name":""}"#, "name must have 1 to 3 characters."),
      (#"{"name":"abcd"}"#, "name must have 1 to 3 characters."), (#"{"name":true}"#, "name must be a text."),
      (#"{"name":"x","count":6}"#, "count must be a whole number from 1 to 5."),
      (#"{"name":"x","count":1.5}"#, "count must be a whole number from 1 to 5."),
      (#"{"name":"x","count":true}"#, "count must be a whole number from 1 to 5."),
      (#"{"name":"x","count":99999999999999999999}"#, "count must be a whole number from 1 to 5."),
      (#"{"name":"x","count":null}"#, "count must be a whole number from 1 to 5."),
      (#"{"name":"x","kind":"c"}"#, "kind must be one of a, b."),
      (#"{"name":"x","kind":1}"#, "kind must be one of a, b."),
      (#"{"name":"x","list":[{"flag":true},{}]}"#, "list[1].flag is missing."),
      (#"{"name":"x","list":[{"flag":0}]}"#, "list[0].flag must be true or false."),
      (#"{"name":"x","list":[{"flag":true},{"flag":true},{"flag":true}]}"#, "list may have 2 entries."),
      (#"{"name":"x","list":[{"flag":true,"flog":1}]}"#, "There is no field list[0].flog; did you mean flag?"),
      (#"{"name":"x","ratio":"1"}"#, "ratio must be a number."), (#"{"name":"x","words":{"a":1}}"#, "words.a must be a text."),
    ] { #expect(try fault(body) == sentence, "\(body)") }
  }

  @Test("JSON is read as RFC 8259 has it, and written so that it can be read again")
  func json() throws {
    for broken in [
      "", "{", "{'a':1}", "[1,]", "[,1]", "{\"a\":1,}", "{\"a\":1,\"a\":1}", "{\"a\"}", "{a:1}", "01", "-", "-01", "1.", ".5",
      "1e",
      "1e999", "+1", "0x1", "NaN", "nul", "True", "\"\u{1}\"", "\"", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"",
      "\"\\udc00\"", "\"\\ud800\\u0041\"", "{} {}", "1 2", "[1 2]", "\u{FEFF}{}", "/**/1",
      String(repeating: "[", count: 100_000), String(repeating: "[", count: JSON.maximumDepth + 2) + "1",
      String(repeating: "[", count: JSON.maximumDepth + 1) + String(repeating: "]", count: JSON.maximumDepth + 1) + "]",
    ] { #expect(JSON(parsing: Array(broken.utf8)) == nil, "\(broken.prefix(20))") }
    #expect(JSON(parsing: [0x22, 0xFF, 0x22]) == nil)
    let (open, shut) = (String(repeating: "[", count: JSON.maximumDepth), String(repeating: "]", count: JSON.maximumDepth))
    #expect(JSON(parsing: Array((open + "1" + shut).utf8)) != nil)
    #expect(JSON(parsing: Array((open + "[[1]]" + shut).utf8)) == nil)
    #expect(
      JSON(parsing: Array(" [ -0 , 1e2 , 9223372036854775808 , \"\\ud83d\\ude00\\/\" ] ".utf8))
        == .array([.integer(0), .number(100), .number(9_223_372_036_854_775_808), .string("\u{1F600}/")]))
    let value = JSON.object([
      .init("text", .string("a\"\\\n\u{2028}\u{1F600}")), .init("numbers", .array([.integer(.min), .number(0.1), .null])),
      .init("flag", .bool(false)),
    ])
    let again = try #require(JSON(parsing: Array(value.text.utf8)))
    #expect(again["text"] == value["text"] && again["numbers"] == value["numbers"] && again["flag"] == .bool(false))
    #expect(JSON.of(Double.nan) == .null && JSON.of(1.23456) == .number(1.235) && JSON.of(Double.infinity).text == "null")
  }

  @Test("Moments by RFC 3339, and what is none")
  func moments() {
    for (text, milliseconds) in [
      ("1970-01-01T00:00:00Z", 0), ("2026-11-24T13:47:52.123Z", 1_795_528_072_123),
      ("2026-11-24t13:47:52.1239z", 1_795_528_072_123),
      ("2026-11-24T14:47:52.1+01:00", 1_795_528_072_100), ("1969-12-31T23:59:59.999Z", -1),
      ("2000-02-29T12:00:00-12:00", 951_868_800_000),
      ("0000-01-01T00:00:00Z", -62_167_219_200_000), ("9999-12-31T23:59:60Z", 253_402_300_800_000),
    ] as [(String, Int64)] {
      #expect(WallTime(rfc3339: text)?.milliseconds == milliseconds, "\(text)")
    }
    for text in [
      "", "2026-11-24", "2026-11-24T13:47:52", "2026-11-24 13:47:52Z", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z",
      "1900-02-29T00:00:00Z", "2026-11-24T24:00:00Z", "2026-11-24T00:60:00Z", "2026-11-24T00:00:00.Z",
      "2026-11-24T00:00:00+0100",
      "2026-11-24T00:00:00+01:00x", "+2026-11-24T00:00:00Z", "2026-11-24T00:00:00." + String(repeating: "1", count: 99) + "Z",
      "２026-11-24T00:00:00Z",
    ] { #expect(WallTime(rfc3339: text) == nil, "\(text)") }
    for milliseconds in stride(from: Int64(-99_999_999_999), through: 5_000_000_000_000, by: 77_777_777_777) {
      let moment = WallTime(milliseconds: milliseconds)
      #expect(WallTime(rfc3339: moment.rfc3339) == moment)
    }
  }

  @Test("A path's segments are escaped so that they come back, plus signs too; in forms a plus is a space")
  func escaping() {
    for text in ["C++ / Café?#%", "a b", "-._~", "\u{0}\u{1F600}", "."] {
      let escaped = PercentCoding.encode(text)
      #expect(PercentCoding.decode(escaped) == text && PercentCoding.decode(escaped, isForm: true) == text)
      #expect(escaped.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") })
    }
    #expect(PercentCoding.decode("a+b", isForm: true) == "a b" && PercentCoding.decode("a+b") == "a+b")
  }

  // MARK: The table

  @Test("Every operation has a name of its own, an address below /api, and a success; reads have no body")
  func table() {
    #expect(Set(API.operations.map(\.name)).count == API.operations.count)
    #expect(Set(API.operations.map { "\($0.method) \($0.path)" }).count == API.operations.count)
    for operation in API.operations {
      #expect(operation.path.hasPrefix("/api/") && operation.answers.contains { (200..<300).contains($0.status) })
      #expect(operation.body == nil || operation.method != "GET" && operation.method != "DELETE", "\(operation.name)")
    }
  }

  @Test("Of one name there is one schema")
  func schemas() {
    var known: [String: Schema.Object] = [:]
    for operation in API.operations {
      for object in ([operation.body].compactMap(\.self) + operation.answers.compactMap(\.schema)).flatMap(\.objects) {
        #expect(known[object.name] == nil || known[object.name] == object, "\(object.name)")
        known[object.name] = object
      }
    }
  }

  @Test("What is below a tenant's address takes a token, and what writes there an owner's")
  func access() {
    for operation in API.operations where operation.path.hasPrefix("/api/tenants/") {
      guard case .roles(let roles) = operation.access else {
        Issue.record("\(operation.name) is open to everybody")
        continue
      }
      #expect(roles.contains(.owner) && (operation.method == "GET" || roles == [.owner]), "\(operation.name)")
    }
  }

  @Test("Nothing below /api is routed but by the tables that are described")
  func routes() throws {
    let folder = Place.root + "/Sources/Server/Calldocker/Web"
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
      let text = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
      let routes = text.split(separator: "\n").filter { $0.contains("router.add(\"") && $0.contains("/api") }
      #expect(routes.isEmpty, "\(name): \(routes)")
    }
    let tables = AccessPlace.all.map { "\($0.method) \($0.path)" } + PublicPlace.all.map { "\($0.method) \($0.path)" }
    let described = API.operations.filter { !$0.isOfTenant }.map { "\($0.method) \($0.path)" }
    #expect(Set(tables) == Set(described))
  }
}

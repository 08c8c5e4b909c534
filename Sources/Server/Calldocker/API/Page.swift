import HTTP
import Storage
import Wire

/// A part of a list: how many, and after which.
///
/// A cursor says a position and nothing else. Whose list it is stands in the path and the token, so that one of another tenant is of no
/// more use than any other position.
struct Page {
  static let parameters = [
    Operation.Parameter(
      name: "limit", schema: .integer(API.limits), note: "How many at most; \(API.defaultLimit) where it is not given."),
    Operation.Parameter(name: "after", schema: .text(1...maximumCursor), note: "What `next` was on the page before."),
  ]
  static let maximumCursor = 512

  let limit: Int
  /// The position after which it begins, as text; `nil` for the beginning.
  let after: String?

  /// - Parameter list: keeps cursors of one kind of list out of another.
  init(_ ask: Ask, of list: Character) throws(Refused) {
    limit = ask.query["limit"].flatMap { Int($0) } ?? API.defaultLimit
    guard let cursor = ask.query["after"] else {
      after = nil
      return
    }
    guard let octets = Base64.decode(cursor), let text = String(validating: octets, as: UTF8.self), text.first == list,
      Self.cursor(String(text.dropFirst()), of: list) == cursor
    else { throw Self.bad }
    after = String(text.dropFirst())
  }

  static let bad = API.badQuery("after is no cursor of this list: give what `next` was, or leave it out.")

  static func cursor(_ position: String, of list: Character) -> String {
    Base64.encodeForURL(Array("\(list)\(position)".utf8))
  }

  /// - Parameter next: the position after the last item; `nil` with the last page.
  static func answer(_ items: [JSON], next: String?, of list: Character) -> HTTPResponse {
    API.json(200, .object([.init("items", .array(items)), .init("next", .of(next.map { cursor($0, of: list) }))]))
  }
}

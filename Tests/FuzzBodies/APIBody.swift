import Calldocker
import HTTP
import Storage
import Wire

extension FuzzTarget {
  /// Bytes as a body and as a query of every operation of the API: what is taken is what is described, and what is refused says why.
  static let api: Body = { octets throws(BrokenPromise) in
    try readAgain(octets)
    let text = String(decoding: octets, as: UTF8.self)
    if let moment = WallTime(rfc3339: text) {
      let tenThousandYears: Int64 = 400 * 86_400_000 * 366 * 25
      try promise(abs(moment.milliseconds) < tenThousandYears, "four digits name a year")
    }
    let request = HTTPRequest(method: "POST", path: "/", query: text, body: octets)
    for operation in API.operations {
      try judgeQuery(request, operation)
      if let schema = operation.body { try judgeBody(request, schema) }
    }
  }

  private static func readAgain(_ octets: [UInt8]) throws(BrokenPromise) {
    guard let value = JSON(parsing: octets) else { return }
    let again = JSON(parsing: Array(value.text.utf8))
    try promise(again == value, "what was read is written so that it is read again: \(value.text)")
    try promise(depth(of: value) <= JSON.maximumDepth, "nesting keeps to its limit")
  }

  private static func depth(of value: JSON) -> Int {
    switch value {
    case .array(let values): 1 + (values.map(depth).max() ?? 0)
    case .object(let members): 1 + (members.map { depth(of: $0.value) }.max() ?? 0)
    default: 0
    }
  }

  private static func judgeQuery(_ request: HTTPRequest, _ operation: Operation) throws(BrokenPromise) {
    let outcome = Result { () throws(Refused) in try API.query(of: request, operation.query) }
    switch outcome {
    case .success(let values): try promise(values.count <= operation.query.count, "every parameter is known")
    case .failure(let refused): try check(refused.response, [400])
    }
  }

  private static func judgeBody(_ request: HTTPRequest, _ schema: Schema) throws(BrokenPromise) {
    let outcome = Result { () throws(Refused) in try API.body(of: request, schema) }
    switch outcome {
    case .success(let body):
      guard case .object(let members) = body, case .object(let object) = schema else {
        throw BrokenPromise(description: "a body is an object")
      }
      let isKnown = members.allSatisfy { member in object.fields.contains { $0.name == member.name } }
      let isWhole = object.fields.allSatisfy { field in !field.isRequired || body[field.name] != nil }
      try promise(isKnown && isWhole, "a body has what is described and nothing else")
    case .failure(let refused): try check(refused.response, [400, 413, 422])
    }
  }

  private static func check(_ refusal: HTTPResponse, _ statuses: [Int]) throws(BrokenPromise) {
    let body = JSON(parsing: refusal.body)
    try promise(statuses.contains(refusal.status) && body?["detail"] != nil, "a refusal is a problem with a sentence")
  }
}

/// `NoOp([text])`: a line of the trace.
struct NoOp: Application {
  static let name = "NoOp"

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress { .next }
}

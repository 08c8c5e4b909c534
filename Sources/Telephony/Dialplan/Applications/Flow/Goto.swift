/// `Goto([[context,]exten,]priority)`.
struct Goto: Application {
  static let name = "Goto"

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    guard !arguments.isEmpty else {
      run.log(.warning, "Goto needs a priority, a label, or an extension and a priority.")
      return .end
    }
    return run.jump(arguments)
  }
}

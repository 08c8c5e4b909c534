/// `UserEvent(name[,body])`: for who listens to the business's events.
struct UserEvent: Application {
  static let name = "UserEvent"

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    let parts = arguments.split(separator: ",", maxSplits: 1, omittingEmptySubsequences: false)
    run.put(.userEvent(name: String(parts.first ?? ""), body: parts.count > 1 ? String(parts[1]) : ""))
    return .next
  }
}

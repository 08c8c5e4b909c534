/// `SendText([text])`: shown to the caller; `SENDTEXTSTATUS`.
struct SendText: Application {
  static let name = "SendText"

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    run.put(.sendText(arguments))
    run.set("SENDTEXTSTATUS", "SUCCESS")
    return .next
  }
}

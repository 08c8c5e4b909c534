import Wire

/// `Originate(destination,exten,context,extension,priority[,seconds[,options]])`: rings somebody and sends it to an extension.
struct Originate: Application {
  static let name = "Originate"
  static let standardTime = Duration.seconds(30)

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    let list = ArgumentList(arguments)
    guard list[1].lowercased() == "exten" else {
      run.log(.warning, "Originate serves the kind exten only, not \(list[1]).")
      return run.conclude("ORIGINATE_STATUS", "FAILED")
    }
    let priority = Int(list[4]) ?? 1
    guard !list[0].isEmpty, !list[2].isEmpty, !list[3].isEmpty, priority > 0 else {
      run.log(.warning, "Originate needs a destination, exten, a context, an extension and a priority, not \(arguments).")
      return run.conclude("ORIGINATE_STATUS", "FAILED")
    }
    run.put(
      .originate(
        Run.OriginateRequest(
          destination: list[0], position: Position(list[2], list[3], priority),
          timeout: Run.seconds(list[5]) ?? Self.standardTime)))
    return run.conclude("ORIGINATE_STATUS", "SUCCESS")
  }
}

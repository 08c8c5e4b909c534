/// `QueueLog(queue,uniqueid,agent,event[,info])`: a line of the queues' log.
struct QueueLog: Application {
  static let name = "QueueLog"

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    let list = ArgumentList(arguments)
    guard list.count >= 4 else {
      run.log(.warning, "QueueLog needs a queue, a call's id, an agent and an event, not \(arguments).")
      return .next
    }
    run.put(.queueLog(queue: list[0], uniqueID: list[1], agent: list[2], event: list[3], info: list[4]))
    return .next
  }
}

/// `Hangup([cause])`: ends the call with a Q.850 cause, a number or a name.
struct Hangup: Application {
  static let name = "Hangup"

  mutating func begin(_ arguments: String, in run: inout Run) -> Progress {
    let text = Run.trimmed(arguments)
    if let cause = Int(text) ?? Q850.cause(named: text), (1...127).contains(cause) {
      run.channel.cause = cause
    } else if !text.isEmpty {
      run.log(.warning, "Hangup does not know the cause \(text).")
    }
    if run.channel.cause == 0 { run.channel.cause = 16 }
    return .end
  }
}

/// Causes of ITU-T Q.850 by the names that dialplans use.
enum Q850 {
  static func cause(named name: String) -> Int? { causes[name.lowercased()] }

  private static let causes = [
    "unallocated": 1, "no_route_transit_net": 2, "no_route_destination": 3, "normal": 16, "normal_clearing": 16, "busy": 17,
    "user_busy": 17, "no_user_response": 18, "noanswer": 19, "no_answer": 19, "call_rejected": 21, "rejected": 21,
    "number_changed": 22, "destination_out_of_order": 27, "invalid_number_format": 28, "facility_rejected": 29,
    "normal_unspecified": 31, "congestion": 34, "normal_circuit_congestion": 34, "network_out_of_order": 38,
    "normal_temporary_failure": 41, "failure": 38, "switch_congestion": 42, "requested_chan_unavail": 44,
    "facility_not_subscribed": 50, "incompatible_destination": 88, "recovery_on_timer_expire": 102, "interworking": 127,
  ]
}

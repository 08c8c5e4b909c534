import Calls
import Runtime

/// What was measured on legs by the time they closed, and how their media failed.
struct LegHistograms: Sendable {
  private(set) var loss = Histogram([0, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5])
  /// Seconds, like the round trip.
  private(set) var jitter = Histogram([0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2])
  private(set) var roundTrip = Histogram([0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1])
  private(set) var meanOpinion = Histogram([1.5, 2, 2.5, 3, 3.5, 3.8, 4, 4.2, 4.4])
  private(set) var failures: [MediaFailure: UInt64] = [:]

  mutating func observe(_ event: MediaEvent) {
    switch event {
    case .closed(_, let report): observe(report)
    case .failed(_, let failure): failures[failure, default: 0] &+= 1
    default: break
    }
  }

  /// A leg on which nothing ever came says nothing of its network.
  private mutating func observe(_ report: LegReport) {
    guard report.packetsReceived > 0 else { return }
    loss.observe(report.loss)
    jitter.observe(report.jitter / 1000)
    if let trip = report.roundTrip { roundTrip.observe(trip / 1000) }
    if let opinion = report.meanOpinion { meanOpinion.observe(opinion) }
  }
}

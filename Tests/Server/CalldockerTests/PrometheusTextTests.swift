import Calls
import Runtime
import Testing

@testable import Calldocker

@Suite("Metrics")
struct PrometheusTextTests {
  @Test("Help and type come first; whole numbers have no fraction; labels stand in braces")
  func values() {
    var text = PrometheusText()
    text.add("a", .gauge, "Some.", 3)
    text.add("b", .counter, "More.", [("x=\"1\"", 0.5), ("x=\"2\"", 2)])
    let expected = "# HELP a Some.\n# TYPE a gauge\na 3\n# HELP b More.\n# TYPE b counter\nb{x=\"1\"} 0.5\nb{x=\"2\"} 2\n"
    #expect(text.text == expected)
  }

  @Test("A histogram's buckets count all that is below, and the last one everything")
  func histogram() {
    var histogram = Histogram([1, 2])
    for value in [0.5, 1, 1.5, 99, .nan, .infinity] { histogram.observe(value) }
    #expect(histogram.counts == [2, 1] && histogram.count == 4 && histogram.sum == 102)
    var text = PrometheusText()
    text.add("h", "Some.", [("p=\"0\"", histogram)])
    let lines = text.text.split(separator: "\n").dropFirst(2).map(String.init)
    #expect(
      lines == [
        "h_bucket{p=\"0\",le=\"1\"} 2", "h_bucket{p=\"0\",le=\"2\"} 3", "h_bucket{p=\"0\",le=\"+Inf\"} 4",
        "h_sum{p=\"0\"} 102", "h_count{p=\"0\"} 4",
      ])
  }

  @Test("A leg on which nothing came is in no histogram; a failed one is counted by its reason")
  func legs() {
    var legs = LegHistograms()
    legs.observe(.closed(LegID(1), LegReport()))
    #expect(legs.loss.count == 0)
    var report = LegReport()
    report.codec = .opus
    report.packetsReceived = 99
    report.packetsLost = 1
    report.jitter = 4
    legs.observe(.closed(LegID(2), report))
    legs.observe(.failed(LegID(3), .handshakeFailed))
    #expect(legs.loss.count == 1 && legs.loss.sum == 0.01 && legs.jitter.sum == 0.004)
    #expect(legs.meanOpinion.count == 1 && legs.roundTrip.count == 0 && legs.failures == [.handshakeFailed: 1])
  }

  @Test("The process has memory, time and descriptors")
  func process() {
    let figures = ProcessFigures.read()
    #expect(figures.cpuSeconds > 0 && figures.residentBytes > 100_000)
    #expect((3...figures.maximumDescriptors).contains(figures.openDescriptors))
  }
}

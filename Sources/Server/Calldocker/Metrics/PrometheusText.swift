import Runtime

/// Metrics as Prometheus reads them (text exposition format, version 0.0.4).
struct PrometheusText {
  static let mediaType = "text/plain; version=0.0.4; charset=utf-8"
  private(set) var text = ""

  enum Kind: String {
    case counter
    case gauge
    case histogram
  }

  /// One value, or one for each set of labels.
  mutating func add(_ name: String, _ kind: Kind, _ help: String, _ values: [(labels: String, value: Double)]) {
    head(name, kind, help)
    for (labels, value) in values { line(name, labels, value) }
  }

  mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: Int) {
    add(name, kind, help, [("", Double(value))])
  }

  mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: UInt64) {
    add(name, kind, help, [("", Double(value))])
  }

  mutating func add(_ name: String, _ help: String, _ histograms: [(labels: String, value: Histogram)]) {
    head(name, .histogram, help)
    for (labels, histogram) in histograms {
      let prefix = labels.isEmpty ? "" : labels + ","
      var below: UInt64 = 0
      for (bound, count) in zip(histogram.bounds, histogram.counts) {
        below &+= count
        line("\(name)_bucket", "\(prefix)le=\"\(Self.number(bound))\"", Double(below))
      }
      line("\(name)_bucket", "\(prefix)le=\"+Inf\"", Double(histogram.count))
      line("\(name)_sum", labels, histogram.sum)
      line("\(name)_count", labels, Double(histogram.count))
    }
  }

  private mutating func head(_ name: String, _ kind: Kind, _ help: String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
  }

  private mutating func line(_ name: String, _ labels: String, _ value: Double) {
    text += "\(name)\(labels.isEmpty ? "" : "{\(labels)}") \(Self.number(value))\n"
  }

  /// Whole numbers without a fraction, as people write them.
  private static func number(_ value: Double) -> String {
    Int64(exactly: value).map { "\($0)" } ?? "\(value)"
  }
}

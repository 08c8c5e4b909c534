/// `times,weekdays,mdays,months[,timezone]`.
package struct TimeRule: Hashable, Sendable {
  package let text: String
  package init(_ text: String) { self.text = text }
  package func holds(at epoch: Int64, _ zones: any TimeZones) -> Bool { text.isEmpty }
}

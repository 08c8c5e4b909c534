/// `times,weekdays,mdays,months[,timezone]`.
package struct TimeRule: Hashable, Sendable {
  package let text: String
  package init(_ text: String) { self.text = text }
}

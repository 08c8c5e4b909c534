import Wire

/// A record drawn as a SIP ladder: one column each for the visitor, the gateway and the agents' phones, one arrow for each message.
///
/// Phones that a line has no room for follow in a drawing of their own.
package struct FlightLadder {
  package static let widths = 60...400
  private static let timeWidth = 13
  private static let narrowestColumn = 22

  private let record: FlightRecord
  private let clock: FlightClock
  private let names: FlightNames
  private let width: Int

  package init(_ record: FlightRecord, clock: FlightClock, showsPersonal: Bool, width: Int) {
    self.record = record
    self.clock = clock
    names = FlightNames(record, showsPersonal: showsPersonal)
    self.width = min(max(width, Self.widths.lowerBound), Self.widths.upperBound)
  }

  package var text: String {
    let phones = names.phones
    // Two columns are the visitor's and the gateway's.
    let fitting = max(1, (width - Self.timeWidth) / Self.narrowestColumn - 2)
    let starts = phones.isEmpty ? [0] : Array(stride(from: 0, to: phones.count, by: fitting))
    let panels = starts.map { panel(Array(phones[$0..<min($0 + fitting, phones.count)])) }
    return panels.joined(separator: "\n\n")
  }

  private func panel(_ phones: [LegID]) -> String {
    let count = phones.count + 2
    let pitch = (width - Self.timeWidth) / count
    var lines = [
      blank(Self.timeWidth) + (["visitor", "gateway"] + phones.map(title)).map { fit($0, pitch) }.joined(),
      blank(Self.timeWidth) + (["", ""] + phones.map(place)).map { fit($0, pitch) }.joined(),
    ]
    for (index, entry) in record.entries.enumerated() {
      if index == record.entriesBeforeGap, record.dropped > 0 { lines.append("… \(record.dropped) entries are missing here") }
      guard let arrow = arrow(entry, phones) else { continue }
      var row = Array(repeating: Character(" "), count: pitch * count)
      for column in 0..<count { row[column * pitch] = "|" }
      draw(arrow, on: &row, pitch)
      lines.append("\(clock.time(entry.at)) \(String(row))")
    }
    return lines.map { line in String(line.reversed().drop { $0 == " " }.reversed()) }.joined(separator: "\n")
  }

  private struct Arrow {
    var from: Int
    var to: Int
    var label: String
    /// How often, which is never cut off.
    var repeats = ""
  }

  private func arrow(_ entry: FlightRecord.Entry, _ phones: [LegID]) -> Arrow? {
    switch entry.event {
    case .asked: return Arrow(from: 0, to: 1, label: "call request")
    case .refused(let reason, _): return Arrow(from: 1, to: 0, label: reason.rawValue)
    case .visitorLost: return Arrow(from: 0, to: 1, label: "lost")
    case .visitorBack: return Arrow(from: 0, to: 1, label: "back")
    case .toldVisitor(.trying): return Arrow(from: 1, to: 0, label: "trying")
    case .toldVisitor(.ringing): return Arrow(from: 1, to: 0, label: "ringing")
    case .toldVisitor(.talking): return Arrow(from: 1, to: 0, label: "talking")
    case .toldVisitor(.held): return Arrow(from: 1, to: 0, label: "held")
    case .toldVisitor(.troubled(_, _, let trouble)): return Arrow(from: 1, to: 0, label: trouble.kind.rawValue)
    case .media(.connected(let leg)):
      return column(leg, phones).map { Arrow(from: $0, to: 1, label: "sound connected") }
    case .answered(_, let leg):
      guard case .browser? = record.parties[leg] else { return nil }
      return column(leg, phones).map { Arrow(from: $0, to: 1, label: "accept") }
    case .ended(let reason, _): return Arrow(from: 1, to: 0, label: reason.rawValue)
    case .message(let message):
      guard let column = column(message.leg, phones) else { return nil }
      var label = FlightNames.onOneLine(message.title)
      // What an answer answers goes without saying for an INVITE only.
      if message.status != nil, message.about != "INVITE" { label += " (\(FlightNames.onOneLine(message.about)))" }
      let repeats = entry.repeats > 0 ? " ×\(entry.repeats + 1)" : ""
      return message.isFromPeer
        ? Arrow(from: column, to: 1, label: label, repeats: repeats)
        : Arrow(from: 1, to: column, label: label, repeats: repeats)
    default: return nil
    }
  }

  private func column(_ leg: LegID, _ phones: [LegID]) -> Int? {
    record.parties[leg] == .visitor ? 0 : phones.firstIndex(of: leg).map { $0 + 2 }
  }

  private func draw(_ arrow: Arrow, on row: inout [Character], _ pitch: Int) {
    let (left, right) = (min(arrow.from, arrow.to) * pitch + 1, max(arrow.from, arrow.to) * pitch - 1)
    for position in left...right where row[position] == " " { row[position] = "-" }
    row[arrow.from < arrow.to ? right : left] = arrow.from < arrow.to ? ">" : "<"
    // The label stands next to the phone's end, where no other lifeline is crossed.
    let room = max(0, pitch - 6 - arrow.repeats.count)
    let text = arrow.label.count > room ? arrow.label.prefix(max(0, room - 1)) + "…" : arrow.label[...]
    let label = Array(" \(text)\(arrow.repeats) ")
    let start = right - 1 - label.count
    for (offset, character) in label.enumerated() where start + offset >= left { row[start + offset] = character }
  }

  private func title(_ leg: LegID) -> String {
    switch record.parties[leg] {
    case .phone(let agent, _), .browser(let agent): names.name(agent)
    case .visitor, nil: "?"
    }
  }

  private func place(_ leg: LegID) -> String {
    switch record.parties[leg] {
    case .phone(_, let flow): "\(names.text(flow.remote))\(flow.isReliable ? " TCP" : "")"
    case .browser: "browser"
    case .visitor, nil: ""
    }
  }

  private func fit(_ text: String, _ width: Int) -> String {
    let kept = text.count < width ? text : String(text.prefix(max(0, width - 2))) + "…"
    return kept + blank(width - kept.count)
  }

  private func blank(_ count: Int) -> String { String(repeating: " ", count: max(0, count)) }
}

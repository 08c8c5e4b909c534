import SIPCore
import Wire

/// Turns a record's moments into the wall's clock, UTC.
package struct FlightClock: Hashable, Sendable {
  /// Nanoseconds of the wall's clock at the zero of the monotonic one.
  package var offset: Int64
  package init(offset: Int64) { self.offset = offset }

  /// `12:04:31.200`.
  package func time(_ moment: Instant) -> String {
    let milliseconds = wall(moment) / 1_000_000
    let (seconds, thousandths) = (milliseconds / 1000 % 86_400, milliseconds % 1000)
    return "\(two(seconds / 3600)):\(two(seconds / 60 % 60)):\(two(seconds % 60)).\(String(1000 + thousandths).dropFirst())"
  }

  /// `2026-11-24`, by the civil calendar.
  package func day(_ moment: Instant) -> String {
    // Days are counted from the first of March of year 0, so that a leap day is a year's last.
    let days = wall(moment) / 86_400_000_000_000 + 719_468
    let (era, dayOfEra) = (days / 146_097, days % 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return "\(year)-\(two(month))-\(two(dayOfYear - (153 * shifted + 2) / 5 + 1))"
  }

  private func wall(_ moment: Instant) -> Int64 { max(0, offset &+ moment.nanoseconds) }
  private func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

/// What people, phones and places are called in a text: by their names, or as `…1`, `…2` where names are private.
struct FlightNames {
  let record: FlightRecord
  let showsPersonal: Bool
  private var agents: [AgentName: Int] = [:]
  /// In the order in which they came.
  private(set) var phones: [LegID] = []

  init(_ record: FlightRecord, showsPersonal: Bool) {
    self.record = record
    self.showsPersonal = showsPersonal
    for entry in record.entries {
      switch entry.event {
      case .chose(let choice): for candidate in choice.candidates { number(candidate.agent) }
      case .rings(let agent, _, _), .answered(let agent, _), .missed(.agent(let agent), _): number(agent)
      case .leg(let leg, .phone(let agent, _)), .leg(let leg, .browser(let agent)):
        number(agent)
        phones.append(leg)
      default: break
      }
    }
  }

  private mutating func number(_ agent: AgentName) { if agents[agent] == nil { agents[agent] = agents.count + 1 } }

  func name(_ agent: AgentName) -> String {
    showsPersonal ? agent.description : "…\(agents[agent].map { "\($0)" } ?? "")"
  }
  /// Whom an attendant wanted to ring, at the beginning of a sentence.
  func target(_ target: RingTarget) -> String {
    switch target {
    case .agent(let agent): name(agent)
    case .team(let team): "The team \(text(team))"
    case .next(let team?): "Anybody of the team \(text(team))"
    case .next(nil): "Anybody"
    case .nobody: "What the dialplan names"
    }
  }
  func text(_ personal: String) -> String { showsPersonal ? Self.onOneLine(personal) : "…" }
  func text(_ address: SocketAddress) -> String { showsPersonal ? address.description : "…" }

  /// "the phone of alice at 192.0.2.7:5060".
  func party(_ leg: LegID) -> String {
    switch record.parties[leg] {
    case .visitor: "the visitor's browser"
    case .phone(let agent, let flow): "\(name(agent))'s phone at \(text(flow.remote))\(flow.isReliable ? " (TCP)" : "")"
    case .browser(let agent): "\(name(agent))'s browser"
    case nil: "a leg"
    }
  }

  /// The same where a sentence begins; a name is not changed for that.
  func subject(_ leg: LegID) -> String { record.parties[leg] == .visitor ? "The visitor's browser" : party(leg) }

  /// What strangers wrote cannot end a line or move a cursor.
  static func onOneLine(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
  }
}

extension Duration {
  /// "16 ms", "0.2 s", "45 s", "3 min", "2 h", "4 d".
  var told: String {
    let milliseconds = max(0, self.milliseconds)
    switch milliseconds {
    case ..<100: return "\(milliseconds) ms"
    case ..<10_000: return "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s"
    case ..<120_000: return "\(milliseconds / 1000) s"
    case ..<7_200_000: return "\(milliseconds / 60_000) min"
    case ..<172_800_000: return "\(milliseconds / 3_600_000) h"
    default: return "\(milliseconds / 86_400_000) d"
    }
  }
}

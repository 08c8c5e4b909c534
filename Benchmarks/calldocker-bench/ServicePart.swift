import Cryptography
import Doctor
import Foundation
import Peers
import Runtime
import Wire

/// The service as a process of its own: registrations a second, and what a phone and a call take of its memory.
enum ServicePart {
  static let part = Part(
    name: "service", about: "The service itself: registrations with digest, each on the disk before its 200, and memory"
  ) {
    try run()
  }

  private static let calls = 100
  private static let transactionLife = 34.0
  /// Calls that come first, and bring up what is there once for all.
  private static let firstCalls = 20
  private static let memoryAim = 100 * 1_000_000
  private static let callAim = 60.0 * 1024

  private static func run() throws -> [Aim] {
    let service = try RealService()
    defer { service.stop() }
    let empty = service.memory
    let crowd = try RegisteringCrowd(service.businesses, server: service.sip)
    var rates = Table("registrations", "a second", "floor", "ratio", "µs of processor", "floor", "ratio")
    try register(crowd, "first", service, &rates)
    let busy = service.memory
    // What answers requests that come again lives 64 times T1 (RFC 3261 §17.2.2, timer J).
    Foundation.Thread.sleep(forTimeInterval: transactionLife)
    let full = service.memory
    try register(crowd, "again", service, &rates)
    print(rates.text)
    print("\(crowd.repeated) of \(4 * crowd.count) requests were lost on their way and said again.\n")
    var table = Table("memory", "PSS, MB", "RSS, MB", "each, KB")
    table.add("\(crowd.count) agents, no phone", mega(empty.proportional), mega(empty.resident), "")
    table.add("\(crowd.count) phones, just registered", mega(busy.proportional), mega(busy.resident), "")
    let phone = Double(full.resident - empty.resident) / Double(crowd.count)
    table.add("\(crowd.count) phones, idle", mega(full.proportional), mega(full.resident), (phone / 1024).text(2))
    // Before the crowd comes again: what dies of its transactions would make room for calls, and they would seem to take less.
    let perCall = try callMemory(service, &table)
    _ = try crowd.run()
    let crowded = service.memory
    table.add("and all phones once more", mega(crowded.proportional), mega(crowded.resident), "")
    print(table.text)
    return [
      Aim(
        sentence:
          "\(crowd.count) registrations take less than \(memoryAim / 1_000_000) MB resident (\(mega(full.resident)) MB)",
        isMet: full.resident < memoryAim),
      Aim(
        sentence: "and so do two in half a minute, calls and all (\(mega(crowded.resident)) MB)",
        isMet: crowded.resident < memoryAim),
      Aim(sentence: "a call takes at most 60 KB (\((perCall / 1024).text(1)) KB)", isMet: perCall <= callAim),
    ]
  }

  private static func mega(_ bytes: Int) -> String { (Double(bytes) / 1_000_000).text(1) }

  // MARK: Registrations

  /// All phones, beside the floor that does the same for as many.
  private static func register(
    _ crowd: RegisteringCrowd, _ round: String, _ service: RealService, _ table: inout Table
  ) throws {
    let place = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path
    let floor = try RegistrationFloor(in: place + "/bench-floor-\(getpid())")
    let before = service.cpuNanoseconds
    let wall = try crowd.run()
    let ours = (processor: service.cpuNanoseconds - before, wall: wall)
    let least = try floor.run(crowd.count, inOneCommit: RegisteringCrowd.window / 2, message: crowd.example)
    func each(_ nanoseconds: Int64) -> Double { Double(nanoseconds) / Double(crowd.count) / 1000 }
    table.add(
      "\(crowd.count) phones, \(round)", (1_000_000 / each(ours.wall)).perSecond, (1_000_000 / each(least.wall)).perSecond,
      (each(least.wall) / each(ours.wall)).text(2), each(ours.processor).text(0), each(least.processor).text(0),
      (each(ours.processor) / each(least.processor)).text(2))
  }

  // MARK: Calls

  /// Bytes that each further call takes, with its browser's Socket.IO connection.
  private static func callMemory(_ service: RealService, _ table: inout Table) throws -> Double {
    let crowd = try CallingCrowd(service)
    try crowd.add(firstCalls)
    let few = service.memory
    try crowd.add(calls)
    let many = service.memory
    // Of all that is resident: a part of what is shared would change with whoever else runs the same libraries.
    let each = Double(many.resident - few.resident) / Double(calls)
    table.add("and \(firstCalls) calls", mega(few.proportional), mega(few.resident), "")
    table.add("and \(firstCalls + calls) calls", mega(many.proportional), mega(many.resident), (each / 1024).text(1))
    return each
  }
}

/// Visitors and phones in conversation through the service's real ports, Opus on both sides.
final class CallingCrowd {
  private final class Pair {
    let phone: SoftPhone
    let browser: BrowserPeer
    let line: VisitorLine
    var isConnected = false
    var answer: [String: Any]?

    init(phone: SoftPhone, browser: BrowserPeer, line: VisitorLine) {
      (self.phone, self.browser, self.line) = (phone, browser, line)
    }
  }

  /// Everybody is woken each 5 ms: to look for the soonest of hundreds would take longer.
  private struct Everybody: SocketNetwork.Inhabitants {
    var pairs: [Pair]
    var deadline: Instant? { SystemClock.now + .milliseconds(5) }
    func wake() {
      for pair in pairs {
        pair.phone.wake()
        pair.browser.wake()
      }
    }
  }

  private let service: RealService
  private let network: SocketNetwork
  private let identity = Identity.selfSigned(
    names: ["browser.bench"], now: SystemClock.wallNanoseconds / 1_000_000_000, days: 30)
  private var pairs: [Pair] = []
  private var broken: (any Error)?

  init(_ service: RealService) throws {
    self.service = service
    network = try SocketNetwork()
  }

  /// So many more calls, one a business and agent, until all of them talk and have talked for two seconds.
  func add(_ count: Int) throws {
    for _ in 0..<count { try add() }
    _ = network.run(atMost: .seconds(2), Everybody(pairs: pairs)) { false }
  }

  private func add() throws {
    guard pairs.count < service.callingBusinesses.count else { throw Broken("there is no business for another call") }
    let business = service.callingBusinesses[pairs.count]
    let media = try network.reservePair(.loopback)
    let phone = SoftPhone(
      network, at: try network.reserve(.loopback), mediaPort: media.port, server: service.sip, user: business.agents[0],
      domain: business.id.description, password: RealService.password, habit: .answer(after: .zero), hums: 1000, codec: .opus,
      randomness: .system)
    let browser = BrowserPeer(
      network, at: try network.reserve(.any), identity: identity, hums: 440, randomness: .system)
    let line = try VisitorLine(connect: service.http, speaksTLS: false, within: .seconds(600))
    let pair = Pair(phone: phone, browser: browser, line: line)
    pairs.append(pair)
    try network.watch(line.file) { [unowned self, unowned pair] in hear(pair) { try pair.line.hear() } }
    hear(pair) { try pair.line.heard() }
    phone.register()
    try wait("a phone did not register") { phone.isRegistered && pair.isConnected }
    try line.say("call-request", ["uuid": business.id.description, "sdp": browser.offer])
    try wait("a call was not answered by the service") { pair.answer != nil }
    guard let sdp = pair.answer?["sdp"] as? String else { throw Broken("a call was not admitted: \(pair.answer ?? [:])") }
    try browser.accept(sdp)
    try wait("a call did not come about") { phone.isTalking && browser.isConnected }
  }

  private func wait(_ complaint: String, until condition: () -> Bool) throws {
    let isThere = network.run(atMost: .seconds(20), Everybody(pairs: pairs)) { condition() || broken != nil }
    if let broken { throw broken }
    guard isThere else { throw Broken(complaint) }
  }

  private func hear(_ pair: Pair, _ words: () throws -> [VisitorLine.Word]) {
    do {
      for word in try words() {
        switch word {
        case .connected: pair.isConnected = true
        case .answered(let body): if pair.answer == nil { pair.answer = body }
        case .event: break
        }
      }
    } catch {
      broken = error
    }
  }
}

import Calls
import Cryptography
import Dialplan
import HTTP
import Runtime
import Wire

/// Asks web servers for dialplans (`CURL`), as far as the operator allows it: each on a thread of its own, so that no call waits for it.
///
/// A name is resolved once, and only an address that was judged is spoken to. Redirects are not followed; certificates are always checked.
package final class PageFetcher: Sendable {
  /// Pages that are fetched at one time, of all businesses and of one.
  package static let maximumAtOnce = 64
  package static let maximumOfOne = 8
  /// Bytes of a page: what a variable has room for.
  package static let maximumBytes = Variables.maximumLength
  package static let maximumPosted = 65_536
  package static let maximumHeaders = 32
  /// Addresses of one name that are tried.
  package static let maximumAddresses = 8
  /// How long a server may take to be reached, and to be done, where a dialplan does not say (`CURLOPT`).
  package static let connectTime = Duration.seconds(5)
  package static let wholeTime = Duration.seconds(10)
  /// What a dialplan may ask for at most.
  package static let longest = Duration.seconds(60)

  private let hosts: [AllowedHost]
  private let log: Log
  private let roots: TrustedRoots
  private let resolve: @Sendable (String) -> [IPAddress]
  private let underWay = Locked<[TenantID: Int]>([:])

  /// - Parameter resolve: the addresses of a name; it may wait.
  package init(
    _ hosts: [AllowedHost], log: Log, roots: TrustedRoots = .system,
    resolve: @escaping @Sendable (String) -> [IPAddress] = { Interfaces.addresses(named: $0) }
  ) {
    self.hosts = hosts
    self.log = log
    self.roots = roots
    self.resolve = resolve
  }

  /// What a page says, whatever its status; `nil` if nothing came, and the log says why.
  package func fetch(_ fetch: Fetch, for tenant: TenantID) async -> String? {
    do throws(Refusal) {
      let page = try await answer(to: fetch, for: tenant)
      if !(200..<300).contains(page.status) { tell(.info, "CURL was answered with status \(page.status)", fetch, tenant) }
      return String(decoding: page.body, as: UTF8.self)
    } catch {
      tell(.warning, "CURL came to nothing: \(error.reason)", fetch, tenant)
      return nil
    }
  }

  private func tell(_ level: Log.Level, _ sentence: String, _ fetch: Fetch, _ tenant: TenantID) {
    log.write(level, sentence, personal: fetch.url, [("tenant", tenant.description)])
  }

  // MARK: Inside

  private struct Refusal: Error {
    var reason: String
    init(_ reason: String) { self.reason = reason }
  }

  private struct Page {
    var status: Int
    var body: [UInt8]
  }

  private func answer(to fetch: Fetch, for tenant: TenantID) async throws(Refusal) -> Page {
    let address: PageAddress
    do { address = try PageAddress(fetch.url) } catch { throw Refusal("the URL cannot be asked, for \(error.reason)") }
    guard let host = hosts.first(where: { $0.isAsked(by: address) }) else {
      let setting = hosts.isEmpty ? "no host is: the setting dialplan-hosts is empty" : "see the setting dialplan-hosts"
      throw Refusal("\(address.host), port \(address.port), is not allowed (\(setting))")
    }
    let request = try Self.request(fetch, to: address)
    let began = SystemClock.now
    let whole = min(fetch.wholeTime ?? Self.wholeTime, Self.longest)
    let times = (reached: began + min(fetch.connectTime ?? Self.connectTime, whole), done: began + whole)
    guard begin(tenant) else {
      throw Refusal("too many pages are fetched already, \(Self.maximumOfOne) of a business or \(Self.maximumAtOnce) of all")
    }
    let answered = Answered()
    do {
      try Thread.start("page") { [self] in
        // The system's resolver keeps no deadline of ours: until it comes back this place is taken.
        defer { end(tenant) }
        do throws(Refusal) { answered.set(.success(try converse(request, address, host, times))) } catch {
          answered.set(.failure(error))
        }
      }
    } catch {
      end(tenant)
      throw Refusal("\(error)")
    }
    let watch = Task {
      try await Task.sleep(for: whole)
      answered.set(.failure(Refusal("it was not done within \(whole)")))
    }
    defer { watch.cancel() }
    return try await answered.value.get()
  }

  /// The first answer counts.
  private final class Answered: Sendable {
    private let latch = Latch()
    private let first = Locked<Result<Page, Refusal>?>(nil)

    func set(_ answer: Result<Page, Refusal>) {
      first.with { $0 = $0 ?? answer }
      latch.open()
    }

    var value: Result<Page, Refusal> {
      get async {
        await latch.wait()
        return first.with { $0 } ?? .failure(Refusal("nothing came"))
      }
    }
  }

  private func begin(_ tenant: TenantID) -> Bool {
    underWay.with { underWay in
      guard underWay[tenant, default: 0] < Self.maximumOfOne, underWay.values.reduce(0, +) < Self.maximumAtOnce else {
        return false
      }
      underWay[tenant, default: 0] += 1
      return true
    }
  }

  private func end(_ tenant: TenantID) {
    underWay.with { underWay in
      let left = (underWay[tenant] ?? 1) - 1
      underWay[tenant] = left > 0 ? left : nil
    }
  }

  // MARK: The request

  /// Fields that belong to the connection, and are not a dialplan's to write.
  private static let own: Set<String> = [
    "host", "connection", "content-length", "transfer-encoding", "te", "trailer", "upgrade", "expect", "user-agent",
    "accept-encoding", "keep-alive",
  ]

  private static func request(_ fetch: Fetch, to address: PageAddress) throws(Refusal) -> [UInt8] {
    let body = fetch.body.map { Array($0.utf8) }
    guard body?.count ?? 0 <= maximumPosted else { throw Refusal("it would post more than \(maximumPosted) bytes") }
    guard fetch.headers.count <= maximumHeaders else { throw Refusal("it would send more than \(maximumHeaders) headers") }
    // Whatever a value holds, it stays one line.
    var headers: HTTPHeaders = [
      ("Host", address.authority.description), ("Connection", "close"), ("Accept", "*/*"), ("Accept-Encoding", "identity"),
      ("User-Agent", fetch.userAgent ?? "calldocker"),
    ]
    for line in fetch.headers {
      let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty, parts[0].utf8.allSatisfy(isOfToken), !own.contains(parts[0].lowercased())
      else {
        throw Refusal("a header that CURLOPT(httpheader) sets is not Name: value, or not a dialplan's to set")
      }
      headers.append(String(parts[0]), String(parts[1].drop { $0 == " " }))
    }
    if let body {
      if headers["Content-Type"] == nil { headers.append("Content-Type", "application/x-www-form-urlencoded") }
      headers.append("Content-Length", "\(body.count)")
    }
    let lines = headers.fields.map { "\($0.name): \($0.value)" }
    let head = ["\(body == nil ? "GET" : "POST") \(address.target) HTTP/1.1"] + lines + ["", ""]
    return Array(head.joined(separator: "\r\n").utf8) + (body ?? [])
  }

  /// RFC 9110 §5.6.2.
  private static func isOfToken(_ octet: UInt8) -> Bool {
    switch octet {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: "!#$%&'*+-.^_`|~".utf8.contains(octet)
    }
  }

  // MARK: The conversation, on its own thread

  private func converse(
    _ request: [UInt8], _ address: PageAddress, _ host: AllowedHost, _ times: (reached: Instant, done: Instant)
  ) throws(Refusal) -> Page {
    let connection = try connect(address, host, before: times.reached)
    let session = address.scheme == .https ? TLSClientSession(to: address.host, trusting: roots) : nil
    let result: Result<Page, Refusal>
    do throws(SystemFailure) {
      result = try Self.ask(request, of: connection, under: session, before: times.done)
    } catch { throw Refusal("\(error)") }
    return try result.get()
  }

  private func connect(_ page: PageAddress, _ host: AllowedHost, before deadline: Instant) throws(Refusal) -> StreamClient {
    let named = IPAddress(page.host)
    let found = named.map { [$0] } ?? resolve(page.host)
    guard !found.isEmpty else { throw Refusal("the name \(page.host) has no address") }
    let judged = named != nil || host.mayBePrivate ? found : found.filter(\.isPublic)
    guard !judged.isEmpty else {
      throw Refusal("the name \(page.host) leads within, and the setting dialplan-hosts does not say private before it")
    }
    var last = Refusal("nobody was reached")
    for address in judged.prefix(Self.maximumAddresses) {
      do throws(SystemFailure) { return try StreamClient(connect: SocketAddress(address, page.port), before: deadline) } catch {
        last = Refusal("\(error)")
      }
    }
    throw last
  }

  /// Asks in plain text, or under TLS once the server has shown who it is.
  private static func ask(
    _ request: [UInt8], of connection: StreamClient, under session: TLSClientSession?, before deadline: Instant
  ) throws(SystemFailure) -> Result<Page, Refusal> {
    var answer = HTTPAnswer(maximumBody: maximumBytes)
    var outputs = session?.start() ?? [.send(request)]
    while true {
      for output in outputs {
        switch output {
        case .send(let octets): try connection.send(octets, before: deadline)
        case .established:
          for case .send(let records) in session?.send(request) ?? [] { try connection.send(records, before: deadline) }
        case .received(let octets): if let result = result(answer.receive(octets)) { return result }
        case .closed: return result(answer.end()) ?? .failure(Refusal("nothing came"))
        case .failed(let failure): return .failure(Refusal("TLS with it came to nothing: \(failure)"))
        }
      }
      let octets = try connection.receive(before: deadline)
      switch (session, octets.isEmpty) {
      case (let session?, false): outputs = session.receive(octets)
      // Under TLS only a server that says goodbye has said everything: anybody can cut a line.
      case (_?, true): return .failure(Refusal("it ended in the middle of its answer"))
      case (nil, false): outputs = [.received(octets)]
      case (nil, true): outputs = [.closed]
      }
    }
  }

  private static func result(_ progress: HTTPAnswer.Progress) -> Result<Page, Refusal>? {
    switch progress {
    case .wantsMore: nil
    case .whole(let status, let body): .success(Page(status: status, body: body))
    case .broken(let reason): .failure(Refusal(reason))
    }
  }
}

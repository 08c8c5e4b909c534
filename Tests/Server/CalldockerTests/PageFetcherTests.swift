import Calls
import Cryptography
import Dialplan
import Dispatch
import Runtime
import Testing
import Wire

@testable import Calldocker

@Suite("Pages for dialplans (CURL)", .timeLimit(.minutes(2)))
struct PageFetcherTests {
  private static let log = Log(level: .error, showsPersonal: false)
  private static let tenant = TenantID("00000000-0000-4000-8000-000000000001")

  private func fetcher(
    _ hosts: [String], roots: TrustedRoots = .system, resolving addresses: [IPAddress] = [.loopback]
  ) throws -> PageFetcher {
    PageFetcher(
      try hosts.map { try #require(AllowedHost($0)) }, log: Self.log, roots: roots, resolve: { _ in addresses })
  }

  private func page(_ body: String, _ head: String = "HTTP/1.1 200 OK") -> [UInt8] {
    Array("\(head)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8)
  }

  @Test("A page that is asked for comes, with what was posted and the headers of CURLOPT")
  func fetches() async throws {
    let server = try WebServer { _ in page("yes\n") }
    let fetcher = try fetcher(["127.0.0.1:\(server.port)"])
    #expect(
      await fetcher.fetch(Fetch(url: "http://127.0.0.1:\(server.port)/a?b=c#d"), for: try #require(Self.tenant)) == "yes\n")
    var posting = Fetch(url: "HTTP://127.0.0.1:\(server.port)", body: "a=1&b=ü")
    posting.headers = ["X-Key: 1\r\nX-Other: 2"]
    #expect(await fetcher.fetch(posting, for: try #require(Self.tenant)) == "yes\n")
    let heard = server.heard
    #expect(heard.first?.hasPrefix("GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\nConnection: close\r\n") == true)
    #expect(heard.last?.hasPrefix("POST / HTTP/1.1\r\n") == true)
    #expect(heard.last?.contains("\r\nX-Key: 1X-Other: 2\r\n") == true, "a value stays one line")
    #expect(heard.last?.hasSuffix("\r\nContent-Length: 8\r\n\r\na=1&b=ü") == true)
    await server.end()
  }

  @Test("Whatever its status is, and however long it says it is, a page is what it says")
  func shapes() async throws {
    let answers = [
      "/missing": "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone",
      "/moved": "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 5\r\n\r\nmoved",
      "/chunks": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: 1\r\n\r\n",
      "/open": "HTTP/1.0 200 OK\r\n\r\nuntil the end", "/empty": "HTTP/1.1 204 No Content\r\n\r\n",
      "/early": "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
      "/cut": "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", "/none": "", "/other": "SSH-2.0-OpenSSH\r\n\r\n",
      "/two": "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
      "/gzip": "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      "/size": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
    ]
    let server = try WebServer { request in
      Array((answers[String(request.split(separator: " ")[1])] ?? "").utf8)
    }
    let fetcher = try fetcher(["127.0.0.1:\(server.port)"])
    let expected = [
      "/missing": "gone", "/moved": "moved", "/chunks": "abcde", "/open": "until the end", "/empty": "", "/early": "x",
    ]
    for path in answers.keys.sorted() {
      let found = await fetcher.fetch(Fetch(url: "http://127.0.0.1:\(server.port)\(path)"), for: try #require(Self.tenant))
      #expect(found == expected[path], "\(path)")
    }
    await server.end()
  }

  @Test("One byte more than a variable has room for is too much, in one piece, in chunks and until the end")
  func tooLong() async throws {
    let limit = PageFetcher.maximumBytes
    let server = try WebServer { request in
      let length = request.contains("/fits") ? limit : limit + 1
      let body = String(repeating: "x", count: length)
      if request.contains("chunks") {
        let size = String(length, radix: 16)
        return Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\(size)\r\n\(body)\r\n0\r\n\r\n".utf8)
      }
      return request.contains("open") ? Array("HTTP/1.1 200 OK\r\n\r\n\(body)".utf8) : page(body)
    }
    let fetcher = try fetcher(["127.0.0.1:\(server.port)"])
    let tenant = try #require(Self.tenant)
    for kind in ["length", "chunks", "open"] {
      let fitting = await fetcher.fetch(Fetch(url: "http://127.0.0.1:\(server.port)/fits?\(kind)"), for: tenant)
      #expect(fitting?.utf8.count == limit, "\(kind)")
      #expect(await fetcher.fetch(Fetch(url: "http://127.0.0.1:\(server.port)/more?\(kind)"), for: tenant) == nil, "\(kind)")
    }
    let heard = server.heard.count
    var tooMuch = Fetch(
      url: "http://127.0.0.1:\(server.port)/fits", body: String(repeating: "x", count: PageFetcher.maximumPosted))
    #expect(await fetcher.fetch(tooMuch, for: tenant) != nil)
    tooMuch.body? += "x"
    #expect(await fetcher.fetch(tooMuch, for: tenant) == nil)
    var headers = Fetch(url: "http://127.0.0.1:\(server.port)/fits")
    headers.headers = Array(repeating: "X: y", count: PageFetcher.maximumHeaders + 1)
    #expect(await fetcher.fetch(headers, for: tenant) == nil)
    #expect(server.heard.count == heard + 1)
    await server.end()
  }

  @Test("Who is not on the list is not asked, and nobody is where the list is empty")
  func list() async throws {
    let server = try WebServer { _ in page("yes") }
    let tenant = try #require(Self.tenant)
    let url = "http://127.0.0.1:\(server.port)/"
    for hosts in [[], ["127.0.0.1"], ["127.0.0.2:\(server.port)"], ["localhost:\(server.port)"]] {
      #expect(await (try fetcher(hosts)).fetch(Fetch(url: url), for: tenant) == nil)
    }
    #expect(server.heard.isEmpty)
    await server.end()
  }

  @Test("A name that leads within is refused unless the operator says private; every address is judged by itself")
  func within() async throws {
    let server = try WebServer { _ in page("yes") }
    let tenant = try #require(Self.tenant)
    let fetch = Fetch(url: "http://crm.example.com:\(server.port)/")
    let open = try fetcher(["crm.example.com:\(server.port)"])
    #expect(await open.fetch(fetch, for: tenant) == nil)
    #expect(server.heard.isEmpty)
    let marked = try fetcher(["private crm.example.com:\(server.port)"])
    #expect(await marked.fetch(fetch, for: tenant) == "yes")
    #expect(server.heard.first?.contains("\r\nHost: crm.example.com:\(server.port)\r\n") == true)
    #expect(await (try fetcher(["private crm.example.com:\(server.port)"], resolving: [])).fetch(fetch, for: tenant) == nil)
    let within = [
      "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "0.1.2.3", "224.0.0.1",
      "255.255.255.255", "192.0.0.8", "198.18.0.1", "192.0.2.1", "::", "::1", "fe80::1", "fd00::1", "ff02::1",
      "::ffff:10.0.0.1",
      "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::", "2001:db8::1",
    ]
    for text in within { #expect(try #require(IPAddress(text)).isPublic == false, "\(text)") }
    for text in ["8.8.8.8", "172.32.0.1", "198.20.0.1", "2606:4700::1111"] {
      #expect(try #require(IPAddress(text)).isPublic, "\(text)")
    }
    await server.end()
  }

  @Test(
    "A URL with a password, a blank, a line end or another scheme is refused before anybody is asked",
    arguments: [
      "http://user:secret@127.0.0.1/", "http://127.0.0.1/a b", "http://127.0.0.1/\r\nX: y", "http://127.0.0.1/\0",
      "file:///etc/passwd",
      "gopher://127.0.0.1/", "127.0.0.1", "http://", "http:///a", "http://127.0.0.1:0/", "http://127.0.0.1:70000/",
      "http://127.0.0.1\\@evil.example/", "http://[::1/", "http://127.0.0.1/ü", "http://a.example@127.0.0.1/", "",
    ])
  func refused(url: String) { #expect(throws: PageAddress.Unfit.self) { try PageAddress(url) } }

  @Test("What a URL may have")
  func addresses() throws {
    let page = try PageAddress("HTTPS://API.Example.com?q=http://x/#y")
    #expect(page.host == "api.example.com" && page.port == 443 && page.target == "/?q=http://x/")
    #expect(try PageAddress("http://[2001:DB8::1]:8080/x").host == "2001:db8::1")
    #expect(throws: Never.self) { try PageAddress("http://a/" + String(repeating: "x", count: PageAddress.maximumLength - 9)) }
    #expect(throws: PageAddress.Unfit.self) {
      try PageAddress("http://a/" + String(repeating: "x", count: PageAddress.maximumLength - 8))
    }
  }

  @Test("A certificate that nobody trusted has signed, or that is for another name, is refused; no word of the request is said")
  func certificates() async throws {
    let now = SystemClock.wallNanoseconds / 1_000_000_000
    let identity = Identity.selfSigned(names: ["crm.example.com", "127.0.0.1"], now: now, days: 2)
    let server = try WebServer(identity: identity) { _ in page("secret") }
    let tenant = try #require(Self.tenant)
    let hosts = [
      "private crm.example.com:\(server.port)", "private other.example.com:\(server.port)", "127.0.0.1:\(server.port)",
    ]
    let own = Fetch(url: "https://crm.example.com:\(server.port)/")
    #expect(await (try fetcher(hosts)).fetch(own, for: tenant) == nil, "signed by itself")
    #expect(server.heard.isEmpty)
    let trusting = try fetcher(hosts, roots: TrustedRoots([identity]))
    #expect(await trusting.fetch(own, for: tenant) == "secret")
    #expect(await trusting.fetch(Fetch(url: "https://127.0.0.1:\(server.port)/"), for: tenant) == "secret")
    #expect(await trusting.fetch(Fetch(url: "https://other.example.com:\(server.port)/"), for: tenant) == nil, "another name")
    let expired = Identity.selfSigned(names: ["crm.example.com"], now: now - 864_000, days: 2)
    let late = try WebServer(identity: expired) { _ in page("secret") }
    let believing = try fetcher(["private crm.example.com:\(late.port)"], roots: TrustedRoots([expired]))
    #expect(await believing.fetch(Fetch(url: "https://crm.example.com:\(late.port)/"), for: tenant) == nil, "expired")
    #expect(server.heard.count == 2 && late.heard.isEmpty)
    #expect(
      await trusting.fetch(Fetch(url: "http://127.0.0.1:\(server.port)/"), for: tenant) != nil, "plain text is as it was asked")
    await server.end()
    await late.end()
  }

  @Test("A server that does not answer is given up")
  func slow() async throws {
    let server = try WebServer { _ in nil }
    let fetcher = try fetcher(["127.0.0.1:\(server.port)"])
    var fetch = Fetch(url: "http://127.0.0.1:\(server.port)/")
    fetch.wholeTime = .milliseconds(300)
    let began = SystemClock.now
    #expect(await fetcher.fetch(fetch, for: try #require(Self.tenant)) == nil)
    #expect(SystemClock.now - began >= .milliseconds(300))
    await server.end()
  }

  @Test("A business has so many places, and others have theirs")
  func places() async throws {
    let gate = Gate()
    let fetcher = PageFetcher(
      [try #require(AllowedHost("crm.example.com"))], log: Self.log,
      resolve: { _ in
        gate.wait()
        return []
      })
    var fetch = Fetch(url: "http://crm.example.com/")
    fetch.wholeTime = PageFetcher.longest
    let (asked, tenant) = (fetch, try #require(Self.tenant))
    var random = Randomness.seeded(1)
    let other = TenantID(using: &random)
    await withTaskGroup(of: String?.self) { group in
      for _ in 0..<PageFetcher.maximumOfOne { group.addTask { await fetcher.fetch(asked, for: tenant) } }
      while gate.waiting < PageFetcher.maximumOfOne { await Task.yield() }
      #expect(await fetcher.fetch(asked, for: tenant) == nil)
      #expect(gate.waiting == PageFetcher.maximumOfOne, "one past them is not begun")
      group.addTask { await fetcher.fetch(asked, for: other) }
      while gate.waiting < PageFetcher.maximumOfOne + 1 { await Task.yield() }
      gate.open()
      for await answer in group { #expect(answer == nil) }
    }
  }

  @Test("A name whose address does not come keeps its place, and the call goes on")
  func unresolved() async throws {
    let gate = Gate()
    let fetcher = PageFetcher(
      try ["private crm.example.com"].map { try #require(AllowedHost($0)) }, log: Self.log,
      resolve: { _ in
        gate.wait()
        return []
      })
    var fetch = Fetch(url: "http://crm.example.com/")
    fetch.wholeTime = .milliseconds(50)
    let businesses = PageFetcher.maximumAtOnce / PageFetcher.maximumOfOne
    var random = Randomness.seeded(1)
    for _ in 0..<businesses {
      let tenant = TenantID(using: &random)
      for _ in 0..<PageFetcher.maximumOfOne { #expect(await fetcher.fetch(fetch, for: tenant) == nil) }
    }
    while gate.waiting < PageFetcher.maximumAtOnce { await Task.yield() }
    #expect(await fetcher.fetch(fetch, for: TenantID(using: &random)) == nil)
    #expect(gate.waiting == PageFetcher.maximumAtOnce, "one past all of them is not begun")
    gate.open()
  }

  @Test("No more addresses of a name are tried than there is reason for")
  func addressesOfAName() async throws {
    let server = try WebServer { _ in page("yes") }
    let tenant = try #require(Self.tenant)
    let fetch = Fetch(url: "http://crm.example.com:\(server.port)/")
    // Nobody listens there.
    let nobody = try #require(IPAddress("127.0.0.77"))
    for count in [PageFetcher.maximumAddresses - 1, PageFetcher.maximumAddresses] {
      let addresses = Array(repeating: nobody, count: count) + [.loopback]
      let fetcher = try fetcher(["private crm.example.com:\(server.port)"], resolving: addresses)
      #expect(await fetcher.fetch(fetch, for: tenant) == (count < PageFetcher.maximumAddresses ? "yes" : nil))
    }
    await server.end()
  }

  @Test("The setting takes hosts by commas, and says what is none")
  func setting() throws {
    let setting = try #require(Setting.all.first { $0.name == "dialplan-hosts" })
    var configuration = Configuration()
    try setting.set(&configuration, "API.example.com, 10.0.0.5:8080 , private crm.example.com:8443,[2001:DB8::1]")
    #expect(
      setting.value(in: configuration) == "api.example.com,10.0.0.5:8080,private crm.example.com:8443,[2001:db8::1]")
    for wrong in ["", "a,", "http://a.example/", "a b", "user@a.example", "private", "a.example:0", "*.example.com"] {
      #expect(throws: Unfit.self, "\(wrong)") { try setting.set(&configuration, wrong) }
    }
    let many = Array(repeating: "a.example", count: AllowedHost.maximum)
    try setting.set(&configuration, many.joined(separator: ","))
    #expect(throws: Unfit.self) { try setting.set(&configuration, (many + ["b.example"]).joined(separator: ",")) }
  }
}

/// Holds threads back until it is opened.
private final class Gate: Sendable {
  private let count = Locked(0)
  private let semaphore = DispatchSemaphore(value: 0)

  var waiting: Int { count.with { $0 } }
  func open() { semaphore.signal() }
  func wait() {
    count.with { $0 += 1 }
    semaphore.wait()
    semaphore.signal()
  }
}

/// A web server of this machine that answers each request with bytes as they are given, or never.
private final class WebServer: @unchecked Sendable {
  // Unchecked: connections are touched on the loop's thread only.
  let port: UInt16
  private let loop: EventLoop
  private let listener: TCPListener
  private var connections: [StreamConnection] = []
  private let requests = Locked<[String]>([])

  /// The requests that came, each with its body.
  var heard: [String] { requests.with { $0 } }

  init(identity: Identity? = nil, answer: @escaping @Sendable (String) -> [UInt8]?) throws {
    loop = try EventLoop()
    listener = try TCPListener(bind: SocketAddress(.loopback, 0))
    port = listener.localAddress?.port ?? 0
    try loop.watch(listener.file, .readable) { [weak self] _, _ in
      guard let self else { return }
      while let (file, from) = listener.accept() {
        guard let connection = try? StreamConnection(loop, file: file, remote: from, identity: identity) else { continue }
        connections.append(connection)
        var request = ""
        connection.onBytes = { [weak self, weak connection] octets in
          request += String(decoding: octets, as: UTF8.self)
          guard let self, let connection, Self.isWhole(request) else { return }
          requests.with { $0.append(request) }
          guard let bytes = answer(request) else { return }
          connection.send(bytes)
          connection.finish()
        }
      }
    }
    try loop.start("web")
  }

  /// Every test ends its server: its connections may go only once the loop serves nobody any more.
  func end() async { await loop.end() }

  private static func isWhole(_ request: String) -> Bool {
    guard let end = request.utf8.firstRange(of: "\r\n\r\n".utf8) else { return false }
    let length = request.firstMatch(of: /Content-Length: (\d+)/).flatMap { Int($0.1) } ?? 0
    return request.utf8[end.upperBound...].count >= length
  }
}

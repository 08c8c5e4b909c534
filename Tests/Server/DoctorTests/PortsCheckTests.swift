import Foundation
import Runtime
import Testing
import Wire

@testable import Doctor

@Suite("The doctor judges ports")
struct PortsCheckTests {
  private func check(_ door: PortsCheck.Door, _ outcome: PortsCheck.Outcome) -> PortsCheck {
    PortsCheck(probes: [.init(door: door, address: SocketAddress(.loopback, 5060), outcome: outcome)])
  }

  @Test("What answers or is free needs no word")
  func well() {
    #expect(check(.http, .answered(milliseconds: 3)).findings.isEmpty && check(.media, .free).findings.isEmpty)
    #expect(check(.http, .answered(milliseconds: 3.21)).summary == "HTTP 5060; the slowest answer took 3.2 ms")
  }

  @Test("A slow answer is a warning from a quarter of a second on")
  func slow() {
    #expect(check(.http, .answered(milliseconds: 250)).verdict == .ok)
    #expect(check(.http, .answered(milliseconds: 251)).verdict == .warning)
  }

  @Test(
    "A taken port names its owner and the flag that chooses another",
    arguments: [
      (PortsCheck.Door.http, "TCP", "--http-port"), (.sipStreams, "TCP", "--sip-port"), (.sipDatagrams, "UDP", "--sip-port"),
      (.media, "UDP", "--webrtc-port"),
    ])
  func taken(door: PortsCheck.Door, transport: String, flag: String) {
    let owned = check(door, .taken(by: "nginx (process 7)"))
    #expect(
      owned.verdict == .failed && owned.says("\(transport) 127.0.0.1:5060 is taken by nginx (process 7)") && owned.says(flag))
    #expect(check(door, .taken(by: nil)).says("as root"))
  }

  @Test("Silence and a wrong answer are failures")
  func sick() {
    #expect(check(.media, .silent).verdict == .failed && check(.media, .silent).says("firewall"))
    #expect(check(.http, .wrong("it says 500")).says("HTTP on 127.0.0.1:5060: it says 500."))
  }

  // MARK: The range of phones

  private func range(
    _ range: ClosedRange<UInt16> = 20_000...29_999, strangers: [PhonePortsCheck.Stranger] = [],
    ephemeral: ClosedRange<UInt16>? = 32_768...60_999, reserved: String = "", others: [UInt16] = [5060, 7000], phones: Int = 0
  ) -> PhonePortsCheck {
    PhonePortsCheck(
      range: range, strangers: strangers, ephemeral: ephemeral, reserved: reserved, others: others, phones: phones)
  }

  @Test("The range as it is by default is well")
  func defaultRange() { #expect(range().findings.isEmpty && range().summary.contains("5000 phones")) }

  @Test("Strangers in the range are named, five at most")
  func strangers() {
    let check = range(strangers: (20_000...20_006).map { .init(port: $0, owner: $0 == 20_000 ? "asterisk (process 9)" : nil) })
    #expect(check.verdict == .warning && check.says("have 7 of these ports: 20000 (asterisk (process 9)), 20001"))
    #expect(check.says("20004 …") && !check.says("20005"))
  }

  @Test("A range that the kernel gives away is to be reserved, unless it is")
  func ephemeral() {
    #expect(range(40_000...49_999).says("ip_local_reserved_ports=40000-49999"))
    #expect(range(40_000...49_999, reserved: "5060,39000-50000").findings.isEmpty)
    #expect(range(40_000...49_999, reserved: "40000-45000").verdict == .warning)
    #expect(range(40_000...49_999, ephemeral: nil).findings.isEmpty)
  }

  @Test("The service's own ports do not lie in it")
  func overlap() { #expect(range(others: [5060, 29_999]).verdict == .failed && range(others: [30_000]).verdict == .ok) }

  @Test("It has a pair for each registered phone, and for twenty at least")
  func size() {
    #expect(range(20_000...20_039, phones: 20).verdict == .ok)
    #expect(range(20_000...20_039, phones: 21).says("21 phones are registered, and 20"))
    #expect(range(20_000...20_037).says("Only 19 phones"))
  }
}

@Suite("The doctor reads the kernel's tables of sockets (proc(5))")
struct SocketOwnersTests {
  private let header = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"

  @Test("Listeners and datagram sockets are found, connections are not")
  func parsing() {
    let table =
      header + "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1\n"
      + "   1: 0100007F:1F91 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 4712 1\n"
    #expect(SocketOwners.parse(table, .tcp) == [.init(transport: .tcp, port: 8080, inode: 4711)])
    #expect(SocketOwners.parse(table, .udp).map(\.port) == [8080, 8081])
    #expect(SocketOwners.parse("", .udp).isEmpty && SocketOwners.parse("a\nb c\n0: x y z", .udp).isEmpty)
  }

  @Test("Beside a service only others' sockets are strangers; where its own cannot be told apart, nobody is")
  func holders() {
    let entries = (1...3).map { SocketOwners.Entry(transport: .udp, port: 20_000 + UInt16($0), inode: $0) }
    let all = SocketOwners(entries: entries, programs: [1: (100, "calldocker"), 2: (200, "asterisk")])
    #expect(all.holders(of: 20_000...20_010, except: 100).map(\.port) == [20_002, 20_003])
    #expect(all.holders(of: 20_000...20_010, except: 100).map(\.owner) == ["asterisk (process 200)", nil])
    #expect(all.holders(of: 20_000...20_002, except: nil).count == 2)
    #expect(all.holders(of: 20_000...20_010, except: 999).isEmpty)
    #expect(all.owner(of: 20_002, .tcp) == nil)
  }
}

@Suite("The doctor finds out who has a port")
struct OwnPortTests {
  @Test("Each of many ports is found: the kernel tells of its sockets page by page")
  func many() throws {
    let sockets = try (0..<200).map { _ in try UDPSocket(bind: SocketAddress(.loopback, 0)) }
    defer { for socket in sockets { socket.close() } }
    let owners = SocketOwners.read()
    for socket in sockets {
      #expect(owners.owner(of: try #require(socket.localAddress?.port), .udp)?.hasSuffix("(process \(getpid()))") == true)
    }
  }

  @Test("A port of this process is this process's, while others come and go")
  func own() throws {
    let socket = try UDPSocket(bind: SocketAddress(.loopback, 0))
    defer { socket.close() }
    let port = try #require(socket.localAddress?.port)
    for _ in 0..<20 {
      let owner = SocketOwners.read().owner(of: port, .udp)
      #expect(owner?.hasSuffix("(process \(getpid()))") == true, "\(owner ?? "nobody")")
    }
  }
}

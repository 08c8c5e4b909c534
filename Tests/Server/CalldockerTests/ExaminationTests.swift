import Calls
import Foundation
import Testing

@testable import Calldocker
@testable import Doctor

@Suite("A doctor in the house")
struct ExaminationTests {
  @Test("Its business is in no list, one doctor at a time has it, and nothing is left of it")
  func examination() async throws {
    try await withServer { client in
      let examination = try client.beginExamination()
      #expect(examination.tenant == "00000000-0000-4000-8000-00000000d0c7" && examination.password.count == 12)
      #expect(!examination.checks.isEmpty && examination.checks.allSatisfy { $0.port != 0 })
      let listed: TenantPage = try client.ask("GET", "/tenants")
      #expect(listed.tenants.isEmpty)
      #expect(throws: Command.Failure.self) { try client.beginExamination() }
      let shown: TenantShown = try client.ask("GET", "/tenants/\(examination.tenant)")
      #expect(shown.agents == 1)
      #expect(try client.call("unknown") == ExaminedCall())
      client.endExamination()
      let path = "/tenants/\(examination.tenant)"
      #expect(throws: Command.Failure.self) { _ = try client.ask("GET", path, for: TenantShown.self) }
      // Told twice, and begun again: both are well.
      client.endExamination()
      let again = try client.beginExamination()
      #expect(again.password != examination.password)
      client.endExamination()
    }
  }

  @Test("The whole examination finds its own service well, but for what the machine lacks")
  func whole() async throws {
    try await withServer { client in
      let (service, patient) = client.patient(Service(Configuration(), version: "0"))
      #expect(service.process == getpid() && service.firstPhonePort == 33_000)
      // A machine that builds and tests beside may have no time for a call: then that is what is told, and another is made.
      var diagnosis = Doctor(service, patient, Doctor.Wishes(), version: service.version).examine()
      for _ in 0..<5 where diagnosis.checks.filter({ $0.verdict == .failed }).map(\.check) == ["call"] {
        diagnosis = Doctor(service, patient, Doctor.Wishes(), version: service.version).examine()
      }
      #expect(diagnosis.checks.map(\.check).contains("call") && diagnosis.verdict < .failed, "\(diagnosis.text)")
    }
  }
}

@Suite("The doctor's line to the HTTP port")
struct WebLineTests {
  @Test("It speaks TLS where the port does, and hears what comes together with the goodbye")
  func goodbye() async throws {
    func secure(_ configuration: inout Configuration) { configuration.tls = .selfSigned }
    try await withServer(secure) { client in
      let service: Service = try client.ask("GET", "/service")
      for _ in 0..<20 {
        let line = try WebLine(connect: service.http, speaksTLS: true, within: .seconds(60))
        #expect(line.serverCertificate?.count == 32)
        #expect(try line.get("/healthz").status == 200)
      }
      #expect(try WebLine(connect: service.http, speaksTLS: false, within: .seconds(60)).get("/nothing").status == 404)
    }
  }
}

@Suite("The doctor's business in the exchange")
struct DoctorsTenantTests {
  @Test("It is counted nowhere and listed nowhere; others are")
  func hidden() throws {
    var exchange = Exchange(
      site: Exchange.Site(planes: [[]], fingerprint: .init(algorithm: .sha256, octets: [])), randomness: .seeded(1))
    try exchange.apply(.tenantAdded(.doctor, name: "Doctor", isOpen: true, fallback: .echo))
    let (result, _) = exchange.callRequest(VisitorID(1), CallRequest(tenant: TenantID.doctor.description), at: .init())
    let call = try result.get().call
    #expect(exchange.callCount == 1 && exchange.gauges.echo == 0 && exchange.gauges.tenants == 0 && exchange.counts.begun == 0)
    _ = exchange.hangUp(VisitorID(1), call, at: .init())
    #expect(exchange.callCount == 0 && exchange.counts.ended.isEmpty)
    #expect(exchange.tenants(after: 0, atMost: 10).tenants.isEmpty)
    let other = try #require(TenantID("00000000-0000-4000-8000-000000000001"))
    try exchange.apply(.tenantAdded(other, name: "Other", isOpen: true, fallback: .echo))
    _ = try exchange.callRequest(VisitorID(2), CallRequest(tenant: other.description), at: .init()).0.get()
    #expect(exchange.gauges.echo == 1 && exchange.gauges.tenants == 1 && exchange.counts.begun == 1)
    #expect(exchange.tenants(after: 0, atMost: 10).tenants.map(\.id) == [other])
  }
}

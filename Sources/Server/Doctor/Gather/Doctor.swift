import Foundation
import Runtime
import Wire

/// Gathers facts and has them judged, one check after the other.
package struct Doctor: Sendable {
  /// The way to a running service: `calldocker`'s own commands take it too.
  package protocol Ward: Sendable {
    func beginExamination() throws -> Examination
    func endExamination()
    func call(_ id: String) throws -> ExaminedCall
    /// What the service tells of a call, in sentences.
    func story(of call: String, tenant: String) -> String?
  }

  package enum Patient: Sendable {
    case running(any Ward)
    case absent(wasCutOff: Bool)
    /// Why it does not answer, in words that end with a full stop.
    case mute(String)
  }

  /// What the person who asks may choose.
  package struct Wishes: Sendable {
    /// Who is asked what the world sees of us.
    package var stunServer: String?
    /// Names by which browsers come.
    package var names: [String] = []
    package var makesCall = true
    package init() {}
  }

  private let service: Service
  private let patient: Patient
  private let wishes: Wishes
  private let version: String
  /// The names that its certificate is compared with, and what the data folder is called in advice.
  private var wallSeconds: Int64 { SystemClock.wallNanoseconds / 1_000_000_000 }

  /// - Parameters:
  ///   - service: as the running one says it is, or as a start would make it.
  ///   - version: the doctor's own.
  package init(_ service: Service, _ patient: Patient, _ wishes: Wishes, version: String) {
    self.service = service
    self.patient = patient
    self.wishes = wishes
    self.version = version
  }

  package func examine() -> Diagnosis {
    var reports = [CheckReport(serverCheck)]
    switch patient {
    case .running(let ward): reports += examine(ward)
    case .absent:
      reports.append(CheckReport(PortsCheck(probes: SocketProbes(service).bindings())))
      reports.append(CheckReport(phonePortsCheck))
    case .mute: break
    }
    reports += [
      CheckReport(addressCheck), CheckReport(certificateCheck), CheckReport(clockCheck), CheckReport(diskCheck),
      CheckReport(limitsCheck), CheckReport(filesCheck), CheckReport(LibrariesCheck.here),
    ]
    // The call last: what is wrong with it is often explained above.
    return Diagnosis(reports.filter { $0.check != CallCheck.name } + reports.filter { $0.check == CallCheck.name })
  }

  /// Whatever happens, the service has nothing left of it afterwards; one that is not told takes it away by itself.
  private func examine(_ ward: any Ward) -> [CheckReport] {
    let probes = SocketProbes(service)
    do {
      let examination = try ward.beginExamination()
      defer { ward.endExamination() }
      let ports = PortsCheck(probes: probes.answers(examination.checks))
      let reports = [CheckReport(ports), CheckReport(phonePortsCheck)]
      guard wishes.makesCall else { return reports }
      return reports + [CheckReport(TestCall(service, examination, ward).run())]
    } catch {
      let ports = PortsCheck(probes: probes.answers([]))
      var call = CallCheck(step: .registering)
      call.obstacle = "the service did not let the doctor in (\(error))"
      return [CheckReport(ports), CheckReport(phonePortsCheck)] + (wishes.makesCall ? [CheckReport(call)] : [])
    }
  }

  private var serverCheck: ServerCheck {
    let state: ServerCheck.State =
      switch patient {
      case .running: .running(process: service.process ?? 0, version: service.version)
      case .absent(let wasCutOff): .none(wasCutOff: wasCutOff)
      case .mute(let why): .mute(why)
      }
    return ServerCheck(state: state, version: version, data: service.data)
  }

  // MARK: Ports and addresses

  private var phonePortsCheck: PhonePortsCheck {
    let range = service.firstPhonePort...max(service.firstPhonePort, service.lastPhonePort)
    let sockets = SocketOwners.read()
    let strangers = sockets.holders(of: range, except: service.process).map {
      PhonePortsCheck.Stranger(port: $0.port, owner: $0.owner)
    }
    let ends = Self.text("/proc/sys/net/ipv4/ip_local_port_range").split(whereSeparator: \.isWhitespace).compactMap {
      UInt16($0)
    }
    let ephemeral = ends.count == 2 && ends[0] <= ends[1] ? ends[0]...ends[1] : nil
    return PhonePortsCheck(
      range: range, strangers: strangers, ephemeral: ephemeral,
      reserved: Self.text("/proc/sys/net/ipv4/ip_local_reserved_ports"),
      others: [service.sipPort] + service.mediaPorts, phones: service.phones)
  }

  private var addressCheck: AddressCheck {
    AddressCheck(
      host: service.hostAddress, advertised: service.advertised.flatMap { IPAddress($0) }, interfaces: Interfaces.addresses(),
      candidates: service.candidates.compactMap { IPAddress($0) }, world: world)
  }

  private var world: AddressCheck.World {
    guard let server = wishes.stunServer else { return .notAsked }
    return StunQuestion.ask(server, from: service.hostAddress)
  }

  // MARK: The machine

  private var clockCheck: ClockCheck {
    let database = service.data + "/calldocker.db"
    let writes = [database, database + "-wal"].compactMap { FileFacts.read($0)?.changedAt }
    return ClockCheck(kernel: KernelClock.read(), now: wallSeconds, lastWrite: writes.max())
  }

  private var limitsCheck: LimitsCheck {
    let buffer = Int(Self.text("/proc/sys/net/core/rmem_max").prefix { $0.isNumber })
    return LimitsCheck(
      maximumDescriptors: service.isRunning ? service.maximumDescriptors : Descriptors.hardLimit,
      openDescriptors: service.isRunning ? service.openDescriptors : nil, phonePairs: service.phonePairs,
      receiveBuffer: buffer, wantedBuffer: service.receiveBuffer)
  }

  private var filesCheck: FilesCheck {
    func unreadable(_ folder: String, _ names: [String]) -> [String] {
      names.map { "\(folder)/\($0)" }.filter { !FileManager.default.isReadableFile(atPath: $0) }
    }
    return FilesCheck(
      dialplans: service.dialplans, missingPrompts: unreadable(service.dialplans, ["prompts/en/echo-greeting.wav"]),
      web: service.web, missingPages: unreadable(service.web, ["widget.js", "widget/call.js", "call/index.html"]))
  }

  private var diskCheck: DiskCheck { DataFolderFacts.read(service.data) }

  private var certificateCheck: CertificateCheck {
    let names = wishes.names
    return CertificateCheck(
      state: CertificateFiles.state(service, names), names: names, shown: CertificateFiles.shown(service), now: wallSeconds)
  }

  static func text(_ path: String) -> String {
    KernelFile.text(path).trimmingCharacters(in: .whitespacesAndNewlines)
  }
}

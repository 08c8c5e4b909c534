import Doctor
import Foundation
import Runtime

extension Command {
  static let doctor = Verb(
    name: "doctor", words: [], summary: "examine the running server, or what a start would meet, and say what to do",
    flags: [
      Flag("json", nil, "print JSON, on one line"),
      Flag("no-call", nil, "make no call through the service"),
      Flag("stun", "HOST:PORT", "a STUN server outside, asked which address the world sees"),
      Flag("name", "NAME", "a name by which browsers come, for which the certificate must be", repeats: true),
      Configuration.file,
    ] + Setting.all.map(\.flag),
    notes: """
      Beside a running server its own settings count; without one those that `calldocker serve` would have, by the same flags,
      environment and file. Each check is one line, ok, warning or failed; below it stand what is wrong and what to do about it.
      The call is the doctor's own: a phone registers, a visitor calls through the HTTP and media ports, each hears the other's
      tone, and nothing of it is left in lists, metrics or the call log. Nothing outside this machine is asked without --stun.
      With --json: {"checks":[{"check":…,"findings":[…],"summary":…,"verdict":…}],"verdict":…} on one line.
      Exit code 0 if nothing failed, 1 if something did; 64 and 78 as for `calldocker serve`.
      """
  ) { options, environment in
    let configuration: Configuration
    do throws(Configuration.Faults) {
      configuration = try Configuration(options, environment, only: Set(Setting.all.map(\.name)))
    } catch {
      throw Failure(code: error.areOnlyFlags ? EX_USAGE : EX_CONFIG, sentence: error.description)
    }
    // Whoever calls a doctor does not want to wait half a minute to hear that nobody answers.
    let client = ControlClient(folder: configuration.data, patience: .seconds(5))
    let (service, patient) = client.patient(Service(configuration, version: version))
    var wishes = Doctor.Wishes()
    wishes.stunServer = options["stun"]
    wishes.names = options.values("name")
    wishes.makesCall = !options.has("no-call")
    let diagnosis = Doctor(service, patient, wishes, version: version).examine()
    try print(options, json: try json(diagnosis)) { diagnosis.text }
    if diagnosis.verdict == .failed { throw Silent(code: 1) }
  }
}

extension ControlClient {
  /// The service that runs on the folder, or what a start would make of the settings.
  func patient(_ planned: Service) -> (Service, Doctor.Patient) {
    do {
      let service: Service = try ask("GET", "/service")
      return (service, .running(self))
    } catch let failure as Command.Failure where failure.code == EX_UNAVAILABLE {
      guard let holder = LockFile.holder(of: "\(folder)/lock") else {
        return (planned, .absent(wasCutOff: FileFacts.read(DataFolder.controlSocket(in: folder)) != nil))
      }
      let process = holder == 0 ? "A process" : "Process \(holder)"
      return (planned, .mute("\(process) has the data folder and does not answer: it starts or ends just now, or it hangs."))
    } catch {
      return (planned, .mute((error as? Command.Failure)?.sentence ?? "\(error)"))
    }
  }
}

extension ControlClient: Doctor.Ward {
  func beginExamination() throws -> Examination { try ask("POST", "/examination") }

  func endExamination() {
    struct Nothing: Decodable {}
    // A service that cannot be told takes it away by itself.
    _ = try? ask("DELETE", "/examination", for: Nothing.self)
  }

  func call(_ id: String) throws -> ExaminedCall { try ask("GET", "/examination/calls/\(id)") }

  func story(of call: String, tenant: String) -> String? {
    let trace: Trace? = try? ask("GET", "/tenants/\(tenant)/calls/\(call)/trace?form=story&private=yes")
    return trace?.text
  }
}

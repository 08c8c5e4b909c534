import Calls
import Doctor
import HTTP
import Runtime
import Wire

/// What `calldocker doctor` asks for: what the service is, and a business of the doctor's own to call through.
extension ControlPlane {
  /// An examination takes seconds; a doctor that has not said by then that it is done is gone.
  static let examinationTime = Duration.seconds(60)

  func describeService() async -> HTTPResponse {
    var service = service
    service.phones = await signalling.figures.gauges.phones
    let figures = ProcessFigures.read()
    (service.openDescriptors, service.maximumDescriptors) = (figures.openDescriptors, figures.maximumDescriptors)
    return Self.json(200, service)
  }

  func beginExamination() async throws(EnrolmentFault) -> HTTPResponse {
    guard examinationEnd == nil else {
      let sentence = "Another doctor is examining this server; ask again in a minute."
      return .problem(409, "Examined already", detail: sentence)
    }
    let timer = loop.makeTimer { [unowned self] in assumeIsolated { $0.examinationIsOverdue() } }
    loop.set(timer, to: SystemClock.now + Self.examinationTime)
    examinationEnd = timer
    do throws(EnrolmentFault) {
      let password = try await enrolment.beginExamination()
      let checks = await signalling.openCheckLegs().map { leg in
        Examination.CheckLeg(
          port: leg.port, localFragment: leg.local.usernameFragment, localPassword: leg.local.password,
          remoteFragment: leg.remote.usernameFragment, remotePassword: leg.remote.password)
      }
      let tenant = TenantID.doctor.description
      return Self.json(201, Examination(tenant: tenant, agent: "doctor", password: password, checks: checks))
    } catch {
      await endExamination()
      throw error
    }
  }

  private func examinationIsOverdue() { Task { await endExamination() } }

  /// Leaves nothing of it behind; what the disk does not let go is tried again, and no doctor begins before.
  func endExamination() async {
    guard let timer = examinationEnd else { return }
    await signalling.closeCheckLegs()
    guard await enrolment.endExamination() else { return loop.set(timer, to: SystemClock.now + Self.examinationTime) }
    loop.remove(timer)
    examinationEnd = nil
  }

  func examinedCall(_ id: String) async throws(EnrolmentFault) -> HTTPResponse {
    let row = try await enrolment.examinedCall(CallID(id))
    return Self.json(
      200, ExaminedCall(end: row?.end?.reason, visitorCodec: row?.visitorLeg.codec, agentCodec: row?.agentLeg.codec))
  }
}

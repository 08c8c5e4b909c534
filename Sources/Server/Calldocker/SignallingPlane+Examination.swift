import Calls
import Cryptography
import ICE
import RTP
import Wire

/// Legs that belong to no call, one in each media plane, to which the doctor's connectivity checks are addressed: the ports of
/// browsers answer nobody without credentials.
extension SignallingPlane {
  /// What the doctor must say to hear from one plane.
  struct CheckLeg: Sendable {
    var port: UInt16
    var local: ICECredentials
    var remote: ICECredentials
  }

  /// Numbers that no call's leg ever has.
  private static func leg(of plane: MediaPlaneID) -> LegID { LegID(.max, on: plane) }

  static func isOfNoCall(_ leg: LegID) -> Bool { leg.number == .max }

  func openCheckLegs() -> [CheckLeg] {
    var random = Randomness.system
    return mediaPlanes.enumerated().map { index, plane in
      let ours = ICECredentials(usernameFragment: random.token(8), password: random.token(24))
      let theirs = ICECredentials(usernameFragment: random.token(8), password: random.token(24))
      let format = PayloadType(111)
      let audio = NegotiatedAudio(codec: .opus, sendPayloadType: format, receivePayloadType: format)
      let leg = BrowserLeg(local: ours, remote: theirs, role: .server, fingerprints: [], audio: audio)
      plane.post([.openBrowser(Self.leg(of: MediaPlaneID(index)), leg)])
      return CheckLeg(port: plane.browserPort, local: ours, remote: theirs)
    }
  }

  func closeCheckLegs() {
    for (index, plane) in mediaPlanes.enumerated() { plane.post([.close(Self.leg(of: MediaPlaneID(index)))]) }
  }
}

extension MediaEvent {
  /// The leg that it is about, where it counts among the figures of legs.
  var measuredLeg: LegID? {
    switch self {
    case .closed(let leg, _), .failed(let leg, _): leg
    default: nil
    }
  }
}

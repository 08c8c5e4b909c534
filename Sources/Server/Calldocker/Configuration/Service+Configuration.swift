import Doctor
import Foundation
import Media
import Wire

extension Configuration {
  var mediaPlaneCount: Int {
    mediaPlanes ?? min(ProcessInfo.processInfo.activeProcessorCount, Self.maximumMediaPlanes)
  }
}

extension Service {
  /// What a start would make of the settings.
  init(_ configuration: Configuration, version: String) {
    let first = Int(configuration.webRTCPort)
    let ports = (0..<configuration.mediaPlaneCount).map { first == 0 ? 0 : UInt16(clamping: first + $0) }
    self.init(
      version: version, data: Self.absolute(configuration.data), host: "\(configuration.host)",
      httpPort: configuration.httpPort, sipPort: configuration.sipPort, mediaPorts: ports,
      firstPhonePort: configuration.rtpPorts.lowerBound, lastPhonePort: configuration.rtpPorts.upperBound,
      dialplans: Self.absolute(configuration.dialplans), web: Self.absolute(configuration.web),
      advertised: configuration.advertised?.description, baseDomain: configuration.baseDomain,
      tls: Self.absolute(configuration.effectiveTLS), receiveBuffer: Int(MediaPlane.browserReceiveBuffer))
  }

  /// A path that means the same in every process.
  private static func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
  }

  private static func absolute(_ tls: TLSChoice) -> String {
    guard case .files(let certificate, let key) = tls else { return tls.description }
    return TLSChoice.files(certificate: absolute(certificate), key: absolute(key)).description
  }
}

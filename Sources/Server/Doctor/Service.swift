import Wire

/// A service as the doctor knows it: what a running one says of itself, or what a start would make of the settings.
package struct Service: Codable, Hashable, Sendable {
  package var version: String
  /// The running process; `nil` where none runs.
  package var process: Int32?
  package var data: String
  package var host: String
  package var httpPort: UInt16
  package var sipPort: UInt16
  /// Of browsers, one for each media plane.
  package var mediaPorts: [UInt16]
  package var firstPhonePort: UInt16
  package var lastPhonePort: UInt16
  package var dialplans: String
  package var web: String
  package var advertised: String?
  /// Addresses that browsers are told, best first.
  package var candidates: [String]
  package var baseDomain: String?
  /// `off`, `self`, or two files.
  package var tls: String
  /// Bytes that a media plane would like to let wait for it.
  package var receiveBuffer: Int
  /// Phones that are registered now.
  package var phones = 0
  package var openDescriptors = 0
  package var maximumDescriptors = 0

  package init(
    version: String, process: Int32? = nil, data: String, host: String, httpPort: UInt16, sipPort: UInt16, mediaPorts: [UInt16],
    firstPhonePort: UInt16, lastPhonePort: UInt16, dialplans: String, web: String, advertised: String? = nil,
    candidates: [String] = [], baseDomain: String? = nil, tls: String, receiveBuffer: Int
  ) {
    self.version = version
    self.process = process
    self.data = data
    self.host = host
    self.httpPort = httpPort
    self.sipPort = sipPort
    self.mediaPorts = mediaPorts
    self.firstPhonePort = firstPhonePort
    self.lastPhonePort = lastPhonePort
    self.dialplans = dialplans
    self.web = web
    self.advertised = advertised
    self.candidates = candidates
    self.baseDomain = baseDomain
    self.tls = tls
    self.receiveBuffer = receiveBuffer
  }

  var isRunning: Bool { process != nil }
  var hostAddress: IPAddress { IPAddress(host) ?? .any }
  /// Where this machine reaches it.
  var reach: IPAddress { hostAddress.isUnspecified ? .loopback : hostAddress }
  /// What SIP and SDP should say to somebody there: the advertised address beyond this network, else the one facing them.
  func told(to peer: IPAddress) -> IPAddress {
    guard let address = advertised.flatMap({ IPAddress($0) }), !peer.isPrivate, address.isIPv6 == peer.isIPv6 else {
      return reach
    }
    return address
  }
  var http: SocketAddress { SocketAddress(reach, httpPort) }
  var sip: SocketAddress { SocketAddress(reach, sipPort) }
  /// Plain HTTP is served to this machine's loopback, whatever others speak.
  var speaksTLS: Bool { tls != "off" && !reach.isLoopback }
  var certificateFiles: (certificate: String, key: String)? {
    let files = tls.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    return files.count == 2 ? (files[0], files[1]) : nil
  }
  /// Pairs of ports, one for each phone that rings or talks.
  var phonePairs: Int { (Int(lastPhonePort) - Int(firstPhonePort) + 1) / 2 }
}

/// What a running service opened for an examination.
package struct Examination: Codable, Sendable {
  /// One media plane's port, and what must be said to it to hear an answer.
  package struct CheckLeg: Codable, Sendable {
    package var port: UInt16
    package var localFragment: String
    package var localPassword: String
    package var remoteFragment: String
    package var remotePassword: String

    package init(
      port: UInt16, localFragment: String, localPassword: String, remoteFragment: String, remotePassword: String
    ) {
      self.port = port
      self.localFragment = localFragment
      self.localPassword = localPassword
      self.remoteFragment = remoteFragment
      self.remotePassword = remotePassword
    }
  }

  package var tenant: String
  package var agent: String
  package var password: String
  package var checks: [CheckLeg]

  package init(tenant: String, agent: String, password: String, checks: [CheckLeg]) {
    self.tenant = tenant
    self.agent = agent
    self.password = password
    self.checks = checks
  }
}

/// A call of the examination as the database has it; all absent if it has none.
package struct ExaminedCall: Codable, Hashable, Sendable {
  package var end: String?
  package var visitorCodec: String?
  package var agentCodec: String?

  package init(end: String? = nil, visitorCodec: String? = nil, agentCodec: String? = nil) {
    self.end = end
    self.visitorCodec = visitorCodec
    self.agentCodec = agentCodec
  }
}

import Runtime
import Wire

/// One thing that an operator may choose, described once: the flags, the environment, the file and the help all read this.
package struct Setting: Sendable {
  package let name: String
  let flag: Flag
  private let change: @Sendable (inout Configuration, String) throws(Unfit) -> Void
  private let show: @Sendable (Configuration) -> String?

  init<Value>(
    _ name: String, _ path: WritableKeyPath<Configuration, Value> & Sendable, _ kind: Kind<Value>, _ help: String
  ) {
    self.name = name
    change = { (configuration, text) throws(Unfit) in configuration[keyPath: path] = try kind.read(text) }
    show = { kind.write($0[keyPath: path]) }
    let standard = kind.takes == nil ? nil : kind.write(Configuration()[keyPath: path])
    flag = Flag(name, kind.takes, standard.map { "\(help); \($0) by default" } ?? help)
  }

  /// One where choosing nothing is the default.
  init<Value>(
    _ name: String, _ path: WritableKeyPath<Configuration, Value?> & Sendable, _ kind: Kind<Value>, _ help: String
  ) {
    self.init(name, path, kind.orNone, help)
  }

  package func set(_ configuration: inout Configuration, _ value: String) throws(Unfit) { try change(&configuration, value) }

  /// The value as it is written in a file; `nil` where nothing is chosen.
  package func value(in configuration: Configuration) -> String? { show(configuration) }
}

extension Setting {
  /// Every setting, in the order of the help. To add one, give `Configuration` its property and this list its line.
  package static let all: [Setting] = [
    Setting("data", \.data, .dataFolder, "the folder that holds what is kept, and the control socket"),
    Setting("host", \.host, .address, "where to listen; 0.0.0.0 is every address of IPv4, :: of both families"),
    Setting("http-port", \.httpPort, .port, "HTTP and Socket.IO"),
    Setting("sip-port", \.sipPort, .port, "SIP over UDP and TCP"),
    Setting("webrtc-port", \.webRTCPort, .port, "all browsers' media over UDP"),
    Setting("rtp-ports", \.rtpPorts, .ports, "phones' media over UDP"),
    Setting(
      "media-planes", \.mediaPlanes, .count(1...Configuration.maximumMediaPlanes),
      "threads for media, each on a port of its own from webrtc-port up; one for each core by default"),
    Setting("dialplans", \.dialplans, .folder, "where dialplans and prompts are"),
    Setting(
      "dialplan-hosts", \.dialplanHosts, .allowedHosts,
      "web servers that CURL of dialplans may ask, by commas; none by default"),
    Setting("web", \.web, .folder, "where the widget and its pages are"),
    Setting("advertise", \.advertised, .address, "the address that the world sees, behind NAT"),
    Setting(
      "trusted-proxies", \.trustedProxies, .addresses,
      "proxies before the HTTP port, by commas; their X-Forwarded-For tells who asks"),
    Setting("base-domain", \.baseDomain, .hostName, "tenants are reachable as <uuid>.NAME too"),
    Setting(
      "tls", \.tls, .tlsChoice,
      "TLS on the HTTP port: a certificate made now, none, or two PEM files; self with demo, else off"),
    Setting(
      "calls-per-minute", \.callsPerMinute, .count(1...100_000),
      "calls that may begin in a minute from one address; this machine's are not counted"),
    Setting(
      "drain", \.drain, .count(0...Configuration.maximumDrain),
      "seconds that calls may go on after SIGTERM"),
    Setting("log-level", \.logLevel, .logLevel, "how much is logged: trace, debug, info, warning or error"),
    Setting("log-private", \.showsPersonal, .yesOrNo, "show numbers, names and addresses in the log"),
    Setting("demo", \.isDemo, .yesOrNo, "a business to try with, and open sign-up"),
  ]
}

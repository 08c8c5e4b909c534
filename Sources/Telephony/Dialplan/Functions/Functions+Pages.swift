extension Functions {
  /// What web servers say.
  static let pages: [DialplanFunction] = [
    DialplanFunction("CURL", read: fetch), DialplanFunction("CURLOPT", read: option, write: setOption),
  ]

  /// `CURL(url[,body])`: what a page says, without the line end behind it.
  private static func fetch(_ arguments: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    let list = ArgumentList(arguments, limit: 2)
    guard let url = list.given(0) else { throw .needs("CURL(url[,body])") }
    var fetch = Fetch(url: url, body: list.count > 1 ? list[1] : nil)
    fetch.headers = run.option(.header).map { $0.split(separator: "\n").map(String.init) } ?? []
    fetch.userAgent = run.option(.userAgent)
    fetch.connectTime = run.option(.connectTime).flatMap { Run.seconds($0) }
    fetch.wholeTime = run.option(.wholeTime).flatMap { Run.seconds($0) }
    guard let page = run.page(fetch) else { throw .pending(Pending(fetch)) }
    guard page.utf8.last == 10 else { return page }
    return String(octets: page.utf8.dropLast(page.utf8.dropLast().last == 13 ? 2 : 1))
  }

  /// Options that do something; they hold for the rest of the call.
  fileprivate enum PageOption: String, CaseIterable {
    case connectTime = "conntimeout"
    case wholeTime = "httptimeout"
    case userAgent = "useragent"
    /// Each that is set is one header more.
    case header = "httpheader"

    var attribute: String { "CURLOPT(\(rawValue))" }
  }

  private static func option(_ name: String, _ run: inout Run) throws(DialplanFunction.Trouble) -> String {
    guard let option = PageOption(rawValue: Run.trimmed(name).lowercased()) else { throw unserved(name) }
    return run.option(option) ?? ""
  }

  private static func setOption(_ name: String, _ value: String, _ run: inout Run) throws(DialplanFunction.Trouble) {
    guard let option = PageOption(rawValue: Run.trimmed(name).lowercased()) else { throw unserved(name) }
    switch option {
    case .connectTime, .wholeTime:
      guard let time = Run.seconds(value), time > .zero else { throw .complaint("\(option.rawValue) is a number of seconds.") }
      try run.keep(option.attribute, value)
    case .userAgent: try run.keep(option.attribute, value)
    case .header: try run.keep(option.attribute, run.option(.header).map { "\($0)\n\(value)" } ?? value)
    }
  }

  private static func unserved(_ name: String) -> DialplanFunction.Trouble {
    if name.lowercased().hasPrefix("ssl_") {
      return .complaint("\(name) does nothing here: a server's certificate is always checked.")
    }
    let options = PageOption.allCases.map(\.rawValue).joined(separator: ", ")
    return .complaint("\(name) does nothing here; what can be set is \(options).")
  }
}

extension Run {
  fileprivate func option(_ option: Functions.PageOption) -> String? { channel.attributes[option.attribute] }
}

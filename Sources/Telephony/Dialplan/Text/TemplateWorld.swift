import Wire

/// Where a template finds what is put into it.
protocol TemplateWorld {
  func value(of variable: PredefinedVariable) -> String
  /// `nil` for a variable that nobody has set.
  func value(ofVariable name: String) -> String?
  /// A function's value; what is wrong is said in the log, and the text is empty then.
  mutating func call(_ name: String, _ function: DialplanFunction?, _ arguments: String) throws(Pending) -> String
  mutating func complain(_ level: Run.LogLevel, _ sentence: String)
  mutating func regularExpression(_ pattern: String) -> Result<RegularExpression, RegularExpression.Flaw>
}

extension Run: TemplateWorld {
  /// Functions in one another's texts (`EVAL`): past it one calls itself.
  package static var maximumCallsInCalls: Int { 32 }

  /// Such calls in one text, however deep: past it each calls several, and they multiply.
  package static var maximumCallsOfText: Int { 1000 }

  func value(ofVariable name: String) -> String? { channel.variables[name] ?? office.globals[name] }

  mutating func complain(_ level: LogLevel, _ sentence: String) { log(level, sentence) }

  mutating func call(_ name: String, _ function: DialplanFunction?, _ arguments: String) throws(Pending) -> String {
    guard let function else {
      complain(.error, Functions.unknown(name))
      return ""
    }
    guard let read = function.read else {
      complain(.error, "The function \(name) can only be written, with Set(\(name)(…)=…).")
      return ""
    }
    guard callsInCalls < Self.maximumCallsInCalls else {
      complain(.error, "Functions call one another more than \(Self.maximumCallsInCalls) deep: \(name) was not called.")
      return ""
    }
    if callsInCalls > 0 { callsOfText += 1 }
    guard callsOfText <= Self.maximumCallsOfText else {
      if callsOfText == Self.maximumCallsOfText + 1 {
        complain(.error, "One text makes functions call more than \(Self.maximumCallsOfText) others: \(name) was not called.")
      }
      return ""
    }
    rememberBeforeFunctions()
    callsInCalls += 1
    defer { callsInCalls -= 1 }
    do throws(DialplanFunction.Trouble) { return try read(arguments, &self) } catch {
      switch error {
      case .complaint(let sentence):
        complain(.warning, "\(name): \(sentence)")
        return ""
      case .pending(let pending): throw pending
      }
    }
  }
}

/// What is known while a plan is loaded: its globals.
struct NoCall: TemplateWorld {
  var globals: [String: String] = [:]
  /// What could not be done, each with a sentence.
  private(set) var complaints: [String] = []
  /// Whether a function was asked for: then the value may be another in a call.
  private(set) var hasCalled = false

  init(globals: [String: String] = [:]) { self.globals = globals }

  func value(of variable: PredefinedVariable) -> String { globals[variable.rawValue] ?? "" }
  func value(ofVariable name: String) -> String? { globals[name] }
  mutating func complain(_ level: Run.LogLevel, _ sentence: String) { complaints.append(sentence) }
  mutating func regularExpression(_ pattern: String) -> Result<RegularExpression, RegularExpression.Flaw> {
    do throws(RegularExpression.Flaw) { return .success(try RegularExpression(pattern)) } catch { return .failure(error) }
  }

  mutating func call(_ name: String, _ function: DialplanFunction?, _ arguments: String) throws(Pending) -> String {
    hasCalled = true
    return ""
  }
}

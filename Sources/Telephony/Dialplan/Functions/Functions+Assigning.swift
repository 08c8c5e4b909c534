extension Functions {
  /// `Set(name=value)`: a function that can be written (`NAME(…)`), or a variable; leading underscores say how far it is inherited.
  ///
  /// What cannot be done is said in the log, and the call goes on.
  package static func assign(_ name: String, _ value: String, in run: inout Run) {
    guard name.utf8.last == UInt8(ascii: ")"), let open = name.utf8.firstIndex(of: UInt8(ascii: "(")) else {
      setVariable(name, value, in: &run)
      return
    }
    let function = String(name[..<open])
    guard let known = named(function) else {
      run.log(.error, "Set: \(unknown(function))")
      return
    }
    guard let write = known.write else {
      run.log(.error, "Set: the function \(function) can only be read.")
      return
    }
    do throws(DialplanFunction.Trouble) {
      try write(String(name[name.utf8.index(after: open)...].dropLast()), value, &run)
    } catch {
      switch error {
      case .complaint(let sentence): run.log(.warning, "\(function): \(sentence)")
      case .pending(let pending): run.log(.error, "\(function): \(pending.fetch.url) can be fetched in a text only.")
      }
    }
  }

  private static func setVariable(_ name: String, _ value: String, in run: inout Run) {
    let (bare, _) = Variables.inheritance(of: name)
    guard !bare.isEmpty else {
      run.log(.warning, "Set: there is no name before the =.")
      return
    }
    if PredefinedVariable.named(bare) != nil {
      run.log(.warning, "Set: \(bare) is what the call itself says; what is set here is never read.")
    } else if name.utf8.contains(where: isBlank) {
      run.log(.warning, "Set: the name “\(name)” has blanks in it, which are part of it.")
    }
    run.set(name, value)
  }
}

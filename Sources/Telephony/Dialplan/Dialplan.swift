/// A business's dialplan, as loaded: what an admin wrote, understood once, never changed; a call keeps the one it began with.
package struct Dialplan: Sendable {
  package var contexts: [String: Context] = [:] {
    didSet { index = nil }
  }
  /// Made by `prepare()`.
  var index: PlanIndex?
  /// As they were first opened: what is listed needs an order.
  package var contextsInOrder: [String] = []
  /// `[globals]`, in written order; the values are as written, substituted when the plan takes force.
  package var globals: [GlobalLine] = []
  /// `autofallthrough`: a call whose next priority is missing ends; otherwise it waits for digits.
  package var fallsThrough = true
  /// `clearglobalvars`: globals that calls have changed begin anew at a reload.
  package var clearsGlobals = false
  /// What the plan promises of itself (`;@test`).
  package var promises: [Promise] = []

  package init() {}

  package struct GlobalLine: Hashable, Sendable {
    package var name: String
    package var value: String
    package var place: SourcePlace

    package init(name: String, value: String, place: SourcePlace) {
      self.name = name
      self.value = value
      self.place = place
    }
  }
}

/// `[name]`: extensions that are looked up together, and the contexts that are asked when they do not have one.
package struct Context: Sendable {
  package var name: String
  package var place: SourcePlace
  /// In matching order: the first that matches and has the priority is taken.
  package var extensions: [Extension] = []
  package var includes: [Include] = []
  /// `ignorepat`: digits after which a dial tone stays.
  package var ignored: [ExtensionPattern] = []

  package init(name: String, place: SourcePlace) {
    self.name = name
    self.place = place
  }
}

/// `include => other[,times,weekdays,mdays,months[,timezone]]`.
package struct Include: Sendable {
  package var context: String
  package var times: TimeRule?
  package var place: SourcePlace

  package init(context: String, times: TimeRule?, place: SourcePlace) {
    self.context = context
    self.times = times
    self.place = place
  }
}

/// All lines of one `exten` of a context: steps by priority, labels, a hint.
package struct Extension: Sendable {
  package var pattern: ExtensionPattern
  /// `EXT/CALLER`: only for these callers.
  package var caller: CallerPattern?
  package var place: SourcePlace
  package var steps: [Int: Step] = [:]
  package var labels: [String: Int] = [:]
  /// `hint`: whose state this extension shows.
  package var hint: String?
  /// `;@label`: what people call this choice.
  package var caption: String?

  package init(pattern: ExtensionPattern, caller: CallerPattern?, place: SourcePlace) {
    self.pattern = pattern
    self.caller = caller
    self.place = place
  }
}

/// One priority: an application and its arguments. An object, because each step that a call takes hands it on.
package final class Step: Sendable {
  /// As written.
  package let application: String
  /// Looked up once, without regard to case; `nil` for one that there is not.
  let kind: (any Application.Type)?
  package let arguments: Template
  package let place: SourcePlace
  package let argumentsPlace: SourcePlace

  package init(application: String, arguments: Template, place: SourcePlace, argumentsPlace: SourcePlace) {
    self.application = application
    kind = Applications.named(application)
    self.arguments = arguments
    self.place = place
    self.argumentsPlace = argumentsPlace
  }
}

/// Where a call is: a context, an extension as dialled, a priority.
package struct Position: Hashable, Sendable, CustomStringConvertible {
  package var context: String
  package var exten: String
  package var priority: Int

  package init(_ context: String, _ exten: String, _ priority: Int) {
    self.context = context
    self.exten = exten
    self.priority = priority
  }

  package var description: String { "\(context),\(exten),\(priority)" }
}

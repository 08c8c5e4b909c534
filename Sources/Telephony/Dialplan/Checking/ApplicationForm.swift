/// What an application takes and how a call goes on behind it: enough to check a plan before anybody calls.
package struct ApplicationForm: Hashable, Sendable {
  package enum Argument: Hashable, Sendable {
    /// Whatever it is.
    case text(String)
    /// Sounds joined by `&`.
    case sounds(String)
    case queue
    /// Mailboxes joined by `&`.
    case mailboxes
    /// Letters; these do something here.
    case options(String)
  }

  /// Where it may send a call.
  package enum Jump: Hashable, Sendable {
    case none
    /// `[[context,]exten,]priority`
    case target
    /// `condition?target:target`
    case choice
    /// `condition?App(args):App(args)`
    case applications
  }

  /// What happens before the next step.
  package enum Course: Hashable, Sendable {
    /// Nothing to speak of.
    case passes
    /// Time, or somebody does something.
    case waits
    /// The caller is listened to: digits lead to an extension.
    case listens
    /// There is no next step.
    case ends
    /// Whether there is one depends on the call.
    case depends
  }

  /// `nil` where it is not known what it takes.
  package var arguments: [Argument]?
  /// How many of them must be there.
  package var required: Int
  package var jump: Jump
  package var course: Course

  package init(_ arguments: [Argument]? = nil, required: Int = 0, jump: Jump = .none, course: Course = .passes) {
    self.arguments = arguments
    self.required = required
    self.jump = jump
    self.course = course
  }

  /// The names of what must be there.
  var requiredNames: [String] {
    (arguments ?? []).prefix(required).map {
      switch $0 {
      case .text(let name), .sounds(let name): name
      case .queue: "a queue"
      case .mailboxes: "a mailbox"
      case .options: "options"
      }
    }
  }
}

extension Application {
  /// Anything may stand in the parentheses, and the next step follows.
  package static var form: ApplicationForm { ApplicationForm() }
}

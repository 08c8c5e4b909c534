import Wire

/// The leg of a call that a dialplan runs for.
package struct Channel: Hashable, Sendable {
  /// A person at the far end, as told by the network.
  package struct Party: Hashable, Sendable {
    package var name: String?
    package var number: String?
    package init(name: String? = nil, number: String? = nil) {
      self.name = name
      self.number = number
    }
  }

  /// Where a subroutine came from.
  package struct Frame: Hashable, Sendable {
    package var returnsTo: Position
    package init(returnsTo: Position) { self.returnsTo = returnsTo }
  }

  /// Why `e` is entered (`EXCEPTION`).
  package struct Exception: Hashable, Sendable {
    package var reason: String
    package var position: Position
    package init(reason: String, position: Position) {
      self.reason = reason
      self.position = position
    }
  }

  /// How long a caller may think, or talk.
  package struct Patience: Hashable, Sendable {
    /// Between two digits.
    package var digit = Duration.seconds(5)
    /// Until the first digit.
    package var response = Duration.seconds(10)
    /// The end of the whole call, whatever it does then.
    package var end: Instant?
    package init() {}
  }

  package var name: String
  package var uniqueID: String
  package var caller: Party
  /// Whom the caller is connected to.
  package var connected = Party()
  /// What was dialled first.
  package var dialled: String
  package var position: Position
  package var variables: Variables
  package var stack: [Frame] = []
  package var patience = Patience()
  package var isAnswered = false
  package var isHungUp = false
  /// Q.850.
  package var cause = 0
  package var exception: Exception?
  package var language = "en"
  package var musicClass = "default"
  /// Attributes of `CHANNEL(item)` that only the dialplan reads and writes.
  package var attributes: [String: String] = [:]

  package init(
    name: String, uniqueID: String, caller: Party = Party(), position: Position, variables: Variables = Variables()
  ) {
    self.name = name
    self.uniqueID = uniqueID
    self.caller = caller
    self.position = position
    self.variables = variables
    dialled = position.exten
  }

  /// How many subroutines deep the call is.
  package var depth: Int { stack.count }
}

/// Letters to a thread: posted from anywhere, taken out in whole batches.
package final class Mailbox<Letter>: Sendable where Letter: Sendable {
  private let letters = Locked<[Letter]>([])
  package let bell: WakeDescriptor

  package init() throws(SystemFailure) {
    bell = try WakeDescriptor()
  }

  deinit { bell.close() }

  package func post(_ letter: Letter) {
    let wasEmpty = letters.with { letters in
      defer { letters.append(letter) }
      return letters.isEmpty
    }
    if wasEmpty { bell.ring() }
  }

  /// How many wait.
  package var count: Int { letters.with(\.count) }

  package func takeAll() -> [Letter] {
    bell.silence()
    return letters.with { letters in
      defer { letters = [] }
      return letters
    }
  }
}

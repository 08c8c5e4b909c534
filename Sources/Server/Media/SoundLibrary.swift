import Calls
import Codecs

/// The sounds of the house, encoded before the first call.
package struct SoundLibrary: Sendable {
  private let ringback: EncodedPrompt
  private let reconnecting: EncodedPrompt
  private let prompts: [String: EncodedPrompt]

  /// - Parameter prompts: recordings by name, such as `echo-greeting`.
  package init(prompts: [String: WAVFile]) {
    ringback = Self.encoded(.ringback, seconds: 5)
    reconnecting = Self.encoded(.reconnecting, seconds: 2)
    self.prompts = prompts.mapValues { EncodedPrompt($0) }
  }

  private static func encoded(_ tone: Tone, seconds: Double) -> EncodedPrompt {
    EncodedPrompt(WAVFile(rate: 8000, samples: tone.samples(rate: 8000, seconds: seconds)))
  }

  func sound(_ sound: Sound) -> (prompt: EncodedPrompt, repeats: Bool)? {
    switch sound {
    case .ringback: (ringback, true)
    case .reconnecting: (reconnecting, true)
    case .prompt(let name): prompts[name].map { ($0, false) }
    }
  }
}

import Calls
import Codecs

/// The sounds of the house, encoded before the first call.
package struct SoundLibrary: Sendable {
  private let ringback: EncodedPrompt
  private let prompts: [String: EncodedPrompt]

  /// - Parameter prompts: recordings by name, such as `echo-greeting`.
  package init(prompts: [String: WAVFile]) {
    let tone = Tone.ringback.samples(rate: 8000, seconds: 5)
    ringback = EncodedPrompt(WAVFile(rate: 8000, samples: tone))
    self.prompts = prompts.mapValues { EncodedPrompt($0) }
  }

  func sound(_ sound: Sound) -> (prompt: EncodedPrompt, repeats: Bool)? {
    switch sound {
    case .ringback: (ringback, true)
    case .prompt(let name): prompts[name].map { ($0, false) }
    }
  }
}

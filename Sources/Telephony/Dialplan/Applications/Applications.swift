/// Every application that a dialplan may name.
package enum Applications {
  package static let all: [any Application.Type] = [
    // Flow
    Goto.self, GotoIf.self, GotoIfTime.self, Gosub.self, GosubIf.self, Return.self, StackPop.self, ExecIf.self, ExecIfTime.self,
    While.self, EndWhile.self, ContinueWhile.self, ExitWhile.self, If.self, ElseIf.self, Else.self, EndIf.self, ExitIf.self,
    // Variables and words
    Assign.self, MSet.self, NoOp.self, Verbose.self, Log.self, UserEvent.self, SendText.self, QueueLog.self,
    // The call
    Answer.self, Hangup.self, Ringing.self, Progressing.self, Proceeding.self, Busy.self, Congestion.self, Wait.self,
    // Sound and digits
    Playback.self, Background.self, WaitExten.self, Read.self, ControlPlayback.self, MusicOnHold.self, StartMusicOnHold.self,
    StopMusicOnHold.self, PlayTones.self, StopPlayTones.self, SayDigits.self, SayNumber.self, SayAlpha.self, SayUnixTime.self,
    Record.self, SendDTMF.self, Authenticate.self, Echo.self,
    // People
    Dial.self, Queue.self, VoiceMail.self, VoiceMailMain.self, Originate.self,
  ]

  private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name.lowercased(), $0) })

  /// The application of a name, whatever its case.
  package static func named(_ name: String) -> (any Application.Type)? { byName[name.lowercased()] }

  /// Why an application that Asterisk has is not to be had here: a business's dialplan runs no program of the machine that it shares.
  package static func refusal(of name: String) -> String? {
    switch name.lowercased() {
    case "system", "trysystem", "agi", "eagi", "deadagi", "fastagi", "externalivr":
      "\(name) would run a program of this machine, which no dialplan may: the call ends. CURL can ask a web server that the operator allows."
    case "macro": "Macro is gone from Asterisk since version 21: the call ends. Use Gosub and Return."
    default: nil
    }
  }
}

// What each application takes, in the order of its arguments; options are those that do something here.

// MARK: Flow

extension Goto {
  static let form = ApplicationForm(jump: .target, course: .ends)
}
extension GotoIf {
  static let form = ApplicationForm(jump: .choice, course: .depends)
}
extension GotoIfTime {
  static let form = ApplicationForm(jump: .choice, course: .depends)
}
extension Gosub {
  static let form = ApplicationForm(jump: .target, course: .depends)
}
extension GosubIf {
  static let form = ApplicationForm(jump: .choice, course: .depends)
}
extension Return {
  static let form = ApplicationForm(course: .ends)
}
extension ExecIf {
  static let form = ApplicationForm(jump: .applications, course: .depends)
}
extension ExecIfTime {
  static let form = ApplicationForm(jump: .applications, course: .depends)
}
extension While {
  static let form = ApplicationForm(course: .depends)
}
extension EndWhile {
  static let form = ApplicationForm(course: .depends)
}
extension ContinueWhile {
  static let form = ApplicationForm(course: .depends)
}
extension ExitWhile {
  static let form = ApplicationForm(course: .depends)
}
extension If {
  static let form = ApplicationForm(course: .depends)
}
extension ElseIf {
  static let form = ApplicationForm(course: .depends)
}
extension Else {
  static let form = ApplicationForm(course: .depends)
}

// MARK: The call

extension Answer {
  static let form = ApplicationForm([.text("delay"), .options("i")])
}
extension Hangup {
  static let form = ApplicationForm([.text("cause")], course: .ends)
}
extension Busy {
  static let form = ApplicationForm([.text("seconds")], course: .ends)
}
extension Congestion {
  static let form = ApplicationForm([.text("seconds")], course: .ends)
}
extension Wait {
  static let form = ApplicationForm([.text("seconds")], required: 1, course: .waits)
}

// MARK: Sound and digits

extension Playback {
  static let form = ApplicationForm([.sounds("a sound"), .options("skipnoanswersaymix")], required: 1, course: .waits)
}
extension Background {
  static let form = ApplicationForm(
    [.sounds("a sound"), .options("snmp"), .text("language"), .text("context")], required: 1, course: .listens)
}
extension WaitExten {
  static let form = ApplicationForm([.text("seconds"), .options("md")], course: .listens)
}
extension Read {
  static let form = ApplicationForm(
    [
      .text("a variable"), .sounds("a sound"), .text("digits"), .options("sinte"), .text("attempts"), .text("seconds"),
    ], required: 1, course: .waits)
}
extension ControlPlayback {
  static let form = ApplicationForm(course: .waits)
}
extension MusicOnHold {
  static let form = ApplicationForm([.text("class"), .text("seconds")], course: .waits)
}
extension SayDigits {
  static let form = ApplicationForm([.text("digits")], required: 1, course: .waits)
}
extension SayNumber {
  static let form = ApplicationForm([.text("a number"), .text("gender")], required: 1, course: .waits)
}
extension SayAlpha {
  static let form = ApplicationForm([.text("a text")], required: 1, course: .waits)
}
extension SayUnixTime {
  static let form = ApplicationForm(course: .waits)
}
extension Record {
  static let form = ApplicationForm(
    [.text("a file"), .text("silence"), .text("seconds"), .options("aknoqstxyu")], required: 1, course: .waits)
}
extension SendDTMF {
  static let form = ApplicationForm(course: .waits)
}
extension Authenticate {
  static let form = ApplicationForm(
    [.text("a password"), .options(""), .text("digits"), .sounds("a sound")], required: 1, course: .waits)
}
extension Echo {
  static let form = ApplicationForm(course: .waits)
}

// MARK: People

extension Dial {
  static let form = ApplicationForm(
    [.text("whom to ring"), .text("seconds"), .options(served), .text("URL")], required: 1, course: .waits)
}
extension Queue {
  static let form = ApplicationForm(
    [
      .queue, .options("ncrRm"), .text("URL"), .text("announcement"), .text("seconds"), .text("AGI"), .text("gosub"),
      .text("rule"), .text("position"),
    ], required: 1, course: .waits)
}
extension VoiceMail {
  static let form = ApplicationForm([.mailboxes, .options("ubs")], required: 1, course: .waits)
}
extension VoiceMailMain {
  static let form = ApplicationForm([.mailboxes, .options("s")], course: .waits)
}

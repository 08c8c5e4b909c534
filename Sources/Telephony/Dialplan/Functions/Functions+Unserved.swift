extension Functions {
  /// Functions that real dialplans name and this house does not carry out: each says so, and the call goes on.
  static let unserved: [DialplanFunction] =
    [
      ("VOLUME", "a call's sound stays as loud as it comes"),
      ("JITTERBUFFER", "every leg has an adaptive jitter buffer already"),
      ("DENOISE", "the browser takes noise away already"), ("AGC", "the browser levels the voice already"),
      ("PITCH_SHIFT", "voices stay as they are"), ("TALK_DETECT", "nobody is told who talks"),
      ("AUDIOHOOK_INHERIT", "there are no audio hooks"), ("SPEEX", "the browser filters the sound already"),
      ("CONFBRIDGE", "conferences are set up by the house"), ("FAXOPT", "there is no fax"), ("VIDEO", "there is no video"),
    ].map { (name: String, why: String) in
      DialplanFunction(
        name, read: { (_, run) in say(name, why, &run) }, write: { (_, _, run) in _ = say(name, why, &run) })
    }
    + [
      ("SHELL", "programs of the machine"), ("ENV", "the environment of the machine"), ("FILE", "files of the machine"),
      ("STAT", "files of the machine"), ("AST_CONFIG", "files of the machine"), ("SYSINFO", "the machine"),
      ("ODBC_SQL", "databases"), ("REALTIME", "databases"),
    ].map { (name: String, what: String) in
      DialplanFunction(
        name, read: { (_, run) in refuse(name, what, &run) }, write: { (_, _, run) in _ = refuse(name, what, &run) })
    }

  private static func say(_ name: String, _ why: String, _ run: inout Run) -> String {
    run.log(.notice, "\(name) does nothing here: \(why).")
    return ""
  }

  private static func refuse(_ name: String, _ what: String, _ run: inout Run) -> String {
    run.log(.error, "\(name) is refused: a dialplan does not reach \(what).")
    return ""
  }
}

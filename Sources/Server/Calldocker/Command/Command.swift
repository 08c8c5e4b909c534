import Foundation
import Runtime

/// The command line.
package enum Command {
  package static let version = "0.1.0"

  /// Why a command did not do what it should: a code of sysexits and a sentence for whoever typed it.
  struct Failure: Error {
    let code: Int32
    let sentence: String
  }

  /// A command that said everything on standard output already.
  struct Silent: Error {
    let code: Int32
  }

  static let verbs: [Verb] = [
    serve, tenantAdd, tenantList, tenantShow, tenantSet, tenantToken, tenantAudit, tenantRemove, agentAdd, agentList,
    agentShow, agentRemove, teamAdd, teamList, teamShow, teamRemove, userAdd, userList, userRemove, serviceAudit, calls, why,
    replay, dialplanCheck, dialplanTrace, dialplanShow, dialplanReload, dialplanStatus, dialplanBack, doctor, showVersion,
  ]

  private static let exitCodes = """
    Exit codes are those of sysexits.h: 0 done; 64 the command is not understood; 65 what was given cannot be used; 66 nothing
    came by standard input; 69 no server runs on the data folder, or it is full; 70, 71 and 76 something failed inside; 73 the
    data folder cannot be used; 74 reading or writing failed; 77 this user may not; 78 the configuration is wrong. The doctor
    exits with 1 if something failed, `dialplan reload` if a plan was refused.
    """

  /// Runs what was asked for and says with which code to exit (sysexits).
  ///
  /// Not async: an async main leaves the first thread to libdispatch, which lets every signal through there.
  package static func run(_ arguments: [String], environment: [String: String]) -> Int32 {
    do {
      try dispatch(arguments, environment)
      return 0
    } catch let failure as Failure {
      Console.complain(failure.sentence)
      return failure.code
    } catch let silent as Silent {
      return silent.code
    } catch let failure as SystemFailure {
      Console.complain("\(failure).")
      return EX_IOERR
    } catch {
      Console.complain("\(error)")
      return EX_SOFTWARE
    }
  }

  private static func dispatch(_ arguments: [String], _ environment: [String: String]) throws {
    // `calldocker help tenant add` and `calldocker tenant add --help` are the same question.
    let isHelp = arguments.isEmpty || arguments[0] == "help" || arguments.prefix { $0 != "--" }.contains(where: asksForHelp)
    let words = arguments.first == "--version" ? ["version"] : arguments.drop { $0 == "help" || asksForHelp($0) }
    let path = words.prefix { !$0.hasPrefix("-") }
    if let verb = verbs.first(where: { path.starts(with: $0.path) }) {
      guard !isHelp else { return try Console.write(verb.help + "\n") }
      return try verb.perform(Array(words.dropFirst(verb.path.count)), environment)
    }
    let group = verbs.filter { $0.path.first == path.first }
    let help = group.isEmpty ? overview : list(group)
    guard let unknown = group.isEmpty ? path.first : path.dropFirst().first else {
      guard isHelp else { throw Failure(code: EX_USAGE, sentence: "Say what to do.\n\n\(help)") }
      return try Console.write(help + "\n")
    }
    let known = group.isEmpty ? verbs.map { $0.path[0] } : group.map { $0.path[1] }
    let prefix = group.isEmpty ? "" : "\(path[path.startIndex]) "
    let sentence = "There is no command \(prefix)\(unknown)\(Suggestion.sentence(for: unknown, among: known, prefix: prefix))"
    throw Failure(code: EX_USAGE, sentence: "\(sentence)\n\n\(help)")
  }

  private static func asksForHelp(_ word: String) -> Bool { word == "--help" || word == "-h" }

  private static func list(_ verbs: [Verb]) -> String {
    Verb.columns(verbs.map { ("calldocker \($0.name)", $0.summary) })
  }

  private static var overview: String {
    "\(list(verbs))\n\n`calldocker help COMMAND` and `calldocker COMMAND --help` tell more.\n\n\(exitCodes)"
  }
}

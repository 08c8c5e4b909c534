import Dialplan
import Foundation
import Runtime

extension Command {
  private static let fileFlag = Flag(
    "file", "F", "the extensions.conf to read, or a folder that has one; what it includes is looked for there")

  static let dialplanShow = Verb(
    name: "dialplan show", words: nil, summary: "list what a dialplan has, in the order in which it is tried",
    flags: [
      fileFlag, Flag("at", "TIME", "what holds at this time only, such as \"2026-11-23 10:00\" (UTC)"),
      Flag("caller", "WHO", "what is for this caller only, such as 5551234"),
      Flag("svg", nil, "draw the menus instead, as a picture for a handbook"),
      Flag("title", "TEXT", "what the picture is called where it is read aloud"),
      Flag("json", nil, "one object a line for each context"),
    ],
    notes: """
      Say `calldocker dialplan show --file F` for all contexts, `… CONTEXT` for one, `… CONTEXT EXTEN` for what is tried for an
      extension: each priority is looked up anew, and the first that has it is taken.

      In the picture choices are called what `;@label TEXT` at the end of their lines says; light or dark is the reader's own
      choice: calldocker dialplan show --file extensions.conf --svg > menus.svg
      """
  ) { options, _ in
    guard options.faults.isEmpty, options.words.count <= 2 else {
      let fault = options.faults.first ?? "\(options.words.last ?? ""): this is one word too many"
      throw Failure(
        code: EX_USAGE,
        sentence: "\(fault)\n\nUsage: calldocker dialplan show [CONTEXT [EXTEN]]\nMore: calldocker dialplan show --help")
    }
    let plan = try plan(options, verb: "dialplan show")
    if options.has("svg") { return try Console.write(MenuDrawing(plan, title: options["title"] ?? "Telephone menus").svg()) }
    let inquiry = try inquiry(options)
    let contexts = options.words.first.map { [$0] } ?? plan.contextsInOrder
    let listed = try contexts.map { name in
      let exten = options.words.count > 1 ? options.words[1] : nil
      guard let candidates = plan.candidates(context: name, exten: exten, inquiry) else {
        let near = Suggestion.nearest(to: name, among: plan.contextsInOrder).map { "; did you mean \($0)?" } ?? "."
        throw Failure(code: EX_DATAERR, sentence: "There is no context [\(name)]\(near)")
      }
      return candidates
    }
    let isJSON = options.has("json")
    let texts = try listed.map { isJSON ? try json($0) + "\n" : $0.description }
    try Console.write(texts.joined(separator: isJSON ? "" : "\n"))
  }

  /// Who asks and when, if anything was said of it.
  private static func inquiry(_ options: Options) throws -> Inquiry? {
    guard options["at"] != nil || options["caller"] != nil else { return nil }
    let caller = options["caller"].flatMap { Channel.Party(written: $0).number }
    let moment = try options["at"].map(epoch) ?? Int64(Date().timeIntervalSince1970)
    return Inquiry(caller: caller, epoch: moment, zones: ZoneFolder.read())
  }
}

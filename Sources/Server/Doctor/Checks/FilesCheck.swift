/// Dialplans, prompts and web pages: what a service reads at its start.
struct FilesCheck: Check {
  static let name = "files"

  var dialplans: String
  /// Files that must be there and are not, or cannot be read.
  var missingPrompts: [String]
  var web: String
  var missingPages: [String]

  var summary: String { "dialplans and prompts in \(dialplans), pages in \(web)" }

  var findings: [Finding] {
    missingPrompts.map {
      .failed("\($0) cannot be read.", "Name the folder of dialplans with --dialplans, or install the package again.")
    }
      + missingPages.map {
        .failed("\($0) cannot be read.", "Name the folder of pages with --web, or install the package again.")
      }
  }
}

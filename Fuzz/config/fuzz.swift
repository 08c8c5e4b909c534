import Calldocker

/// One input is a configuration file: every fault has a place in it, and what was read must survive being written again.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let octets = Array(UnsafeBufferPointer(start: start, count: count))
  let file = ConfigurationFile(parsing: octets)
  let lines = octets.split(separator: 0x0A, omittingEmptySubsequences: false)
  for place in file.faults.map(\.place) + file.entries.flatMap({ [$0.namePlace, $0.valuePlace] }) {
    precondition((1...lines.count).contains(place.line) && (1...lines[place.line - 1].count + 1).contains(place.column))
  }
  precondition(file.faults.count <= ConfigurationFile.maximumFaults + 1)
  precondition(Set(file.entries.map(\.name)).count == file.entries.count)
  writeAgain(file)
  choose(file)
  return 0
}

private func writeAgain(_ file: ConfigurationFile) {
  // An empty line first: a name may begin with what is a byte order mark at the start of a file. No blanks: one before a # begins a
  // comment.
  let text = "\n" + file.entries.map { "\($0.name)=\($0.value)\n" }.joined()
  guard text.utf8.count <= ConfigurationFile.maximumBytes else { return }
  let again = ConfigurationFile(parsing: Array(text.utf8))
  precondition(again.faults.isEmpty)
  precondition(again.entries.map(\.name) == file.entries.map(\.name))
  precondition(again.entries.map(\.value) == file.entries.map(\.value))
}

/// Each value is tried for every setting: what one takes, it prints, and takes again.
private func choose(_ file: ConfigurationFile) {
  var configuration = Configuration()
  precondition(configuration.apply(file).count >= file.faults.count)
  for entry in file.entries.prefix(8) {
    for setting in Setting.all {
      guard (try? setting.set(&configuration, entry.value)) != nil else { continue }
      let written = setting.value(in: configuration)
      guard let written, (try? setting.set(&configuration, written)) != nil else { preconditionFailure("\(setting.name)") }
      precondition(setting.value(in: configuration) == written)
    }
  }
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ argumentCount: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutableRawPointer,
  _ one: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

@main
struct Fuzz {
  static func main() {
    var count = CommandLine.argc
    var arguments = CommandLine.unsafeArgv
    _ = runDriver(&count, &arguments, fuzzOneInput)
  }
}

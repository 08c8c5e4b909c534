import FuzzBodies

/// The body that libFuzzer feeds; chosen once, before the first input.
nonisolated(unsafe) private var chosen: FuzzTarget?

@_cdecl("LLVMFuzzerTestOneInput")
func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  do throws(BrokenPromise) {
    try chosen?.run(Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
  } catch {
    fatalError(error.description)
  }
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ argumentCount: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutableRawPointer,
  _ one: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// `fuzz NAME …`: the target's name, then what libFuzzer understands.
@main
struct Fuzz {
  static func main() {
    let names = FuzzTarget.all.map(\.name).joined(separator: " ")
    guard CommandLine.arguments.count > 1, let target = FuzzTarget.named(CommandLine.arguments[1]) else {
      fatalError("the first argument names what to fuzz: \(names)")
    }
    chosen = target
    // libFuzzer sees its own arguments only.
    var count = CommandLine.argc - 1
    var arguments = CommandLine.unsafeArgv + 1
    _ = runDriver(&count, &arguments, fuzzOneInput)
  }
}

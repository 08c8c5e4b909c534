import Storage

/// One input is a text from a URL: whatever is a cursor or a tenant is so in one spelling, up to the case of a UUID.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  if let cursor = CallCursor(text) {
    precondition(Array(cursor.description.utf8) == Array(text.utf8))
    precondition(CallCursor(cursor.description) == cursor)
  }
  if let tenant = TenantKey(text) {
    precondition(tenant.octets.count == 16 && tenant.description == text.lowercased())
    precondition(TenantKey(tenant.description) == tenant)
  }
  return 0
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

import AllocationCounter
import Codecs
import Glibc

/// An allocation that no optimiser can take away, of each kind that the measured code makes: if one is not seen, nothing is believed.
private func checkAllocationCounting() throws {
  final class Something {
    var number: Int
    init(_ number: Int) { self.number = number }
  }
  func seen(_ work: () -> Void) -> UInt64 {
    let before = allocation_count()
    work()
    return allocation_count() - before
  }
  guard allocation_counting_is_on() else { throw Broken("a sanitizer owns malloc: allocations cannot be counted") }
  var kept: [Any] = []
  kept.reserveCapacity(10)
  var blocks: [UnsafeMutableRawPointer?] = []
  blocks.reserveCapacity(10)
  defer { for block in blocks { free(block) } }
  let count = Int(CommandLine.argc)
  let trials: [(String, () -> Void)] = [
    ("malloc called from here", { blocks.append(malloc(count)) }),
    ("an array of Swift's", { kept.append([Int](repeating: count, count: 100 + count)) }),
    ("an object of Swift's", { kept.append(Something(count)) }),
    ("a buffer of Swift's", { UnsafeMutableRawBufferPointer.allocate(byteCount: 64 + count, alignment: 64).deallocate() }),
    (
      "an encoder of libopus",
      { _ = OpusEncoder(sampleRate: 8000).encode([Int16](repeating: 0, count: 160), into: .init(start: nil, count: 0)) }
    ),
  ]
  for (what, work) in trials where seen(work) == 0 {
    throw Broken("\(what) was not counted: allocations per packet would be invented")
  }
  guard seen({ kept.removeAll(keepingCapacity: true) }) == 0 else { throw Broken("freeing was counted as asking") }
}

private let parts =
  [MediaPart.passThrough, MediaPart.transcoding] + MessageParts.all + [DialplanPart.part, CallsPart.part, ServicePart.part]

private func usage() -> String {
  "calldocker-bench [PART…]\ncalldocker-bench plane   a media plane for another program's load (docs/performance.md)\n"
    + parts.map { "  \($0.name)  \($0.about)" }.joined(separator: "\n")
}

private func run() throws {
  let names = CommandLine.arguments.dropFirst()
  if names.first == "plane" {
    Machine.allowManyFiles()
    return try PlaneService.run()
  }
  if let unknown = names.first(where: { name in !parts.contains { $0.name == name } }) {
    print("There is no part \"\(unknown)\". \(usage())")
    exit(64)
  }
  Machine.allowManyFiles()
  try checkAllocationCounting()
  print("Calldocker \(Machine.commit) on \(Machine.description)")
  print("Time is this thread's on the processor, medians; reading that clock takes \(Processor.reading) ns and is taken off.")
  var aims: [Aim] = []
  for part in parts where names.isEmpty || names.contains(part.name) {
    print("\n\(part.about) (\(part.name))")
    fflush(nil)
    aims += try part.run()
  }
  guard !aims.isEmpty else { return }
  print("")
  for aim in aims { print("\(aim.isMet ? "met    " : "NOT MET") \(aim.sentence)") }
}

do {
  try run()
} catch {
  print("The benchmark is broken: \(error)")
  exit(70)
}

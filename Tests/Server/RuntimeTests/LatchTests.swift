import Testing

@testable import Runtime

@Suite("A door that opens once")
struct LatchTests {
  @Test("Who waits goes through when it opens, and everybody after at once")
  func opens() async {
    let latch = Latch()
    async let first: Void = latch.wait()
    async let second: Void = latch.wait()
    latch.open()
    latch.open()
    _ = await (first, second)
    await latch.wait()
  }
}

import Testing
import Wire

@testable import Calldocker

@Suite("How often one address may sign up")
struct SignUpsTests {
  private var signUps = SignUps()

  private mutating func admits(_ address: IPAddress, _ isDemo: Bool, after seconds: Int) -> Bool {
    signUps.admit(address, isDemo: isDemo, at: Instant() + .seconds(seconds))
  }

  @Test("One more than the limit is refused until the hour is over, in the demo too; others are not", arguments: [false, true])
  mutating func limit(isDemo: Bool) {
    var admitted = 0
    for _ in 0...(isDemo ? SignUps.maximumInDemo : SignUps.maximum) where admits(.loopback, isDemo, after: 0) { admitted += 1 }
    #expect(admitted == (isDemo ? 2000 : 20))
    let (again, other) = (admits(.loopback, isDemo, after: 3599), admits(.any, isDemo, after: 0))
    let later = admits(.loopback, isDemo, after: 3600)
    #expect(!again && other && later)
  }

  @Test("One address past those that are remembered is admitted, and the memory is not greater for it")
  mutating func memory() {
    for number in 0...SignUps.maximumAddresses {
      let isAdmitted = signUps.admit(.v4(UInt32(number)), at: Instant())
      #expect(isAdmitted)
    }
    #expect(signUps.addressCount == 1)
  }
}

import Testing
import Wire

@testable import Calldocker

@Suite("Which of our addresses a peer sees")
struct RoutesTests {
  /// How often each peer's route was asked for.
  private final class Kernel {
    var questions: [IPAddress: Int] = [:]
  }

  @Test("Each peer's route is asked for once; one peer past the limit, and all are asked anew")
  func limit() {
    let kernel = Kernel()
    var routes = Routes { peer in
      kernel.questions[peer, default: 0] += 1
      return peer == .v4(7) ? nil : .v4(1)
    }
    for number in 0..<UInt32(Routes.maximum) {
      #expect(routes.address(facing: .v4(number)) == (number == 7 ? .loopback : .v4(1)))
      _ = routes.address(facing: .v4(number))
    }
    #expect(routes.count == Routes.maximum && kernel.questions.values.allSatisfy { $0 == 1 })
    _ = routes.address(facing: .v4(UInt32(Routes.maximum)))
    #expect(routes.count == 1)
    _ = routes.address(facing: .v4(3))
    #expect(kernel.questions[.v4(3)] == 2 && routes.count == 2)
  }
}

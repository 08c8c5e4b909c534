import AllocationCounter
import Glibc
import Wire

/// What something cost: time of this thread on the processor, and blocks of memory asked for.
struct Cost {
  var nanoseconds: Int64 = 0
  var allocations: UInt64 = 0

  static func += (left: inout Cost, right: Cost) {
    left.nanoseconds += right.nanoseconds
    left.allocations += right.allocations
  }
}

/// The processor's time of the calling thread: what other threads and programs take meanwhile does not count.
enum Processor {
  static var nanoseconds: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }

  /// What two readings in a row are apart; taken off every measurement, so that short ones are not mostly this.
  static let reading: Int64 = median((0..<20_001).map { _ in Double(-(nanoseconds - nanoseconds)) }).rounded(.down).whole

  @inline(__always)
  static func cost(_ work: () -> Void) -> Cost {
    let blocks = allocation_count()
    let begin = nanoseconds
    work()
    let end = nanoseconds
    return Cost(nanoseconds: end - begin - reading, allocations: allocation_count() - blocks)
  }
}

extension Double {
  fileprivate var whole: Int64 { Int64(self) }
}

func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  guard !sorted.isEmpty else { return .nan }
  return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
}

/// Two ways to do the same, taken in turns (A B, B A, …): a machine that is busy for a while is busy for both.
struct Comparison {
  /// Microseconds each time, pair by pair.
  private var pairs: [(ours: Double, floor: Double)] = []

  init(rounds: Int, ours: () throws -> Double, floor: () throws -> Double) rethrows {
    for round in 0..<rounds {
      if round.isMultiple(of: 2) {
        let first = try ours()
        pairs.append((first, try floor()))
      } else {
        let first = try floor()
        pairs.append((try ours(), first))
      }
    }
  }

  var ours: Double { median(pairs.map(\.ours)) }
  var floor: Double { median(pairs.map(\.floor)) }
  /// The median of the pairs' ratios.
  var ratio: Double { median(pairs.map { $0.ours / $0.floor }) }
}

/// One thing again and again for a while: how much processor one takes, and how many blocks of memory.
func rate(seconds: Double = 0.6, batch: Int = 100, _ work: () -> Cost) -> (microseconds: Double, allocations: Double) {
  var samples: [Double] = []
  var allocations: [Double] = []
  // The first are the cold ones.
  for _ in 0..<batch { _ = work() }
  let begin = Processor.nanoseconds
  while Double(Processor.nanoseconds - begin) < seconds * 1e9 {
    var sum = Cost()
    for _ in 0..<batch { sum += work() }
    samples.append(Double(sum.nanoseconds) / Double(batch) / 1000)
    allocations.append(Double(sum.allocations) / Double(batch))
  }
  return (median(samples), median(allocations))
}

/// The benchmark itself does not work: no figure of it can be believed.
struct Broken: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// Something that can be measured by its name: `./dev bench NAME`.
struct Part: Sendable {
  let name: String
  let about: String
  /// Prints its table and says which aims it looked at.
  let run: @Sendable () throws -> [Aim]
}

struct Aim {
  let sentence: String
  let isMet: Bool
}

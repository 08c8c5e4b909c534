import Runtime
import Wire

/// What a media plane lets be known of itself, as of its last publication.
package struct MediaFigures: Sendable {
  /// How old they can be while packets come.
  package static let period = Duration.seconds(1)

  package var legs = 0
  package var drops = DropCounts()
  /// Datagrams of any kind that were read from browsers and from phones.
  package var received: UInt64 = 0
  /// Datagrams that were handed to the kernel.
  package var sent: UInt64 = 0
  /// What waited on the browsers' port.
  package var queue = UDPSocket.Queue()
  /// Seconds that the loop worked between two waits.
  package var turns = Histogram.turns
  /// How the loop kept up in its last whole window.
  package var load = LoadWatch.Figures()
  package var isStrained = false
  package init() {}
}

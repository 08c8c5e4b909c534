import Calls
import Cryptography
import RTP
import Runtime
import Wire

/// A media engine on a thread of its own, with sockets of its own.
///
/// Commands come in by a mailbox; events go out through the closure, on the plane's thread.
package final class MediaPlane: Sendable {
  package struct Settings: Sendable {
    /// What the plane calls itself where it reports of itself.
    package var plane: MediaPlaneID
    /// Where to bind; a wildcard takes every address.
    package var host: IPAddress
    /// The port that all browsers share; 0 takes a free one.
    package var browserPort: UInt16
    package var phonePorts: ClosedRange<UInt16>
    package var identity: Identity
    package var sounds: SoundLibrary

    package init(
      plane: MediaPlaneID = MediaPlaneID(0), host: IPAddress, browserPort: UInt16, phonePorts: ClosedRange<UInt16>,
      identity: Identity, sounds: SoundLibrary
    ) {
      self.plane = plane
      self.host = host
      self.browserPort = browserPort
      self.phonePorts = phonePorts
      self.identity = identity
      self.sounds = sounds
    }
  }

  /// Bytes that the kernel is asked to let wait for a plane.
  package static var browserReceiveBuffer: Int32 { SocketTransport.browserReceiveBuffer }

  /// The port that browsers reach.
  package let browserPort: UInt16
  private let mailbox: Mailbox<MediaLoop.Letter>
  private let published: Locked<MediaFigures>
  private let end = Latch()

  /// Binds the sockets and starts the thread.
  package init(_ settings: Settings, report: @escaping @Sendable ([MediaEvent]) -> Void) throws(SystemFailure) {
    let loop = try MediaLoop(settings, report: report)
    browserPort = loop.browserPort
    mailbox = loop.mailbox
    published = loop.published
    let end = end
    try Thread.start("media") {
      loop.run()
      end.open()
    }
  }

  package func post(_ commands: [MediaCommand]) { mailbox.post(.commands(commands)) }

  /// What the plane published of itself; at most a second old while packets come.
  package var figures: MediaFigures { published.with { $0 } }
  /// Letters that wait for the plane.
  package var waiting: Int { mailbox.count }

  package func stop() { mailbox.post(.stop) }

  /// Ends the thread after everything that was posted, and returns when it is gone.
  package func end() async {
    stop()
    await end.wait()
  }
}

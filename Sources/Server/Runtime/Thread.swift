import CLinux
import Glibc

/// A plain thread with a name.
package enum Thread {
  private final class Body {
    let name: String
    let run: @Sendable () -> Void
    init(name: String, run: @escaping @Sendable () -> Void) {
      self.name = name
      self.run = run
    }
  }

  package static func start(_ name: String, _ run: @escaping @Sendable () -> Void) throws(SystemFailure) {
    let body = Unmanaged.passRetained(Body(name: name, run: run))
    var thread = pthread_t()
    let status = pthread_create(&thread, nil, threadBegins, body.toOpaque())
    guard status == 0 else {
      body.release()
      throw SystemFailure("starting the thread \(name)", code: status)
    }
    pthread_detach(thread)
  }

  /// The kernel's number of the calling thread.
  package static var id: Int32 { shim_thread_id() }

  fileprivate static func begin(_ argument: UnsafeMutableRawPointer?) {
    guard let argument else { return }
    let body = Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
    // Linux shows 15 characters.
    pthread_setname_np(pthread_self(), String(body.name.prefix(15)))
    body.run()
  }
}

private func threadBegins(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  Thread.begin(argument)
  return nil
}

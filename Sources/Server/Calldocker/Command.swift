import Foundation
import Runtime

/// The command line.
package enum Command {
  package static let version = "0.1.0"

  private static let usage = """
    calldocker serve [FLAGS]   run the service
    calldocker version         print the version

    Flags of serve (each also as an environment variable, --http-port as CALLDOCKER_HTTP_PORT):
      --host ADDRESS           where to listen; 0.0.0.0 by default
      --http-port N            HTTP and Socket.IO; 8080
      --sip-port N             SIP over UDP; 5060
      --webrtc-port N          the port of all browsers' media; 7000
      --rtp-ports A-B          ports for phones' media; 20000-29999
      --media-planes N         threads for media, each on its own port from --webrtc-port up; one for each core
      --dialplans DIR          where dialplans and prompts are; dialplans
      --web DIR                where the widget and its pages are; web
      --advertise ADDRESS      the address that the world sees, behind NAT
      --base-domain NAME       tenants are reachable as <uuid>.NAME too
      --log-level LEVEL        trace, debug, info, warning, error
      --log-private            show numbers, names and addresses in the log
      --demo                   a business to try with, and open sign-up
    Port 0 takes a free one.
    """

  /// Runs what was asked for and says with which code to exit (sysexits).
  ///
  /// Not async: an async main leaves the first thread to libdispatch, which lets every signal through there.
  package static func run(_ arguments: [String], environment: [String: String]) -> Int32 {
    let verb = arguments.first ?? "help"
    let rest = Array(arguments.dropFirst())
    if rest.contains("--help") || ["help", "--help", "-h"].contains(verb) {
      print(usage)
      return 0
    }
    switch verb {
    case "version", "--version":
      print("calldocker \(version)")
      return 0
    case "serve": return serve(rest, environment)
    default:
      complain("There is no command \(verb).\n\n\(usage)")
      return EX_USAGE
    }
  }

  private static func serve(_ arguments: [String], _ environment: [String: String]) -> Int32 {
    do {
      let configuration = try Configuration(arguments: arguments, environment: environment)
      let signals = try Signals.openTermination()
      let server = try Server(configuration)
      try wait { try await server.start() }
      // Written at once, whatever standard output is: a harness waits for it.
      FileHandle.standardOutput.write(Data((server.readyLine + "\n").utf8))
      Signals.waitForTermination(signals)
      try wait { await server.stop() }
      return 0
    } catch let faults as Configuration.Faults {
      complain(faults.description)
      return EX_CONFIG
    } catch let failure as SystemFailure {
      let advice =
        failure.isAddressInUse
        ? " Another program has this port; stop it, or choose another port (see calldocker serve --help)."
        : failure.isForbidden ? " Ports below 1024 need a privilege; choose another port." : ""
      complain("\(failure).\(advice)")
      return EX_OSERR
    } catch {
      complain("\(error)")
      return EX_CONFIG
    }
  }

  /// Blocks the first thread, which has nothing else to do, until asynchronous work is done.
  private static func wait(_ work: @escaping @Sendable () async throws -> Void) throws {
    let done = DispatchSemaphore(value: 0)
    let outcome = Locked<Result<Void, any Error>>(.success(()))
    Task.detached {
      do { try await work() } catch { outcome.with { $0 = .failure(error) } }
      done.signal()
    }
    done.wait()
    try outcome.with { $0 }.get()
  }

  private static func complain(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
}

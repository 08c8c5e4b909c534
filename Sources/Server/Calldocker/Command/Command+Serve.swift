import Cryptography
import Foundation
import Runtime
import Storage

extension Command {
  static let serve = Verb(
    name: "serve", words: nil, summary: "run the service",
    flags: [Configuration.file] + Setting.all.map(\.flag),
    notes: """
      Each flag is an environment variable too, --http-port as CALLDOCKER_HTTP_PORT, and but for --config a line of the
      configuration file, `http-port = 8080`. A flag wins over the environment, the environment over the file.
      Port 0 takes a free one. Once everything listens, one line of JSON on standard output says where; the log is on
      standard error. SIGTERM refuses new calls, waits up to --drain seconds for those that are, ends the rest in words and
      then the service, with code 0; a second one does not wait. SIGHUP reads the files of --tls again.
      """
  ) { options, environment in
    do {
      let configuration = try Configuration(options, environment)
      for remark in configuration.remarks { Console.complain(remark) }
      try run(configuration)
    } catch let faults as Configuration.Faults {
      throw Failure(code: faults.areOnlyFlags ? EX_USAGE : EX_CONFIG, sentence: faults.description)
    } catch let failure as SystemFailure {
      let advice =
        failure.isAddressInUse
        ? " Another program has this port; stop it, or choose another port (see calldocker serve --help)."
        : failure.isForbidden ? " Ports below 1024 need a privilege; choose another port." : ""
      throw Failure(code: EX_OSERR, sentence: "\(failure).\(advice)")
    } catch let failure as DataFolder.Unusable {
      throw Failure(code: EX_CANTCREAT, sentence: failure.description)
    } catch let failure as StorageFailure {
      throw Failure(code: EX_CANTCREAT, sentence: sentence(failure))
    } catch let failure as Identity.Unusable {
      throw Failure(code: EX_CONFIG, sentence: failure.description)
    } catch let failure as Server.Unready {
      throw Failure(code: EX_CONFIG, sentence: failure.description)
    }
  }

  private static func sentence(_ failure: StorageFailure) -> String {
    let advice = failure.isFull ? " Make room on the disk of the data folder." : ""
    return "The database of the data folder cannot be used: \(failure).\(advice)"
  }

  private static func run(_ configuration: Configuration) throws {
    let signals = try Signals.open()
    let server = try Server(configuration)
    do {
      try wait { try await server.start() }
      // Written at once, whatever standard output is: a harness waits for it.
      try Console.write(server.readyLine + "\n")
    } catch {
      server.abandon()
      throw error
    }
    while Signals.wait(signals) == .hangUp, server.hasFilesToRead { try wait { await server.readFilesAgain() } }
    try Thread.start("impatience") {
      while Signals.wait(signals) == .hangUp {}
      Task.detached { await server.hurry() }
      while Signals.wait(signals) == .hangUp {}
      // The third time, something is stuck, and whoever asks knows it.
      server.abandon()
      exit(EX_SOFTWARE)
    }
    try wait { await server.stop() }
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
}

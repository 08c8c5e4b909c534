// swift-tools-version: 6.2
import PackageDescription

// Fast and careful at once: warnings are errors, and the packet path may skip dynamic exclusivity checks (docs: ARCHITECTURE.md, "Speed").
// Under FUZZ=1 every target reports what it covers: a fuzzer that sees only its own twenty lines finds nothing.
let fuzzes = Context.environment["FUZZ"] != nil
let careful: [SwiftSetting] =
  [.treatAllWarnings(as: .error)] + (fuzzes ? [.unsafeFlags(["-sanitize=fuzzer,address"])] : [])
let fast: [SwiftSetting] =
  careful + [
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))
  ]

func library(
  _ folder: String, _ name: String, _ dependencies: [Target.Dependency] = [], settings: [SwiftSetting] = careful
) -> Target {
  .target(name: name, dependencies: dependencies, path: "Sources/\(folder)/\(name)", swiftSettings: settings)
}

func tests(_ folder: String, _ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.init(stringLiteral: name)] + dependencies,
    path: "Tests/\(folder)/\(name)Tests", exclude: exclude, swiftSettings: careful)
}

func system(_ name: String, _ pkgConfig: String?, _ package: String) -> Target {
  .systemLibrary(name: name, path: "Sources/C/\(name)", pkgConfig: pkgConfig, providers: [.apt([package])])
}

var targets: [Target] = [
  // C: headers and inline shims only.
  system("COpenSSL", "openssl", "libssl-dev"),
  system("CSRTP", "libsrtp2", "libsrtp2-dev"),
  system("COpus", "opus", "libopus-dev"),
  system("CSQLite", "sqlite3", "libsqlite3-dev"),
  .systemLibrary(name: "CLinux", path: "Sources/C/CLinux"),

  // Protocols: values that never touch the world.
  library("Protocols", "Wire", settings: fast),
  library("Protocols", "SIPSyntax", ["Wire", "Cryptography"]),
  library("Protocols", "SIPCore", ["Wire", "SIPSyntax", "Cryptography"]),
  library("Protocols", "SDP", ["Wire", "Cryptography"]),
  library("Protocols", "ICE", ["Wire", "Cryptography"], settings: fast),
  library("Protocols", "RTP", ["Wire"], settings: fast),
  library("Protocols", "HTTP", ["Wire", "Cryptography"]),
  library("Protocols", "SocketIO", ["Wire"]),

  // Crafts: one owner type for each C thing.
  library("Crafts", "Cryptography", ["Wire", "COpenSSL"], settings: fast),
  library("Crafts", "SecureRTP", ["Wire", "Cryptography", "CSRTP"], settings: fast),
  library("Crafts", "Codecs", ["Wire", "RTP", "COpus"], settings: fast),
  library("Crafts", "SQLite", ["Wire", "CSQLite"]),
  library("Crafts", "Numerics"),

  // Telephony: what a telephone system knows.
  library("Telephony", "Dialplan", ["Wire", "Numerics", "Cryptography"]),
  library("Telephony", "Calls", ["Wire", "SIPSyntax", "SIPCore", "SDP", "ICE", "RTP", "Cryptography"]),

  library("Telephony", "Attendant", ["Wire", "Dialplan", "Calls"]),

  // Server: the only place where things happen.
  library(
    "Server", "Media", ["Wire", "ICE", "RTP", "SecureRTP", "Codecs", "Cryptography", "Calls", "Runtime"], settings: fast),
  library("Server", "Runtime", ["Wire", "CLinux", "Cryptography"], settings: fast),
  library("Server", "Storage", ["Wire", "SQLite", "Runtime"]),
  // A visitor's browser and an agent's phone as values: the test kit's, and the doctor's.
  library(
    "Server", "Peers", ["Wire", "SIPSyntax", "SIPCore", "SDP", "ICE", "RTP", "SecureRTP", "Codecs", "Cryptography"]),
  library(
    "Server", "Doctor",
    [
      "Wire", "SIPSyntax", "ICE", "RTP", "HTTP", "SocketIO", "SecureRTP", "Codecs", "Cryptography", "SQLite", "Runtime",
      "Peers",
    ]),
  library(
    "Server", "Calldocker",
    [
      "Wire", "SIPSyntax", "SIPCore", "SDP", "ICE", "RTP", "HTTP", "SocketIO", "Cryptography", "Dialplan", "Calls", "Attendant",
      "Media", "Runtime", "SQLite", "Storage", "Doctor",
    ]),
  .executableTarget(
    name: "calldocker", dependencies: ["Calldocker"], path: "Sources/calldocker", swiftSettings: careful),

  // The test kit: a virtual network, a soft phone, a browser peer.
  .target(
    name: "CalldockerTesting",
    dependencies: [
      "Wire", "SIPSyntax", "SIPCore", "SDP", "ICE", "RTP", "SecureRTP", "Codecs", "Cryptography", "Calls", "Media",
      "Attendant", "Dialplan", "Peers", "VirtualClock",
    ],
    path: "Tests/CalldockerTesting", swiftSettings: careful),

  // What every parser and machine promises whatever bytes reach it; fed by libFuzzer, and by the files below Fuzz/ in the tests.
  .target(
    name: "FuzzBodies",
    dependencies: [
      "Wire", "SIPSyntax", "SIPCore", "SDP", "ICE", "RTP", "HTTP", "SocketIO", "SecureRTP", "Codecs", "Cryptography",
      "Dialplan", "Calls", "Media", "Storage", "Calldocker",
    ],
    path: "Tests/FuzzBodies", swiftSettings: careful),
  .testTarget(
    name: "FuzzReplayTests", dependencies: ["FuzzBodies"], path: "Tests/FuzzReplayTests", swiftSettings: careful),
  // Counts allocations, for the test of the packet path and for the benchmark.
  .target(name: "AllocationCounter", path: "Tests/AllocationCounter"),
  // Tells OpenSSL the time of a test.
  .target(name: "VirtualClock", path: "Tests/VirtualClock"),
  // A test's own folder and disk, and the program that the storage tests kill.
  .target(name: "Scratch", path: "Tests/Scratch", swiftSettings: careful),
  .executableTarget(
    name: "storage-probe", dependencies: ["Storage", "SQLite", "Runtime", "Wire"], path: "Tests/Server/StorageProbe",
    swiftSettings: careful),

  tests("Protocols", "Wire"),
  tests("Protocols", "SIPSyntax"),
  tests("Protocols", "SIPCore"),
  tests("Protocols", "SDP"),
  tests("Protocols", "ICE"),
  tests("Protocols", "RTP"),
  tests("Protocols", "HTTP"),
  tests("Protocols", "SocketIO"),
  tests("Crafts", "Cryptography", ["VirtualClock"]),
  tests("Crafts", "SecureRTP"),
  tests("Crafts", "Codecs"),
  tests("Crafts", "SQLite", ["Scratch"]),
  tests("Crafts", "Numerics", ["Wire"]),
  tests("Telephony", "Dialplan", exclude: ["Observed", "Samples"]),
  tests("Telephony", "Calls", exclude: ["RFC4475"]),
  tests("Server", "Media", ["CalldockerTesting", "AllocationCounter"]),
  tests("Server", "Runtime"),
  tests("Server", "Storage", ["Scratch", "storage-probe"]),
  tests("Server", "Doctor"),
  tests("Server", "Calldocker", ["Scratch"]),
  .testTarget(
    name: "WorldTests", dependencies: ["CalldockerTesting"], path: "Tests/WorldTests", exclude: ["Stories/told.txt"],
    swiftSettings: careful),
  .testTarget(name: "HouseTests", path: "Tests/HouseTests", swiftSettings: careful),
]

// FUZZ=1 adds the libFuzzer program; its bodies are the ones that the ordinary tests replay (see ./dev fuzz).
if fuzzes {
  targets.append(
    .executableTarget(
      name: "fuzz", dependencies: ["FuzzBodies"], path: "Fuzz/fuzzer",
      swiftSettings: [.unsafeFlags(["-parse-as-library", "-sanitize=fuzzer,address"])],
      linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])]))
}

// BENCH=1 adds the benchmark and the floor that it is held against (see ./dev bench and docs/performance.md).
if Context.environment["BENCH"] != nil {
  targets += [
    .target(
      name: "Floor", dependencies: ["CSRTP", "COpus", "COpenSSL"], path: "Benchmarks/Floor", cSettings: [.unsafeFlags(["-O2"])]),
    .executableTarget(
      name: "calldocker-bench",
      dependencies: [
        "Wire", "SIPSyntax", "SIPCore", "ICE", "RTP", "SocketIO", "Cryptography", "SecureRTP", "Codecs", "SQLite", "Calls",
        "Dialplan", "Media", "Runtime", "Storage", "Peers", "Doctor", "AllocationCounter", "Floor",
      ],
      path: "Benchmarks/calldocker-bench", swiftSettings: fast),
  ]
}

// ONLY=SIPCore keeps that target, its tests and what they stand on: on two cores, the target one touches is what one builds.
if let only = Context.environment["ONLY"] {
  let names = Dictionary(uniqueKeysWithValues: targets.map { ($0.name, $0) })
  var kept: Set<String> = []
  func keep(_ name: String) {
    guard let target = names[name], kept.insert(name).inserted else { return }
    for case .byNameItem(let dependency, _) in target.dependencies { keep(dependency) }
  }
  for name in only.split(separator: ",").map(String.init) {
    keep(name)
    keep("\(name)Tests")
  }
  targets.removeAll { !kept.contains($0.name) }
}

let package = Package(name: "calldocker", targets: targets, swiftLanguageModes: [.v6])

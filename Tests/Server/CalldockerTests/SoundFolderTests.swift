import Foundation
import Scratch
import Testing

@testable import Calldocker

@Suite("How long prompts are")
struct SoundFolderTests {
  /// A wave of 8000 times 16 bits a second.
  private static func wave(bytes: Int, said: Int? = nil) -> [UInt8] {
    func number(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    let format: [UInt8] = [1, 0, 1, 0] + number(8000) + number(16_000) + [2, 0, 16, 0]
    return Array("RIFF".utf8) + number(36 + bytes) + Array("WAVEfmt ".utf8) + number(16) + format + Array("data".utf8)
      + number(said ?? bytes) + [UInt8](repeating: 0, count: bytes)
  }

  @Test("Waves, raw sound and what is none; a wave that lies about its length has what it has")
  func lengths() throws {
    let scratch = try Scratch()
    try FileManager.default.createDirectory(atPath: scratch.file("digits"), withIntermediateDirectories: false)
    try scratch.write(Self.wave(bytes: 8000), to: "half.wav")
    try scratch.write(Self.wave(bytes: 16_000, said: 1 << 30), to: "lies.wav")
    try scratch.write([UInt8](repeating: 0, count: 4000), to: "digits/1.ulaw")
    try scratch.write(Array("nonsense".utf8), to: "none.wav")
    try scratch.write(Array("a text".utf8), to: "readme.txt")
    let lengths = SoundFolder(scratch.path).lengths
    #expect(lengths == ["half": .milliseconds(500), "lies": .seconds(1), "digits/1": .milliseconds(500)])
  }

  @Test("The prompts that this project plays itself have their lengths")
  func opus() throws {
    // Two pages of Ogg: the head, and a second of sound behind a pre-skip of 312.
    func page(_ position: UInt64, _ body: [UInt8]) -> [UInt8] {
      Array("OggS".utf8) + [0, 0] + (0..<8).map { UInt8(truncatingIfNeeded: position >> (8 * UInt64($0))) }
        + [UInt8](repeating: 0, count: 12) + [1, UInt8(body.count)] + body
    }
    let head = Array("OpusHead".utf8) + [1, 1, 56, 1] + [UInt8](repeating: 0, count: 7)
    let octets = page(0, head) + page(48_312, [1, 2, 3])
    #expect(SoundKind.opus.length(of: octets) == .seconds(1))
    for count in octets.indices { _ = SoundKind.opus.length(of: Array(octets.prefix(count))) }
  }

  @Test("One file too many is not there, and of a long one only the beginning counts")
  func limits() throws {
    let scratch = try Scratch()
    for number in 1...3 { try scratch.write([UInt8](repeating: 0, count: 16_000), to: "\(number).sln") }
    #expect(SoundFolder(scratch.path, files: 2).lengths.count == 2)
    #expect(SoundFolder(scratch.path, read: 8000).lengths["1"] == .milliseconds(500))
  }
}

import Foundation

/// How long the sounds of a folder last, by the names that dialplans use (no ending, folders with slashes).
struct SoundFolder {
  static let maximumFiles = 20_000
  /// What is read of one file to know its length.
  static let maximumRead = 64 * 1024 * 1024

  let lengths: [String: Duration]

  /// - Parameters: how many files, and how much of each; less only in a test.
  init(_ path: String, files: Int = maximumFiles, read: Int = maximumRead) {
    let root = URL(fileURLWithPath: path)
    var lengths: [String: Duration] = [:]
    let walker = FileManager.default.enumerator(atPath: path)
    while let name = walker?.nextObject() as? String, lengths.count < files {
      let file = root.appendingPathComponent(name)
      guard let kind = SoundKind(rawValue: file.pathExtension.lowercased()),
        let octets = try? FileHandle(forReadingFrom: file).read(upToCount: read),
        let length = kind.length(of: Array(octets))
      else { continue }
      lengths[String(name.dropLast(file.pathExtension.count + 1))] = length
    }
    self.lengths = lengths
  }
}

/// Kinds of sound files by their endings.
enum SoundKind: String {
  case wav, ogg, opus
  // Without a header: so many bytes a second.
  case ulaw, alaw, g722, gsm, sln, sln16, sln44, sln48

  /// `nil` for a file that is none of its kind.
  func length(of octets: [UInt8]) -> Duration? {
    switch self {
    case .wav: Self.wave(octets)
    case .ogg, .opus: Self.oggOpus(octets)
    case .ulaw, .alaw, .g722: Self.time(octets.count, each: 8000)
    case .gsm: Self.time(octets.count, each: 1650)
    case .sln: Self.time(octets.count, each: 16_000)
    case .sln16: Self.time(octets.count, each: 32_000)
    case .sln44: Self.time(octets.count, each: 88_200)
    case .sln48: Self.time(octets.count, each: 96_000)
    }
  }

  private static func time(_ octets: Int, each second: Int) -> Duration {
    .nanoseconds(Int64(Double(octets) / Double(second) * 1_000_000_000))
  }

  /// RIFF: the bytes of `data` over the bytes a second that `fmt ` tells.
  private static func wave(_ octets: [UInt8]) -> Duration? {
    guard octets.count >= 12, octets[..<4].elementsEqual("RIFF".utf8), octets[8..<12].elementsEqual("WAVE".utf8) else {
      return nil
    }
    var (offset, rate) = (12, 0)
    while offset + 8 <= octets.count {
      let size = Int(number(octets, offset + 4))
      let body = offset + 8
      let name = octets[offset..<offset + 4]
      if name.elementsEqual("fmt ".utf8), body + 12 <= octets.count { rate = Int(number(octets, body + 8)) }
      if name.elementsEqual("data".utf8) {
        // A file that lies about its length has what it has.
        return rate > 0 ? time(min(size, octets.count - body), each: rate) : nil
      }
      offset = body + size + (size & 1)
    }
    return nil
  }

  /// RFC 7845: the last page's position less the pre-skip, at 48 kHz.
  private static func oggOpus(_ octets: [UInt8]) -> Duration? {
    let head = Array("OpusHead".utf8)
    guard octets.starts(with: Array("OggS".utf8)),
      let start = (0..<min(octets.count, 512)).first(where: { octets[$0...].starts(with: head) }), start + 12 <= octets.count
    else { return nil }
    let skip = Int64(octets[start + 10]) | Int64(octets[start + 11]) << 8
    var (page, last) = (0, Int64(0))
    while page + 27 <= octets.count, octets[page..<page + 4].elementsEqual("OggS".utf8) {
      let position = (0..<8).reduce(UInt64(0)) { $0 | UInt64(octets[page + 6 + $1]) << UInt64(8 * $1) }
      if position < UInt64(Int64.max) { last = Int64(position) }
      let segments = Int(octets[page + 26])
      guard page + 27 + segments <= octets.count else { break }
      page += 27 + segments + octets[page + 27..<page + 27 + segments].reduce(0) { $0 + Int($1) }
    }
    return last > skip ? .nanoseconds(Int64(Double(last - skip) / 48_000 * 1_000_000_000)) : nil
  }

  private static func number(_ octets: [UInt8], _ offset: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(octets[offset + $1]) << UInt32(8 * $1) }
  }
}

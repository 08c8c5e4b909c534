/// What a line says once its comments are taken out.
struct BareLine {
  /// Without the blanks around it.
  var octets: ArraySlice<UInt8>
  /// Column of its first byte.
  var column: Int
  /// What was left out, by offsets in `octets`.
  var cuts: [SourceCut]
  /// What stands behind a `;` that ends the line, and where.
  var comment: ArraySlice<UInt8>
  var commentColumn: Int

  /// The column of a byte, by its offset.
  func column(ofByte offset: Int) -> Int {
    var column = column + offset
    for cut in cuts where cut.offset <= offset { column += cut.count }
    return column
  }

  /// The cuts as seen from a part of the line.
  func cuts(after offset: Int) -> [SourceCut] {
    cuts.isEmpty ? [] : cuts.filter { $0.offset > offset }.map { SourceCut(offset: $0.offset - offset, count: $0.count) }
  }
}

/// Takes comments out of the lines of one file: `;` to the end of a line, `;--` to `--;` over any number of lines, nested.
struct SourceComments {
  private static let semicolon = UInt8(ascii: ";")
  private static let dash = UInt8(ascii: "-")

  /// Blocks that are open.
  private(set) var depth = 0
  /// Where the outermost open block begins.
  private(set) var opening: (line: Int, column: Int)?

  mutating func strip(_ line: ArraySlice<UInt8>, number: Int) -> BareLine {
    guard depth > 0 || line.contains(Self.semicolon) else {
      let octets = line.trimmed
      return BareLine(
        octets: octets, column: octets.startIndex - line.startIndex + 1, cuts: [], comment: [], commentColumn: 0)
    }
    var (kept, cuts, position) = ([UInt8](), [SourceCut](), line.startIndex)
    var comment: ArraySlice<UInt8> = []
    kept.reserveCapacity(line.count)
    func cut(_ count: Int) {
      if let last = cuts.last, last.offset == kept.count {
        cuts[cuts.count - 1].count += count
      } else {
        cuts.append(SourceCut(offset: kept.count, count: count))
      }
    }
    scan: while position < line.endIndex {
      if depth > 0 {
        let count = blockStep(line[position...])
        cut(count)
        position += count
        continue
      }
      guard line[position] == Self.semicolon else {
        kept.append(line[position])
        position += 1
        continue
      }
      if kept.last == UInt8(ascii: "\\"), position > line.startIndex, line[position - 1] == UInt8(ascii: "\\") {
        kept.removeLast()
        cut(1)
        kept.append(Self.semicolon)
        position += 1
      } else if Self.opensBlock(line[position...]) {
        depth = 1
        opening = (number, position - line.startIndex + 1)
        cut(3)
        position += 3
      } else {
        comment = line[(position + 1)...]
        break scan
      }
    }
    return bare(kept, cuts, comment, in: line)
  }

  private func bare(_ kept: [UInt8], _ cuts: [SourceCut], _ comment: ArraySlice<UInt8>, in line: ArraySlice<UInt8>) -> BareLine
  {
    let octets = kept[...].trimmed
    let blanks = octets.startIndex
    let leading = cuts.reduce(0) { $0 + ($1.offset <= blanks ? $1.count : 0) }
    return BareLine(
      octets: octets, column: blanks + leading + 1,
      cuts: cuts.filter { $0.offset > blanks }.map { SourceCut(offset: $0.offset - blanks, count: $0.count) },
      comment: comment, commentColumn: comment.startIndex - line.startIndex + 1)
  }

  /// How many bytes of an open block are passed over; it may end, or another may begin in it.
  private mutating func blockStep(_ rest: ArraySlice<UInt8>) -> Int {
    if rest.starts(with: [Self.dash, Self.dash, Self.semicolon]) {
      depth -= 1
      if depth == 0 { opening = nil }
      return 3
    }
    guard Self.opensBlock(rest) else { return 1 }
    depth += 1
    return 3
  }

  /// `;--`, and no third dash: a line of dashes is a line.
  private static func opensBlock(_ rest: ArraySlice<UInt8>) -> Bool {
    rest.starts(with: [semicolon, dash, dash]) && (rest.count == 3 || rest[rest.startIndex + 3] != dash)
  }
}

extension ArraySlice<UInt8> {
  /// Without white space and control characters around it.
  var trimmed: ArraySlice<UInt8> {
    guard let first = firstIndex(where: { $0 > 0x20 }), let last = lastIndex(where: { $0 > 0x20 }) else {
      return self[endIndex...]
    }
    return self[first...last]
  }

  /// As text; bytes that are none are replaced.
  var text: String { String(decoding: self, as: UTF8.self) }
}

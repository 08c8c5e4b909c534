/// How wide text becomes, in units of its size: measured generously, so that what is written fits whatever sans-serif a reader has.
enum TextWidth {
  /// Printable ASCII from the blank on, in thousandths: those of a wide face.
  private static let ascii: [Int] = [
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636, 636, 636, 636, 636,
    636,
    337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863, 748, 787, 603, 787,
    695, 635,
    611, 732, 684, 989, 685, 611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579, 278,
    974,
    634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
  ]

  static func of(_ text: String, size: Double, isBold: Bool = false) -> Double {
    let thousandths = text.unicodeScalars.reduce(0) { $0 + width($1) }
    return Double(thousandths) / 1000 * size * (isBold ? 1.12 : 1)
  }

  private static func width(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.value {
    case 0x20...0x7E: ascii[Int(scalar.value) - 0x20]
    case 0x300...0x36F, 0xFE00...0xFE0F, 0x200B...0x200F: 0
    case 0x2018...0x201F: 520
    // Letters of Asia, and pictures.
    case 0x1100...0x11FF, 0x2E80...0xD7AF, 0xF900...0xFAFF, 0xFE30...0xFE4F, 0xFF00...0xFF60, 0x2600...0x27BF,
      0x1F000...0x3FFFF:
      1300
    case 0x80...0x24F: 760
    default: 1000
    }
  }

  /// The text, with its end left out where it would be wider.
  static func clipped(_ text: String, to width: Double, size: Double, isBold: Bool = false) -> String {
    // Longer than any width can be, and then no reason to measure it.
    let text = text.unicodeScalars.count > 400 ? String(text.prefix(400)) : text
    guard of(text, size: size, isBold: isBold) > width else { return text }
    var kept = text
    while !kept.isEmpty, of(kept + "…", size: size, isBold: isBold) > width { kept.removeLast() }
    return kept + "…"
  }
}

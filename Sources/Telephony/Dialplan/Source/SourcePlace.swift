/// Where something stands in what an admin wrote; lines and columns count from 1, columns in bytes.
package struct SourcePlace: Hashable, Sendable, Comparable, CustomStringConvertible {
  package var file: String
  package var line: Int
  package var column: Int

  package init(_ file: String, line: Int, column: Int = 1) {
    self.file = file
    self.line = line
    self.column = column
  }

  /// The same line, some bytes further.
  package func advanced(by columns: Int) -> SourcePlace { SourcePlace(file, line: line, column: column + columns) }

  package var description: String { "\(file):\(line):\(column)" }

  package static func < (left: SourcePlace, right: SourcePlace) -> Bool {
    (left.file, left.line, left.column) < (right.file, right.line, right.column)
  }
}

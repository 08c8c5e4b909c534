import Testing

@testable import Calldocker

@Suite("A configuration file, byte by byte")
struct ConfigurationFileTests {
  private func read(_ text: String) -> ConfigurationFile { ConfigurationFile(parsing: Array(text.utf8)) }

  private func faults(_ text: String) -> [String] {
    read(text).faults.map { "\($0.place.line):\($0.place.column) \($0.sentence)" }
  }

  @Test("Names, values, comments and blanks; with the line ends and the byte order mark of other systems")
  func entries() {
    let file = read("\u{FEFF}# people\r\n\n\ta=1\r\n  b-c =  two words \t# why\nd=x#y\n   # more\ne = # none")
    #expect(file.entries.map(\.name) == ["a", "b-c", "d"])
    #expect(file.entries.map(\.value) == ["1", "two words", "x#y"])
    #expect(file.entries.map(\.namePlace.line) == [3, 4, 5])
    #expect(file.entries.map(\.namePlace.column) == [2, 3, 1])
    #expect(file.entries.map(\.valuePlace.column) == [4, 10, 3])
    #expect(file.faults.map(\.place) == [ConfigurationFile.Place(line: 7, column: 3)])
    #expect(read("").entries.isEmpty && read("").faults.isEmpty)
    #expect(read("x = a = b").entries.map(\.value) == ["a = b"])
  }

  @Test("What is wrong is told with its place, and what is right beside it is read all the same")
  func places() {
    #expect(faults(" word") == ["1:2 a line is `name = value`, and begins with # if it is for people"])
    #expect(faults(" = 1") == ["1:2 before the = the name of a setting is missing"])
    #expect(faults("a =  ") == ["1:3 after the = a value is missing; begin the line with # to leave it out"])
    #expect(faults("ä = \"x\"") == ["1:5 values are written without quotes"])
    #expect(faults("a = b\u{7}c") == ["1:6 there is a control character here"])
    #expect(faults("a=1\nb=2\na=3") == ["3:1 a is set in line 1 already; leave one of them out"])
    let broken = ConfigurationFile(parsing: Array("a=1\nbé=".utf8) + [0xFF, 0x0A] + Array("c=3".utf8))
    #expect(broken.entries.map(\.name) == ["a", "c"])
    #expect(broken.faults.map(\.place) == [ConfigurationFile.Place(line: 2, column: 4)])
  }

  @Test("64 KiB are read, and one byte more is no configuration file; nobody reads past 50 faults")
  func limits() {
    let comment = "#" + String(repeating: "x", count: ConfigurationFile.maximumBytes - 1)
    #expect(read(comment).faults.isEmpty)
    #expect(read(comment + "x").faults.count == 1 && read(comment + "x").entries.isEmpty)
    let wrong = String(repeating: "?\n", count: ConfigurationFile.maximumFaults + 1)
    #expect(read(wrong).faults.count == ConfigurationFile.maximumFaults + 1)
    #expect(read(wrong + wrong).faults.count == ConfigurationFile.maximumFaults + 1)
    #expect(read(wrong).faults.last?.sentence == "there are too many faults; the rest of the file was not read")
  }
}

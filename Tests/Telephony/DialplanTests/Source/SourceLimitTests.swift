import Testing

@testable import Dialplan

@Suite("Limits of .conf files")
struct SourceLimitTests {
  private func errors(_ files: [String: String]) -> [String] {
    let all = SourceReader.read("a.conf", from: SourceFiles(files)).findings.all
    return all.filter { $0.severity == .error }.map(\.what)
  }

  @Test("A file of the most bytes is read, one with more is not")
  func fileLength() {
    let lines =
      "[a]\n"
      + String(repeating: ";" + String(repeating: "-", count: 1022) + "\n", count: SourceReader.maximumFileLength / 1024)
    #expect(errors(["a.conf": String(lines.prefix(SourceReader.maximumFileLength))]) == [])
    #expect(errors(["a.conf": lines]) == ["a.conf has more than \(SourceReader.maximumFileLength) bytes."])
  }

  @Test("All files together have an end")
  func length() {
    let comment = String(
      repeating: ";" + String(repeating: "-", count: 4094) + "\n", count: SourceReader.maximumFileLength / 4096)
    var files = ["b.conf": comment]
    let times = SourceReader.maximumLength / SourceReader.maximumFileLength
    files["a.conf"] = String(repeating: "#include b.conf\n", count: times)
    #expect(errors(files) == ["The files have more than \(SourceReader.maximumLength) bytes together."])
    files["a.conf"] = String(repeating: "#include b.conf\n", count: times - 1)
    #expect(errors(files) == [])
  }

  @Test("So has what += puts together")
  func appended() {
    let value = String(repeating: "v", count: 8000)
    let text = "[a]\nk = v\n" + String(repeating: "k += \(value)\n", count: 100)
    #expect(errors(["a.conf": text]) == ["The files have more than \(SourceReader.maximumLength) bytes together."])
  }

  @Test("Lines, and those that are inherited")
  func lines() {
    let most = "[a]\n" + String(repeating: "\n", count: SourceReader.maximumLines - 1)
    #expect(errors(["a.conf": most]) == [])
    #expect(errors(["a.conf": most + "\n"]) == ["There are more than \(SourceReader.maximumLines) lines."])
    let doubled = "[s0]\nk = v\n" + (1...30).map { "[s\($0)](s\($0 - 1),s\($0 - 1))\n" }.joined()
    #expect(errors(["a.conf": doubled]) == ["There are more than \(SourceReader.maximumLines) lines."])
  }

  @Test("Sections")
  func sections() {
    let most = (0..<SourceReader.maximumSections).map { "[s\($0)]\n" }.joined()
    #expect(errors(["a.conf": most]) == [])
    #expect(errors(["a.conf": most + "[x]\n"]) == ["There are more than \(SourceReader.maximumSections) sections."])
  }

  @Test("Files, and how deep they include each other")
  func files() {
    var files = ["b.conf": ";\n"]
    files["a.conf"] = String(repeating: "#include b.conf\n", count: SourceReader.maximumFiles - 1)
    #expect(errors(files) == [])
    files["a.conf"]? += "#include b.conf\n"
    #expect(errors(files) == ["There are more than \(SourceReader.maximumFiles) files."])

    var chain = ["a.conf": "#include 1.conf\n"]
    for depth in 1..<SourceReader.maximumDepth { chain["\(depth).conf"] = "#include \(depth + 1).conf\n" }
    chain["\(SourceReader.maximumDepth - 1).conf"] = ";\n"
    #expect(errors(chain) == [])
    chain["\(SourceReader.maximumDepth - 1).conf"] = "#include \(SourceReader.maximumDepth).conf\n"
    chain["\(SourceReader.maximumDepth).conf"] = ";\n"
    #expect(errors(chain) == ["Files include each other more than \(SourceReader.maximumDepth) deep."])
  }

  @Test("A path")
  func path() {
    #expect(throws: Never.self) { try SourcePattern(String(repeating: "a", count: SourcePattern.maximumLength)) }
    #expect(throws: SourcePattern.Refusal.self) {
      try SourcePattern(String(repeating: "a", count: SourcePattern.maximumLength + 1))
    }
  }

  @Test("Findings: past the most of a kind it says once that there are more, and errors are never lost behind warnings")
  func findings() {
    var findings = FindingList()
    let place = SourcePlace("a", line: 1)
    for _ in 0...(FindingList.maximumOfEach + 5) { findings.warn(place, "w") }
    findings.refuse(place, "e")
    #expect(findings.all.count == FindingList.maximumOfEach + 2)
    #expect(findings.all.filter { $0.what == "w" }.count == FindingList.maximumOfEach)
    #expect(findings.hasErrors && findings.all.last?.what == "e")
  }
}

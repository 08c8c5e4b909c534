// Stands in until the branches of text and time are merged: whoever brings one of these takes it out here.
struct ArgumentList {
  var arguments: [String] = []
  init(_ t: String) { arguments = t.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
  var count: Int { arguments.count }
  subscript(i: Int) -> String { arguments.indices.contains(i) ? arguments[i] : "" }
  static func raw(_ t: String) -> [String] { ArgumentList(t).arguments }
}
enum Truth { static func holds(_ t: String) -> Bool { !t.isEmpty && t != "0" } }
extension Functions { static func assign(_ n: String, _ v: String, in run: inout Run) { run.set(n, v) } }

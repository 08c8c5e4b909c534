import Dialplan
import Wire

extension FuzzTarget {
  /// Whatever a plan is, its menus can be drawn and told, the same each time and within bounds, and each of its contexts can be listed.
  static let menus: Body = { octets throws(BrokenPromise) in
    let plan = Dialplan.load(from: SourceFiles([SourceFiles.File("extensions.conf", octets)])).plan
    let drawing = MenuDrawing(plan, title: "menus")
    let svg = drawing.svg()
    try promise(svg.utf8.count < 4_000_000, "a picture has an end")
    try promise(svg == MenuDrawing(plan, title: "menus").svg(), "the same plan, the same picture")
    try promise(svg.utf8.allSatisfy { $0 >= 0x20 || $0 == 0x0A }, "XML has no signs of control")
    try promise(!drawing.words.isEmpty, "a picture is told")
    for name in plan.contextsInOrder {
      for exten in [nil, "s", "12"] {
        try promise(
          plan.candidates(context: name, exten: exten)?.description.isEmpty == false, "what there is is listed: \(name)")
      }
    }
  }
}

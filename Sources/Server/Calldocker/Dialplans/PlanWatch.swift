import Foundation
import Runtime

/// Hears whose dialplan's files change: the folder of all dialplans, each owner's, and the folders below it.
final class PlanWatch: Sendable {
  /// Folders that are watched of one owner; what changes in others is taken by `calldocker dialplan reload`.
  static let maximumFolders = 500

  private struct State {
    var owners: [FolderWatch.Folder: Set<PlanOwner>] = [:]
    var folders: [PlanOwner: Set<FolderWatch.Folder>] = [:]
    /// The folder of all dialplans, and the one that it stands in.
    var root: FolderWatch.Folder?
    var parent: FolderWatch.Folder?
    var hasComplained = false
  }

  private let root: URL
  private let room: Int
  private let watch: FolderWatch
  private let state = Locked(State())

  var file: Int32 { watch.file }

  /// - Parameter room: folders of one owner; fewer only in a test.
  init(_ path: String, room: Int = maximumFolders) throws(SystemFailure) {
    root = URL(fileURLWithPath: path)
    self.room = room
    watch = try FolderWatch()
    let (rootFolder, parent) = (try? watch.add(path), try? watch.add(root.deletingLastPathComponent().path))
    state.with { ($0.root, $0.parent) = (rootFolder, parent) }
  }

  deinit { watch.close() }

  /// Watches an owner's folders as they are now, and those only; this waits for the disk.
  ///
  /// - Returns: a sentence, once, if the kernel watches no more.
  func follow(_ owner: PlanOwner) -> String? {
    var found: Set<FolderWatch.Folder> = []
    var failure: SystemFailure?
    let top = root.appendingPathComponent(owner.description).resolvingSymlinksInPath()
    for folder in folders(below: top) {
      do throws(SystemFailure) {
        let watched = try watch.add(folder)
        // Known at once: what happens in it meanwhile is the owner's.
        state.with { _ = $0.owners[watched, default: []].insert(owner) }
        found.insert(watched)
      } catch {
        if !error.isNobodyThere { failure = error }
      }
    }
    let unwatched = state.with { state in
      let former = state.folders.updateValue(found, forKey: owner) ?? []
      return former.subtracting(found).filter { folder in
        state.owners[folder]?.remove(owner)
        guard state.owners[folder]?.isEmpty ?? false else { return false }
        state.owners[folder] = nil
        return folder != state.root && folder != state.parent
      }
    }
    for folder in unwatched { watch.remove(folder) }
    guard let failure else { return nil }
    let isFirst = state.with { state in
      defer { state.hasComplained = true }
      return !state.hasComplained
    }
    let advice =
      failure.code == ENOSPC ? "Raise fs.inotify.max_user_watches, or say" : "Say"
    return isFirst ? "\(failure). \(advice) `calldocker dialplan reload` after saving a dialplan." : nil
  }

  /// The folder and those in it, links between them left out, no more than there is room for.
  private func folders(below top: URL) -> [String] {
    var found = [top.path]
    var next = 0
    while next < found.count, found.count < room {
      let folder = found[next]
      next += 1
      let depth = folder.split(separator: "/").count - top.path.split(separator: "/").count
      guard depth < DialplanFolder.maximumDepth else { continue }
      for name in Folder.names(folder).sorted() where found.count < room {
        var status = stat()
        guard lstat("\(folder)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { continue }
        found.append("\(folder)/\(name)")
      }
    }
    return found
  }

  /// Whose files changed since it was last asked.
  func read() -> (owners: Set<PlanOwner>, areAll: Bool) {
    var (owners, areAll) = (Set<PlanOwner>(), false)
    for event in watch.read() {
      switch event {
      case .overflow: areAll = true
      case .ended(let folder):
        let isRoot = state.with { state in
          for owner in state.owners.removeValue(forKey: folder) ?? [] { state.folders[owner]?.remove(folder) }
          guard folder == state.root else { return false }
          state.root = nil
          return true
        }
        if isRoot { areAll = followRoot() || areAll }
      case .changed(let folder, let name):
        let (known, isRoot, isParent) = state.with { ($0.owners[folder] ?? [], $0.root == folder, $0.parent == folder) }
        owners.formUnion(known)
        if isRoot, let owner = PlanOwner(name) { owners.insert(owner) }
        // Somebody put another folder, or a link to one, in its place.
        if isParent, name == root.lastPathComponent { areAll = followRoot() || areAll }
      }
    }
    return (owners, areAll)
  }

  /// Watches what now stands where the folder of dialplans does; says that all may be another now.
  private func followRoot() -> Bool {
    let folder = try? watch.add(root.path)
    let former = state.with { state in
      defer { state.root = folder }
      return state.root
    }
    if let former, former != folder { watch.remove(former) }
    return true
  }
}

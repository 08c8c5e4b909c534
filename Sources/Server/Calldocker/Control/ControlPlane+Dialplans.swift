import Calls
import HTTP

/// What `calldocker dialplan reload|status|back` asks for.
enum ControlDialplans: Sendable {
  case list
  case reloadAll
  case show
  case reload
  case back

  static let all: [(String, String, ControlDialplans)] = [
    ("GET", "/dialplans", .list), ("POST", "/dialplans/reload", .reloadAll), ("GET", "/dialplans/{owner}", .show),
    ("POST", "/dialplans/{owner}/reload", .reload), ("POST", "/dialplans/{owner}/back", .back),
  ]
}

extension ControlPlane {
  func answer(_ place: ControlDialplans, _ name: String, _ request: HTTPRequest) async throws(EnrolmentFault) -> HTTPResponse {
    switch place {
    case .list: return Self.json(200, PlanList(dialplans: await dialplans.allShown))
    case .reloadAll: return await reloaded(nil)
    case .show: return Self.json(200, PlanList(dialplans: [await dialplans.shown(try await owner(name))]))
    case .reload: return await reloaded(try await owner(name))
    case .back:
      guard let wish = Self.read(BackWish.self, request) else { return Self.unreadable }
      let owner = try await owner(name)
      do throws(DialplanShelf.GoingBack) {
        _ = try await dialplans.goBack(owner, to: wish.version)
      } catch {
        return .problem(error.status, "It stays as it is", detail: error.sentence)
      }
      if let tenant = owner.tenant { try await enrolment.noteDialplanReturn(of: tenant) }
      return Self.json(200, PlanList(dialplans: [await dialplans.shown(owner)]))
    }
  }

  private func reloaded(_ owner: PlanOwner?) async -> HTTPResponse {
    var shown: [PlanShown] = []
    for owner in await dialplans.reload(owner) { shown.append(await dialplans.shown(owner)) }
    return Self.json(200, PlanList(dialplans: shown))
  }

  private func owner(_ name: String) async throws(EnrolmentFault) -> PlanOwner {
    guard let owner = PlanOwner(name), await dialplans.knows(owner) else { throw .directory(.unknownTenant) }
    return owner
  }
}

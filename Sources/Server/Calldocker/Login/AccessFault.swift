import HTTP

/// Why people or settings cannot be so.
enum AccessFault: Error, Hashable, Sendable {
  case unknownPerson
  case personExists
  case lastOwner
  case tooManyPeople
  case userName
  case password
  case role(String)
  case origin(String)
  case tooManyOrigins
  case digest(String)

  var problem: HTTPResponse {
    switch self {
    case .unknownPerson: .problem(404, "Unknown", detail: sentence)
    case .personExists: .problem(409, "There already", detail: sentence)
    case .lastOwner, .tooManyPeople: .problem(409, "This cannot be done", detail: sentence)
    default: .problem(422, "This cannot be used", detail: sentence)
    }
  }

  var sentence: String {
    switch self {
    case .unknownPerson: "This business has no user of that name; its agents are not among them."
    case .personExists: "This business has a user of that name already; upper and lower case are the same name."
    case .lastOwner: "This is the only owner; add another one first."
    case .tooManyPeople: "A business may have \(Accounts.maximumPeople) users besides its agents."
    case .userName:
      "A user is an e-mail address of at most \(Reception.maximumUserBytes) bytes, or `owner`; agents are not added here."
    case .password: EnrolmentFault.ownerPassword.sentence
    case .role(let role): "\(role) is no role of a user; there are owner and supervisor."
    case .origin(let origin):
      "\(origin) is no origin, such as https://shop.example: http or https, a host, maybe a port, and nothing behind it."
    case .tooManyOrigins: "A business may name \(Reception.maximumOrigins) origins."
    case .digest(let digest):
      "\(digest) is no choice of digests; there are \(TenantSettings.digestNames.joined(separator: ", "))."
    }
  }
}

/// The user name fragment and password of one side of an ICE session (RFC 8445 §5.3).
package struct ICECredentials: Hashable, Sendable {
  package var usernameFragment: String
  package var password: String
  package init(usernameFragment: String, password: String) {
    self.usernameFragment = usernameFragment
    self.password = password
  }
}

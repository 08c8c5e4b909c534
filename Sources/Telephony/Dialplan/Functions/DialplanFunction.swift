/// `${NAME(arguments)}`, and `Set(NAME(arguments)=value)` where it can be written.
package struct DialplanFunction: Sendable {
  package typealias Read = @Sendable (_ arguments: String, _ run: inout Run) throws(Trouble) -> String
  package typealias Write = @Sendable (_ arguments: String, _ value: String, _ run: inout Run) throws(Trouble) -> Void

  package var name: String
  /// `nil` for one that can only be written.
  package var read: Read?
  /// `nil` for one that can only be read.
  package var write: Write?

  package init(_ name: String, read: Read? = nil, write: Write? = nil) {
    self.name = name
    self.read = read
    self.write = write
  }

  /// Why a function has no value.
  package enum Trouble: Error, Hashable, Sendable {
    /// A sentence for the log; the text is empty and the call goes on.
    case complaint(String)
    /// Something must be asked outside first.
    case pending(Pending)
  }
}

/// Something that must be asked outside before a step's arguments are known: the step is expanded anew once it is.
package struct Pending: Error, Hashable, Sendable {
  package var fetch: Fetch
  package init(_ fetch: Fetch) { self.fetch = fetch }
}

/// A page to fetch (`CURL`), as `CURLOPT` has it.
package struct Fetch: Hashable, Sendable {
  package var url: String
  /// What is posted; `nil` for a GET.
  package var body: String?
  /// `Name: value` each, as written.
  package var headers: [String] = []
  package var userAgent: String?
  /// How long the server may take to be reached, and to be done; `nil` for what the house thinks right.
  package var connectTime: Duration?
  package var wholeTime: Duration?

  package init(url: String, body: String? = nil) {
    self.url = url
    self.body = body
  }
}

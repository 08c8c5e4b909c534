import Codecs
import Cryptography
import SQLite
import SecureRTP

extension LibrariesCheck {
  /// Those that this program was started with. The oldest are Debian 12's, on which it is built and tested.
  static var here: LibrariesCheck {
    LibrariesCheck(libraries: [
      Library(name: "OpenSSL", version: OpenSSLLibrary.version, oldest: "3.0.0", package: "libssl3"),
      Library(name: "libsrtp2", version: SRTPLibrary.version, oldest: "2.5.0", package: "libsrtp2-1"),
      Library(name: "libopus", version: OpusLibrary.version, oldest: "1.3.0", package: "libopus0"),
      Library(name: "SQLite", version: SQLiteLibrary.version, oldest: "3.40.0", package: "libsqlite3-0"),
    ])
  }
}

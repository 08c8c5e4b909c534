import Foundation
import Testing

@testable import Cryptography

@Suite("Identity from files: what is wrong is told in words")
struct IdentityFilesTests {
  private let folder: TestFolder
  private let own: TestCertificate

  init() throws {
    folder = try TestFolder()
    own = try TestCertificate("own.test")
  }

  /// What is said about two files with these texts; `nil` if they are fine.
  private func complaint(certificate: String, key: String) throws -> String? {
    let (certificateFile, keyFile) = (try folder.write("cert.pem", certificate), try folder.write("key.pem", key))
    do throws(Identity.Unusable) {
      _ = try Identity(certificateFile: certificateFile, keyFile: keyFile)
      return nil
    } catch {
      #expect(error.description.contains(folder.path("")), "names no file: \(error)")
      return error.description
    }
  }

  @Test("A certificate, its chain and its key are taken, in two files or in one")
  func fine() throws {
    let other = try TestCertificate("other.test")
    #expect(try complaint(certificate: own.certificatePEM + other.certificatePEM, key: own.keyPEM) == nil)
    let both = try folder.write("both.pem", own.keyPEM + own.certificatePEM)
    let identity = try Identity(certificateFile: both, keyFile: both)
    #expect(identity.fingerprint.octets == own.fingerprint)
  }

  @Test("A file that is not there is named, with the system's reason")
  func missing() throws {
    let (path, key) = (folder.path("none.pem"), try folder.write("key.pem", own.keyPEM))
    do throws(Identity.Unusable) {
      _ = try Identity(certificateFile: path, keyFile: key)
      Issue.record("read a file that is not there")
    } catch {
      #expect(error.description == "The certificate file \(path) cannot be read: No such file or directory.")
    }
  }

  @Test("What holds nothing in PEM, or something damaged, is told apart")
  func damaged() throws {
    #expect(try complaint(certificate: "hello", key: own.keyPEM)?.contains("holds no certificate in PEM") == true)
    let brokenKey = own.keyPEM.split(separator: "\n").enumerated().filter { $0.offset != 1 }.map { String($0.element) + "\n" }
    for key in ["hello", own.certificatePEM, brokenKey.joined()] {
      #expect(try complaint(certificate: own.certificatePEM, key: key)?.contains("holds no private key in PEM") == true)
    }
    var lines = own.certificatePEM.split(separator: "\n")
    lines.remove(at: 2)
    let broken = lines.joined(separator: "\n") + "\n"
    #expect(try complaint(certificate: broken, key: own.keyPEM)?.contains("Certificate 1 in") == true)
    #expect(try complaint(certificate: own.certificatePEM + broken, key: own.keyPEM)?.contains("Certificate 2 in") == true)
  }

  @Test("An encrypted key asks nobody for its passphrase")
  func encrypted() throws {
    let words = try complaint(certificate: own.certificatePEM, key: own.keyPEM(passphrase: "secret"))
    #expect(words?.contains("is encrypted; write it without its passphrase: openssl pkey") == true, "\(words ?? "taken")")
  }

  @Test("A key of another certificate is told apart from a chain in the wrong order")
  func mismatch() throws {
    let other = try TestCertificate("other.test")
    #expect(try complaint(certificate: own.certificatePEM, key: other.keyPEM)?.contains("does not belong to") == true)
    let words = try complaint(certificate: other.certificatePEM + own.certificatePEM, key: own.keyPEM)
    #expect(words?.contains("belongs to certificate 2 in") == true, "\(words ?? "taken")")
  }

  @Test("A key too short for anybody's trust is refused in OpenSSL's words, not in a trap")
  func weak() throws {
    let weak = try TestCertificate("weak.test", rsaBits: 512)
    let words = try complaint(certificate: weak.certificatePEM, key: weak.keyPEM)
    #expect(words?.contains("ee key too small") == true, "\(words ?? "taken")")
  }

  @Test("A chain ends at its limit")
  func limit() throws {
    let whole = String(repeating: own.certificatePEM, count: Identity.maximumChain)
    #expect(try complaint(certificate: whole, key: own.keyPEM) == nil)
    #expect(try complaint(certificate: whole + own.certificatePEM, key: own.keyPEM)?.contains("more than 10") == true)
  }

  @Test("A certificate whose time is over or not yet come is used, with a word of caution")
  func dates() throws {
    let now = Int64(Date().timeIntervalSince1970)
    func caution(_ days: ClosedRange<Int>) throws -> String? {
      let certificate = try TestCertificate("dated.test", days: days)
      let file = try folder.write("dated.pem", certificate.certificatePEM + certificate.keyPEM)
      return try Identity(certificateFile: file, keyFile: file).caution(at: now)
    }
    #expect(try caution(-2...2) == nil)
    #expect(try caution(-9 ... -2)?.hasPrefix("it expired on 20") == true)
    #expect(try caution(2...9)?.hasPrefix("it is not valid before 20") == true)
    #expect(
      Identity.selfSigned(names: ["a.test"], now: 0, days: 1).caution(at: 200_000) == "it expired on 1970-01-02 00:00 UTC")
  }
}

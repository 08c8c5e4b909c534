import CSRTP
import Cryptography

/// One direction of SRTP by libsrtp2, for whatever SSRC appears.
struct LibSRTPEngine: ~Copyable {
  enum Direction {
    case inbound
    case outbound
  }

  /// Packets that may arrive out of order before they count as replayed.
  private static let replayWindow: UInt = 1024
  // Swift runs this once, whoever comes first.
  private static let isReady: Bool = srtp_init() == srtp_err_status_ok

  /// Bytes of a fixed RTP header, and of the smallest RTCP packet.
  private static let (rtpHeader, rtcpHeader) = (12, 8)
  /// What SRTCP adds beside its tag: a flag and the packet's index (RFC 3711 §3.4).
  private static let rtcpIndex = 4

  private let session: srtp_t
  private let tag: Int

  init?(_ profile: SRTPProfile, key: [UInt8], direction: Direction) {
    guard Self.isReady, key.count == profile.keyLength + profile.saltLength else { return nil }
    var policy = srtp_policy_t()
    switch profile {
    case .aes128CMSHA180:
      srtp_crypto_policy_set_rtp_default(&policy.rtp)
      srtp_crypto_policy_set_rtcp_default(&policy.rtcp)
    case .aeadAES128GCM:
      srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp)
      srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp)
    }
    policy.ssrc.type = direction == .inbound ? ssrc_any_inbound : ssrc_any_outbound
    policy.window_size = Self.replayWindow
    policy.allow_repeat_tx = 0
    var handle: srtp_t?
    var octets = key
    let status = octets.withUnsafeMutableBufferPointer { buffer in
      policy.key = buffer.baseAddress
      return srtp_create(&handle, &policy)
    }
    guard status == srtp_err_status_ok, let handle else { return nil }
    session = handle
    tag = profile.tagLength
  }

  deinit {
    srtp_dealloc(session)
  }

  mutating func protect(_ packet: UnsafeMutableRawBufferPointer, length: inout Int) -> SRTPOutcome {
    run(packet, &length, atLeast: Self.rtpHeader, srtp_protect)
  }
  mutating func unprotect(_ packet: UnsafeMutableRawBufferPointer, length: inout Int) -> SRTPOutcome {
    run(packet, &length, atLeast: Self.rtpHeader + tag, srtp_unprotect)
  }
  mutating func protectRTCP(_ packet: UnsafeMutableRawBufferPointer, length: inout Int) -> SRTPOutcome {
    run(packet, &length, atLeast: Self.rtcpHeader, srtp_protect_rtcp)
  }
  mutating func unprotectRTCP(_ packet: UnsafeMutableRawBufferPointer, length: inout Int) -> SRTPOutcome {
    run(packet, &length, atLeast: Self.rtcpHeader + Self.rtcpIndex + tag, srtp_unprotect_rtcp)
  }

  @inline(__always)
  private func run(
    _ packet: UnsafeMutableRawBufferPointer, _ length: inout Int, atLeast minimum: Int,
    _ verb: (srtp_t?, UnsafeMutableRawPointer?, UnsafeMutablePointer<CInt>?) -> srtp_err_status_t
  ) -> SRTPOutcome {
    // libsrtp reads a fixed header and counts the tag off before it looks at the length.
    guard length >= minimum, length <= packet.count else { return .malformed }
    var octets = CInt(truncatingIfNeeded: length)
    switch verb(session, packet.baseAddress, &octets) {
    case srtp_err_status_ok:
      length = Int(octets)
      return .ok
    case srtp_err_status_replay_fail, srtp_err_status_replay_old: return .replayed
    case srtp_err_status_auth_fail: return .notAuthentic
    case srtp_err_status_bad_param, srtp_err_status_parse_err: return .malformed
    default: return .failed
    }
  }
}

extension SRTPProfile {
  /// Bytes that authenticate a packet, at its end.
  fileprivate var tagLength: Int {
    switch self {
    case .aes128CMSHA180: 10
    case .aeadAES128GCM: 16
    }
  }
}

/// Messages as phones and we send them every day.
enum SIPExamples {
  static let all = [("REGISTER", register), ("INVITE with SDP", invite), ("200 OK with SDP", ok)]

  private static let register = """
    REGISTER sip:00000000-0000-4000-8000-00000000ca11 SIP/2.0
    Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK3f9a1c77e2;rport
    Max-Forwards: 70
    From: "Alice" <sip:alice@00000000-0000-4000-8000-00000000ca11>;tag=8b1d4ef0
    To: "Alice" <sip:alice@00000000-0000-4000-8000-00000000ca11>
    Call-ID: c1e5f7b2-4d5a-4f6b-9d0e-7a1b2c3d4e5f
    CSeq: 2 REGISTER
    Contact: <sip:alice@192.0.2.10:5060;transport=udp>;+sip.instance="<urn:uuid:4f1d7a2e-93b3-4c3a-8a53-0d9f8f5a7c11>"
    Expires: 3600
    Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, MESSAGE, SUBSCRIBE, INFO
    Supported: outbound, path, gruu
    User-Agent: Example Phone 4.2.1
    Authorization: Digest username="alice", realm="00000000-0000-4000-8000-00000000ca11", nonce="9a7e5c3b1d2f4e6a8c0b", \
    uri="sip:00000000-0000-4000-8000-00000000ca11", response="6629fae49393a05397450978507c4ef1", algorithm=MD5, \
    qop=auth, nc=00000001, cnonce="0a4f113b"
    Content-Length: 0


    """

  private static let invite = """
    INVITE sip:alice@192.0.2.10:5060;transport=udp SIP/2.0
    Via: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bKq8v2x0a7;rport
    Max-Forwards: 70
    From: "Website visitor" <sip:visitor@00000000-0000-4000-8000-00000000ca11>;tag=w7x2k9
    To: <sip:alice@00000000-0000-4000-8000-00000000ca11>
    Call-ID: 7d3b9c1f5e8a4b2d
    CSeq: 1 INVITE
    Contact: <sip:calldocker@198.51.100.7:5060>
    Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, UPDATE
    Content-Type: application/sdp
    Content-Length: 307

    v=0
    o=- 3981726354 1 IN IP4 198.51.100.7
    s=-
    c=IN IP4 198.51.100.7
    t=0 0
    m=audio 20000 RTP/AVP 96 0 8 102 101
    a=rtpmap:96 opus/48000/2
    a=fmtp:96 useinbandfec=1
    a=rtpmap:0 PCMU/8000
    a=rtpmap:8 PCMA/8000
    a=rtpmap:102 telephone-event/48000
    a=rtpmap:101 telephone-event/8000
    a=ptime:20
    a=sendrecv

    """

  private static let ok = """
    SIP/2.0 200 OK
    Via: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bKq8v2x0a7;rport=5060;received=198.51.100.7
    From: "Website visitor" <sip:visitor@00000000-0000-4000-8000-00000000ca11>;tag=w7x2k9
    To: <sip:alice@00000000-0000-4000-8000-00000000ca11>;tag=a94c5b7e
    Call-ID: 7d3b9c1f5e8a4b2d
    CSeq: 1 INVITE
    Contact: <sip:alice@192.0.2.10:5060;transport=udp>
    User-Agent: Example Phone 4.2.1
    Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, MESSAGE, SUBSCRIBE, INFO
    Supported: outbound, path, gruu, replaces
    Content-Type: application/sdp
    Content-Length: 197

    v=0
    o=alice 2890844527 2890844527 IN IP4 192.0.2.10
    s=Example
    c=IN IP4 192.0.2.10
    t=0 0
    m=audio 40376 RTP/AVP 96 102
    a=rtpmap:96 opus/48000/2
    a=rtpmap:102 telephone-event/48000
    a=sendrecv

    """
}

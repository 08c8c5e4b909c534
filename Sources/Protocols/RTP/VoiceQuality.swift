/// How a conversation sounds, judged from what the network did to it: the E-model of ITU-T G.107 in its short form.
///
///     R = 93.2 − Id(delay) − Ie,eff(codec, loss)        MOS from R by G.107 annex B
///
/// Delay by the approximation of Cole and Rosenbluth (2001), loss by G.113 appendix I. For Opus the ITU gives no figures: it is taken as
/// a codec without impairment of its own that conceals and repairs about as well as G.711 with concealment (Ie 0, Bpl 25.1).
package enum VoiceQuality {
  /// A transmission rating from 0 to 93.2.
  ///
  /// - Parameters:
  ///   - loss: the share of packets that never came, 0 to 1.
  ///   - delay: mouth to ear in milliseconds.
  package static func rating(_ codec: AudioCodec, loss: Double, delay: Double) -> Double {
    let lost = 100 * min(max(loss, 0), 1)
    let wait = min(max(delay, 0), 10_000)
    let delayImpairment = 0.024 * wait + (wait > 177.3 ? 0.11 * (wait - 177.3) : 0)
    let (own, robustness) = impairment(codec)
    let lossImpairment = own + (95 - own) * lost / (lost + robustness)
    return min(max(93.2 - delayImpairment - lossImpairment, 0), 93.2)
  }

  /// The mean opinion score of a rating: 1 (bad) to 4.41 (as good as a telephone gets).
  package static func meanOpinion(rating: Double) -> Double {
    guard rating > 0 else { return 1 }
    return min(max(1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6, 1), 4.5)
  }

  /// The score of what was received: half the round trip, a jitter buffer of twice the jitter, one packet of 20 ms.
  ///
  /// - Parameters:
  ///   - roundTrip: in milliseconds; `nil` where the peer's reports never allowed to know.
  ///   - jitter: in milliseconds (RFC 3550 §6.4.1).
  package static func meanOpinion(_ codec: AudioCodec, loss: Double, jitter: Double, roundTrip: Double?) -> Double {
    meanOpinion(rating: rating(codec, loss: loss, delay: (roundTrip ?? 0) / 2 + 2 * max(jitter, 0) + 20))
  }

  /// The codec's own impairment, and how well it bears loss (G.113 table I.1; both G.711 and Opus conceal here).
  private static func impairment(_ codec: AudioCodec) -> (own: Double, robustness: Double) {
    switch codec {
    case .opus, .pcmu, .pcma: (0, 25.1)
    }
  }
}

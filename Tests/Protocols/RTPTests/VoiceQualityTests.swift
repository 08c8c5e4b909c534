import Testing

@testable import RTP

@Suite("How a conversation sounds (ITU-T G.107)")
struct VoiceQualityTests {
  @Test("A network that does nothing gives 4.4, the best of a telephone")
  func best() {
    #expect(abs(VoiceQuality.meanOpinion(rating: 93.2) - 4.41) < 0.01)
    #expect(VoiceQuality.meanOpinion(.opus, loss: 0, jitter: 0, roundTrip: 0) > 4.38)
  }

  @Test("Annex B's table of ratings and scores", arguments: [(80, 4.03), (70, 3.60), (60, 3.10), (50, 2.58)])
  func annexB(rating: Int, score: Double) {
    #expect(abs(VoiceQuality.meanOpinion(rating: Double(rating)) - score) < 0.01)
  }

  @Test("More loss, jitter or delay is never better, and nonsense stays on the scale")
  func monotonous() {
    var last = 5.0
    for loss in stride(from: 0.0, through: 1, by: 0.05) {
      let score = VoiceQuality.meanOpinion(.pcmu, loss: loss, jitter: 5, roundTrip: 80)
      #expect(score <= last && (1...4.5).contains(score))
      last = score
    }
    let near = VoiceQuality.meanOpinion(.pcmu, loss: 0, jitter: 2, roundTrip: 40)
    let far = VoiceQuality.meanOpinion(.pcmu, loss: 0, jitter: 2, roundTrip: 700)
    #expect(near - far > 0.7)
    for wrong in [-1, Double.infinity, Double.nan, 1e300] {
      #expect((1...4.5).contains(VoiceQuality.meanOpinion(.opus, loss: wrong, jitter: wrong, roundTrip: wrong)))
    }
  }
}

/// What a plan promises of itself: a comment line `;@test "title" … -> …`, run at each load.
package struct Promise: Hashable, Sendable {
  package var text: String
  package var place: SourcePlace

  package init(text: String, place: SourcePlace) {
    self.text = text
    self.place = place
  }
}

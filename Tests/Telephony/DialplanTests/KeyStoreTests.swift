import Testing

@testable import Dialplan

@Suite("The key store")
struct KeyStoreTests {
  @Test("A full store takes no further key, and changes those that it has")
  func full() {
    var store = KeyStore()
    for number in 0..<KeyStore.maximumKeys {
      let isTaken = store.apply(KeyStore.Change(family: "f", key: "\(number)", value: "v"))
      #expect(isTaken)
    }
    let answers = [("g", "one more", "v"), ("f", "0", "w"), ("f", "0", nil), ("g", "one more", "v")].map {
      store.apply(KeyStore.Change(family: $0, key: $1, value: $2))
    }
    #expect(answers == [false, true, true, true])
    #expect(store["f", "0"] == nil && store["g", "one more"] == "v")
  }
}

/// A queue as `queues.conf` has it; what is not written is as Asterisk has it then.
package struct WrittenQueue: Hashable, Sendable {
  /// Who of the free members rings.
  package enum Strategy: String, Hashable, Sendable, CaseIterable {
    case ringAll = "ringall"
    case linear
    case roundRobin = "rrmemory"
    case roundRobinOrdered = "rrordered"
    case leastRecent = "leastrecent"
    case fewestCalls = "fewestcalls"
    case random
    case weightedRandom = "wrandom"
  }

  /// Why a member does not count when it is asked whether anybody is there.
  package enum Absence: String, Hashable, Sendable, CaseIterable {
    case paused, penalty, inuse, ringing, unavailable, invalid, unknown, wrapup
  }

  package enum PositionNews: String, Hashable, Sendable, CaseIterable { case yes, no, limit, more }
  package enum HoldTimeNews: String, Hashable, Sendable, CaseIterable { case yes, no, once }
  package enum AutoPause: String, Hashable, Sendable, CaseIterable { case no, yes, all }
  package enum TimeoutPriority: String, Hashable, Sendable, CaseIterable { case app, conf }

  /// `member => Tech/device[,penalty[,name[,state_interface[,ringinuse[,wrapuptime[,paused]]]]]]`
  package struct Member: Hashable, Sendable {
    package var interface: String
    package var penalty = 0
    package var name: String?
    package var stateInterface: String?
    package var ringsInUse: Bool?
    /// Seconds.
    package var wrapUpTime: Int?
    package var isPaused = false
    package var place: SourcePlace
  }

  package var name: String
  package var place: SourcePlace
  package var strategy = Strategy.ringAll
  // All times are in seconds.
  /// How long one attempt rings; 0 is without end.
  package var timeout = 15
  package var timeoutPriority = TimeoutPriority.app
  package var timeoutRestarts = false
  package var retry = 5
  package var wrapUpTime = 0
  /// Callers that may wait; 0 is any number.
  package var maximumLength = 0
  /// Members for whom this holds do not count when a caller comes; empty: whoever comes may join.
  package var joinEmpty: Set<Absence> = []
  /// The same for those who wait already; empty: they stay.
  package var leaveWhenEmpty: Set<Absence> = []
  package var weight = 0
  package var penaltyMembersLimit = 0
  package var serviceLevel = 0
  package var autoPause = AutoPause.no
  package var ringsInUse = true
  /// As many callers as members are free are served at a time; else the first alone.
  package var autoFills = false
  package var memberDelay = 0
  package var musicClass: String?
  /// Where digits lead that a caller types while waiting.
  package var context: String?
  package var setsInterfaceVariables = false
  package var setsEntryVariables = false
  package var setsQueueVariables = false

  // What callers and members hear.
  package var announceFrequency = 0
  package var minimumAnnounceFrequency = 15
  package var announcesPosition = PositionNews.yes
  package var announcePositionLimit = 5
  package var announcesHoldTime = HoldTimeNews.yes
  package var announceRoundSeconds = 0
  package var announcesToFirst = false
  package var periodicAnnouncements: [String] = []
  package var periodicAnnounceFrequency = 0
  package var isPeriodicRandom = false
  /// For the member who answers.
  package var announcement: String?
  package var reportsHoldTime = false
  /// `queue-youarenext` and its kin by name; an empty one is silent.
  package var sounds: [String: String] = [:]

  package var members: [Member] = []

  init(name: String, place: SourcePlace) {
    self.name = name
    self.place = place
  }
}

import Wire

/// Names something that an application asked for and waits for.
package struct ActivityID: Hashable, Sendable {
  package let number: UInt64
  package init(_ number: UInt64) { self.number = number }
}

extension Run {
  /// What a run is told; a hang-up reaches applications as `cutOff`.
  package enum Event: Hashable, Sendable {
    /// The caller pressed a key: one of `0-9*#A-D`.
    case digit(Character)
    /// The caller is gone, or the call was ended from outside.
    case hungUp(cause: Int)
    /// Something that was asked for is done.
    case finished(ActivityID, Outcome)
    /// What a leg that rings for this call does.
    case leg(ActivityID, Int, LegEvent)
    /// The page that was asked for, or nothing.
    case fetched(Fetch, String?)
  }

  /// How an activity ended.
  package enum Outcome: Hashable, Sendable {
    /// It was played, sent, recorded to its end.
    case done
    /// It could not be done: a missing file, a full disk.
    case failed
    /// A queue, a mailbox, a recording: what the application sets its status to.
    case status(String)
  }

  /// What becomes of one destination of `Dial`.
  package enum LegEvent: Hashable, Sendable {
    case ringing
    /// Sound comes from it already.
    case progress
    case answered(name: String)
    /// Not reached, with the Q.850 cause.
    case ended(LegEnd, cause: Int)
    /// It was talking and hung up.
    case hungUp
  }

  /// Why a destination was not reached (`DIALSTATUS`).
  package enum LegEnd: String, Hashable, Sendable {
    case busy = "BUSY"
    case congestion = "CONGESTION"
    case unavailable = "CHANUNAVAIL"
    case noAnswer = "NOANSWER"
  }

  /// What the caller is told by the network, without a voice.
  package enum Indication: Hashable, Sendable { case ringing, progress, proceeding, busy, congestion }

  /// What a run asks for; names are as the dialplan wrote them.
  package enum Output: Hashable, Sendable {
    /// A step was executed, its arguments substituted.
    case step(Position, application: String, arguments: String)
    /// A sentence about what went wrong, or what `Log` and `Verbose` say.
    case log(LogLevel, String)
    case answer
    case indicate(Indication)
    /// Sounds one after the other; `finished` tells their end, `failed` that one was missing.
    case play(ActivityID, sounds: [String], language: String)
    /// What was asked for is not wanted any more; nothing is told of it.
    case stop(ActivityID)
    case music(musicClass: String)
    case stopMusic
    /// A tone of the caller's country (`dial`, `busy`, …) or a list `f1+f2/ms,…`.
    case tones(String)
    case stopTones
    case say(ActivityID, Speech, language: String)
    case ring(ActivityID, RingRequest)
    /// The legs that still ring are not wanted any more; a leg that talks is hung up.
    case stopRinging(ActivityID, isAnsweredElsewhere: Bool)
    case queue(ActivityID, QueueRequest)
    case voicemail(ActivityID, boxes: [String], options: String)
    case voicemailMain(ActivityID, box: String?, options: String)
    case record(ActivityID, RecordRequest)
    case sendDigits(ActivityID, digits: String, gap: Duration, duration: Duration)
    case echo(ActivityID)
    case sendText(String)
    case userEvent(name: String, body: String)
    case queueLog(queue: String, uniqueID: String, agent: String, event: String, info: String)
    case queueMember(QueueMemberChange)
    case originate(OriginateRequest)
    case fetch(Fetch)
    /// The key store was changed: keep it.
    case stored(KeyStore.Change)
    /// A global variable was changed.
    case global(name: String, value: String)
    /// End the call with this Q.850 cause; `h` may still run.
    case hangUp(cause: Int)
    /// Nothing follows.
    case ended
  }

  package enum LogLevel: String, Hashable, Sendable { case debug, verbose, notice, warning, error }

  /// What `SayDigits` and its kin speak.
  package enum Speech: Hashable, Sendable {
    case digits(String)
    case number(Int64, gender: String?)
    case alpha(String)
    case time(epoch: Int64, zone: String, format: String)
  }

  /// `Dial`: who rings, all at once.
  package struct RingRequest: Hashable, Sendable {
    package enum Destination: Hashable, Sendable {
      /// `PJSIP/alice`, `SIP/alice`.
      case agent(String)
      /// `TEAM/sales`.
      case team(String)
      /// `NEXT/sales`, `NEXT/*`: the one who waited longest of a team, or of all, and was not rung for this call yet.
      case next(team: String?)
      /// `Local/exten@context[/n]`.
      case local(exten: String, context: String)
      /// Something that this house cannot ring.
      case unknown(String)
    }
    package var destinations: [Destination]
    /// Music for the caller while it rings, `nil` for ringing.
    package var music: String?
    /// Ringing is heard even though nobody rings yet (`r`).
    package var ringsAtOnce = false
    package var timeout: Duration?
    /// What the legs begin with.
    package var inherited: Variables
    package var caller: Channel.Party

    package init(destinations: [Destination], inherited: Variables, caller: Channel.Party) {
      self.destinations = destinations
      self.inherited = inherited
      self.caller = caller
    }
  }

  package struct QueueRequest: Hashable, Sendable {
    package var queue: String
    package var options: String
    package var timeout: Duration?
    package var position: Int?
    package init(queue: String) {
      self.queue = queue
      options = ""
    }
  }

  package struct RecordRequest: Hashable, Sendable {
    package var name: String
    package var format: String
    package var silence: Duration?
    package var maximum: Duration?
    package var options: String
    package init(name: String, format: String) {
      self.name = name
      self.format = format
      options = ""
    }
  }

  package enum QueueMemberChange: Hashable, Sendable {
    case add(queue: String, interface: String, penalty: Int, name: String?)
    case remove(queue: String, interface: String)
    case pause(queue: String?, interface: String, reason: String?)
    case unpause(queue: String?, interface: String)
  }

  package struct OriginateRequest: Hashable, Sendable {
    package var destination: String
    package var position: Position
    package var timeout: Duration
    package init(destination: String, position: Position, timeout: Duration) {
      self.destination = destination
      self.position = position
      self.timeout = timeout
    }
  }
}

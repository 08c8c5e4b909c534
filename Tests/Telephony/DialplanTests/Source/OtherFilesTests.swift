import Testing

@testable import Dialplan

@Suite("queues.conf, voicemail.conf and musiconhold.conf")
struct OtherFilesTests {
  private func places(_ findings: FindingList) -> [String] {
    findings.all.map { "\($0.place.line):\($0.place.column) \($0.severity.rawValue)" }
  }

  @Test("Queues with templates, members and what callers hear")
  func queues() throws {
    let file = QueuesFile.load(
      from: SourceFiles([
        "queues.conf": """
        [general]
        persistentmembers = yes
        autofill = yes
        [base](!)
        timeout = 12
        retry = 0
        joinempty = paused,unavailable
        leavewhenempty = yes
        queue-youarenext = you-are-next
        queue-thankyou =
        [sales](base)
        strategy = rrmemory
        maxlen=20 ; enough
        announce-position = limit
        periodic-announce = please-hold,still-here
        member => PJSIP/ada,1,"Ada, L",,no,10
        member => PJSIP/bob,,,,,,yes
        context = out
        [support]
        joinempty = strict
        """
      ]))
    #expect(places(file.findings) == [])
    #expect(file.keepsMembers && file.queues.map(\.name) == ["sales", "support"])
    let sales = try #require(file.queue("sales"))
    #expect(sales.strategy == .roundRobin && sales.timeout == 12 && sales.retry == 5 && sales.maximumLength == 20)
    #expect(sales.autoFills && sales.joinEmpty == [.paused, .unavailable])
    #expect(sales.leaveWhenEmpty == [.penalty, .paused, .invalid])
    #expect(sales.sounds == ["queue-youarenext": "you-are-next", "queue-thankyou": ""])
    #expect(sales.announcesPosition == .limit && sales.periodicAnnouncements == ["please-hold", "still-here"])
    #expect(sales.members.map(\.interface) == ["PJSIP/ada", "PJSIP/bob"])
    #expect(sales.members[0].name == "Ada, L" && sales.members[0].ringsInUse == false && sales.members[0].wrapUpTime == 10)
    #expect(sales.members[0].penalty == 1 && sales.members[1].isPaused && sales.context == "out")
    let support = try #require(file.queue("support"))
    #expect(support.joinEmpty == [.penalty, .paused, .invalid, .unavailable] && support.strategy == .ringAll)
    #expect(support.timeout == 15 && support.ringsInUse && support.members.isEmpty)
  }

  @Test("What a queues.conf says that is not understood")
  func queueFindings() {
    let file = QueuesFile.load(
      from: SourceFiles([
        "queues.conf": """
        [general]
        autofil = yes
        [q]
        strategy = ringal
        strategy = roundrobin
        timeout = soon
        maxlen = -1
        joinempty = pased
        monitor-format = wav
        memebr => PJSIP/a
        member =>
        member => PJSIP/a,x
        member => PJSIP/a
        """
      ]))
    #expect(
      places(file.findings).map { $0.split(separator: " ")[0] } == [
        "2:1", "4:12", "5:12", "6:11", "7:10", "8:13", "9:1", "10:1", "11:1", "12:11", "13:11",
      ])
    #expect(file.findings.all.map(\.advice).prefix(2) == ["Did you mean autofill?", "Did you mean ringall?"])
    #expect(!file.findings.hasErrors)
    #expect(file.queue("q")?.strategy == .roundRobin && file.queue("q")?.timeout == 15)
  }

  @Test("Mailboxes, zones and settings; a mailbox does not show its pin")
  func voicemail() throws {
    let file = VoicemailFile.load(
      from: SourceFiles([
        "voicemail.conf": """
        [general]
        format = wav49|wav
        attach=yes
        mailcmd = /usr/sbin/sendmail
        atach = yes
        [zonemessages]
        berlin = Europe/Berlin|'vm-received' Q 'digits/at' R
        broken = x
        [default]
        100 => 1234,Ada Lovelace,ada@example.com,,tz=berlin|attach=no|odd
        101 => -99
        100 => 5
        [sales]
        100 => abc
        """
      ]))
    #expect(places(file.findings).map { $0.split(separator: " ")[0] } == ["4:1", "5:1", "8:10", "10:8", "12:1", "14:8"])
    #expect(file.settings == ["format": "wav49|wav", "attach": "yes"])
    #expect(file.zones["berlin"]?.zone == "Europe/Berlin" && file.zones["berlin"]?.format == "'vm-received' Q 'digits/at' R")
    let ada = try #require(file.mailbox("100"))
    #expect(ada.pin == "1234" && ada.name == "Ada Lovelace" && ada.email == "ada@example.com" && ada.pager == nil)
    #expect(ada.options == ["tz": "berlin", "attach": "no"])
    #expect("\(ada)" == "100@default")
    #expect(file.mailbox("101@default")?.keepsPin == true && file.mailbox("101")?.pin == "99")
    #expect(file.mailbox("100@sales")?.context == "sales" && file.mailbox("200") == nil)
  }

  @Test("Classes of music come from files of the business")
  func music() {
    let file = MusicFile.load(
      from: SourceFiles([
        "musiconhold.conf": """
        [general]
        cachertclasses=yes
        [default]
        mode=files
        directory=moh/calm
        sort=random
        [radio]
        mode=custom
        application=/usr/bin/mpg123
        [list]
        mode=playlist
        entry=jingle
        entry=https://example.com/a.wav
        [away]
        mode=files
        directory=/var/lib/asterisk/moh
        """
      ]))
    #expect(file.classes.map(\.name) == ["default", "radio", "list", "away"])
    #expect(file.classes[0].directory == "moh/calm" && file.classes[0].order == .random)
    #expect(file.classes[2].entries == ["jingle"])
    #expect(
      places(file.findings).map { $0.split(separator: " ")[0] } == ["8:6", "9:1", "7:1", "13:7", "16:11", "14:1"])
    #expect(!file.findings.hasErrors)
  }
}

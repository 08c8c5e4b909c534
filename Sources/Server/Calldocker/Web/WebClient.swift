import Calls
import HTTP
import Runtime
import SIPCore
import SocketIO

/// One TCP connection of the web: HTTP until it becomes a WebSocket. Lives on the web's loop.
final class WebClient {
  let number: UInt64
  let stream: StreamConnection
  var http: HTTPConnection
  /// After an upgrade, with the session that it carries.
  var webSocket: (machine: WebSocketConnection, session: String)?
  var timer: EventLoop.TimerID?
  /// GETs of this connection that wait, to be let go with it.
  var polls: Set<SocketIOSession.PollID> = []
  /// What the answers to its requests say about the pages that asked; `everybody` where nothing is said here.
  var permissions: [HTTPConnection.RequestNumber: OriginPermission] = [:]

  init(number: UInt64, stream: StreamConnection, http: HTTPConnection) {
    self.number = number
    self.stream = stream
    self.http = http
  }
}

/// One Socket.IO session, and who it is to the exchange.
final class WebSession {
  let number: UInt64
  /// The network that it comes from; `nil` where that says nothing.
  let source: SourceNetwork?
  var machine: SocketIOSession
  /// The connection that carries its WebSocket.
  var client: UInt64?
  /// What it asked to be, whether it was let or not; the exchange is told of its end.
  var isVisitor = false
  var isAgent = false
  var saidGoodbye = false
  /// By which right it works as an agent.
  var right: DeskRight?
  /// Rings when that has run out.
  var rightTimer: EventLoop.TimerID?
  /// Whether it was told that it has no right any more: it may only bring its call to an end.
  var isDismissed = false
  /// Of the page in which the client runs, if it is a browser's and not from here.
  var foreignOrigin: String?
  /// Events that the exchange has not answered yet.
  var unanswered = 0
  var timer: EventLoop.TimerID?

  init(number: UInt64, source: SourceNetwork?, machine: SocketIOSession) {
    self.number = number
    self.source = source
    self.machine = machine
  }

  var visitor: VisitorID { VisitorID(number) }
  var agent: AgentSessionID { AgentSessionID(number) }
}

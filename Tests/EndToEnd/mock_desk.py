"""A server of a few lines in the place of the true one, for the desk alone: what it answers to HTTP, and a Socket.IO line that the test holds."""

import datetime
import json
import re

UUID = "11111111-2222-4333-8444-555555555555"
COMPANY = "Harbour Bikes"


def stamp(moment):
    return moment.astimezone(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def written_call(number, ago, reason="visitor-hung-up", agent="alice", visitor="Vera Holm", page="https://shop.example/bikes/city-7", **more):
    """A record as the history has it, `ago` minutes old."""
    begun = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=ago)
    is_answered = reason in ("visitor-hung-up", "agent-hung-up", "connection-lost")
    leg = {"codec": "opus", "sent": 9000, "received": 8990, "lost": 12, "jitter": 7.2, "roundTrip": 41.0, "mos": 4.3}
    return {
        "id": f"c{number}", "visitor": visitor, "page": page, "extension": None, "team": None, "agent": agent if is_answered else None,
        "startedAt": stamp(begun), "answeredAt": stamp(begun) if is_answered else None, "endedAt": stamp(begun),
        "ringing": 6, "talking": 133 if is_answered else 0, "reason": reason, "note": None,
        "legs": {"visitor": leg, "agent": {**leg, "mos": 3.4, "lost": 310}} if is_answered else {"visitor": None, "agent": None}, **more}


class Server:
    """Serves a page's `/api` and `/socket.io/` from a test."""

    def __init__(self, page, role="agent", user="alice", calls=(), agents=None, answers=None):
        self.page, self.role, self.user, self.calls = page, role, user, list(calls)
        self.agents = agents if agents is not None else [
            {"id": "alice", "displayName": "Alice Moreau", "state": "available", "reason": None},
            {"id": "bob", "displayName": "Bob Lindqvist", "state": "busy", "reason": None},
            {"id": "carla", "displayName": "Carla Reyes", "state": "paused", "reason": "Lunch"},
            {"id": "dmitri", "displayName": "Dmitri Orlov", "state": "offline", "reason": None}]
        self.said, self.asked, self.answers, self.line = [], [], dict(answers or {}), None
        self.login = (200, {})
        self.is_away = False
        page.route(re.compile("/api/"), self._answer)
        page.route_web_socket(re.compile("/socket.io/"), self._connect)

    # MARK: HTTP

    def _answer(self, route):
        request = route.request
        path = request.url.split("/api/")[1]
        self.asked.append((request.method, path))
        if self.is_away:
            return route.abort()
        if path.startswith("login"):
            status, body = self.login
            if status == 200:
                ends = stamp(datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=12))
                body = {"token": "t", "expiresAt": ends, "role": self.role, "uuid": UUID, "user": self.user, "company": COMPANY}
            return self._json(route, body, status)
        if path == "logout":
            return route.fulfill(status=204)
        if "/agents" in path:
            return self._json(route, {"items": self.agents, "next": None})
        if "/calls" in path:
            return self._calls(route, path)
        return self._json(route, {"title": "There is nothing at this address"}, 404)

    def _calls(self, route, path):
        first = int(match[1]) if (match := re.search(r"after=(\d+)", path)) else 0
        limit = int(re.search(r"limit=(\d+)", path)[1])
        found = [call for call in self.calls if "agent=" not in path or call["agent"] == self.user]
        if match := re.search(r"reason=([\w-]+)", path):
            found = [call for call in found if call["reason"] == match[1]]
        if match := re.search(r"answered=(true|false)", path):
            found = [call for call in found if (call["answeredAt"] is not None) == (match[1] == "true") and call["endedAt"]]
        following = str(first + limit) if first + limit < len(found) else None
        self._json(route, {"items": found[first:first + limit], "next": following})

    @staticmethod
    def _json(route, body, status=200):
        headers = {"Retry-After": "30"} if status == 429 else {}
        route.fulfill(status=status, content_type="application/json", headers=headers, body=json.dumps(body))

    # MARK: Socket.IO

    def _connect(self, route):
        self.line = route
        if self.is_away:
            return route.close(code=1011)

        def receive(text):
            if text == "40":
                route.send('40{"sid":"s"}')
            elif match := re.match(r"42(\d*)(\[.*)", text, re.S):
                name, body = json.loads(match[2])
                self.said.append((name, body))
                if match[1]:
                    route.send(f"43{match[1]}{json.dumps([self._reply(name, body)])}")

        route.on_message(receive)
        route.send('0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":20000}')

    def _reply(self, name, body):
        if name in self.answers:
            return self.answers[name]
        if name == "register-agent":
            return {"success": True, "agent": {"id": self.user, "displayName": "Alice Moreau", "teams": [], "state": body["status"]}, "agents": self.agents}
        return {"success": True}

    def tell(self, name, **body):
        self.line.send(f"42{json.dumps([name, body])}")

    def cut(self):
        self.line.close(code=3000, reason="the test cuts the line")

    def ring(self, number="r1", **more):
        self.tell("incoming-call", **{"callId": number, "from": "Vera Holm", "page": "https://shop.example/bikes/city-7?size=54", "waited": 4, **more})

"""A light HTTP client: some keep-alive connections in one thread, each with its own requests.

Run as a process of its own (`python -m bench.client PLAN ANSWER`), so that its work is not counted
as the server's, and its share of the CPU is reported. It imports nothing of Django.
"""

from __future__ import annotations

import pickle
import selectors
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

_HEAD_END = b"\r\n\r\n"


@dataclass
class Plan:
    """Where to, and what each connection sends, one request after another."""

    host: str
    port: int
    lanes: list[list[bytes]]
    keep_bodies: bool = False


@dataclass
class Answer:
    """What came back: seconds of each answer, statuses, bodies (by lane), wall and CPU seconds."""

    seconds: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    bodies: list[list[bytes]] = field(default_factory=list)
    failures: list[bytes] = field(default_factory=list)
    wall: float = 0.0
    cpu: float = 0.0

    @property
    def good(self) -> int:
        """Answers with a status below 400."""
        return sum(count for status, count in self.statuses.items() if status < 400)

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return self.good / self.wall if self.wall else 0.0


def request(method: str, path: str, token: str, body: bytes = b"") -> bytes:
    """Give a whole HTTP/1.1 request."""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


def ask(plan: Plan) -> Answer:
    """Send a plan from a process of its own and wait for the answers."""
    with tempfile.TemporaryDirectory() as folder:
        given, taken = Path(folder) / "plan", Path(folder) / "answer"
        given.write_bytes(pickle.dumps(plan))
        subprocess.run([sys.executable, "-m", "bench.client", given, taken], check=True)
        answer = pickle.loads(taken.read_bytes())
    assert isinstance(answer, Answer)
    return answer


class _Lane:
    """One connection and the requests it still has to send."""

    def __init__(self, plan: Plan, requests: Sequence[bytes]) -> None:
        self.socket = socket.create_connection((plan.host, plan.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.requests = iter(requests)
        self.buffer = b""
        self.sent_at = 0.0

    def send(self) -> bool:
        following = next(self.requests, None)
        if following is None:
            self.socket.close()
            return False
        self.sent_at = time.perf_counter()
        self.socket.sendall(following)
        return True

    def receive(self) -> tuple[int, bytes] | None:
        """Read what has come; gives (status, body) once an answer is whole."""
        came = self.socket.recv(262_144)
        if not came:
            raise ConnectionError("the server closed the connection")
        self.buffer += came
        end = self.buffer.find(_HEAD_END)
        if end < 0:
            return None
        head = self.buffer[:end].lower()
        at = head.find(b"content-length:")
        if at < 0:
            raise ValueError("an answer without content-length")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0])
        start = end + len(_HEAD_END)
        if len(self.buffer) < start + length:
            return None
        body = self.buffer[start : start + length]
        self.buffer = self.buffer[start + length :]
        return int(head[9:12]), body


def drive(plan: Plan) -> Answer:
    """Keep every lane busy until all requests are answered."""
    answer = Answer(bodies=[[] for _ in plan.lanes])
    selector = selectors.DefaultSelector()
    lanes = [_Lane(plan, requests) for requests in plan.lanes]
    begun, cpu = time.perf_counter(), time.process_time()
    open_lanes = 0
    for number, lane in enumerate(lanes):
        if lane.send():
            selector.register(lane.socket, selectors.EVENT_READ, (number, lane))
            open_lanes += 1
    while open_lanes:
        for key, _ in selector.select():
            number, lane = key.data
            found = lane.receive()
            if found is None:
                continue
            answer.seconds.append(time.perf_counter() - lane.sent_at)
            status, body = found
            answer.statuses[status] = answer.statuses.get(status, 0) + 1
            if status >= 400 and len(answer.failures) < 5:
                answer.failures.append(body[:500])
            if plan.keep_bodies:
                answer.bodies[number].append(body)
            selector.unregister(lane.socket)
            if lane.send():
                selector.register(lane.socket, selectors.EVENT_READ, (number, lane))
            else:
                open_lanes -= 1
    answer.wall = time.perf_counter() - begun
    answer.cpu = time.process_time() - cpu
    return answer


def main() -> None:
    """Read the plan named first, write the answers to the file named second."""
    # Pickled under the name by which the asking process knows the classes.
    from bench import client  # noqa: PLW0406

    plan = pickle.loads(Path(sys.argv[1]).read_bytes())
    Path(sys.argv[2]).write_bytes(pickle.dumps(client.drive(plan)))


if __name__ == "__main__":
    main()

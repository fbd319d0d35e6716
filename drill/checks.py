"""What must hold after every fault; each check gives the sentences of what does not.

They compare what clients were told with what the database and the disk hold, and can fail: the
tests take a report out of the database, put one in twice, and so on, and expect to be told.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from .ledger import Ack, Ledger
from .listener import Listener

Ask = Callable[[str, Sequence[Any]], list[tuple[Any, ...]]]
_SHOWN: Final = 5
#: The witnesses act as the bench's own people; those of the mixed load have other names.
_OF_WITNESSES: Final = (
    "FROM workflow_event e JOIN cases_case c ON c.id = e.instance_id"
    " JOIN accounts_user u ON u.id = e.actor_id AND u.username ~ '^[a-z_]+-[0-9]+$'"
    " WHERE e.procedure = 'case'"
)


@dataclass
class Verdict:
    """What was looked at after a fault. `lost` and `twice` are sentences, one for each case."""

    acknowledged: dict[str, int] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)
    rebuild: str = ""
    audit: str = ""
    drained_seconds: float | None = None

    @property
    def clean(self) -> bool:
        """Nothing lost, nothing twice, nothing else wrong, and both verifications clean."""
        wrong = self.lost or self.twice or self.other
        return not wrong and self.drained_seconds is not None


def reports(ask: Ask, acks: Iterable[Ack]) -> tuple[list[str], list[str]]:
    """Give (lost, twice) of acknowledged reports.

    Lost: not under its key with the ids and the number that were answered. Twice: more than one
    report or case says its key (it is in the text), or its case was begun other than once.
    """
    wanted = {ack.key: ack for ack in acks if ack.kind == "report"}
    stored = {
        key: (report, case, number)
        for key, report, case, number in ask(
            "SELECT r.key, r.id, r.case_id, c.number FROM cases_report r"
            " JOIN cases_case c ON c.id = r.case_id WHERE r.key = ANY(%s)",
            [list(wanted)],
        )
    }
    lost = [
        f"上报 {key}：应答 {_named(ack)}，库中 {stored.get(key)}"
        for key, ack in wanted.items()
        if stored.get(key) != _named(ack)
    ]
    twice = []
    for table in ("cases_report", "cases_case"):
        for text, count in ask(
            f"SELECT text, count(*) FROM {table} WHERE text LIKE '%%〔drill-%%'"
            " GROUP BY text HAVING count(*) > 1",
            [],
        ):
            twice.append(f"{table} 中 {text} 有 {count} 条")
    begun = ask(
        "SELECT r.key, count(e.id) FROM cases_report r LEFT JOIN workflow_event e"
        " ON e.procedure = 'case' AND e.instance_id = r.case_id AND e.verb = 'report'"
        " WHERE r.key = ANY(%s) GROUP BY r.key HAVING count(e.id) <> 1",
        [list(wanted)],
    )
    twice += [f"上报 {key}：立了 {count} 次" for key, count in begun if count > 1]
    lost += [f"上报 {key}：没有上报事件" for key, count in begun if count == 0]
    return lost, twice


def verbs(
    ask: Ask, acks: Iterable[Ack], unknown: Iterable[str] = ()
) -> tuple[list[str], list[str]]:
    """Give (lost, twice) of acknowledged verbs; `unknown` are keys still without an answer.

    Lost: the event that was answered is not there, or no receipt of its key. Twice: a verb of the
    way, which a witness sends once for a case, stands there more than once; or there are more
    events of the witnesses than keys.
    """
    wanted = [ack for ack in acks if ack.kind == "verb"]
    known = {
        number: (verb, seq, case)
        for number, verb, seq, case in ask(
            "SELECT e.id, e.verb, e.seq, c.number FROM workflow_event e JOIN cases_case c"
            " ON c.id = e.instance_id WHERE e.procedure = 'case' AND e.id = ANY(%s)",
            [[ack.answer["event_id"] for ack in wanted]],
        )
    }
    lost = [
        f"动作 {ack.key}：应答 {_step(ack)}，库中 {known.get(ack.answer['event_id'])}"
        for ack in wanted
        if known.get(ack.answer["event_id"]) != _step(ack)
    ]
    kept = {
        key for (key,) in ask(
            "SELECT key FROM exchange_receipt WHERE key = ANY(%s)",
            [[f"act:{ack.key}" for ack in wanted]],
        )
    }  # fmt: skip
    lost += [f"动作 {ack.key}：没有回执" for ack in wanted if f"act:{ack.key}" not in kept]
    verbs_sent = sorted({ack.sent["verb"] for ack in wanted})
    repeated = ask(
        f"SELECT c.number, e.verb, count(*) {_OF_WITNESSES} AND e.verb = ANY(%s)"
        " GROUP BY 1, 2 HAVING count(*) > 1",
        [verbs_sent],
    )
    twice = [f"案件 {number}：{verb} 有 {count} 次" for number, verb, count in repeated]
    total = ask(f"SELECT count(*) {_OF_WITNESSES} AND e.verb = ANY(%s)", [verbs_sent])[0][0]
    most = len(wanted) + len(list(unknown))
    if not twice and total > most:
        twice.append(f"动作共 {total} 个，发出的键只有 {most} 个")
    return lost, twice


def originals(folder: Path, acks: Iterable[Ack]) -> list[str]:
    """Give the acknowledged uploads whose original is not on the disk, whole."""
    lost = []
    for ack in acks:
        if ack.kind != "upload":
            continue
        sha256 = ack.answer["sha256"]
        place = folder / sha256[:2] / sha256[2:4] / sha256
        content = place.read_bytes() if place.exists() else b""
        if hashlib.sha256(content).hexdigest() != sha256:
            lost.append(f"文件 {ack.key}：{sha256[:12]} 不在盘上或不完整（{len(content)} 字节）")
    return lost


def chain(ask: Ask) -> list[str]:
    """Give what is wrong with the links of the audit chain: an entry linked twice, or a hole."""
    links, entries, last = ask(
        "SELECT count(*), count(DISTINCT entry_id), coalesce(max(position), 0) FROM audit_link", []
    )[0]
    found = []
    if links != entries:
        found.append(f"审计链有 {links} 环，只对应 {entries} 条记录")
    if links != last:
        found.append(f"审计链有 {links} 环，最后一环是第 {last} 环")
    return found


def inboxes(ask: Ask) -> list[str]:
    """Give the messages that lie twice in one person's inbox."""
    rows = ask(
        "SELECT user_id, kind, title, created_at, count(*) FROM notify_inboxitem"
        " GROUP BY 1, 2, 3, 4 HAVING count(*) > 1 LIMIT 20",
        [],
    )
    return [f"{user} 的站内消息“{title}”有 {count} 条" for user, _, title, _, count in rows]


def stream(
    listeners: Iterable[Listener], cases: Iterable[int], reloads: int
) -> tuple[list[str], list[str]]:
    """Give (lost, twice) of the live stream for the cases begun while one listened.

    Whoever was told to reload reads everything anew, so that nothing can be missed; `reloads` is
    how many there had been before.
    """
    lost, twice = [], []
    for number, one in enumerate(listeners):
        twice += [f"听众 {number} 两次收到 {key}" for key, count in one.heard.items() if count > 1]
        if one.reloads == reloads:
            missed = [case for case in cases if ("case.report", case) not in one.subjects]
            lost += [f"听众 {number} 没有听到案件 {case}" for case in missed[:_SHOWN]]
    return lost, twice


def drained(ask: Ask, seconds: float = 60) -> float | None:
    """Wait until the worker has told and linked all that is older than two seconds; None: it can't."""
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        waiting = ask(
            "SELECT (SELECT count(*) FROM notify_outboxmessage WHERE error = ''"
            " AND created_at < now() - interval '2 seconds'),"
            " (SELECT count(*) FROM audit_pending p JOIN audit_entry e ON e.id = p.entry_id"
            " WHERE e.recorded_at < now() - interval '2 seconds')",
            [],
        )[0]
        if waiting == (0, 0):
            return round(time.monotonic() - begun, 2)
        time.sleep(0.2)
    return None


def all_of(ask: Ask, ledger: Ledger, files: Path) -> Verdict:
    """Ask everything that needs no command, with nobody at work."""
    verdict = Verdict(drained_seconds=drained(ask))
    acks = list(ledger.acks.values())
    for kind in ("report", "verb", "upload"):
        verdict.acknowledged[kind] = sum(ack.kind == kind for ack in acks)
    for lost, twice in (reports(ask, acks), verbs(ask, acks, ledger.open)):
        verdict.lost += lost
        verdict.twice += twice
    verdict.lost += originals(files, acks)
    verdict.twice += inboxes(ask)
    verdict.other += chain(ask)
    verdict.other += [f"同一个键得到两种应答：{one}" for one in ledger.clashes]
    verdict.other += [f"不应有的拒绝：{one}" for one in ledger.refused]
    if verdict.drained_seconds is None:
        verdict.other.append("后台任务一分钟内没有把待发消息和待入链记录处理完")
    return verdict


def _named(ack: Ack) -> tuple[int, int, str]:
    return ack.answer["report_id"], ack.answer["case_id"], ack.answer["number"]


def _step(ack: Ack) -> tuple[str, int, str]:
    return ack.sent["verb"], ack.answer["seq"], ack.answer["number"]

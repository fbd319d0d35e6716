"""What becomes of the demo's cases: one function for each place a case may stand in.

Together they put something into every queue: each state of the procedure, every request pending,
every mark a case may carry. Names are made up, times are drawn from a fixed seed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from .telling import Story

Teller = Callable[[Story], None]


def reported(s: Story) -> None:
    """Nothing has happened yet."""


def returned_to_acceptor(s: Story) -> None:
    s.file()
    s.wait_until(3, 25)
    s.do("paiqian1", "return_to_acceptor", {"reason": "事项归类有误，请重新核定。"})


def verified(s: Story) -> None:
    s.wait_until(40, 70)
    s.verify()


def verifying(s: Story) -> None:
    s.wait_until(4, 50)
    who = s.chance.choice(["caiji1", "caiji2", "caiji3"])
    data = {"person": s.cast.id(who), "note": "画面不清，请到现场核实。"}
    s.do("shouli2", "request_verification", data)


def voided(s: Story) -> None:
    reason, note = s.chance.choice(
        [
            ("untrue", "回看录像，未见所报情况。"),
            ("resolved", "人群已自行散去。"),
            ("condition", "未达到立案条件。"),
            ("insufficient", "画面不清，无法确认。"),
        ]
    )
    s.do("shouli1", "void", {"reason": reason, "note": note}, after=(3, 14))


def outside(s: Story) -> None:
    note = "位于海堤以外，不在社区网格内，已电话告知海事值班室（虚构）。"
    s.do("shouli1", "void", {"reason": "outside", "note": note}, after=(3, 14))


def self_handled(s: Story) -> None:
    data = {"note": "巡查途中当场处置。"}
    s.do(
        "caiji2",
        "self_handle",
        data,
        after=(15, 90),
        photos={"before": "handle_before", "after": "handle_after"},
    )


def awaiting_dispatch(s: Story) -> None:
    s.wait_until(3, 45)
    s.file((1, 2))


def awaiting_handling(s: Story) -> None:
    s.file()
    s.wait_until(10, 900)
    s.dispatch()


def returned_to_dispatcher(s: Story) -> None:
    s.file()
    s.dispatch()
    s.wait_until(4, 40)
    s.do(s.clerk, "return_to_dispatcher", {"reason": "经现场查看，不属本单位养护范围。"})


def arbitration(s: Story) -> None:
    s.file()
    s.dispatch()
    s.do(s.clerk, "return_to_dispatcher", {"reason": "权属不清，请核定。"}, after=(20, 90))
    s.dispatch(to=s.cast.unit("shizheng_guanli"))
    s.wait_until(20, 120)
    s.do(s.clerk, "ask_return", {"reason": "该路段尚未移交，再次退回，请裁定。"})


def handling(s: Story) -> None:
    s.file()
    s.wait_until(60, 1500)
    s.dispatch()
    s.assign()


def revoked(s: Story) -> None:
    handling(s)
    s.do(s.clerk, "revoke_assignment", {"note": "人员轮休，另行指派。"}, after=(5, 20))


def extension(s: Story) -> None:
    s.file()
    s.wait_until(60, 240)
    s.dispatch()
    s.assign((2, 6))
    s.do(s.clerk, "ask_extension", {"reason": "须待夜间封闭车道后作业。"}, after=(5, 20))


def extended(s: Story) -> None:
    extension(s)
    s.do("zhiban1", "grant_extension", {"reason": "同意。"}, after=(4, 20))


def extension_refused(s: Story) -> None:
    extension(s)
    s.do("zhiban1", "refuse_extension", {"reason": "不具备延期理由，请抓紧处置。"}, after=(4, 20))


def suspension(s: Story) -> None:
    handling(s)
    until = (s.now + timedelta(days=20)).isoformat()
    s.do(s.clerk, "ask_suspension", {"reason": "需列入下月工程计划。", "until": until})


def suspended(s: Story) -> None:
    suspension(s)
    until = (s.now + timedelta(days=20)).isoformat()
    s.do("zhiban1", "grant_suspension", {"until": until, "reason": "同意挂账。"}, after=(5, 20))


def overseen(s: Story) -> None:
    handling(s)
    answer_by = (s.now + timedelta(days=1)).isoformat()
    data = {"reason": "请说明处置进展。", "ground": "leader", "answer_by": answer_by}
    s.do("ducha1", "ask_oversight", data, after=(10, 30))


def oversight_answered(s: Story) -> None:
    overseen(s)
    s.do(s.clerk, "grant_oversight", {"reason": "已增派人员，今日完成。"}, after=(10, 30))


def urged(s: Story) -> None:
    handling(s)
    s.do("ducha1", "urge", {"note": "请尽快处置。"}, after=(10, 30))


def forced_asked(s: Story) -> None:
    handling(s)
    s.do("lingdao1", "ask_force_close", {"reason": "现场已灭失，建议强制结案。"}, after=(10, 30))


def forced(s: Story) -> None:
    forced_asked(s)
    s.do("lingdao2", "grant_force_close", {"reason": "同意。"}, after=(10, 30))


def handled(s: Story) -> None:
    s.file()
    s.dispatch()
    s.assign()
    s.submit(s.chance.uniform(0.2, 1.2))


def rejected(s: Story) -> None:
    handled(s)
    s.do(s.clerk, "reject_handling", {"reason": "照片角度不一致，请补拍。"}, after=(5, 30))


def feedback(s: Story) -> None:
    handled(s)
    s.confirm()


def reworked(s: Story) -> None:
    feedback(s)
    s.do("paiqian1", "rework", {"reason": "处置不彻底，请返工。"}, after=(5, 30))
    s.assign((3, 15))


def awaiting_close(s: Story) -> None:
    feedback(s)
    s.forward()


def checking(s: Story) -> None:
    awaiting_close(s)
    s.wait_until(4, 50)
    who = s.chance.choice(["caiji1", "caiji2", "caiji3"])
    s.do("shouli1", "request_check", {"person": s.cast.id(who), "note": "请到现场核查。"})


def refused_close(s: Story) -> None:
    awaiting_close(s)
    s.check("unsolved")
    s.do("shouli1", "refuse_close", {"reason": "核查发现问题仍在。"}, after=(3, 20))


def closed(s: Story) -> None:
    if s.chance.random() < 0.3:
        s.verify()
    s.file()
    s.dispatch()
    s.assign()
    s.submit(s.chance.choice([0.15, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.3]))
    s.confirm()
    s.forward()
    if s.chance.random() < 0.7:
        s.check()
    s.close()


def closed_late(s: Story) -> None:
    s.file()
    s.dispatch()
    s.assign()
    s.submit(2.2)
    s.confirm()
    s.forward()
    s.close()


def appealed(s: Story) -> None:
    closed_late(s)
    s.do(s.clerk, "ask_appeal", {"reason": "当日台风预警停工，非本单位原因。"}, after=(60, 400))


def appeal_granted(s: Story) -> None:
    appealed(s)
    s.do("paiqian1", "approve_appeal", {"reason": "情况属实。"}, after=(30, 90))
    s.do("shouli1", "grant_appeal", {"reason": "同意免计。"}, after=(30, 90))


def reopened(s: Story) -> None:
    closed(s)
    s.wait_until(5, 60)
    s.do("shouli2", "reopen", {"reason": "居民来电反映问题复现。"})


def reopened_handling(s: Story) -> None:
    closed(s)
    s.wait_until(200, 600)
    s.do("ducha1", "reopen_inspected", {"reason": "督查发现处置不到位。"})
    s.dispatch()
    s.assign()


#: How many of the newest cases stand where; the others are closed or voided.
OPEN: Final[tuple[tuple[Teller, int], ...]] = (
    (reported, 7),
    (returned_to_acceptor, 2),
    (verified, 2),
    (verifying, 4),
    (awaiting_dispatch, 7),
    (returned_to_dispatcher, 3),
    (awaiting_handling, 9),
    (arbitration, 1),
    (handling, 10),
    (revoked, 1),
    (extension, 2),
    (extended, 2),
    (extension_refused, 1),
    (suspension, 1),
    (suspended, 2),
    (overseen, 2),
    (oversight_answered, 1),
    (urged, 2),
    (forced_asked, 1),
    (handled, 5),
    (rejected, 1),
    (feedback, 5),
    (reworked, 2),
    (awaiting_close, 5),
    (checking, 4),
    (refused_close, 1),
    (reopened, 1),
    (reopened_handling, 1),
)
#: What became of the older ones, by weight.
DONE: Final[tuple[tuple[Teller, int], ...]] = (
    (closed, 60),
    (voided, 12),
    (self_handled, 4),
    (forced, 1),
)
#: These are late for certain only where the limit runs continuously (紧急).
LATE: Final[tuple[Teller, ...]] = (appealed, appeal_granted, closed_late, closed_late)

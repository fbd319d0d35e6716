"""News of cases is for those who may see cases: an administrator's post does not hear it."""

from chengguan.accounts.enums import Capability
from chengguan.notify.ports import capability_of


def test_case_topics_need_the_right_to_see_cases() -> None:
    for topic in ("case.dispatch", "case", "cases.reporter.closed"):
        assert capability_of(topic) == Capability.SEE_CASES
    assert capability_of("notice") is None

"""A signature that is nonsense is refused like a wrong one."""

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("signature", ["", "é" * 64, "²" * 64, "0" * 64])
def test_a_signature_of_any_bytes_is_refused(signature: str) -> None:
    body = b'{"form":"check","key":"1","sent_at":"2026-11-23T08:00:00+08:00","content":{}}'
    answer = Client().post(
        "/exchange/in/",
        body,
        content_type="application/json",
        headers={
            "X-Chengguan-Sender": "city",
            "X-Chengguan-Timestamp": "1",
            "X-Chengguan-Nonce": "n" * 16,
            "X-Chengguan-Signature": signature,
        },
    )
    assert (answer.status_code, answer.json()["code"]) == (401, "exchange.signature")

"""A notice as it is sent: one document for machines, from which mail is written for people."""

from __future__ import annotations

import json
import uuid
from typing import Any

from syncline.clock import Milliseconds
from syncline.gateway.domain.notices import NOTICES, Due
from syncline.gateway.services.ports import Tenant
from syncline.gateway.services.ports.notices import Message, Subscription
from syncline.gateway.services.showing import moment


def notice_body(due: Due, tenant: Tenant, address: str, at: Milliseconds) -> str:
    """Return the document of a notice: what is so, what helps, where to look. Shaped as Standard Webhooks asks."""
    notice = due.notice
    data = {
        "tenant": tenant.name,
        "tenant_id": tenant.id,
        "kind": notice.kind.value,
        "subject": notice.subject or None,
        "title": NOTICES[notice.kind].title,
        "says": notice.says,
        "fix": notice.fix.about(tenant.name).in_commands,
        "raised_at": moment(notice.raised_at),
        "ended_at": moment(notice.ended_at),
        "link": address + "/",
    }
    return _document(f"notice.{due.stage.value}", data, at)


def trial_body(tenant: Tenant, address: str, at: Milliseconds) -> str:
    """Return the document of a message that only tries out whether it arrives."""
    data = {
        "tenant": tenant.name,
        "tenant_id": tenant.id,
        "title": "this is a test",
        "says": "Notices about this tenant arrive here.",
        "fix": "Nothing needs to be done.",
        "link": address + "/",
    }
    return _document("notice.test", data, at)


def message_to(subscription: Subscription, body: str, at: Milliseconds) -> Message:
    """Return a message with an id of its own, due now."""
    return Message(
        tenant_id=subscription.tenant_id,
        id=f"msg_{uuid.uuid4().hex}",
        subscription_id=subscription.id,
        body=body,
        created_at=at,
        due_at=at,
    )


def _document(kind: str, data: dict[str, Any], at: Milliseconds) -> str:
    return json.dumps({"type": kind, "timestamp": moment(at), "data": data}, ensure_ascii=False)

"""Requests and responses of administration."""

from pydantic import BaseModel, Field

from services.api.http.request_types import Body, Days
from services.api.identity.schemas import Password, User
from services.api.scans.schemas import CancelFilter
from shared.events import Timestamp


class AdminCancelFilter(CancelFilter):
    """`POST /v1/admin/tasks/cancel`; everything that is set must hold."""

    user_id: str | None = Field(default=None, description="null: of all users")


class CleanupWish(Body):
    """`POST /v1/admin/tasks/cleanup`."""

    older_than_days: Days = Field(description="scans that ended so long ago", examples=[90])
    dry_run: bool = Field(default=False, description="only count them")


class CleanupAnswer(BaseModel):
    """The removed tasks; the invoices that were found in them stay."""

    tasks: int
    completed_before: Timestamp
    dry_run: bool


class UserRights(Body):
    """`PUT /v1/admin/users/{name}`."""

    admin: bool = False
    password: Password | None = Field(default=None, description="a new password, which signs the user out everywhere")


class Users(BaseModel):
    """All users, by name."""

    items: list[User]

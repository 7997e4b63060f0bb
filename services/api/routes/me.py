"""Route of `/v1/me`."""

from fastapi import APIRouter

from services.api.dependencies import UserContext
from services.api.identity.schemas import Me

router = APIRouter(prefix="/v1", tags=["me"])


@router.get("/me")
async def read_me(ctx: UserContext) -> Me:
    """Return the authenticated user."""
    return Me(**ctx.user.model_dump())

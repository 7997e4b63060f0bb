"""`/docs/problems`: what the codes of error answers mean."""

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

from services.api.problems import KINDS, not_found

router = APIRouter(prefix="/docs/problems", include_in_schema=False)


@router.get("/{code}", response_class=PlainTextResponse)
async def explain_problem(code: str) -> str:
    """The target of `type` in every error answer."""
    kind = KINDS.get(code)
    if kind is None:
        raise not_found()
    return f"{code}\n\nHTTP status {kind.status}. {kind.title}.\n"

"""Routes of `/v1/admin`, for administrators. Every action is written to the audit log before it is
carried out."""

from fastapi import APIRouter, Request, Response

from services.api.admin.schemas import AdminCancelFilter, CleanupAnswer, CleanupWish, UserRights, Users
from services.api.audit_log import AuditPage
from services.api.dependencies import AdminContext, Cursor, Limit
from services.api.http.body_limit import BoundedRoute
from services.api.http.headers import set_next_link
from services.api.http.openapi_responses import LINK, problem_responses
from services.api.identity.schemas import AccessToken, SignInLink, User, UserName
from services.api.scans.schemas import CancelledScans, TaskPage, TaskStats
from shared.events import TaskStatus

router = APIRouter(prefix="/v1/admin", tags=["admin"], route_class=BoundedRoute)


@router.get("/users")
async def list_users(ctx: AdminContext) -> Users:
    """List all users, by name."""
    return await ctx.services.admin.users.list()


@router.put("/users/{name}", responses={201: {"model": User, "description": "The user is new"}})
async def put_user(name: UserName, rights: UserRights, ctx: AdminContext, response: Response) -> User:
    """Create a user, or set the rights and the password of an existing one."""
    await ctx.services.admin.audit_log.record(
        ctx.user, "user.put", name=name, admin=rights.admin, password=rights.password is not None
    )
    user, is_new = await ctx.services.admin.users.put(name, rights)
    response.status_code = 201 if is_new else 200
    return user


@router.post("/users/{name}/tokens", responses=problem_responses("password_login_off"))
async def issue_token(name: UserName, ctx: AdminContext) -> AccessToken:
    """Issue a bearer token for the user."""
    await ctx.services.admin.audit_log.record(ctx.user, "user.token", name=name)
    return await ctx.services.admin.users.issue_token(name)


@router.post("/users/{name}/links", status_code=201, responses=problem_responses("password_login_off"))
async def make_link(name: UserName, ctx: AdminContext) -> SignInLink:
    """Issue a link that signs a browser in as the user, once."""
    await ctx.services.admin.audit_log.record(ctx.user, "user.link", name=name)
    return await ctx.services.admin.users.issue_link(name)


@router.get("/tasks", responses={200: {"headers": LINK}})
async def list_tasks(
    request: Request,
    response: Response,
    ctx: AdminContext,
    user_id: str | None = None,
    status: TaskStatus | None = None,
    account_id: str | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> TaskPage:
    """List the scans of all users, newest first."""
    page = await ctx.services.scans.tasks.page(
        user_id, status=status, account_id=account_id, limit=limit, cursor=cursor
    )
    set_next_link(request, response, page.next_cursor)
    return page


@router.get("/stats")
async def read_stats(ctx: AdminContext, user_id: str | None = None) -> TaskStats:
    """Count the scans of all users by status."""
    return await ctx.services.scans.tasks.stats(user_id)


@router.post("/tasks/cancel", status_code=202, responses=problem_responses("broker_unavailable"))
async def cancel_tasks(wanted: AdminCancelFilter, ctx: AdminContext) -> CancelledScans:
    """Request the end of all matching scans of all users that have not ended."""
    await ctx.services.admin.audit_log.record(ctx.user, "tasks.cancel", **wanted.model_dump(exclude_none=True))
    tasks = await ctx.services.scans.canceller.cancel_matching(
        wanted.user_id, status=wanted.status, account_ids=wanted.account_ids
    )
    return CancelledScans(tasks=tasks)


@router.post("/tasks/cleanup", status_code=202, responses=problem_responses("broker_unavailable"))
async def clean_up_tasks(wish: CleanupWish, ctx: AdminContext) -> CleanupAnswer:
    """Remove the records of scans of all users that ended long ago. Their invoices stay."""
    if not wish.dry_run:
        await ctx.services.admin.audit_log.record(ctx.user, "tasks.cleanup", older_than_days=wish.older_than_days)
    return await ctx.services.admin.task_cleanup.request(wish.older_than_days, dry_run=wish.dry_run)


@router.get("/audit", responses={200: {"headers": LINK}})
async def read_audit(
    request: Request, response: Response, ctx: AdminContext, limit: Limit = 50, cursor: Cursor = None
) -> AuditPage:
    """List the audit log, newest first."""
    page = await ctx.services.admin.audit_log.page(limit=limit, cursor=cursor)
    set_next_link(request, response, page.next_cursor)
    return page

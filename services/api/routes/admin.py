"""`/v1/admin`: what only administrators do."""

from fastapi import APIRouter, Depends, Response

from services.api.bounded_route import BoundedRoute
from services.api.dependencies import Use, administrator
from services.api.schemas import AccessToken, User, UserName, UserRights, Users

router = APIRouter(prefix="/v1/admin", tags=["admin"], dependencies=[Depends(administrator)], route_class=BoundedRoute)


@router.get("/users")
async def list_users(use: Use) -> Users:
    """All users, by name."""
    return await use.users.list()


@router.put("/users/{name}", responses={201: {"model": User, "description": "The user is new"}})
async def put_user(name: UserName, rights: UserRights, use: Use, response: Response) -> User:
    """Add a user, or set the rights of one."""
    user, is_new = await use.users.put(name, rights)
    response.status_code = 201 if is_new else 200
    return user


@router.post("/users/{name}/tokens")
async def issue_token(name: UserName, use: Use) -> AccessToken:
    """A bearer token for the user."""
    return await use.users.issue_token(name)

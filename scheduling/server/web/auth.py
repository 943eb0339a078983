"""/api/auth and /api/me."""

from typing import Annotated, Literal

from fastapi import APIRouter, Cookie, Request, Response
from pydantic import BaseModel

from scheduling.server.domain.staff import Staff
from scheduling.server.services.errors import Unauthenticated
from scheduling.server.services.sessions import SESSION_LIFETIME, SignIn

from .bodies import Login
from .callers import Caller, ServicesDep

router = APIRouter(prefix="/api", tags=["sign-in"])
COOKIE, COOKIE_PATH = "refresh", "/api/auth"
RefreshCookie = Annotated[str | None, Cookie(alias=COOKIE, max_length=200)]


class SignedIn(BaseModel):
    """`expires_in` seconds the access token is good for; the refresh token is in an HttpOnly cookie."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"
    expires_in: int
    staff: Staff


@router.post("/auth/login")
async def login(body: Login, services: ServicesDep, request: Request, response: Response) -> SignedIn:
    address = request.client.host if request.client else "unknown"
    return _answer(await services.sessions.login(body.email, body.password, address), request, response)


@router.post("/auth/refresh")
async def refresh(
    services: ServicesDep, request: Request, response: Response, refresh: RefreshCookie = None
) -> SignedIn:
    if refresh is None:
        raise Unauthenticated("There is no session to refresh. Sign in.")
    return _answer(await services.sessions.refresh(refresh), request, response)


@router.post("/auth/logout", status_code=204)
async def logout(services: ServicesDep, request: Request, response: Response, refresh: RefreshCookie = None) -> None:
    if refresh is not None:
        await services.sessions.logout(refresh)
    response.delete_cookie(
        COOKIE, path=COOKIE_PATH, httponly=True, samesite="strict", secure=request.url.scheme == "https"
    )


@router.get("/me")
async def me(caller: Caller) -> Staff:
    return caller


def _answer(sign_in: SignIn, request: Request, response: Response) -> SignedIn:
    response.headers["Cache-Control"] = "no-store"
    response.set_cookie(
        COOKIE,
        sign_in.refresh_token,
        max_age=int(SESSION_LIFETIME.total_seconds()),
        path=COOKIE_PATH,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return SignedIn(access_token=sign_in.access_token, expires_in=sign_in.expires_in, staff=sign_in.staff)

"""Nobody reaches what is another user's, and every error is a problem, through HTTP on real servers."""

from services.api.http.problems import PROBLEM_TYPES
from tests.support.running_api import RunningApi, add_mailbox


async def test_lists_counts_and_sums_show_the_users_own_only(api: RunningApi) -> None:
    anna, eve = api.client("anna"), api.client("eve")
    account_id = await add_mailbox(anna)
    await anna.post(f"/v1/accounts/{account_id}/scans")
    await api.database["invoices"].insert_one({"_id": "i1", "user_id": "anna", "account_id": account_id})
    for path in ("/v1/accounts", "/v1/scans", "/v1/invoices", f"/v1/invoices?account_id={account_id}"):
        assert (await eve.get(path)).json()["items"] == []
    assert set((await eve.get("/v1/scans/stats")).json().values()) == {0}
    assert (await eve.get("/v1/invoices/summary")).json()["count"] == 0
    refused = await eve.post("/v1/scans", json={"account_ids": [account_id]})
    assert refused.status_code == 404


async def test_only_administrators_keep_users(api: RunningApi) -> None:
    operator, anna = api.client("operator", admin=True), api.client("anna")
    created = await operator.put("/v1/admin/users/bruno", json={"admin": False})
    again = await operator.put("/v1/admin/users/bruno", json={"admin": True})
    assert (created.status_code, again.status_code) == (201, 200)
    assert again.json() == {**created.json(), "admin": True}
    assert (await operator.get("/v1/admin/users")).json() == {"items": [again.json()]}
    token = (await operator.post("/v1/admin/users/bruno/tokens")).json()
    assert token["token_type"] == "Bearer"
    me = await anna.get("/v1/me", headers={"Authorization": f"Bearer {token['access_token']}"})
    assert me.json().items() >= {"user_id": created.json()["user_id"], "name": "bruno", "admin": True}.items()
    assert (await operator.post("/v1/admin/users/nobody/tokens")).status_code == 404
    for method, path in (("GET", "users"), ("PUT", "users/eve"), ("POST", "users/bruno/tokens")):
        refused = await anna.request(method, f"/v1/admin/{path}", json={})
        assert (refused.status_code, refused.json()["code"]) == (403, "admin_required")


async def test_every_bad_request_is_answered_with_a_problem(api: RunningApi) -> None:
    anna = api.client("anna")
    account = f"/v1/accounts/{await add_mailbox(anna)}"
    nobody = api.client("nobody")
    del nobody.headers["authorization"]
    for client, method, path, body, status, code, pointer in (
        (nobody, "GET", "/v1/me", None, 401, "not_authenticated", None),
        (anna, "GET", "/nowhere", None, 404, "not_found", None),
        (anna, "DELETE", "/v1/scans", None, 405, "method_not_allowed", None),
        (anna, "POST", "/v1/accounts", {"label": "x" * 2_000_000}, 413, "body_too_large", None),
        (anna, "POST", "/v1/accounts", {"label": " ", "source": {"kind": "upload"}}, 422, "invalid_request", "/label"),
        (
            anna,
            "POST",
            "/v1/accounts",
            {"label": "x", "source": {"kind": "pop"}},
            422,
            "invalid_request",
            "/source/kind",
        ),
        (anna, "PATCH", account, {"label": 3}, 422, "invalid_request", "/label"),
        (anna, "POST", f"{account}/scans", {"months": 0}, 422, "invalid_request", "/months"),
        (anna, "POST", f"{account}/scans", {"months": 13}, 422, "invalid_request", "/months"),
        (anna, "POST", f"{account}/scans", {"months": "3"}, 422, "invalid_request", "/months"),
        (anna, "POST", f"{account}/scans", {"scan_type": "some"}, 422, "invalid_request", "/scan_type"),
        (anna, "POST", f"{account}/scans", {"ful": True}, 422, "invalid_request", "/ful"),
        (anna, "POST", "/v1/scans", {"account_ids": []}, 422, "invalid_request", "/account_ids"),
        (anna, "GET", "/v1/scans?limit=0", None, 422, "invalid_request", "/query/limit"),
        (anna, "GET", "/v1/scans?limit=201", None, 422, "invalid_request", "/query/limit"),
        (anna, "GET", "/v1/scans?status=RUNNING", None, 422, "invalid_request", "/query/status"),
        (anna, "GET", "/v1/scans?cursor=x", None, 422, "invalid_request", "/query/cursor"),
        (anna, "GET", "/v1/invoices?from=soon", None, 422, "invalid_request", "/query/from"),
        (anna, "GET", "/v1/invoices?sort=-vendor", None, 422, "invalid_request", "/query/sort"),
        (anna, "GET", "/v1/invoices?currency=EURO", None, 422, "invalid_request", "/query/currency"),
    ):
        answer = await client.request(method, path, json=body)
        problem = answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code), path
        assert problem["type"] == f"/docs/problems/{code}"
        assert problem["title"] == PROBLEM_TYPES[code].title
        assert problem["instance"] == path.partition("?")[0]
        if pointer is not None:
            assert [fault["pointer"] for fault in problem["errors"]] == [pointer]
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert (await nobody.get("/docs/problems/not_found")).text.startswith("not_found")


async def test_requests_are_timed_by_route_and_never_by_path(api: RunningApi) -> None:
    anna = api.client("anna")
    account_id = await add_mailbox(anna)
    await anna.get(f"/v1/accounts/{account_id}")
    await anna.get("/nowhere")
    metrics = (await anna.get("/metrics")).text
    labels = 'method="GET",route="/v1/accounts/{account_id}",status="200"'
    assert f"mailtally_http_request_duration_seconds_count{{{labels}}} 1.0" in metrics
    assert 'method="GET",route="none",status="404"' in metrics
    assert account_id not in metrics

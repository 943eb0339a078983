"""Whatever JSON comes: an answer below 500, and a problem detail unless it is a success."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduling.tests.conftest import Json
from scheduling.tests.web.conftest import monday_shift
from scheduling.tests.web.screens import Desk

SPAN = {"starts_at": "2026-11-23T00:00:00Z", "ends_at": "2026-11-24T00:00:00Z"}
TEMPLATE_SHIFT = {
    "weekday": 1,
    "starts": "07:00",
    "ends": "15:00",
    "staff_id": 2,
    "role": "Nurse",
    "location": "North Ward",
    "note": "",
}
GOOD: dict[str, Json] = {
    "POST /schedules": monday_shift(accept=["skill", "rest", "weekly_hours", "succession"]),
    "PATCH /schedules/1": {"version": 1, **monday_shift()},
    "POST /schedules/publish": {"schedules": [{"id": 1, "version": 1}], "accept": []},
    "POST /schedules/batch": {
        "create": [monday_shift()],
        "change": [{"id": 1, "version": 1, "note": ""}],
        "delete": [{"id": 2, "version": 1}],
        "accept": [],
    },
    "POST /schedules/check": monday_shift(id=1),
    "POST /schedules/suggestions": monday_shift(staff_id=None),
    "PUT /needs": {
        "location": "North Ward",
        "version": 0,
        "needs": [{"role": "Nurse", "weekday": 1, "starts": "07:00", "ends": "15:00", "least": 2}],
    },
    "POST /templates": {"name": "Summer", "shifts": [TEMPLATE_SHIFT]},
    "PUT /templates/1": {"version": 1, "name": "Winter", "shifts": [TEMPLATE_SHIFT]},
    "POST /timeoff": {**SPAN, "staff_id": 2, "note": "Dentist"},
    "POST /timeoff/1/approve": {"version": 1, "note": "", "accept": []},
    "POST /staff": {
        "name": "Carla",
        "email": "carla@example.com",
        "role": "staff",
        "skills": ["Nurse"],
        "contract": {"name": "Full time", "hours_per_week": 40, "rest_hours": 11},
    },
    "POST /locations": {"name": "Moon", "timezone": "UTC"},
    "POST /calendar/links": {"scope": "location", "location": "North Ward"},
    "POST /auth/refresh": {},
}

instants = st.datetimes().map(lambda moment: f"{moment.isoformat()}Z") | st.from_regex(
    r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,12})?(Z|[+-]\d\d:\d\d)\Z"
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | instants
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=6
)


@pytest.mark.parametrize("route", GOOD)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_body_makes_the_server_fail(desk: Desk, route: str, data: st.DataObject):
    method, path = route.split()
    body: Any = dict(GOOD[route])
    for field in data.draw(st.lists(st.sampled_from([*body, "other"]), max_size=2), label="fields"):
        body[field] = data.draw(values, label=field)
    content = json.dumps(body if data.draw(st.integers(0, 9)) else data.draw(values))
    response = desk.client.request(method, f"/api{path}", content=content, headers={"Content-Type": "application/json"})
    assert response.status_code < 500, response.text
    if not response.is_success:
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["status"] == response.status_code

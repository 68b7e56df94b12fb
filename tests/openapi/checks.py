"""What schemathesis cannot know about Holdfast: how lines are written, and what a refusal is about."""

import json
import uuid

import schemathesis
from hypothesis import strategies as st

# Queries that are sent as lines: good lines, then bad ones too.
GOOD = [{"sku": "BRKX-4410", "quantity": 2}, {"brand": "BRKX", "number": "44-10"}, {"sku": "NOPE"}]
BAD = [{"quantity": 0}, "x", None, {"sku": "A B"}]
ROWS = ["BRKX-4410,2", "NOPE,", ",", '"', "a,b,c", "BRKX-4410,x"]
RECORDS = b'{"key":"import/note","value":{"by":"schemathesis"}}\n{"key":"import/gone","value":null}\n'


def ndjson(values):
    lines = st.lists(st.sampled_from(values), min_size=1, max_size=150)
    return lines.map(lambda chosen: "\n".join(json.dumps(line) for line in chosen).encode())


schemathesis.openapi.media_type("application/x-ndjson", ndjson(GOOD) | ndjson(GOOD + BAD))
schemathesis.openapi.media_type(
    "text/csv",
    st.lists(st.sampled_from(ROWS), min_size=1, max_size=150).map(lambda rows: "\n".join(["sku,quantity", *rows]).encode()),
)


@schemathesis.serializer("application/x-ndjson", "text/csv")
def as_it_is(ctx, value):
    return value if isinstance(value, bytes) else str(value).encode()


@schemathesis.hook
def before_load_schema(ctx, raw_schema):
    """Media types that have a strategy take no examples from the document; the strategies have them."""
    for operations in raw_schema["paths"].values():
        for operation in operations.values():
            for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
                if media_type != "application/json":
                    content.pop("example", None)


@schemathesis.hook
def before_call(ctx, case, kwargs):
    """Each order has a key of its own, as callers are told; and the catalogue takes records, not lines of a query."""
    headers = case.headers or {}
    if is_sound(case, "header") and "Idempotency-Key" in headers:
        headers["Idempotency-Key"] = str(uuid.uuid4())
    if case.path == "/v1/admin/catalog" and case.method == "PUT" and is_sound(case, "body"):
        case.body = RECORDS
    if case.path == "/v1/stock/sync" and not is_sound(case, "header"):
        case.query.pop("dry_run", None)  # which needs no key
    if is_sound(case, "query"):
        # The URL's parameters of a query are for lines; and of a place there are both coordinates, or neither.
        if case.path == "/v1/query" and case.media_type == "application/json":
            case.query = {}
        if ("lat" in case.query) != ("lon" in case.query) or "location" in case.query:
            case.query = {name: value for name, value in case.query.items() if name not in ("lat", "lon")}


def is_sound(case, part=None):
    """Whether the document allows the request, or a part of it."""
    if case.meta is None:
        return True
    if part is None:
        return case.meta.generation.mode.is_positive
    modes = {location.value: info.mode for location, info in case.meta.components.items()}
    return part not in modes or modes[part].is_positive


# A refusal with one of these says that the form of the request is wrong.
FORM = {"missing", "unknown_field", "invalid", "invalid_json", "out_of_range"}

# What OpenAPI cannot say: how parameters, or the lists of a body, go together.
RELATIONS = {
    ("/v1/kpi", "/from"),  # a period has 1 to 800 days
    ("/v1/stock/incoming", ""),  # 1 to 1,000 in both lists together
    ("/v1/search", "/q"),  # one word or filter at least, and eight words at most
    ("/v1/search", "/cursor"),  # of the catalogue that is there now
    ("/v1/availability", "/sku"),  # a part or a vehicle
    ("/v1/availability", "/part_type"),  # with a vehicle, and without parts
    ("/v1/parts", "/number"),  # a number or a bar code
    ("/v1/parts", "/gtin"),  # its check digit
    ("/v1/admin/webhooks/{id}", "/url"),  # an address that may be called
}


@schemathesis.check
def sound_requests_are_not_called_malformed(ctx, response, case):
    """What the document allows may be refused for what it means (there is no such part), and not for its form."""
    if not is_sound(case) or response.status_code not in (400, 422):
        return
    problem = response.json()
    assert problem["code"] != "invalid_json", problem["detail"]
    if problem["code"] == "invalid_request":
        wrong = [error for error in problem["errors"] if error["code"] in FORM]
        wrong = [error for error in wrong if (case.path, error["pointer"]) not in RELATIONS]
        assert not wrong, f"a sound request is called malformed: {wrong}"


# Calls of many items, which are answered item by item.
IN_PLACE = ("/v1/stock/movements", "/v1/stock/incoming", "/v1/kpi/events")


@schemathesis.check
def bad_items_are_refused_in_place(ctx, response, case):
    """`negative_data_rejection` for calls of many items: a bad one is told so in its place."""
    if case.path not in IN_PLACE or is_sound(case, "body") or response.status_code != 200:
        return
    results = response.json()["results"]
    assert any(result["result"] == "rejected" for result in results), "bad input was accepted"

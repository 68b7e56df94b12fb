"""The protocol's own models, `ucp-sdk`: every kind of answer over REST is read with them. With UCP_SCHEMAS, a folder with the
`source/schemas` of the specification, and the program `ucp-schema` on PATH, that judges the answers, too."""

import json
import os
import subprocess
import tempfile
import urllib.request
import uuid

from pydantic import ValidationError
from ucp_sdk.models.schemas.common.types.error_response import ErrorResponse
from ucp_sdk.models.schemas.profile import BusinessSchema
from ucp_sdk.models.schemas.shopping.cart import Cart
from ucp_sdk.models.schemas.shopping.catalog_lookup import GetProductResponse, LookupResponse
from ucp_sdk.models.schemas.shopping.catalog_search import SearchResponse

ORIGIN, KEY, SCHEMAS = os.environ["ORIGIN"], os.environ["KEY"], os.environ.get("UCP_SCHEMAS")
OF = {  # the schema, what of it, and the operation
    BusinessSchema: ("profile.json", "business_schema", "read"),
    SearchResponse: ("shopping/catalog_search.json", "search_response", "search"),
    LookupResponse: ("shopping/catalog_lookup.json", "lookup_response", "lookup"),
    GetProductResponse: ("shopping/catalog_lookup.json", "get_product_response", "get_product"),
    Cart: ("shopping/cart.json", None, "read"),
    ErrorResponse: ("common/types/error_response.json", None, "read"),
}
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
read = 0


def ask(method, path, body=None):
    headers = {
        "Authorization": f"Bearer {KEY}",
        "UCP-Agent": 'profile="https://platform.example/ucp"',
        "Request-Id": str(uuid.uuid4()),
        "Idempotency-Key": str(uuid.uuid4()),
        "Content-Type": "application/json",
    }
    data = None if body is None else json.dumps(body).encode()
    with opener.open(urllib.request.Request(ORIGIN + path, data, headers, method=method)) as answer:
        return answer.read().decode()


def judge(model, text):
    """The answer, if it is one of these."""
    global read
    model.model_validate_json(text)
    read += 1
    if SCHEMAS:
        schema, part, operation = OF[model]
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write(text)
            file.flush()
            command = ["ucp-schema", "validate", file.name, "--response", "--op", operation]
            command += ["--schema", os.path.join(SCHEMAS, schema)] + (["--def", part] if part else [])
            subprocess.run(command, check=True, capture_output=True)
    return json.loads(text)


def items(*lines):
    return {"line_items": [{"item": {"id": sku}, "quantity": quantity} for sku, quantity in lines]}


judge(BusinessSchema, ask("GET", "/.well-known/ucp"))
ids = ["PAD-1", "CORE-1", "NONE-1", "BACK-1", "OLD-1", "NOPRICE-1", "NOPE", "no sku"]
found = judge(LookupResponse, ask("POST", "/ucp/v1/catalog/lookup", {"ids": ids, "filters": {"categories": ["x"]}}))
assert len(found["products"]) == 5 and len(found["messages"]) == 4, found
judge(LookupResponse, ask("POST", "/ucp/v1/catalog/lookup", {"ids": ["NOPE"]}))
for asked in ({"query": "windsheild camera"}, {"query": "movements", "pagination": {"limit": 2}}, {"query": "zzzzzz"}):
    judge(SearchResponse, ask("POST", "/ucp/v1/catalog/search", asked))
judge(ErrorResponse, ask("POST", "/ucp/v1/catalog/search", {}))
judge(GetProductResponse, ask("POST", "/ucp/v1/catalog/product", {"id": "CORE-1"}))
judge(ErrorResponse, ask("POST", "/ucp/v1/catalog/product", {"id": "NOPE"}))
judge(ErrorResponse, ask("POST", "/ucp/v1/carts", items(("PAD-1", 10_000), ("BACK-1", 50))))
judge(ErrorResponse, ask("POST", "/ucp/v1/carts", items(("NOPE", 1), ("PACK-1", 5))))
cart = judge(Cart, ask("POST", "/ucp/v1/carts", items(("CORE-1", 1), ("KIT-1", 1), ("DIGITAL-1", 1))))
path = f"/ucp/v1/carts/{cart['id']}"
judge(Cart, ask("GET", path))
assert judge(Cart, ask("PUT", path, items(("PAD-1", 2))))["id"] == cart["id"]
judge(ErrorResponse, ask("PUT", path, items(("PAD-1", 10_000))))
judge(Cart, ask("POST", f"{path}/cancel", {}))
judge(ErrorResponse, ask("GET", path))

# A model that finds nothing wrong with this would find nothing wrong with anything.
try:
    Cart.model_validate({**cart, "totals": None})
    raise AssertionError("a cart without totals was accepted")
except ValidationError:
    print(f"{read} answers read with the protocol's models{', and judged by ucp-schema' if SCHEMAS else ''}")

"""The Python client `mcp`: 1.x with its handshake, 2.x, which finds out what the server speaks."""

import asyncio
import os
import sys
import uuid

URL, HEADERS = os.environ["URL"], {"Authorization": f"Bearer {os.environ['KEY']}"}


async def story(tools, call):
    names = [tool.name for tool in tools]
    assert {"query_parts", "hold_quote", "release_quote"} <= set(names), names
    query = await call("query_parts", {"lines": [{"sku": "PAD-1", "quantity": 2}]})
    assert query["lines"][0]["total"] == "20.01", query
    line = {"sku": "PAD-1", "quantity": 2}
    held = await call("hold_quote", {"lines": [line], "idempotency_key": str(uuid.uuid4())})
    assert held["state"] == "held", held
    assert (await call("release_quote", {"quote": held["quote"]}))["state"] == "released"
    print(f"{len(names)} tools listed; queried, held, released")


async def version_1():
    from mcp import ClientSession
    from mcp.client.streamable_http import streamablehttp_client

    async with streamablehttp_client(URL, headers=HEADERS) as (read, write, _):
        async with ClientSession(read, write) as session:
            await session.initialize()

            async def call(name, arguments):
                result = await session.call_tool(name, arguments)
                assert not result.isError, result
                return result.structuredContent

            await story((await session.list_tools()).tools, call)


async def version_2():
    import httpx2
    from mcp import Client
    from mcp.client.streamable_http import streamable_http_client

    async with httpx2.AsyncClient(headers=HEADERS) as http:
        async with Client(streamable_http_client(URL, http_client=http)) as client:
            assert client.protocol_version == "2026-07-28", client.protocol_version

            async def call(name, arguments):
                result = await client.call_tool(name, arguments)
                assert not result.is_error, result
                return result.structured_content

            await story((await client.list_tools()).tools, call)


asyncio.run(version_1() if sys.argv[1].startswith("1.") else version_2())

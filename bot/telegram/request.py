"""HTTP for python-telegram-bot on aiohttp, because its own transport collapses under load."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

DEFAULT = BaseRequest.DEFAULT_NONE
# Seconds, None, or DEFAULT, whose type python-telegram-bot keeps to itself.
Timeout = Any


class AiohttpRequest(BaseRequest):
    """A transport for :class:`telegram.Bot`.

    Args:
        connections: how many connections may be open at once.
        read_timeout: seconds to wait for data from the server.
        write_timeout: seconds that sending a request may take.
        connect_timeout: seconds to wait for a connection to be established.
        pool_timeout: seconds to wait for a free connection.
        media_write_timeout: like ``write_timeout``, for requests that upload files.
    """

    def __init__(
        self,
        connections: int = 256,
        read_timeout: float | None = 10.0,
        write_timeout: float | None = 10.0,
        connect_timeout: float | None = 5.0,
        pool_timeout: float | None = 5.0,
        media_write_timeout: float | None = 30.0,
    ) -> None:
        self._connections = connections
        self._read = read_timeout
        self._write = write_timeout
        self._connect = connect_timeout
        self._pool = pool_timeout
        self._media_write = media_write_timeout
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float | None:
        """Seconds to wait for data when a call names no timeout of its own."""
        return self._read

    async def initialize(self) -> None:
        """Open the pool of connections; nothing happens when it is open."""
        if self._session is None or self._session.closed:
            connector = aiohttp.TCPConnector(limit=self._connections, ttl_dns_cache=300)
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": self.USER_AGENT},
                trust_env=True,
            )

    async def shutdown(self) -> None:
        """Close all connections; the transport can be initialized again."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Timeout = DEFAULT,
        write_timeout: Timeout = DEFAULT,
        connect_timeout: Timeout = DEFAULT,
        pool_timeout: Timeout = DEFAULT,
    ) -> tuple[int, bytes]:
        """Send one request; timeouts in seconds, ``None`` for none.

        Returns:
            Status code and body of the answer.

        Raises:
            TimedOut: one of the timeouts has passed.
            NetworkError: the server could not be reached or broke off.
        """
        if self._session is None:
            raise RuntimeError("the transport is not initialized")
        uploads = bool(request_data and request_data.contains_files)
        timeout = _timeout(
            read=_given(read_timeout, self._read),
            write=_given(write_timeout, self._media_write if uploads else self._write),
            connect=_given(connect_timeout, self._connect),
            pool=_given(pool_timeout, self._pool),
            has_body=request_data is not None,
        )
        body, headers = _body(request_data)
        try:
            async with self._session.request(
                method, url, data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as answer:
                return answer.status, await answer.read()
        # "from None", and only the error's name: the URL in aiohttp's errors holds the token.
        except TimeoutError as error:
            raise TimedOut(type(error).__name__) from None
        except (aiohttp.ClientError, OSError) as error:
            raise NetworkError(type(error).__name__) from None


def _given(timeout: Timeout, default: float | None) -> float | None:
    if timeout is DEFAULT or timeout is None:
        return default if timeout is DEFAULT else None
    return float(timeout)


def _timeout(
    read: float | None,
    write: float | None,
    connect: float | None,
    pool: float | None,
    has_body: bool,
) -> aiohttp.ClientTimeout:
    # aiohttp has no timeout for writing, so a request with a body is bounded as a whole. A
    # download is not: it may go on as long as data comes.
    return aiohttp.ClientTimeout(
        total=_sum(pool, connect, write, read) if has_body else None,
        connect=_sum(pool, connect),
        sock_connect=connect,
        sock_read=read,
    )


def _sum(*timeouts: float | None) -> float | None:
    known = [one for one in timeouts if one is not None]
    return sum(known) if len(known) == len(timeouts) else None


def _body(
    request_data: RequestData | None,
) -> tuple[aiohttp.FormData | bytes | None, dict[str, str]]:
    if request_data is None:
        return None, {}
    if not request_data.contains_files:
        payload = json.dumps(request_data.parameters, ensure_ascii=False)
        # A lone surrogate in a text must not fail the request: it is replaced.
        return payload.encode("utf-8", "replace"), {"Content-Type": "application/json"}
    form = aiohttp.FormData()
    for name, value in request_data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, media_type) in request_data.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=media_type)
    return form, {}

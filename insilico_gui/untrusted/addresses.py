"""Which addresses a download may come from, also after a server passed it on."""

from __future__ import annotations

import ipaddress
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit

from insilico_gui.errors import SessionError, quoted

if TYPE_CHECKING:
    from collections.abc import Collection
    from http.client import HTTPMessage

MAX_REDIRECTS = 5


@dataclass(frozen=True)
class Allowed:
    """The addresses that are allowed: https, on some hosts.

    Attributes
    ----------
    hosts : collection of str
        Names of hosts.
    loopback : bool
        Whether plain http is allowed, too, for a server on this machine; for tests.
    """

    hosts: Collection[str]
    loopback: bool = False

    @classmethod
    def at(
        cls, url: str, hosts: Collection[str] = (), loopback: bool = False
    ) -> Allowed:
        """The host of `url`, which is checked, and some others.

        Raises
        ------
        SessionError
            If `url` is no https address.
        """
        allowed = cls({_host(url), *(host.lower() for host in hosts)}, loopback)
        allowed.check(url)
        return allowed

    def check(self, url: str, origin: str | None = None) -> None:
        """Refuse an address that is not allowed.

        Parameters
        ----------
        url : str
        origin : str, optional
            Where a server sent the download from, to `url`.

        Raises
        ------
        SessionError
        """
        host = _host(url)
        local = self.loopback and _is_loopback(host)
        secure = url.lower().startswith("https://") or (
            local and url.lower().startswith("http://")
        )
        if secure and host in self.hosts:
            return
        if origin is None:
            raise SessionError(
                f"{quoted(url, marks='')} is not a web address that begins with https://; "
                "only such are downloaded from."
            )
        reason = "which is another host" if secure else "which is not https"
        raise SessionError(
            f"{quoted(origin, marks='')} passes the download on to "
            f"{quoted(url, marks='')}, {reason}; nothing was taken from there. Try "
            "again later, or get the file by hand."
        )

    def opener(self) -> urllib.request.OpenerDirector:
        """What opens http and https, and no other address, even if redirected there."""
        opener = urllib.request.OpenerDirector()
        proxies: dict[str, str] | None = (
            {} if self.loopback else None
        )  # None: those of the environment
        for handler in (
            urllib.request.ProxyHandler(proxies),
            urllib.request.HTTPHandler(),
            urllib.request.HTTPSHandler(),
            urllib.request.HTTPDefaultErrorHandler(),
            urllib.request.HTTPErrorProcessor(),
            urllib.request.UnknownHandler(),
            _Redirects(self),
        ):
            opener.add_handler(handler)
        return opener


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a redirect to an allowed address."""

    max_redirections = MAX_REDIRECTS

    def __init__(self, allowed: Allowed) -> None:
        self._allowed = allowed

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """Check the new address before anything is asked of it."""
        try:
            self._allowed.check(newurl, req.full_url)
        except SessionError:
            fp.close()
            raise
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

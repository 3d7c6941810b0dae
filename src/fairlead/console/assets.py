"""Sending the sheet, the scripts and the icon."""

from pathlib import Path

from litestar import Controller, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect

from fairlead.adapters.http.injection import FromDishka, inject
from fairlead.adapters.pages.assets import Assets
from fairlead.adapters.pages.forms import AnyRequest

FOREVER = "public, max-age=31536000, immutable"


class AssetController(Controller):
    """`/assets/<digest>/<file>`: the digest makes the address new with the content."""

    path = "/"
    include_in_schema = False

    @get("/assets/{digest:str}/{name:path}")
    @inject
    async def send(
        self,
        request: AnyRequest,
        digest: FromPath[str],
        name: FromPath[Path],
        assets: FromDishka[Assets],
    ) -> Response[bytes]:
        """Send one file, packed where the browser takes it so."""
        asset = assets.get(str(name).lstrip("/"))
        if asset is None:
            raise NotFoundException("There is no such file.")
        current = digest == asset.digest
        headers = {
            "ETag": f'"{asset.digest}"',
            "Cache-Control": FOREVER if current else "no-cache",
            "Vary": "Accept-Encoding",
            "X-Content-Type-Options": "nosniff",
        }
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(b"", status_code=304, headers=headers)
        data = asset.data
        if "gzip" in request.headers.get("accept-encoding", ""):
            data, headers["Content-Encoding"] = asset.packed, "gzip"
        return Response(data, media_type=asset.media_type, headers=headers)

    @get("/favicon.ico")
    @inject
    async def icon(self, assets: FromDishka[Assets]) -> Redirect:
        """Lead browsers that ask by themselves to the icon."""
        return Redirect(assets.url("mark.svg"), status_code=302)

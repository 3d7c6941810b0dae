"""A small web service: answers /, /healthz and says which release it is."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def answer(path):
    """Return status, content type and body for a path."""
    if path == "/healthz":
        return 200, "text/plain", "ok\n"
    if path == "/":
        who = {
            "hello": "from Fairlead",
            "project": os.environ.get("FAIRLEAD_PROJECT", "nowhere yet"),
            "environment": os.environ.get("FAIRLEAD_ENVIRONMENT", ""),
            "release": os.environ.get("FAIRLEAD_RELEASE", ""),
        }
        return 200, "application/json", json.dumps(who) + "\n"
    return 404, "text/plain", "there is nothing here\n"


class Handler(BaseHTTPRequestHandler):
    """Serves `answer`."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        """Answer a GET."""
        status, kind, text = answer(self.path)
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main():
    """Serve on $PORT until told to stop."""
    address = ("127.0.0.1", int(os.environ.get("PORT", "8000")))
    server = ThreadingHTTPServer(address, Handler)
    print("listening on %s:%d" % address, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()

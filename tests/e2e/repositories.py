"""Real repositories, made by the tests: Python, Node, and one whose test fails."""

PYTHON_SERVICE = """
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"ok" if self.path == "/healthz" else b"%(answer)s"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main():
    print("serving", flush=True)
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()


if __name__ == "__main__":
    main()
"""

BUILD_WHEEL = '''
"""Write a wheel by hand: a bare machine has no build front end."""
import base64, hashlib, pathlib, zipfile

INFO = "hello-1.0.dist-info"
HEAD = "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
META = "Metadata-Version: 2.1\\nName: hello\\nVersion: 1.0\\n"
files = {f"hello/{p.name}": p.read_bytes() for p in pathlib.Path("hello").glob("*.py")}
files[f"{INFO}/METADATA"] = META.encode()
files[f"{INFO}/WHEEL"] = HEAD.encode()
record = ""
for name, data in files.items():
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=")
    record += f"{name},sha256={digest.decode()},{len(data)}\\n"
files[f"{INFO}/RECORD"] = (record + f"{INFO}/RECORD,,\\n").encode()
pathlib.Path("dist").mkdir(exist_ok=True)
with zipfile.ZipFile("dist/hello-1.0-py3-none-any.whl", "w") as wheel:
    for name, data in files.items():
        wheel.writestr(name, data)
print("\\033[32mwheel written\\033[0m")
'''


def python_package(answer: str = "hello from python") -> dict[str, str]:
    """Return a Python package with a web service, deployed as a wheel."""
    return {
        ".fairlead.yaml": """\
version: 1
build:
  steps:
    - {name: compile, run: "python build_wheel.py"}
  outputs:
    - {name: wheel, type: wheel, path: dist/*.whl}
test:
  steps:
    - {name: unit, run: "python -m unittest -v test_hello", group: checks}
    - {name: syntax, run: "python -m compileall -q hello", group: checks}
deploy:
  environment: dev
  workloads:
    - name: web
      artifact: wheel
      command: ["python", "-m", "hello"]
      port: 8000
      health: /healthz
""",
        "build_wheel.py": BUILD_WHEEL,
        "hello/__init__.py": "",
        "hello/__main__.py": PYTHON_SERVICE % {"answer": answer},
        "test_hello.py": """\
import unittest


class Imports(unittest.TestCase):
    def test_package(self):
        import hello.__main__
""",
    }


NODE = {
    ".fairlead.yaml": """\
version: 1
build:
  steps:
    - {name: bundle, run: "mkdir out && cp server.js out/"}
  outputs:
    - {name: site, type: directory, path: out}
test:
  steps:
    - {name: syntax, run: "node --check server.js"}
deploy:
  environment: dev
  workloads:
    - {name: api, artifact: site, command: ["node", "server.js"], port: 3000}
""",
    "server.js": """\
const http = require("node:http");
http
  .createServer((request, response) => response.end("hello from node"))
  .listen(process.env.PORT, "127.0.0.1");
""",
}

FAILING = {
    ".fairlead.yaml": """\
version: 1
build:
  steps:
    - {name: compile, run: "echo compiled"}
test:
  steps:
    - {name: unit, run: "echo expected 4 but got 5; exit 3"}
    - {name: never, run: "echo not reached"}
""",
}

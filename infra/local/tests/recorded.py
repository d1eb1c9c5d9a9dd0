"""Imitates an AWS account by recorded responses over HTTP, for tests of scripts that need an account.

`accounts/<name>.json` has responses from the examples in AWS's API references, by operation: the `Action` of the query
protocol, the target of the JSON protocol, or method and path. The response to other operations is AccessDenied.
"""

import contextlib
import http.server
import json
import os
import threading
import urllib.parse
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "accounts"
DENIED = """<ErrorResponse><Error><Code>AccessDenied</Code><Message>not recorded</Message></Error></ErrorResponse>"""


@contextlib.contextmanager
def account(name, **others):
    """Serves the account, with `others` instead of some responses, and yields the environment variables that point there
    and the list of operations that were called."""
    answers, asked = {**json.loads((FOLDER / f"{name}.json").read_text()), **others}, []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            operation = urllib.parse.parse_qs(body).get("Action", [None])[0]
            operation = operation or self.headers.get("X-Amz-Target") or f"{self.command} {self.path.partition('?')[0]}"
            asked.append(operation)
            status, answer = answers.get(operation, [403, DENIED])
            is_json = not isinstance(answer, str)
            data = json.dumps(answer).encode() if is_json else answer.encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json" if is_json else "text/xml")
            if is_json and "__type" in answer:
                self.send_header("x-amzn-ErrorType", answer["__type"])
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_POST = do_GET

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        keys = {"AWS_ACCESS_KEY_ID": "recorded", "AWS_SECRET_ACCESS_KEY": "recorded", "AWS_REGION": "eu-central-1"}
        # Ignores the settings of this machine.
        nowhere = dict.fromkeys(["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"], os.devnull)
        url = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}", "AWS_MAX_ATTEMPTS": "1"}
        yield {**keys, **nowhere, **url}, asked
    finally:
        server.shutdown()
        server.server_close()


def stack(status, **values):
    """Returns the response to DescribeStacks for a stack with these parameters."""
    members = "".join(
        f"<member><ParameterKey>{name}</ParameterKey><ParameterValue>{value}</ParameterValue></member>"
        for name, value in values.items()
    )
    return [
        200,
        "<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>movie-theater-dev</StackName>"
        f"<CreationTime>2026-01-31T12:00:00Z</CreationTime><StackStatus>{status}</StackStatus>"
        f"<Parameters>{members}</Parameters></member></Stacks></DescribeStacksResult></DescribeStacksResponse>",
    ]

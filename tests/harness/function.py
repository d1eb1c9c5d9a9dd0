#!/usr/bin/env python3
"""A function that succeeds or fails as its event says."""

import http.client
import json
import os
import signal
import sys

api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])


def call(method, path, body=None):
    api.request(method, "/2018-06-01/runtime/" + path, body)
    response = api.getresponse()
    return response.headers, response.read()


if os.environ.get("INIT") == "error":
    call("POST", "init/error", json.dumps({"errorType": "NoInit", "errorMessage": "on purpose"}))
    sys.exit(1)

while True:
    headers, event = call("GET", "invocation/next")
    event = json.loads(event)
    request = headers["Lambda-Runtime-Aws-Request-Id"]
    print("behavior", event.get("behavior") or (event.get("headers") or {}).get("x-behavior"), flush=True)
    answer, kind = {"statusCode": 200, "body": json.dumps(event)}, "response"
    match event.get("behavior") or (event.get("headers") or {}).get("x-behavior"):
        case "context":
            answer = {"pid": os.getpid(), "environment": dict(os.environ), "headers": dict(headers)}
        case "exit":
            sys.exit(3)
        case "hang":
            signal.pause()
        case "error":
            answer, kind = {"errorType": "Broken", "errorMessage": "on purpose"}, "error"
        case "malformed":
            answer = {"status": 200}
        case "binary":
            answer = {
                "statusCode": 201,
                "body": "AP8=",
                "isBase64Encoded": True,
                "headers": {"x-one": "1", "x-both": "a"},
                "multiValueHeaders": {"x-many": ["1", "2"], "x-both": ["a"]},
            }
    call("POST", f"invocation/{request}/{kind}", json.dumps(answer))

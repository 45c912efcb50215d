"""A bucket on this machine, behind a server that speaks S3, in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_SERVER = """
import sys, threading
from moto.server import ThreadedMotoServer

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
server.stop()
"""
KEYS = {
    "AWS_ACCESS_KEY_ID": "someone",
    "AWS_SECRET_ACCESS_KEY": "a-secret-of-the-tests",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@contextmanager
def running_bucket(name: str) -> Iterator[str]:
    """The query of its address (``s3://NAME/…?QUERY``) while the server runs; the bucket is there and empty."""
    from pyarrow import fs

    child = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", _SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | KEYS,
        text=True,
    )
    with child:
        assert child.stdin is not None
        assert child.stdout is not None
        for line in child.stdout:
            if line.strip().isdigit():
                port = int(line)
                break
        else:
            raise AssertionError("the S3 server did not start")
        fs.S3FileSystem(
            access_key=KEYS["AWS_ACCESS_KEY_ID"],
            secret_key=KEYS["AWS_SECRET_ACCESS_KEY"],
            region="us-east-1",
            endpoint_override=f"127.0.0.1:{port}",
            scheme="http",
            allow_bucket_creation=True,
        ).create_dir(name)
        try:
            yield f"region=us-east-1&scheme=http&endpoint_override=127.0.0.1:{port}"
        finally:
            child.stdin.close()
            child.wait(timeout=60)

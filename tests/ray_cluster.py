"""A Ray cluster of two nodes on this machine, in a process of its own, which ends with the test."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.conftest import ROOT

# One core each, so that each prepares in one worker; the GPUs are there in name alone.
NODE = {"num_cpus": 1, "num_gpus": 1, "object_store_memory": 80 << 20, "include_dashboard": False}
ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    # What a stage is made of is found by its name, on every node.
    "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "tests" / "postprocess"))),
}


@contextmanager
def ray_cluster(**environment: str) -> Iterator[str]:
    """Its address; its workers have this environment, besides ours."""
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "tests.ray_cluster"],
        cwd=ROOT,
        env={**os.environ, **ENVIRONMENT, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout
        yield process.stdout.readline().strip()
    finally:
        process.communicate()


def main() -> None:
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args=NODE)
    try:
        cluster.add_node(**NODE)
        print(cluster.address, flush=True)
        sys.stdin.read()  # until whoever started us ends, in whatever way
    finally:
        cluster.shutdown()


if __name__ == "__main__":
    main()

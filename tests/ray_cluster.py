"""A Ray cluster of two nodes on this machine, in a process of its own, which ends with the test."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.conftest import ROOT

# One core each, so that each prepares in one worker; the GPUs are there in name alone.
NODE = {"num_cpus": 1, "num_gpus": 1, "object_store_memory": 80 << 20, "include_dashboard": False}
ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    # What a stage is made of is found by its name, on every node.
    "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "tests" / "postprocess"))),
}


@dataclass
class RayCluster:
    """A cluster that runs."""

    address: str
    process: "subprocess.Popen[str]"

    def lose_node(self) -> None:
        """Kill everything of the node that is not the head."""
        assert self.process.stdin
        assert self.process.stdout
        print(file=self.process.stdin, flush=True)
        self.process.stdout.readline()


@contextmanager
def ray_cluster(**environment: str) -> Iterator[RayCluster]:
    """Start one, whose workers have this environment, besides ours."""
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
        address = process.stdout.readline().strip()
        assert address, "no cluster"
        yield RayCluster(address, process)
    finally:
        process.communicate()


def main() -> None:
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args=NODE)
    try:
        node = cluster.add_node(**NODE)
        print(cluster.address, flush=True)
        for _ in sys.stdin:  # until whoever started us ends, in whatever way
            cluster.remove_node(node, allow_graceful=False)
            print(flush=True)
    finally:
        cluster.shutdown()


if __name__ == "__main__":
    main()

"""One of two processes that average a gradient: run under torchrun, prints the gradient it ends with, and the
rank that it agrees on with the other.
"""

from __future__ import annotations

import torch

from augderm.learn.parallel import join_workers


def main() -> None:
    """Share a batch of 8 rows, sum up, and print the first process's gradient."""
    torch.manual_seed(0)
    layer = torch.nn.Linear(3, 1, bias=False)
    rows = torch.arange(24, dtype=torch.float32).reshape(8, 3)
    with join_workers(len(rows)) as workers:
        shared = workers.share(layer)
        part = workers.part(torch.arange(len(rows)))
        shared(rows[part]).mean().backward()
        assert layer.weight.grad is not None
        if workers.leads:
            print("gradient", *layer.weight.grad[0].tolist())
        with workers.together():
            print(f"agreed {workers.agree(workers.rank)}\n", end="")


if __name__ == "__main__":
    main()

"""Writes known values with W&B, and compares them with what mm has read.

    write_wandb.py write DIR GATE WROTE   logs into DIR; WROTE gets what was logged, a line as it is
                                          logged; waits for the file GATE before it ends
    write_wandb.py compare WROTE EXPORT [begun]   1 unless `mm export --json` gave back exactly
                                          that; begun: or the first half of it at least
"""
import json
import math
import os
import sys
import time

ROWS = 300


def values(i):
    """What step I logs, as a program would have it."""
    row = {
        "train/loss": 1 / (i + 1),
        "train/lr": 5e-4 * math.cos(i / ROWS),
        "count": i * 10**15 + 1,
        "nested": {"a": -i / 7, "b": {"c": i}},
    }
    if i % 10 == 0:
        row["val/acc"] = i / ROWS
    if i % 50 == 7:
        row["train/loss"] = float("nan")
    if i % 50 == 8:
        row["train/loss"] = float("inf") if i % 100 == 8 else float("-inf")
    if i % 20 == 3:
        row["text"] = "no number"
        row["flag"] = True
    return row


def flat(value, name=""):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from flat(inner, f"{name}.{key}" if name else key)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield name, float(value)


def write(directory, gate, wrote):
    os.environ.update(WANDB_MODE="offline", WANDB_SILENT="true", WANDB_CONSOLE="off")
    import wandb

    run = wandb.init(project="interop", name="called so", dir=directory,
                     config={"lr": 5e-4, "net": {"depth": 3, "act": "relu"}})
    with open(wrote, "w", encoding="utf-8") as log:
        for i in range(ROWS):
            step = i if i < 200 else 3 * i
            run.log(values(i), step=step, commit=True)
            for name, value in flat(values(i)):
                log.write(json.dumps([name, step, repr(value)]) + "\n")
            log.flush()
        run.config.update({"late": 7})
        run.summary["by_hand"] = 0.25
    while not os.path.exists(gate):
        time.sleep(0.05)
    run.finish(exit_code=0)


def same(a, b):
    return a == b or (math.isnan(float(a)) and math.isnan(float(b)))


def read_lines(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f if line.strip()]


def compare(wrote, export, begun=False):
    want, got = {}, {}
    for name, step, value in read_lines(wrote):
        want.setdefault(name, []).append((step, float(value)))
    for point in read_lines(export):
        name = point["metric"]
        if not name.startswith(("_", "system/")):
            got.setdefault(name, []).append((point["step"], float(point["value"])))
    if not want:
        print("nothing was written yet", file=sys.stderr)
        return 1
    wrong = 0
    for name in sorted(want.keys() | got.keys()):
        a, b = want.get(name, []), got.get(name, [])
        enough = len(b) > len(a) // 2 if begun else len(b) == len(a)
        ok = enough and len(b) <= len(a) and all(
            x[0] == y[0] and same(x[1], y[1]) for x, y in zip(a, b))
        if not ok:
            wrong += 1
            print(f"{name}: {len(b)} of {len(a)} points", file=sys.stderr)
    return wrong


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(*sys.argv[2:])
    else:
        sys.exit(1 if compare(*sys.argv[2:]) else 0)

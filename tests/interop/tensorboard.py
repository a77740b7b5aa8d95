"""Writes event files with tensorboardX, and says what mm has to give back.

tensorboard.py write DIR EXPECTED    writes in phases: after each, what was written so far is in
                                     EXPECTED, a line is printed, and a line of input is waited for
tensorboard.py compare EXPECTED      against `mm export --csv` on the input
"""
import collections
import csv
import json
import math
import struct
import sys
import time


def widened(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


class Writer:
    """A SummaryWriter that remembers what it wrote, per run and metric, in order."""

    def __init__(self, directory, run, expected):
        from tensorboardX import SummaryWriter

        self.run, self.expected = run, expected
        self.writer = SummaryWriter(f"{directory}/{run}", flush_secs=1)
        self.wall = 1700000000.0

    def remember(self, metric, step, value):
        self.expected.setdefault(self.run, {}).setdefault(metric, []).append(
            (step, round(self.wall * 1e6), value)
        )

    def scalar(self, metric, value, step):
        self.wall += 0.25
        self.writer.add_scalar(metric, value, step, walltime=self.wall)
        self.remember(metric, step, widened(value))

    def histogram(self, metric, values, step):
        self.wall += 0.25
        self.writer.add_histogram(metric, values, step, walltime=self.wall)
        sums = {
            "count": len(values),
            "min": min(values),
            "max": max(values),
            "mean": sum(values) / len(values),
            "l2": math.sqrt(sum(v * v for v in values)),
        }
        for part, value in sums.items():
            self.remember(f"{metric}@hist.{part}", step, float(value))


def write(directory, path):
    import numpy

    expected = {}

    def phase(name, *writers):
        for w in writers:
            w.writer.flush()
        with open(path, "w") as f:
            json.dump(expected, f)
        print(name, flush=True)
        sys.stdin.readline()

    train = Writer(directory, "run", expected)
    for step in range(100):
        train.scalar("train/loss", 1 / (step + 1), step)
        train.scalar("lr", 3e-4, step)
    train.scalar("odd", float("nan"), 0)
    train.scalar("odd", float("inf"), 1)
    train.scalar("odd", -float("inf"), 2)
    phase("scalars", train)

    validation = Writer(directory, "run/validation", expected)
    for step in range(100, 200):
        train.scalar("train/loss", math.sin(step), step)
        if step % 10 == 0:
            validation.scalar("loss", 1e30 / step, step)
    train.histogram("weights", numpy.arange(-3.0, 4.0), 150)
    train.writer.add_image("picture", numpy.zeros((3, 300, 300)), 150)
    train.writer.add_text("args", json.dumps({"seed": 42, "optim": "adam"}), 0)
    train.scalar("train/loss", 0.125, 2**40)
    phase("the rest", train, validation)

    # A second file in the directory: the training was restarted at step 150. Files are named by
    # the second.
    time.sleep(1.1)
    again = Writer(directory, "run", expected)
    again.wall = train.wall
    for step in range(150, 250):
        again.scalar("train/loss", math.cos(step), step)
    phase("a restart", again)
    again.writer.add_hparams({"lr": 0.5, "net": "small"}, {"hparam/score": 1.0}, name="trial")
    phase("hparams", again)


def compare(path):
    with open(path) as f:
        expected = json.load(f)
    got = collections.defaultdict(lambda: collections.defaultdict(list))
    for row in csv.DictReader(sys.stdin):
        point = int(row["step"]), round(float(row["time"]) * 1e6), float(row["value"])
        got[row["run"]][row["metric"]].append(point)
    wrong = 0
    for run, metrics in expected.items():
        for metric in metrics.keys() | got[run].keys():
            want = [tuple(p) for p in metrics.get(metric, [])]
            have = got[run].get(metric, [])
            if [repr(p) for p in want] != [repr(p) for p in have]:
                wrong += 1
                print(f"{run}: {metric}: wrote {want[-3:]} ({len(want)}), read {have[-3:]} ({len(have)})")
    return wrong != 0


if sys.argv[1] == "write":
    write(sys.argv[2], sys.argv[3])
else:
    sys.exit(compare(sys.argv[2]))

"""Writes logs with the loggers of several frameworks, and says what mm has to give back.

trainers.py write FRAMEWORK DIR EXPECTED    writes in phases: after each, what was written so far is
                                            in EXPECTED (run, metric, step and value of each point),
                                            a line is printed, and a line of input is waited for
trainers.py compare EXPECTED                against `mm export --json` on the input
"""
import collections
import json
import math
import sys


class Written:
    def __init__(self, path):
        self.path, self.points = path, []

    def point(self, run, metric, step, value):
        self.points.append((run, metric, step, repr(float(value))))

    def phase(self, name):
        with open(self.path, "w", encoding="utf-8") as f:
            json.dump(self.points, f)
        print(name, flush=True)
        sys.stdin.readline()


def values(i):
    row = {"train_loss": 1 / (i + 1), "lr": 5e-4 * math.cos(i / 100)}
    if i % 10 == 9:
        row["val_acc"] = i / 300
    if i == 25:
        row["train_loss"] = float("nan")
    if i == 26:
        row["train_loss"] = float("inf")
    return row


def mlflow(directory, out):
    import os

    os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
    os.environ["MLFLOW_ENABLE_ASYNC_LOGGING"] = "false"
    import mlflow as client

    client.set_tracking_uri(f"file://{directory}/mlruns")
    client.set_experiment("interop")
    with client.start_run(run_name="proud-owl") as run:
        name = f"mlruns/{run.info.experiment_id}/{run.info.run_id}"
        client.log_params({"seed": 42, "optim": "adam"})
        for i in range(60):
            for metric, value in values(i).items():
                client.log_metric(f"a/{metric}", value, step=2 * i)
                out.point(name, f"a/{metric}", 2 * i, value)
            if i == 30:
                out.phase("half of it")
        out.phase("all of it")
    out.phase("its end")


def keras(directory, out):
    import os

    os.environ["KERAS_BACKEND"] = "numpy"
    os.makedirs(f"{directory}/keras")
    from keras.callbacks import CSVLogger

    class Model:
        stop_training = False

    for begin, append in ((0, False), (30, True)):
        logger = CSVLogger(f"{directory}/keras/training.csv", append=append)
        logger.set_model(Model())
        logger.on_train_begin()
        for i in range(begin, begin + 30):
            # Its columns are those of the first epoch.
            row = {"loss": values(i)["train_loss"], "val_accuracy": i / 300}
            logger.on_epoch_end(i, row)
            for metric, value in row.items():
                out.point("keras", metric, i, value)
            if i == 20:
                out.phase("twenty epochs")
        out.phase("its end" if append else "before it goes on")
        logger.on_train_end()


def transformers(directory, out):
    import os

    from transformers import TrainerState

    state = TrainerState(max_steps=100, num_train_epochs=2)
    for i in range(100):
        row = {name: v for name, v in values(i).items() if math.isfinite(v)}
        state.global_step = i + 1
        state.epoch = i / 50
        state.log_history.append({**row, "epoch": i / 50, "step": i + 1})
        for metric, value in {**row, "epoch": i / 50}.items():
            out.point("out", metric, i + 1, value)
        if i % 40 == 39:
            os.makedirs(f"{directory}/out/checkpoint-{i + 1}")
            state.save_to_json(f"{directory}/out/checkpoint-{i + 1}/trainer_state.json")
            out.phase(f"checkpoint {i + 1}")
    state.save_to_json(f"{directory}/out/trainer_state.json")
    out.phase("its end")


def lightning(directory, out):
    from lightning_fabric.loggers import CSVLogger

    logger = CSVLogger(directory, name="lightning_logs", flush_logs_every_n_steps=10)
    for i in range(100):
        row = values(i)
        logger.log_metrics(row, step=i)
        for metric, value in row.items():
            out.point("", metric, i, value)
        if i % 50 == 49:
            logger.save()
            out.phase(f"{i + 1} steps")
    logger.finalize("success")
    out.phase("its end")


def compare(path):
    with open(path, encoding="utf-8") as f:
        written = json.load(f)
    want, got = collections.defaultdict(list), collections.defaultdict(list)
    for run, metric, step, value in written:
        want[metric].append((step, value))
        got[metric] = []
    for line in sys.stdin:
        p = json.loads(line)
        value = p["value"]
        got[p["metric"]].append((p["step"], repr(float(value))))
    wrong = 0
    for metric in want.keys() | got.keys():
        if want[metric] != got[metric]:
            wrong += 1
            print(f"{metric}: wrote {want[metric][-3:]} ({len(want[metric])}), "
                  f"read {got[metric][-3:]} ({len(got[metric])})")
    return wrong != 0


if sys.argv[1] == "write":
    globals()[sys.argv[2]](sys.argv[3], Written(sys.argv[4]))
else:
    sys.exit(compare(sys.argv[2]))

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
    """Its own Trainer runs, with its CSVLogger; in phases, as a callback sees them."""
    import logging
    import warnings

    import torch
    from lightning import pytorch as pl
    from lightning.pytorch.loggers import CSVLogger

    warnings.filterwarnings("ignore")
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    steps, epochs = 20, 5

    class Model(pl.LightningModule):
        def __init__(self):
            super().__init__()
            self.net = torch.nn.Linear(2, 1)

        def training_step(self, batch, _):
            loss = self.net(batch).square().mean()
            row = values(self.global_step)
            row.pop("val_acc", None)  # the trainer would repeat it until its epoch ends
            for metric, value in row.items():
                self.log(metric, torch.tensor(value, dtype=torch.float64))
                out.point("", metric, self.global_step, value)
            out.point("", "epoch", self.global_step, self.current_epoch)
            return loss

        def on_train_epoch_end(self):
            self.log("epoch_end", float(self.current_epoch) / 4)
            step = self.global_step - 1
            out.point("", "epoch_end", step, self.current_epoch / 4)
            out.point("", "epoch", step, self.current_epoch)

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.01)

    class Phases(pl.Callback):
        def on_train_epoch_start(self, trainer, _):
            if trainer.current_epoch:
                trainer.logger.save()
                out.phase(f"{trainer.current_epoch} epochs")

    data = torch.utils.data.DataLoader(torch.randn(steps, 2), batch_size=1)
    pl.Trainer(max_epochs=epochs, accelerator="cpu", log_every_n_steps=1, callbacks=[Phases()],
               logger=CSVLogger(directory, flush_logs_every_n_steps=10),
               enable_checkpointing=False, enable_progress_bar=False,
               enable_model_summary=False).fit(Model(), data)
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

#include "core/pattern.h"
#include "core/xalloc.h"
#include "tests/unit/feeder.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#define text(in, rows) check_feed("text", in, rows, NULL)
#define nothing(in) check_feed("text", in, "", NULL)

/* -- properties ------------------------------------------------------------------------------- */

static void
cut_anywhere_the_corpus_gives_the_same_records(void **state)
{
	(void)state;
	check_cuts_of_corpus("text", "tests/fuzz/corpus/text");
}

/* -- formats ---------------------------------------------------------------------------------- */

static void
nanogpt_and_its_kin(void **state)
{
	(void)state;
	text("step 0: train loss 10.9, val loss 10.8\n"
	     "iter 0: loss 10.9, time 12000.00ms, mfu -100.00%\n"
	     "iter 10: loss 9.9, time 100.00ms, mfu 30.00%\n"
	     "step 250: train loss 5.9, val loss 5.8\n",
	     "step=0 train loss=10.9 val loss=10.8\n"
	     "step=0 loss=10.9 time=12000 mfu=-100\n"
	     "step=10 loss=9.9 time=100 mfu=30\n"
	     "step=250 train loss=5.9 val loss=5.8\n");
	text("0 val 10.9511\n0 hella 0.2463\n1 train 9.5\n",
	     "step=0 val=10.9511\nstep=0 hella=0.2463\nstep=1 train=9.5\n");
	text("s:0 tel:10.98\ns:1 trl:10.8 lr:0.000002 norm:12.2\n",
	     "step=0 tel=10.98\nstep=1 trl=10.8 lr=2e-06 norm=12.2\n");
	text("step    1/9 | loss 11.0 (+nanz)| norm 12.3 (+nanz)| lr 8e-07 | 2000.4 ms | "
	     "50.0% bf16 MFU | 26 tok/s\n"
	     "step    2/9 | loss 10.8 (+nanz)| norm 12.1 (+0.1z)| lr 1e-06 | 1000.4 ms | "
	     "51.0% bf16 MFU | 27 tok/s\n",
	     "step=1 loss=11 norm=12.3 lr=8e-07 ms=2000.4 bf16 MFU=50 tok/s=26\n"
	     "step=2 loss=10.8 norm=12.1 lr=1e-06 ms=1000.4 bf16 MFU=51 tok/s=27\n");
}

/* What is printed before a step belongs to the step that comes, the first to the first. */
static void
what_stands_before_each_step_belongs_to_the_next(void **state)
{
	(void)state;
	text("validation loss: 10.9\n"
	     "HellaSwag accuracy: 2470/10000=0.2470\n"
	     "step 0 | loss: 10.95 | lr 8e-07\n"
	     "step 1 | loss: 10.65 | lr 9e-07\n"
	     "validation loss: 9.9\n"
	     "HellaSwag accuracy: 2480/10000=0.2480\n"
	     "step 2 | loss: 10.05 | lr 1e-06\n",
	     "step=0 loss=10.95 lr=8e-07\n"
	     "step=1 loss=10.65 lr=9e-07\n"
	     "step=0 validation loss=10.9\n"
	     "step=2 validation loss=9.9\n"
	     "step=0 HellaSwag accuracy=0.247\n"
	     "step=2 HellaSwag accuracy=0.248\n"
	     "step=2 loss=10.05 lr=1e-06\n");
}

static void
what_stands_behind_each_epoch_belongs_to_it(void **state)
{
	(void)state;
	text("Epoch: 1/50\nLR: 0.0005\n\tTrain Loss: 5.4 | Train Perplexity: 230.1\n"
	     "Epoch: 2/50\nLR: 0.0004\n\tTrain Loss: 4.4 | Train Perplexity: 130.1\n",
	     "epoch=1 LR=0.0005\nepoch=2 LR=0.0004\n"
	     "epoch=1 Train Loss=5.4 Train Perplexity=230.1\n"
	     "epoch=2 Train Loss=4.4 Train Perplexity=130.1\n");
}

/* A step on a line of its own, and below it a number a line, some of names that only their writer
 * knows. */
static void
a_block_below_a_step(void **state)
{
	(void)state;
	static const char stamp[] = "2025-12-12 11:05:00.336\thost-1:0\tolmo.train:979\tINFO\t";
	char in[600];
	snprintf(in, sizeof in,
		 "%sTotal number of parameters: 1,279,787,008\n"
		 "%s[step=1/150,epoch=0]\n    train/Loss=2.5\n    t/tokens=2,097,152\n"
		 "%s[step=2/150,epoch=0]\n    train/Loss=2.25\n    t/tokens=4,194,304\n",
		 stamp, stamp, stamp);
	text(in, "step=1 train/Loss=2.5\nstep=2 train/Loss=2.25\nstep=1 t/tokens=2097152\n"
		 "step=2 t/tokens=4194304\n");
	text("start from 0\ncurrent step: 1th step\nbatch loss:4.5\ncurrent step: 2th step\n"
	     "batch loss:3.5\n",
	     "step=1 batch loss=4.5\nstep=2 batch loss=3.5\n");
}

static void
pairs_as_people_write_them(void **state)
{
	(void)state;
	text("epoch:1/300,batch:1/16,lr:0.0001,train loss:6.16298,train acc:1.17%\n"
	     "epoch:1/300,batch:2/16,lr:0.0001,train loss:5.79606,train acc:0.78%\n",
	     "step=1 lr=0.0001 train loss=6.16298 train acc=1.17\n"
	     "step=2 lr=0.0001 train loss=5.79606 train acc=0.78\n");
	text("Epoch: [1/20] Iter:[0/100], Time: 5.02, lr: [0.018], Loss: 1.5\n"
	     "Epoch: [1/20] Iter:[10/100], Time: 0.66, lr: [0.017], Loss: 1.25\n",
	     "step=0 Time=5.02 lr=0.018 Loss=1.5 Epoch=1\n"
	     "step=10 Time=0.66 lr=0.017 Loss=1.25 Epoch=1\n");
	text("  \xE2\x9C\x85 Ep 1: Loss 0.5 | 210.7s\n  \xE2\x9C\x85 Ep 2: Loss 0.25 | 430.3s\n",
	     "epoch=1 Loss=0.5\nepoch=2 Loss=0.25\n");
	text("epoch 1 loss 0.5\n\xF0\x9F\x93\x8A Val Acc: 0.9 | Rec: 1.0\nepoch 2 loss 0.25\n"
	     "\xF0\x9F\x93\x8A Val Acc: 0.95 | Rec: 1.0\n",
	     "epoch=1 loss=0.5\nepoch=2 loss=0.25\nepoch=1 Val Acc=0.9 Rec=1\n"
	     "epoch=2 Val Acc=0.95 Rec=1\n");
	/* what another stream wrote into the line */
	text("iter 10 || Loss: 7.5 || /usr/lib/a.py:238: UserWarning: creating a tensor of many\n"
	     "iter 20 || Loss: 6.5 ||\n",
	     "step=10 Loss=7.5\nstep=20 Loss=6.5\n");
}

static void
megatron(void **state)
{
	(void)state;
	text(" iteration      100/    1000 | consumed samples:         1600 | elapsed time per "
	     "iteration (ms): 523.4 | learning rate: 1.500E-04 | lm loss: 6.1E+00 | number of "
	     "skipped iterations:   2 |\n"
	     " validation loss at iteration 200 | lm loss value: 5.0E+00 | lm loss PPL: "
	     "1.5E+02 | \n"
	     " [2024-02-01 10:00:00] iteration      300/    1000 | consumed samples: 4800 | lm "
	     "loss: 4.5E+00 |\n",
	     "step=100 consumed samples=1600 elapsed time per iteration (ms)=523.4 learning "
	     "rate=0.00015 lm loss=6.1 number of skipped iterations=2\n"
	     "step=200 validation/lm loss value=5 validation/lm loss PPL=150\n"
	     "step=300 consumed samples=4800 lm loss=4.5\n");
}

static void
fairseq(void **state)
{
	(void)state;
	text("[2021-08-11 06:03:02,114][fairseq_cli.train][INFO] - {'_name': None, 'lr': 3}\n"
	     "[2021-08-11 06:05:02,114][train_inner][INFO] - {\"epoch\": 1, \"loss\": \"6.66\", "
	     "\"num_updates\": \"200\", \"lr\": \"3.1e-06\"}\n"
	     "[2021-08-11 06:07:02,114][valid][INFO] - {\"epoch\": 1, \"valid_loss\": \"5.5\", "
	     "\"valid_num_updates\": \"450\"}\n",
	     "step=200 train_inner/loss=6.66 train_inner/lr=3.1e-06 train_inner/epoch=1\n"
	     "step=450 valid/valid_loss=5.5 valid/epoch=1\n");
	text("2021-01-01 10:00:00 | INFO | train_inner | epoch 001:    100 / 1000 loss=10.2, "
	     "ppl=900.1, num_updates=100, lr=1e-05\n"
	     "2021-01-01 10:01:00 | INFO | train_inner | epoch 001:    200 / 1000 loss=9.2, "
	     "ppl=800.1, num_updates=200, lr=2e-05\n",
	     "step=100 train_inner/loss=10.2 train_inner/ppl=900.1 train_inner/lr=1e-05\n"
	     "step=200 train_inner/loss=9.2 train_inner/ppl=800.1 train_inner/lr=2e-05\n");
}

static void
mmengine_and_detectron2(void **state)
{
	(void)state;
	text("2023/01/01 00:01:00 - mmengine - INFO - Epoch(train)   [2][ 100/1252]  lr: 1.0e-03  "
	     "eta: 1 day, 2:03:04  memory: 12345  loss: 6.9\n"
	     "2023/01/01 00:03:00 - mmengine - INFO - Epoch(val) [2][50/50]    accuracy/top1: "
	     "70.0\n"
	     "2023/01/01 00:04:00 - mmengine - INFO - Iter(train) [ 150/1000]  loss: 5.8\n"
	     "2023/01/01 00:04:00 - mmengine - INFO - Epoch(test) [50/50]  acc: 5.8\n",
	     "step=1352 train/lr=0.001 train/memory=12345 train/loss=6.9\n"
	     "epoch=2 val/accuracy/top1=70\n"
	     "step=150 train/loss=5.8\n"
	     "step=150 test/acc=5.8\n");
	text("2021-10-01 12:00:00,123 - mmdet - INFO - Epoch [1][50/7330]\tlr: 1.9e-03, eta: "
	     "12:03:04, loss: 1.7\n"
	     "2021-10-01 12:01:00,123 - mmdet - INFO - Epoch [2][50/7330]\tlr: 1.9e-03, eta: "
	     "1 day, 2:03:04, loss: 1.6\n",
	     "step=50 lr=0.0019 loss=1.7\nstep=7380 lr=0.0019 loss=1.6\n");
	text("[09/29 15:06:24] d2.utils.events INFO:  eta: 18:30:56  iter: 19  total_loss: 2.2  "
	     "time: "
	     "0.4959  lr: 0.0004  max_mem: 1475M\n",
	     "step=19 total_loss=2.2 time=0.4959 lr=0.0004 max_mem=1475\n");
}

static void
boosting(void **state)
{
	(void)state;
	text("[0]\ttrain-rmse:0.5\teval-rmse:0.6\n[12:00:05] [1]\ttrain-rmse:0.4\teval-rmse:0.5\n",
	     "step=0 train-rmse=0.5 eval-rmse=0.6\nstep=1 train-rmse=0.4 eval-rmse=0.5\n");
	text("[10]\ttraining's l2: 0.25\tvalid_1's auc: 0.9\n",
	     "step=10 training's l2=0.25 valid_1's auc=0.9\n");
	text("[LightGBM] [Info] Iteration:20, valid_1 auc : 0.93\n"
	     "[LightGBM] [Info] Iteration:21, valid_1 auc : 0.94\n",
	     "step=20 valid_1 auc=0.93\nstep=21 valid_1 auc=0.94\n");
	text("0:\tlearn: 0.64\ttest: 0.65\tbest: 0.65 (0)\ttotal: 50ms\tremaining: 5s\n",
	     "step=0 learn=0.64 test=0.65 best=0.65\n");
}

static void
printed_dicts_are_numbered(void **state)
{
	(void)state;
	text("  4%|4  | 40/375 [00:01<00:10, 3it/s]{'loss': '0.21', 'grad_norm': 'nan', 'epoch': "
	     "0.4}\n"
	     "{'lr': 0.001, 'epochs': 3}\n"
	     "\r   \r{'eval_loss': np.float64(0.5), 'tag': 'x', 'l': [1, 2], 'epoch': 0.5}\n"
	     "{'lr': {'loss': 'mse'}, 'epoch': 1}\n"
	     "{'train_runtime': 100.5, 'train_loss': inf}\n",
	     "row=0 loss=0.21 grad_norm=nan epoch=0.4\n"
	     "row=1 eval_loss=0.5 epoch=0.5\n"
	     "row=2 train_runtime=100.5 train_loss=inf\n");
}

static void
boxes_and_columns(void **state)
{
	(void)state;
	text("---------------------------------\n"
	     "| rollout/           |          |\n"
	     "|    ep_rew_mean     | 22.3     |\n"
	     "| time/              |          |\n"
	     "|    fps             | 1024     |\n"
	     "|    total_timesteps | 2048     |\n"
	     "---------------------------------\n",
	     "step=2048 rollout/ep_rew_mean=22.3 time/fps=1024\n");
	text("      Epoch    GPU_mem   box_loss  Instances       Size\n"
	     "\r        1/2      2.2G      1.3       11        640:  50%|##   | 1/2\r"
	     "        1/2      2.2G      1.2       12        640: 100%|#####| 2/2\n"
	     "                 Class     Images  Instances      Box(P          R      mAP50  "
	     "mAP50-95): "
	     "100%|###| 1/1\n"
	     "                   all        128        929      0.64      0.537      0.605      "
	     "0.446\n",
	     "epoch=1 GPU_mem=2.2 box_loss=1.2\n"
	     "epoch=1 P=0.64 R=0.537 mAP50=0.605 mAP50-95=0.446\n");
	text("epoch     train_loss  valid_loss  accuracy  time\n"
	     "0         0.5         0.4         0.9       00:10\n",
	     "epoch=0 train_loss=0.5 valid_loss=0.4 accuracy=0.9\n");
}

/* -- progress bars ----------------------------------------------------------------------------- */

static void
of_a_bar_the_last_state_of_a_step_counts(void **state)
{
	(void)state;
	/* Keras draws an epoch, overwriting with backspaces or printing anew, and an evaluation */
	text("Epoch 1/2\n"
	     "  1/10 [..........] - ETA: 5s - loss: 1.0000\b\b\b\b\b\b"
	     "10/10 [==========] - 5s 50ms/step - loss: 0.5000 - val_loss: 0.6000\n"
	     "Epoch 2/2\n"
	     " 5/10 [====>.....] - ETA: 0s - loss: 0.45\n"
	     "10/10 [==========] - ETA: 0s - loss: 0.40\n"
	     "10/10 - 1s - loss: 0.4000 - val_loss: 0.5000\n"
	     "10/10 [==========] - 1s - loss: 0.9000\n",
	     "epoch=1 loss=0.5 val_loss=0.6\nepoch=2 loss=0.4 val_loss=0.5\n");
	/* tqdm, with an epoch in its description: Lightning */
	text("\rEpoch 0:  50%|#####     | 1/2 [00:05<00:05, 1.0it/s, loss=0.9, v_num=3]"
	     "\rEpoch 0: 100%|##########| 2/2 [00:05<00:05, 1.0it/s, loss=0.8, v_num=3]\n"
	     "\rEpoch 1: 100%|##########| 2/2 [00:05<00:05, 1.0it/s, loss=0.7, v_num=3]\n",
	     "epoch=0 loss=0.8\nepoch=1 loss=0.7\n");
	/* without one each state is a step, and bars that follow each other go on */
	text("\r 50%|##  | 1/2 [00:05<00:05, 1.0it/s, loss=0.9]"
	     "\r 50%|##  | 1/2 [00:05<00:05, 1.0it/s, loss=0.8]"
	     "\r100%|####| 2/2 [00:05<00:05, 1.0it/s, loss=0.7]\n"
	     "\r 50%|##  | 1/2 [00:05<00:05, 1.0it/s, loss=0.6]"
	     "\r100%|####| 2/2 [00:05<00:05, 1.0it/s, loss=0.5]\n",
	     "step=1 loss=0.8\nstep=2 loss=0.7\nstep=3 loss=0.6\nstep=4 loss=0.5\n");
	nothing("Downloading:  45%|####   | 45M/100M [00:10<00:12, 5MB/s]\n");
	nothing("Map: 100%|####| 5000/5000 [00:10<00:00, 500 examples/s]\n");
}

/* -- names and numbers in general -------------------------------------------------------------- */

static void
what_counts_and_comes_again_is_a_row(void **state)
{
	(void)state;
	static const struct {
		const char *line, *row;
	} lines[] = {
		{"step=%d loss=0.5 acc=nan", "step=%d loss=0.5 acc=nan"},
		{"step: %d, loss: 0.5, lr: 1e-4", "step=%d loss=0.5 lr=0.0001"},
		{"global_step %d loss -0.5", "step=%d loss=-0.5"},
		{"step %d/1000 | loss 3.2 | 12.5 s/it", "step=%d loss=3.2"},
		{"[INFO] Step %d -> loss: 0.5", "step=%d loss=0.5"},
		{"Epoch %d - loss: 0.5 - acc: 0.25 - val_loss: .5",
		 "epoch=%d loss=0.5 acc=0.25 val_loss=0.5"},
		{"Epoch %d, loss=0.5, time=12:30, eta 0:10:00", "epoch=%d loss=0.5"},
		{"Epoch: %d | Train Loss: 0.5 | Val. Acc: 50.5%%",
		 "epoch=%d Train Loss=0.5 Val. Acc=50.5"},
		{"Epoch %d Train loss 0.5 Val loss 0.25", "epoch=%d Train loss=0.5 Val loss=0.25"},
		{"Finish training epoch %d. loss: 0.5", "epoch=%d loss=0.5"},
		{"Train Epoch: %d\tLoss: 0.500000", "epoch=%d Train/Loss=0.5"},
		{"2024-01-01 12:00:00,123 - root - INFO - epoch %d: Valid: loss 0.5",
		 "epoch=%d Valid/loss=0.5"},
		{"INFO:root:iter %d: total_loss=1,234", "step=%d total_loss=1234"},
		{"I0101 12:00:00.123456 12345 train.py:12] step = %d, loss = 0.5",
		 "step=%d loss=0.5"},
		{"epoch %d of 10: mean reward 5.5", "epoch=%d mean reward=5.5"},
		{"Episode %d | reward: 5.5 | length: 20", "step=%d reward=5.5 length=20"},
		{"iter %d: loss 0.5 (0.6) top1 25.0 (20.0)", "step=%d loss=0.5"},
		{"Round %d, accuracy = 9812/10000 (98%%)", "step=%d accuracy=0.9812"},
		{"step:%d/1770 train_loss:10.2 train_time:1234ms step_avg:123.4ms",
		 "step=%d train_loss=10.2 train_time=1234 step_avg=123.4"},
		{"step 0000%d/21400 (0.05%%) | loss: 9.3 | tok/sec: 1,000,000 | total time: 0.0m",
		 "step=%d loss=9.3 tok/sec=1e+06 total time=0"},
		{"[2020-01-01 12:00:00,123 INFO] Step %d/100000; acc:   3.61; ppl: 3000.01; "
		 "1000/1200 tok/s;    20 sec",
		 "step=%d acc=3.61 ppl=3000.01"},
		{"[rank0]:[titan] 2024-01-01 12:00:00,123 - root - INFO - step: %d  loss:  5.2  "
		 "memory: 10.1GiB(20.5%%)  tps: 7,000",
		 "step=%d loss=5.2 memory=10.1 tps=7000"},
		{"epoch: [%d/500], loss: 3.2, avg_reader_cost: 0.1 s, eta: 1 day, 2:03:04",
		 "epoch=%d loss=3.2 avg_reader_cost=0.1"},
		{"global_step=%d, episodic_return=20.0", "step=%d episodic_return=20"},
		{"Iteration %d, loss = 0.5", "step=%d loss=0.5"},
		{"INFO:tensorflow:loss = 0.5, step = %d (0.123 sec)", "step=%d loss=0.5"},
		{"\x1b[32mstep %d\x1b[0m loss \x1b[1m0.5\x1b[0m", "step=%d loss=0.5"},
	};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct str in = STR_INIT, want = STR_INIT;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		for (int n = 7; n < 9; n++) {
			str_addf(&in, lines[i].line, n);
			str_addc(&in, '\n');
			str_addf(&want, lines[i].row, n);
			str_addc(&want, '\n');
		}
#pragma GCC diagnostic pop
		check_feed("text", str_c(&in), str_c(&want), "");
		str_release(&in);
		str_release(&want);
	}
}

static void
batches_of_an_epoch_become_steps(void **state)
{
	(void)state;
	text("Epoch: [0][ 10/100]\tLoss 6.5e+00 (7.0e+00)\n"
	     "Epoch: [1][ 10/100]\tLoss 6.0e+00 (7.0e+00)\n",
	     "step=10 Loss=6.5\nstep=110 Loss=6\n");
	text("Train Epoch: 1 [640/6000 (1%)]\tLoss: 0.5\n"
	     "Train Epoch: 2 [640/6000 (1%)]\tLoss: 0.4\n",
	     "step=640 Train/Loss=0.5\nstep=6640 Train/Loss=0.4\n");
	text("Train: 1 [  10/100 ( 10%)]  Loss: 6.94 (6.95)  Time: 3.2s\n"
	     "Test: [   0/97]  Loss: 0.6 (0.6)\nTest: [  97/97]  Loss: 0.5 (0.5)\n"
	     "Train: 2 [  10/100 ( 10%)]  Loss: 5.94 (5.95)  Time: 3.2s\n"
	     "Test: [   0/97]  Loss: 0.6 (0.6)\nTest: [  97/97]  Loss: 0.4 (0.5)\n",
	     "step=10 Train/Loss=6.94 Train/Time=3.2\nstep=110 Train/Loss=5.94 Train/Time=3.2\n"
	     "step=10 Test/Loss=0.5\nstep=110 Test/Loss=0.4\n");
	/* a heading, and what is said below it */
	text("[step=10/30]\n    train/Loss=10.5\n    train/Perplexity=5,000\n[step=20/30]\n"
	     "    train/Loss=9.5\n    train/Perplexity=4,000\n",
	     "step=10 train/Loss=10.5\nstep=20 train/Loss=9.5\nstep=10 train/Perplexity=5000\n"
	     "step=20 train/Perplexity=4000\n");
	text("[epoch=0][batch=10/20]:\n\t Train loss/train/total: 6.5\n[epoch=1][batch=10/20]:\n"
	     "\t Train loss/train/total: 5.5\n",
	     "step=10 Train loss/train/total=6.5\nstep=30 Train loss/train/total=5.5\n");
	/* counted anew in each epoch, or through all of them */
	text("Epoch [1/2], Step [50/100], Loss: 0.5\nEpoch [2/2], Step [50/100], Loss: 0.4\n",
	     "step=50 Loss=0.5 Epoch=1\nstep=150 Loss=0.4 Epoch=2\n");
	text("Epoch 1/2 step 50/200 loss 0.5\nEpoch 2/2 step 150/200 loss 0.4\n",
	     "step=50 loss=0.5 Epoch=1\nstep=150 loss=0.4 Epoch=2\n");
	text("epoch0: batch0:\n  d_loss: 0.5; g_loss: 0.1\nepoch0: batch5:\n  d_loss: 0.4; g_loss: "
	     "0.2\n",
	     "row=0 d_loss=0.5 g_loss=0.1\nrow=1 d_loss=0.4 g_loss=0.2\n");
	/* of how many isn't said */
	text("epoch0; batch0; d_loss: 0.5; \n g_loss: 0.9;Batch_time: 0.8\n"
	     "epoch0; batch9; d_loss: 0.4; \n g_loss: 0.8;Batch_time: 0.8\n",
	     "row=0 d_loss=0.5\nrow=1 d_loss=0.4\nrow=0 g_loss=0.9 Batch_time=0.8\n"
	     "row=1 g_loss=0.8 Batch_time=0.8\n");
}

static void
lines_without_any_step_are_numbered_from_the_third_on(void **state)
{
	(void)state;
	nothing("loss=0.5 acc=0.1\nloss=0.4 acc=0.2\n");
	text("loss=0.5 acc=0.1\nloss=0.4 acc=0.2\nloss=0.3 acc=0.3\n",
	     "row=0 loss=0.5 acc=0.1\nrow=1 loss=0.4 acc=0.2\nrow=2 loss=0.3 acc=0.3\n");
}

/* -- what is none ------------------------------------------------------------------------------ */

static void
prose_gives_nothing(void **state)
{
	(void)state;
	static const char *const texts[] = {
		/* once is an example */
		"step 3: loss 0.5\n",
		"We trained for epoch 3 and got a loss of 0.5 after step 10.\n",
		"In step 1 the loss was 0.5 and we were not happy with what we saw there.\n"
		"In step 2 the loss was 0.4 and we were not happy with what we saw there.\n",
		"Step 1: install version 2.0 of the package\nStep 2: set the accuracy flag to 3\n",
		"Namespace(lr=0.001, loss=3, epochs=10, step=5)\n"
		"Namespace(lr=0.002, loss=4, epochs=10, step=6)\n",
		"lr: 0.001\nbatch_size: 32\nloss: 0.5\nepochs: 10\n",
		"python train.py --lr 0.1 --epoch 3 --loss 0.5\n"
		"python train.py --lr 0.1 --epoch 4 --loss 0.5\n",
		"Collecting numpy==1.21.0\n  Downloading numpy-1.21.0-cp39.whl (15.7 MB)\n"
		"Successfully installed numpy-1.21.0\n",
		"added 120 packages, and audited 121 packages in 3s\n5 vulnerabilities\n",
		"   Compiling serde v1.0.130\n    Finished dev [unoptimized] target(s) in 2.53s\n"
		"test result: ok. 12 passed; 0 failed; 0 ignored; finished in 0.00s\n",
		"Get:1 http://deb.debian.org/debian bookworm InRelease [151 kB]\n"
		"Need to get 1,234 kB of archives.\n",
		"64 bytes from 1.1.1.1: icmp_seq=1 ttl=57 time=10.2 ms\n"
		"64 bytes from 1.1.1.1: icmp_seq=2 ttl=57 time=10.1 ms\n"
		"64 bytes from 1.1.1.1: icmp_seq=3 ttl=57 time=10.3 ms\n",
		"Traceback (most recent call last):\n  File \"a.py\", line 3\n    loss = 0.5\n",
		"    accuracy                           0.91      1000\n"
		"    accuracy                           0.92      1000\n"
		"    accuracy                           0.93      1000\n",
		"| Model | Loss |\n|-------|------|\n| a     | 0.5  |\n",
		"[1] 0.5\n[2] 0.25\n[1] \"loss\"\n",
		"0.5 0.5 0.2 0.2\n1 0.5 0.5 0.2\n",
		"2024-01-01 12:00:00 INFO request id=5 status=200 duration=12ms error=0\n"
		"2024-01-01 12:00:01 INFO request id=6 status=200 duration=13ms error=0\n",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		check_feed("text", texts[i], "", "");
}

/* Printed at each start of a run that was begun again: in other places, so no rows. */
static void
settings_that_come_again_are_no_metrics(void **state)
{
	(void)state;
	struct str in = STR_INIT;
	for (int run = 0; run < 3; run++) {
		str_adds(&in, "lr: 0.1\nloss: 3\n");
		for (int i = 0; i < 100 + run * 20; i++)
			str_adds(&in, "loading\n");
		str_addf(&in, "step: %d, loss: 0.5\nstep: %d, loss: 0.4\n", run * 2, run * 2 + 1);
		for (int i = 0; i < 100; i++)
			str_adds(&in, "saving\n");
	}
	char *rows = feed_rows("text", str_c(&in), false);
	assert_null(strstr(rows, "lr="));
	assert_null(strstr(rows, "loss=3"));
	assert_non_null(strstr(rows, "step=5 loss=0.4\n"));
	free(rows);
	str_release(&in);
}

/* -- times, ranks, totals, ends ---------------------------------------------------------------- */

static void
stamps_in_front_are_the_time(void **state)
{
	(void)state;
	static const char *const fronts[] = {
		"2024-01-31T12:00:00Z ",
		"2024-01-31 12:00:00+0000 - name - INFO - ",
		"[2024-01-31 14:00:00 +02:00] ",
		"2024-01-31 12:00:00.000 UTC | INFO     | __main__:main:42 - ",
	};
	for (size_t i = 0; i < sizeof fronts / sizeof *fronts; i++) {
		struct str in = STR_INIT;
		for (int n = 1; n < 3; n++)
			str_addf(&in, "%sstep %d, loss 0.5\n", fronts[i], n);
		char *rows = feed_rows("text", str_c(&in), true);
		assert_string_equal(rows, "step=1 @1706702400.000000 loss=0.5\n"
					  "step=2 @1706702400.000000 loss=0.5\n");
		free(rows);
		str_release(&in);
	}
}

static void
of_ranks_the_lowest_counts(void **state)
{
	(void)state;
	static const char *const fronts[] = {"%d: ", "[rank%d]: ", "[default%d]:",
					     "[1,%d]<stdout>:"};
	for (size_t i = 0; i < sizeof fronts / sizeof *fronts; i++) {
		struct str in = STR_INIT;
		for (int step = 1; step < 4; step++) {
			for (int rank = 2; rank >= 0; rank--) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
				str_addf(&in, fronts[i], rank);
#pragma GCC diagnostic pop
				str_addf(&in, "step %d, loss 0.%d\n", step, rank + 1);
			}
		}
		text(str_c(&in), "step=1 loss=0.1\nstep=2 loss=0.1\nstep=3 loss=0.1\n");
		str_release(&in);
	}
	/* Not always does the first report; a lower one that comes late takes over. */
	text("[default0]:building\n[default7]: iteration 10/ 100 | lm loss: 6 | lr: 1 |\n"
	     "[default7]: iteration 20/ 100 | lm loss: 5 | lr: 1 |\n"
	     "[default3]: iteration 30/ 100 | lm loss: 3 | lr: 1 |\n"
	     "[default7]: iteration 30/ 100 | lm loss: 4 | lr: 1 |\n",
	     "step=10 lm loss=6 lr=1\nstep=20 lm loss=5 lr=1\nstep=30 lm loss=3 lr=1\n");
	/* A number in front may be the step itself. */
	text("1: loss 0.5, acc 0.1\n2: loss 0.4, acc 0.2\n",
	     "step=1 loss=0.5 acc=0.1\nstep=2 loss=0.4 acc=0.2\n");
}

static void
check_params(const char *in, const char *params)
{
	struct feeder f;
	feeder_init(&f, "text", "");
	feeder_text(&f, in);
	feeder_end(&f);
	assert_string_equal(recorder_params(f.sink, FEED_RUN), params);
	feeder_release(&f);
}

static void
totals_are_parameters(void **state)
{
	(void)state;
	check_params("step 1/100 loss 0.5\nstep 2/100 loss 0.5\n", "total_steps=100\n");
	check_params("Epoch 1/7, loss 0.5\nEpoch 2/7, loss 0.4\n", "epochs=7\n");
	check_params("Epoch 1/2\n1/10 [=>..] - ETA: 5s - loss: 1\n10/10 - 5s - loss: 0.5\n",
		     "epochs=2\n");
	/* one that was left says it too */
	check_params("50%|##  | 1/2 [00:05<00:05, 1.0it/s, loss=0.9]\r", "total_steps=2\n");
	check_params("50%|##  | 1/2 [00:05<00:05, 1.0it/s, loss=0.9]\r"
		     "100%|####| 2/2 [00:05<00:00, 1.0it/s, loss=0.8]\n",
		     "total_steps=2\n");
	check_params("eta: 0:01:00  iter: 19  total_loss: 2.2  time: 0.5\n", "~total_steps=139\n");
	/* of an epoch, which the first doesn't tell */
	check_params("DLLL {\"step\": \"PARAMETER\", \"data\": {\"lr\": 0.1, \"net\": \"a\\\"b\", "
		     "\"amp\": true}}\n",
		     "amp=true\nlr=0.1\nnet=a\"b\n");
	check_params(
		":::MLLOG {\"event_type\": \"POINT_IN_TIME\", \"key\": \"seed\", \"value\": 7}\n",
		"seed=7\n");
	check_params("epoch 1 | iter 1/48 | loss 0.5\nepoch 1 | iter 2/48 | loss 0.4\n", "");
	check_params("epoch 1 | iter 48/48 | loss 0.5\nepoch 2 | iter 1/48 | loss 0.4\n", "");
	check_params("epoch 1 | iter 48/90 | loss 0.5\nepoch 2 | iter 51/90 | loss 0.4\n",
		     "total_steps=90\n");
	/* No time is left: it was the last, whatever was guessed before. */
	check_params("eta: 0:01:00  iter: 19  total_loss: 2.2  time: 0.5\n"
		     "eta: 0:00:00  iter: 119  total_loss: 2.0  time: 0.5\n",
		     "~total_steps=119\n");
	check_params("Epoch(train) [1][10/20]  lr: 1.0e-02  eta: 0:00:05  time: 0.1  loss: 2.5\n"
		     "Epoch(train) [2][20/20]  lr: 1.0e-02  eta: 0:00:00  time: 0.1  loss: 2.4\n",
		     "~total_steps=40\n");
	/* of nothing that is read */
	check_params("Epoch 1/7\nstep 1/100\n", "");
}

static void
check_said(const char *in, const char *said)
{
	struct feeder f;
	feeder_init(&f, "text", "");
	feeder_text(&f, in);
	feeder_end(&f);
	assert_string_equal(recorder_said(f.sink, FEED_RUN), said);
	feeder_release(&f);
}

#define TRAINED "step 1 loss 0.5\nstep 2 loss 0.4\n"
#define TRACE \
	"Traceback (most recent call last):\n  File \"a.py\", line 1\n    raise X('loss: 3')\n"

static void
last_words(void **state)
{
	(void)state;
	check_said(TRAINED, "");
	check_said(TRAINED TRACE "ValueError: no such thing\n",
		   "failed: ValueError: no such thing");
	/* behind a bar that has no newline yet */
	check_said(TRAINED "\r  7%|7   | 7/100 [00:01<00:10, 1.0it/s, loss=0.3]" TRACE
			   "ValueError: no such thing\n",
		   "failed: ValueError: no such thing");
	check_said("[rank3]: " TRACE "torch.cuda.OutOfMemoryError: CUDA out of memory. Tried\n",
		   "failed: CUDA out of memory");
	check_said(TRAINED TRACE "KeyboardInterrupt\n", "cancelled: KeyboardInterrupt");
	check_said(TRAINED
		   "slurmstepd: error: *** JOB 4 ON n1 CANCELLED AT 2024-01-01T00:00:00 DUE TO "
		   "TIME LIMIT ***\n",
		   "timed out: Slurm's time limit");
	check_said(TRAINED
		   "slurmstepd: error: *** JOB 4 ON n1 CANCELLED AT 2024-01-01T00:00:00 DUE TO "
		   "PREEMPTION ***\n",
		   "preempted by Slurm");
	check_said(TRAINED "slurmstepd: error: Detected 1 oom_kill event in StepId=4.batch.\n",
		   "failed: out of memory (oom_kill)");
	check_said(TRAINED "Killed\n", "failed: killed, most likely out of memory");
	check_said(TRAINED "run.sh: line 3: 123 Killed                  python train.py\n",
		   "failed: killed, most likely out of memory");
	check_said(TRAINED "Training complete\n", "finished");
	/* an echo of the first, and what only looks like an end */
	check_said(TRAINED TRACE "ValueError: a\n" TRACE "OSError: b\n", "failed: ValueError: a");
	check_said(TRAINED TRACE "ValueError: a\n\nDuring handling of the above exception, another "
				 "exception occurred:\n\n" TRACE "OSError: b\n",
		   "failed: OSError: b");
	check_said("Training complete\n", "");
	check_said(TRAINED "ValueError: a\nnothing was Killed here\n", "");
	/* it went on, or only said what was reached */
	check_said(TRAINED TRACE "ValueError: a\nstep 3 loss 0.4\n", "resumed");
	check_said(TRAINED "Training complete\n{'train_loss': 0.4}\n", "finished");
	check_said(TRAINED "Training complete\nstep 1 loss 0.5\nstep 3 loss 1\n", "resumed");
}

/* -- limits, holes ----------------------------------------------------------------------------- */

static void
lines_that_are_too_long_are_skipped(void **state)
{
	(void)state;
	struct str in = STR_INIT;
	str_adds(&in, "step 1 loss 0.5\nstep 2 loss 0.5 ");
	for (int i = 0; i < 100000; i++)
		str_adds(&in, "x ");
	str_adds(&in, "\nstep 3 loss 0.5\n");
	check_feed("text", str_c(&in), "step=1 loss=0.5\nstep=3 loss=0.5\n",
		   "limit 16:2 skipped: a line of more than 65536 bytes\n");
	struct feeder f;
	feeder_init(&f, "text", "");
	for (int i = 0; i < 50; i++)
		feeder_text(&f, str_c(&in) + 20000);
	assert_true(f.pending.len <= 70000);
	feeder_release(&f);
	str_release(&in);
}

/* A kind of line needs no text to come again: only the first is lost. */
static void
of_long_lines_the_first_is_lost(void **state)
{
	(void)state;
	struct str in = STR_INIT;
	for (int step = 1; step < 4; step++) {
		str_addf(&in, "step %d", step);
		for (int i = 0; i < 300; i++)
			str_addf(&in, " loss%d=0.5", i);
		str_addc(&in, '\n');
	}
	char *rows = feed_rows("text", str_c(&in), false);
	assert_null(strstr(rows, "step=1 "));
	assert_non_null(strstr(rows, "step=2 loss0=0.5 loss1=0.5"));
	assert_non_null(strstr(rows, "step=3 loss0=0.5 loss1=0.5"));
	free(rows);
	str_release(&in);
}

static void
escapes_and_returns(void **state)
{
	(void)state;
	text("step 1 loss 0.5\r\nstep 2 loss 0.4\r\n", "step=1 loss=0.5\nstep=2 loss=0.4\n");
	text("\x1b]0;title 5\astep 1 \x1b[1;31mloss\x1b[0m 0.5\nstep 2 loss 0.4\x1b[K\n",
	     "step=1 loss=0.5\nstep=2 loss=0.4\n");
	text("step 1 loss 0.5\rstep 2 loss 0.4\rstep 3 loss 0.3",
	     "step=1 loss=0.5\nstep=2 loss=0.4\nstep=3 loss=0.3\n");
}

/* -- own patterns ------------------------------------------------------------------------------ */

static void
check_patterns(struct pattern_set *set, const char *in, const char *rows)
{
	struct feeder f;
	feeder_init(&f, "text", "");
	f.source->ops->free(f.source);
	f.env.patterns = set;
	f.source = source_by_name("text")->new (&f.env);
	feeder_text(&f, in);
	feeder_end(&f);
	assert_string_equal(recorder_rows(f.sink, FEED_PATH), rows);
	feeder_release(&f);
}

static void
own_patterns_come_first(void **state)
{
	(void)state;
	struct err e;
	struct pattern_set *set = pattern_set_new();
	assert_int_equal(pattern_set_add(set, "R", "it (?<step>\\d+).* R=(?<value>\\S+)", "", &e),
			 0);
	assert_int_equal(pattern_set_add(set, "x", "!(?<name>\\w+) is (?<value>[-.\\d]+)", "/r/*",
					 &e),
			 0);
	assert_int_equal(pattern_set_add(set, "y", "(?<value>\\d)", "*.other", &e), 0);
	check_patterns(set,
		       "it 5 loss 3 R=0.5\nit 6 loss 2 R=many\nit 7 R=1\n!foo is 3, !bar is -4\n",
		       "step=5 R=0.5\nstep=7 R=1\nstep=7 foo=3 bar=-4\n");
	pattern_set_unref(set);
}

static void
a_pattern_that_explodes_is_given_up(void **state)
{
	(void)state;
	struct err e;
	struct pattern_set *set = pattern_set_new();
	struct str in = STR_INIT;
	assert_int_equal(pattern_set_add(set, "R", "(?:a+)+(?:a+)+b(?<value>\\d)", "", &e), 0);
	for (int i = 0; i < 5000; i++)
		str_addc(&in, 'a');
	str_adds(&in, "\nstep 1 loss 0.5\nstep 2 loss 0.5\n");
	check_patterns(set, str_c(&in), "step=1 loss=0.5\nstep=2 loss=0.5\n");
	str_release(&in);
	pattern_set_unref(set);
}

static void
mistakes_in_a_regex_are_said(void **state)
{
	(void)state;
	struct err e;
	assert_int_equal(pattern_check("(?<value>\\d+", &e), ERR_USAGE);
	assert_string_equal(e.text, "regex, at its character 13: missing closing parenthesis");
	assert_int_equal(pattern_check("(?<step>\\d+)", &e), ERR_USAGE);
	assert_non_null(strstr(e.text, "(?<value>"));
	assert_int_equal(pattern_check("(?<value>\\d+)", &e), 0);
}

/* -- toolkits that speak their own way --------------------------------------------------------- */

static void
speech_toolkits(void **state)
{
	(void)state;
	text("[n1] 2020-04-05 10:00:00,000 (trainer:192) INFO: 1/40epoch started. "
	     "Estimated time to "
	     "finish: 7 minutes\n"
	     "[n1] 2020-04-05 10:00:01,000 (trainer:453) INFO: 1epoch:train:1-10batch: "
	     "iter_time=0.5, loss=50.5, acc=0.25\n"
	     "[n1] 2020-04-05 10:00:02,000 (trainer:453) INFO: 1epoch:train:11-20batch: "
	     "iter_time=4e-05, loss=40.5, acc=0.5\n"
	     "[n1] 2020-04-05 10:00:03,000 (trainer:252) INFO: 1epoch results: [train] loss=45.5, "
	     "acc=0.375, time=4.25 seconds, [valid] loss=35.5, cer=0.75, total_count=8\n",
	     "row=0 train/iter_time=0.5 train/loss=50.5 train/acc=0.25\n"
	     "row=1 train/iter_time=4e-05 train/loss=40.5 train/acc=0.5\n"
	     "epoch=1 epoch/train/loss=45.5 epoch/train/acc=0.375 train/time=4.25 valid/loss=35.5 "
	     "valid/cer=0.75 valid/total_count=8\n");
	text("2023-05-12 10:00:00,000 INFO [train.py:1] (0/2) Epoch 1, batch 0, loss[loss=7.5, "
	     "simple_loss=6.5, over 55.0 frames. ], tot_loss[loss=7.25, over 60.0 frames. ], "
	     "batch size: 36, lr: 2.5e-02\n"
	     "2023-05-12 10:00:01,000 INFO [train.py:1] (1/2) Epoch 1, batch 0, loss[loss=9.5, "
	     "simple_loss=6.5, over 55.0 frames. ], tot_loss[loss=9.25, over 60.0 frames. ], "
	     "batch size: 36, lr: 2.5e-02\n"
	     "2023-05-12 10:00:02,000 INFO [train.py:1] (0/2) Epoch 1, batch 50, loss[loss=6.5, "
	     "simple_loss=5.5, over 55.0 frames. ], tot_loss[loss=6.25, over 60.0 frames. ], "
	     "batch size: 36, lr: 2.75e-02\n",
	     "row=0 loss/loss=7.5 loss/simple_loss=6.5 tot_loss/loss=7.25 batch size=36 lr=0.025\n"
	     "row=1 loss/loss=6.5 loss/simple_loss=5.5 tot_loss/loss=6.25 batch size=36 "
	     "lr=0.0275\n");
	text("2021-06-01 10:00:00,000 DEBUG TRAIN Batch 0/0 loss 417.5 lr 0.25 rank 0\n"
	     "2021-06-01 10:00:01,000 DEBUG TRAIN Batch 0/100 loss 217.5 lr 0.5 rank 0\n"
	     "2021-06-01 10:00:02,000 DEBUG CV Batch 0/0 loss 117.5 history loss 107.5 rank 0\n"
	     "2021-06-01 10:00:03,000 INFO Epoch 0 CV info cv_loss 95.5\n"
	     "2021-06-01 10:00:04,000 DEBUG TRAIN | steps/sec 0.5| Batch 1/0 loss 97.5 lr 0.75\n",
	     "row=0 TRAIN/loss=417.5 TRAIN/lr=0.25\n"
	     "row=1 TRAIN/loss=217.5 TRAIN/lr=0.5\n"
	     "epoch=0 cv_loss=95.5\n"
	     "row=2 TRAIN/loss=97.5 TRAIN/lr=0.75\n");
}

static void
translation_and_images(void **state)
{
	(void)state;
	text("[2021-05-26 10:00:00] [memory] Reserving 526 MB, device gpu1\n"
	     "[2021-05-26 10:00:01] Ep. 1 : Up. 500 : Sen. 15,203 : Cost 6.5 * 414,436 after "
	     "414,436 : Time 609.5s : 679.5 words/s : L.r. 1.25e-05\n"
	     "[2021-05-26 10:00:02] [valid] Ep. 1 : Up. 500 : cross-entropy : 4.5 : new best\n",
	     "step=500 Ep.=1 Sen.=15203 Cost=6.5 Time=609.5 words/s=679.5 L.r.=1.25e-05\n"
	     "step=500 valid/cross-entropy=4.5\n");
	text("Region 106 Avg IOU: 0.5, Class: 0.25, Obj: 0.5, count: 3\n"
	     "1631: 27.5, 28.75 avg, 0.001 rate, 11.5 seconds, 208768 images\n"
	     " 1632: 26.5, 28.25 avg loss, 0.001 rate, 11.5 seconds, 208896 images, 3.5 hours "
	     "left\n",
	     "step=1631 loss=27.5 avg=28.75 rate=0.001 seconds=11.5 images=208768\n"
	     "step=1632 loss=26.5 avg=28.25 rate=0.001 seconds=11.5 images=208896\n");
	text("2024-01-15 10:00:00,000 INFO: [x..][epoch:  1, iter:   1,000, "
	     "lr:(3.000e-04,)] [eta: 1 "
	     "day, 20:11:23] l_pix: 0.5 l_g: 0.25\n"
	     "2024-01-15 10:00:01,000 INFO: Validation Set5\n\t # psnr: 30.5\tBest: 30.5 @ 1000 "
	     "iter\n\n"
	     "2024-01-15 10:00:02,000 INFO: [x..][epoch:  1, iter:   2,000, "
	     "lr:(3.000e-04,)] [eta: 1 "
	     "day, 20:11:23] l_pix: 0.25 l_g: 0.25\n"
	     "2024-01-15 10:00:03,000 INFO: Validation Set5\n\t # psnr: 31.5\tBest: 31.5 @ 2000 "
	     "iter\n",
	     "step=1000 psnr=30.5\n"
	     "step=1000 lr=0.0003 l_pix=0.5 l_g=0.25 epoch=1\n"
	     "step=2000 lr=0.0003 l_pix=0.25 l_g=0.25 epoch=1\n"
	     "step=2000 psnr=31.5\n");
	text("[  0]       0 || B: 5.5 | C: 15.5 | T: 55.5 || ETA: 15 days, 2:03:04 || timer: 1.5\n",
	     "step=0 B=5.5 C=15.5 T=55.5 timer=1.5\n");
}

/* Steps that begin anew with each epoch, of which nobody says how many there are, go on. */
static void
steps_of_epochs_of_no_known_length_go_on(void **state)
{
	(void)state;
	text("================ Training Loss (Mon Jan  1 12:00:00 2024) ================\n"
	     "(epoch: 1, iters: 100, time: 0.5, data: 0.25) G_GAN: 1.5 G_L1: 5.5\n"
	     "(epoch: 1, iters: 200, time: 0.5, data: 0.25) G_GAN: 1.25 G_L1: 5.25\n"
	     "(epoch: 2, iters: 100, time: 0.5, data: 0.25) G_GAN: 1.125 G_L1: 5.125\n"
	     "(epoch: 3, iters: 100, time: 0.5, data: 0.25) G_GAN: 1 G_L1: 5\n",
	     "step=100 time=0.5 data=0.25 G_GAN=1.5 G_L1=5.5\n"
	     "step=200 time=0.5 data=0.25 G_GAN=1.25 G_L1=5.25\n"
	     "step=300 time=0.5 data=0.25 G_GAN=1.125 G_L1=5.125\n"
	     "step=400 time=0.5 data=0.25 G_GAN=1 G_L1=5\n");
	/* every third epoch reports */
	text("(epoch: 1, iters: 100, time: 0.5) D_A: 1.5 G_A: 5.5\n"
	     "(epoch: 4, iters: 600, time: 0.5) D_A: 1.25 G_A: 5.25\n"
	     "(epoch: 7, iters: 500, time: 0.5) D_A: 1 G_A: 5\n",
	     "step=100 time=0.5 D_A=1.5 G_A=5.5\nstep=600 time=0.5 D_A=1.25 G_A=5.25\n"
	     "step=1100 time=0.5 D_A=1 G_A=5\n");
	text("epoch 1 step 100 loss 1.5\nepoch 1 step 200 loss 1.25\nepoch 2 step 300 loss 1\n"
	     "epoch 3 step 400 loss 0.5\n",
	     "step=100 loss=1.5 epoch=1\nstep=200 loss=1.25 epoch=1\nstep=300 loss=1 epoch=2\n"
	     "step=400 loss=0.5 epoch=3\n");
}

/* What adversaries print. */
static void
brackets_hold_what_is_said(void **state)
{
	(void)state;
	text("[Epoch 0/9] [Batch 0/50] [D loss: 0.5] [G loss: 0.75]\n"
	     "[Epoch 0/9] [Batch 1/50] [D loss: 0.25] [G loss: 0.5]\n"
	     "[Epoch 1/9] [Batch 0/50] [D loss: 0.125] [G loss: 0.25]\n",
	     "step=0 D loss=0.5 G loss=0.75\nstep=1 D loss=0.25 G loss=0.5\n"
	     "step=50 D loss=0.125 G loss=0.25\n");
	text("0 [D loss: 0.5, acc.: 45.5%] [G loss: 0.75]\n"
	     "1 [D loss: 0.25, acc.: 55.5%] [G loss: 0.5]\n",
	     "step=0 D loss=0.5 acc.=45.5 G loss=0.75\nstep=1 D loss=0.25 acc.=55.5 G loss=0.5\n");
	text("[0/25][0/1583]\tLoss_D: 1.5\tLoss_G: 5.5\tD(x): 0.5\tD(G(z)): 0.625 / 0.0062\n"
	     "[1/25][50/1583]\tLoss_D: 0.5\tLoss_G: 35.5\tD(x): 0.75\tD(G(z)): 0.0000 / 0.0000\n",
	     "step=0 Loss_D=1.5 Loss_G=5.5 D(x)=0.5 D(G(z))=0.625\n"
	     "step=1633 Loss_D=0.5 Loss_G=35.5 D(x)=0.75 D(G(z))=0\n");
	text("[ITER 7000] Evaluating train: L1 0.5 PSNR 28.5\n"
	     "[ITER 9000] Evaluating train: L1 0.25 PSNR 29.5\n",
	     "step=7000 train/L1=0.5 train/PSNR=28.5\nstep=9000 train/L1=0.25 train/PSNR=29.5\n");
}

/* Each number belongs to the data that was named last. */
static void
parts_of_the_data_in_one_line(void **state)
{
	(void)state;
	text("Epoch 1/9 | Train Loss: 0.5 Acc: 0.25 | Val Loss: 0.75 Acc: 0.125\n"
	     "Epoch 2/9 | Train Loss: 0.25 Acc: 0.5 | Val Loss: 0.5 Acc: 0.25\n",
	     "epoch=1 Train Loss=0.5 Train Acc=0.25 Val Loss=0.75 Val Acc=0.125\n"
	     "epoch=2 Train Loss=0.25 Train Acc=0.5 Val Loss=0.5 Val Acc=0.25\n");
	text("Epoch 1: train loss: 0.5, acc: 0.25, val loss: 0.75, acc: 0.125, lr: 0.1\n"
	     "Epoch 2: train loss: 0.25, acc: 0.5, val loss: 0.5, acc: 0.25, lr: 0.1\n",
	     "epoch=1 train loss=0.5 acc=0.25 val loss=0.75 val acc=0.125 lr=0.1\n"
	     "epoch=2 train loss=0.25 acc=0.5 val loss=0.5 val acc=0.25 lr=0.1\n");
	text("Epoch: 001, Train: 0.25, Val: 0.5, Test: 0.75\n"
	     "Epoch: 002, Train: 0.5, Val: 0.25, Test: 0.5\n",
	     "epoch=1 Train=0.25 Val=0.5 Test=0.75\nepoch=2 Train=0.5 Val=0.25 Test=0.5\n");
	text("Epoch 1 Training - Loss: 0.5\nEpoch 1 Validation - Loss: 0.75\n"
	     "Epoch 2 Training - Loss: 0.25\nEpoch 2 Validation - Loss: 0.5\n",
	     "epoch=1 Validation/Loss=0.75\nepoch=1 Training/Loss=0.5\n"
	     "epoch=2 Training/Loss=0.25\nepoch=2 Validation/Loss=0.5\n");
	text("Train 100: loss: 1.5\nTrain 200: loss: 1.25\n",
	     "step=100 Train/loss=1.5\nstep=200 Train/loss=1.25\n");
	text("Epoch 1 - Dev BLEU: BLEU-1 65.5, BLEU-2 60.5\n"
	     "Epoch 2 - Dev BLEU: BLEU-1 66.5, BLEU-2 "
	     "61.5\n",
	     "epoch=1 Dev/BLEU-1=65.5 Dev/BLEU-2=60.5\nepoch=2 Dev/BLEU-1=66.5 Dev/BLEU-2=61.5\n");
}

static void
blocks_below_a_count(void **state)
{
	(void)state;
	text("          Learning iteration 0/1500\n\n     Value function loss: 0.5\n"
	     "             Mean reward: -0.5\n"
	     "          Learning iteration 1/1500\n\n     Value function loss: 0.25\n"
	     "             Mean reward: -0.25\n",
	     "step=0 Value function loss=0.5\nstep=1 Value function loss=0.25\n"
	     "step=0 Mean reward=-0.5\nstep=1 Mean reward=-0.25\n");
	text("[batch=1/1000]:\n\t Train loss/train/total: 11.5\n[batch=2/1000]:\n\t Train "
	     "loss/train/total: 10.5\n",
	     "step=1 Train loss/train/total=11.5\nstep=2 Train loss/train/total=10.5\n");
	text("epoch:1 || iter:10 || Loss:1.5\n->> p1 loss:0.5 || p2 loss:0.25\n"
	     "epoch:1 || iter:20 || Loss:1.25\n->> p1 loss:0.25 || p2 loss:0.125\n",
	     "step=10 Loss=1.5 epoch=1\nstep=20 Loss=1.25 epoch=1\nstep=10 p1 loss=0.5 p2 "
	     "loss=0.25\nstep=20 p1 loss=0.25 p2 loss=0.125\n");
	text("2024-01-01,10:00:00 | INFO | Train Epoch: 0 [ 64/1000 (1%)] Loss: 6.5 "
	     "Batch (t): 1.5, "
	     "512.1/s, 64.1/s/gpu LR: 0.25\n"
	     "2024-01-01,10:00:01 | INFO | Train Epoch: 0 [128/1000 (1%)] Loss: 5.5 "
	     "Batch (t): 1.5, "
	     "512.1/s, 64.1/s/gpu LR: 0.5\n",
	     "step=64 Train/Loss=6.5 Train/Batch (t)=1.5 Train/LR=0.25\n"
	     "step=128 Train/Loss=5.5 Train/Batch (t)=1.5 Train/LR=0.5\n");
	text("epoch=0 i=1/530 loss=0.5\nepoch=0 i=2/530 loss=0.25\nepoch=1 i=1/530 loss=0.125\n",
	     "step=1 loss=0.5\nstep=2 loss=0.25\nstep=531 loss=0.125\n");
	text("-- Epoch 1\nNorm: 1.5, T: 1000, Avg. loss: 0.5\n"
	     "-- Epoch 2\nNorm: 1.25, T: 2000, Avg. loss: 0.25\n",
	     "epoch=1 Norm=1.5 T=1000 Avg. loss=0.5\nepoch=2 Norm=1.25 T=2000 Avg. loss=0.25\n");
}

static void
scores_of_episodes(void **state)
{
	(void)state;
	text("\rEpisode 1\tAverage Score: 0.5\rEpisode 2\tAverage Score: 0.75\n",
	     "step=1 Average Score=0.5\nstep=2 Average Score=0.75\n");
}

static void
other_languages(void **state)
{
	(void)state;
	text("Época 1/9 - pérdida: 0.5 - precisión: 0.25\n"
	     "Época 2/9 - pérdida: 0.25 - precisión: 0.5\n",
	     "epoch=1 pérdida=0.5 precisión=0.25\nepoch=2 pérdida=0.25 precisión=0.5\n");
	text("轮次 1/9, 训练损失: 0.5, 准确率: 0.25\n"
	     "轮次 2/9, 训练损失: 0.25, 准确率: 0.5\n",
	     "epoch=1 训练损失=0.5 准确率=0.25\nepoch=2 训练损失=0.25 准确率=0.5\n");
	text("Epoche 1/9: Verlust 0.5, Genauigkeit 0.25\n"
	     "Epoche 2/9: Verlust 0.25, Genauigkeit 0.5\n",
	     "epoch=1 Verlust=0.5 Genauigkeit=0.25\nepoch=2 Verlust=0.25 Genauigkeit=0.5\n");
}

/* -- tables ------------------------------------------------------------------------------------ */

static void
columns_between_bars(void **state)
{
	(void)state;
	static const char rows[] = "epoch=1 Train Loss=0.5 Val Acc=0.25\n"
				   "epoch=2 Train Loss=0.25 Val Acc=0.5\n";
	text("| Epoch | Train Loss | Val Acc |\n|-------|------------|---------|\n"
	     "| 1 | 0.5 | 0.25 |\n|     2 | 0.25       | 0.5     |\n",
	     rows);
	text("+-------+------------+---------+\n| Epoch | Train Loss | Val Acc |\n"
	     "+-------+------------+---------+\n|   1   |    0.5     |  0.25   |\n"
	     "+-------+------------+---------+\n|   2   |    0.25    |   0.5   |\n",
	     rows);
	text("┏━━━━━━━┳━━━━━━━━━━━━┓\n"
	     "┃ Epoch ┃ Train Loss ┃ Val Acc ┃\n"
	     "┡━━━━━━━╇━━━━━━━━━━━━┩\n"
	     "│ 1/2   │ 0.5        │ 0.25    │\n"
	     "│ 2/2   │ 0.25       │ 0.5     │\n"
	     "└───────┴────────────┘\n",
	     rows);
	text("    epoch |   eps | Train Loss | Val Acc\n        1 | 0.5 | 0.5 | 0.25\n"
	     "        2 | 0.5 | 0.25 | 0.5\n",
	     "epoch=1 eps=0.5 Train Loss=0.5 Val Acc=0.25\n"
	     "epoch=2 eps=0.5 Train Loss=0.25 Val Acc=0.5\n");
	/* no count, or nothing that is measured */
	nothing("| Model | Accuracy | F1 |\n|---|---|---|\n| 1 | 0.5 | 0.25 |\n"
		"| 2 | 0.5 | 0.5 |\n");
	nothing("| Step | Owner | Day |\n|---|---|---|\n| 1 | 20 | 3 |\n| 2 | 21 | 4 |\n");
}

static void
names_with_blanks_above_columns(void **state)
{
	(void)state;
	text("E    #       LOSS TOK2VEC  LOSS TAGGER  TAG_ACC  SCORE \n"
	     "---  ------  ------------  -----------  -------  ------\n"
	     "  0       0          0.00        65.50    14.50    0.25\n"
	     "  1     200        262.50     10621.50    75.50    0.75\n",
	     "step=0 E=0 LOSS TOK2VEC=0 LOSS TAGGER=65.5 TAG_ACC=14.5 SCORE=0.25\n"
	     "step=200 E=1 LOSS TOK2VEC=262.5 LOSS TAGGER=10621.5 TAG_ACC=75.5 SCORE=0.75\n");
	text("      Iter       Train Loss      OOB Improve   Remaining Time \n"
	     "         1           0.5000           0.2500            1.21m\n"
	     "        10           0.2500           0.1250            1.10m\n",
	     "step=1 Train Loss=0.5 OOB Improve=0.25\nstep=10 Train Loss=0.25 OOB "
	     "Improve=0.125\n");
	text("#  step      rmse_val    rmse_trn         lr\n"
	     "      0      3.50e+01    3.25e+01    1.0e-03\n"
	     "    100      2.50e+01    2.25e+01    1.0e-03\n",
	     "step=0 rmse_val=35 rmse_trn=32.5 lr=0.001\nstep=100 rmse_val=25 rmse_trn=22.5 "
	     "lr=0.001\n");
}

/* -- lines of their own ------------------------------------------------------------------------ */

static void
a_step_alone_is_a_heading(void **state)
{
	(void)state;
	text("Step 100 per-step time 0.5s\n{'Loss/total_loss': 1.5,\n 'learning_rate': 0.25}\n"
	     "Step 200 per-step time 0.5s\n{'Loss/total_loss': 1.25,\n 'learning_rate': 0.125}\n",
	     "step=100 Loss/total_loss=1.5\nstep=200 Loss/total_loss=1.25\n"
	     "step=100 learning_rate=0.25\nstep=200 learning_rate=0.125\n");
	nothing("Parsed arguments:\n{'atom_fea_len': 64,\n 'learning_rate': 0.001,\n "
		"'loss_weight': 0.5,\n 'epochs': 300}\nParsed arguments:\n{'atom_fea_len': 64,\n "
		"'learning_rate': 0.002}\n");
	nothing("Step 1\nOpen the lid.\nStep 2\nSet the 3 screws.\nStep 3\nWait 10 minutes.\n");
}

static void
what_is_said_once_at_the_end(void **state)
{
	(void)state;
	text("Epoch 1, loss: 0.5\nEpoch 2, loss: 0.25\nTest set results: loss= 0.75 accuracy= 0.5\n"
	     "Test accuracy: 91.5%\nBest val accuracy: 0.75\n",
	     "epoch=1 loss=0.5\nepoch=2 loss=0.25\nepoch=2 Test/loss=0.75 Test/accuracy=0.5\n"
	     "epoch=2 Test accuracy=91.5\nepoch=2 Best val accuracy=0.75\n");
	/* alone it is anybody's */
	nothing("Test accuracy: 91.5%\nBest val accuracy: 0.75\n");
}

static void
json_behind_a_mark(void **state)
{
	(void)state;
	text("INFO - 07/09/19 10:00:00 - 0:00:21 - __log__:"
	     "{\"n_epoch\": 0, \"precision_at_1\": 1.5}\n"
	     "INFO - 07/09/19 10:00:20 - 0:00:41 - __log__:"
	     "{\"n_epoch\": 1, \"precision_at_1\": 2.5}\n",
	     "epoch=0 precision_at_1=1.5\nepoch=1 precision_at_1=2.5\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_between_bars),
		cmocka_unit_test(names_with_blanks_above_columns),
		cmocka_unit_test(a_step_alone_is_a_heading),
		cmocka_unit_test(what_is_said_once_at_the_end),
		cmocka_unit_test(json_behind_a_mark),
		cmocka_unit_test(speech_toolkits),
		cmocka_unit_test(translation_and_images),
		cmocka_unit_test(steps_of_epochs_of_no_known_length_go_on),
		cmocka_unit_test(brackets_hold_what_is_said),
		cmocka_unit_test(parts_of_the_data_in_one_line),
		cmocka_unit_test(blocks_below_a_count),
		cmocka_unit_test(scores_of_episodes),
		cmocka_unit_test(other_languages),
		cmocka_unit_test(cut_anywhere_the_corpus_gives_the_same_records),
		cmocka_unit_test(nanogpt_and_its_kin),
		cmocka_unit_test(what_stands_before_each_step_belongs_to_the_next),
		cmocka_unit_test(what_stands_behind_each_epoch_belongs_to_it),
		cmocka_unit_test(a_block_below_a_step),
		cmocka_unit_test(pairs_as_people_write_them),
		cmocka_unit_test(megatron),
		cmocka_unit_test(fairseq),
		cmocka_unit_test(mmengine_and_detectron2),
		cmocka_unit_test(boosting),
		cmocka_unit_test(printed_dicts_are_numbered),
		cmocka_unit_test(boxes_and_columns),
		cmocka_unit_test(of_a_bar_the_last_state_of_a_step_counts),
		cmocka_unit_test(what_counts_and_comes_again_is_a_row),
		cmocka_unit_test(batches_of_an_epoch_become_steps),
		cmocka_unit_test(lines_without_any_step_are_numbered_from_the_third_on),
		cmocka_unit_test(prose_gives_nothing),
		cmocka_unit_test(settings_that_come_again_are_no_metrics),
		cmocka_unit_test(stamps_in_front_are_the_time),
		cmocka_unit_test(of_ranks_the_lowest_counts),
		cmocka_unit_test(totals_are_parameters),
		cmocka_unit_test(last_words),
		cmocka_unit_test(lines_that_are_too_long_are_skipped),
		cmocka_unit_test(of_long_lines_the_first_is_lost),
		cmocka_unit_test(escapes_and_returns),
		cmocka_unit_test(own_patterns_come_first),
		cmocka_unit_test(a_pattern_that_explodes_is_given_up),
		cmocka_unit_test(mistakes_in_a_regex_are_said),
	};
	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}

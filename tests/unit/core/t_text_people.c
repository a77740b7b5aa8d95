/* What people print themselves: headings that they draw, numbers that a library prints around,
 * names with a number in them. The formats that many share are in t_text.c. */
#include "tests/unit/feeder.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <cmocka.h>

#define text(in, rows) check_feed("text", in, rows, NULL)
#define nothing(in) check_feed("text", in, "", NULL)

/* IN are two lines of 2020-01-06, the first at 10:00:00, the other ten seconds later. */
static void
check_stamps(const char *in)
{
	char *timed = feed_rows("text", in, true);
	assert_string_equal(timed, "epoch=1 @1578304800.000000 loss=0.5\n"
				   "epoch=2 @1578304810.000000 loss=0.25\n");
	free(timed);
}

static void
what_is_drawn_around_a_heading_is_none_of_it(void **state)
{
	(void)state;
	text("2025-04-18 13:03:43,186 - INFO - ===== Epoch 1 =====\n"
	     "2025-04-18 13:15:15,676 - INFO - Training: CTC Loss: 2.5, \xCE\xBB: 0.25\n"
	     "2025-04-18 13:16:19,273 - INFO - ===== Epoch 2 =====\n"
	     "2025-04-18 13:27:47,046 - INFO - Training: CTC Loss: 1.5, \xCE\xBB: 0.5\n",
	     "epoch=1 Training/CTC Loss=2.5 Training/\xCE\xBB=0.25\n"
	     "epoch=2 Training/CTC Loss=1.5 Training/\xCE\xBB=0.5\n");
	text("### Epoch 1 ###\nloss: 0.5\n### Epoch 2 ###\nloss: 0.25\n",
	     "epoch=1 loss=0.5\nepoch=2 loss=0.25\n");
	text("** Epoch 1\nloss: 0.5\n** Epoch 2\nloss: 0.25\n",
	     "epoch=1 loss=0.5\nepoch=2 loss=0.25\n");
	text("Episode 1:\n  Reward: -28.5\n  Steps: 98\n  Loss: 0.5\n---\n"
	     "Episode 2:\n  Reward: -41.0\n  Steps: 99\n  Loss: 0.25\n",
	     "step=1 Reward=-28.5\nstep=2 Reward=-41\nstep=1 Loss=0.5\nstep=2 Loss=0.25\n");
	text("Start ep num  1\nepoch 1:\nloss_D: 0.5\nStart ep num  2\nepoch 2:\nloss_D: 0.25\n",
	     "epoch=1 loss_D=0.5\nepoch=2 loss_D=0.25\n");
	text("Epoch 1 Train Avg \xE2\x80\x94 seg_loss: 1.5, acc: 0.25\n"
	     "Epoch 2 Train Avg \xE2\x80\x94 seg_loss: 0.5, acc: 0.5\n",
	     "epoch=1 Train/seg_loss=1.5 Train/acc=0.25\n"
	     "epoch=2 Train/seg_loss=0.5 Train/acc=0.5\n");
}

static void
a_number_in_what_a_library_prints_around_it(void **state)
{
	(void)state;
	text("Epoch 1 loss: tensor(0.75, device='cuda:0', grad_fn=<NllLossBackward>)\n"
	     "Epoch 2 loss: tensor(0.5, device='cuda:0', grad_fn=<NllLossBackward>)\n",
	     "epoch=1 loss=0.75\nepoch=2 loss=0.5\n");
	text("epoch 0 loss tensor(2.5, grad_fn=<DivBackward0>) acc tensor(0.125)\n"
	     "epoch 1 loss tensor(2.25, grad_fn=<DivBackward0>) acc tensor(0.25)\n",
	     "epoch=0 loss=2.5 acc=0.125\nepoch=1 loss=2.25 acc=0.25\n");
	text("EPOCH[1/9] loss0.546-|Sample:12.12|\n[TEST]\n"
	     "{'precision': array([0.25]), 'recall': array([0.5])}\n"
	     "EPOCH[2/9] loss0.346-|Sample:11.12|\n[TEST]\n"
	     "{'precision': array([0.5]), 'recall': array([0.75])}\n",
	     "epoch=1 loss=0.546\nepoch=2 loss=0.346\nepoch=1 precision=0.25 recall=0.5\n"
	     "epoch=2 precision=0.5 recall=0.75\n");
	/* of several none is the one */
	text("epoch 0 acc 0.5 per class: array([0.1, 0.2])\n"
	     "epoch 1 acc 0.75 per class: array([0.1, 0.2])\n",
	     "epoch=0 acc=0.5\nepoch=1 acc=0.75\n");
	/* a name that ends in a number is one */
	text("epoch 0 mAP0.5: 0.25 mAP0.75: 0.125\nepoch 1 mAP0.5: 0.5 mAP0.75: 0.25\n",
	     "epoch=0 mAP0.5=0.25 mAP0.75=0.125\nepoch=1 mAP0.5=0.5 mAP0.75=0.25\n");
}

/* A dict may be told of in its line, or by the line above. */
static void
a_dict_is_of_what_stands_before_it(void **state)
{
	(void)state;
	text("Epoch 1: {'loss': 0.5, 'lr': '0.25'}\nEpoch 2: {'loss': 0.25, 'lr': '0.125'}\n",
	     "epoch=1 loss=0.5 lr=0.25\nepoch=2 loss=0.25 lr=0.125\n");
	text("metrics at step 10: {'loss': 0.5}\nmetrics at step 20: {'loss': 0.25}\n",
	     "step=10 loss=0.5\nstep=20 loss=0.25\n");
	text("Step 10: {\"n\": \"a\", \"loss\": 0.5}\nStep 20: {\"n\": \"a\", \"loss\": 0.25}\n",
	     "step=10 loss=0.5\nstep=20 loss=0.25\n");
	text("Epoch 1 - train: {'loss': 0.5} - val: {'loss': 0.75}\n"
	     "Epoch 2 - train: {'loss': 0.25} - val: {'loss': 0.5}\n",
	     "epoch=1 train/loss=0.5\nepoch=1 val/loss=0.75\n"
	     "epoch=2 train/loss=0.25\nepoch=2 val/loss=0.5\n");
	text("Epoch 1 {'train': {'loss': 0.5}, 'val': {'loss': 0.75}}\n"
	     "Epoch 2 {'train': {'loss': 0.25}, 'val': {'loss': 0.5}}\n",
	     "epoch=1 train/loss=0.5\nepoch=1 val/loss=0.75\n"
	     "epoch=2 train/loss=0.25\nepoch=2 val/loss=0.5\n");
	text("Epoch 1\nTrain: {'loss': 0.5}\nVal: {'loss': 0.75}\n"
	     "Epoch 2\nTrain: {'loss': 0.25}\nVal: {'loss': 0.5}\n",
	     "epoch=1 Train/loss=0.5\nepoch=1 Val/loss=0.75\n"
	     "epoch=2 Train/loss=0.25\nepoch=2 Val/loss=0.5\n");
	/* whatever else the line and the dict say */
	text("Step 10 done, here are the logs of it: {'loss': 0.5, 'prompt': 'What is a 3'}\n"
	     "Step 20 done, here are the logs of it: {'loss': 0.25, 'prompt': 'How do I 4'}\n",
	     "step=10 loss=0.5\nstep=20 loss=0.25\n");
	text("Epoch 1: {\"loss\": 0.5, \"note\": \"loss was 3 at step 5\"}\n"
	     "Epoch 2: {\"loss\": 0.25, \"note\": \"loss was 3 at step 5\"}\n",
	     "epoch=1 loss=0.5\nepoch=2 loss=0.25\n");
	/* the Trainer's, behind anything */
	text("Training...\n{'loss': 0.5, 'epoch': 0.5}\n{'loss': 0.25, 'epoch': 1.0}\n",
	     "row=0 loss=0.5 epoch=0.5\nrow=1 loss=0.25 epoch=1\n");
	text("Train | INFO | {'loss': 0.5, 'epoch': 0.5}\n"
	     "Train | INFO | {'loss': 0.25, 'epoch': 1.0}\n",
	     "row=0 loss=0.5 epoch=0.5\nrow=1 loss=0.25 epoch=1\n");
	text("Training...\n{'loss': 0.5}\n{'loss': 0.25}\n", "row=0 loss=0.5\nrow=1 loss=0.25\n");
	/* a configuration */
	text("Config: {'lr': 0.1, 'epochs': 10, 'loss': 'ce'}\n"
	     "Epoch 1: loss 0.5\nEpoch 2: loss 0.25\n",
	     "epoch=1 loss=0.5\nepoch=2 loss=0.25\n");
}

static void
a_line_may_say_of_which_part_the_lines_below_are(void **state)
{
	(void)state;
	text("Epoch 1:\n    Train:\n        Loss: 0.5\n    Valid:\n        Loss: 0.75\n"
	     "Epoch 2:\n    Train:\n        Loss: 0.25\n    Valid:\n        Loss: 0.5\n",
	     "epoch=1 Train/Loss=0.5\nepoch=2 Train/Loss=0.25\n"
	     "epoch=1 Valid/Loss=0.75\nepoch=2 Valid/Loss=0.5\n");
	text("Epoch 1\nTraining...\nloss: 0.5\nValidation metrics:\nloss: 0.75\n"
	     "Epoch 2\nTraining...\nloss: 0.25\nValidation metrics:\nloss: 0.5\n",
	     "epoch=1 Training/loss=0.5\nepoch=2 Training/loss=0.25\n"
	     "epoch=1 Validation/loss=0.75\nepoch=2 Validation/loss=0.5\n");
	text("{\n  \"epoch\": 1,\n  \"val\": {\n    \"loss\": 0.5\n  },\n  \"lr\": 0.1\n}\n"
	     "{\n  \"epoch\": 2,\n  \"val\": {\n    \"loss\": 0.25\n  },\n  \"lr\": 0.1\n}\n",
	     "epoch=1 val/loss=0.5\nepoch=2 val/loss=0.25\nepoch=1 lr=0.1\nepoch=2 lr=0.1\n");
	/* it ends with what is less deep, and with what counts */
	text("Train:\n  epoch 1 loss: 0.5\n  epoch 2 loss: 0.25\n",
	     "epoch=1 loss=0.5\nepoch=2 loss=0.25\n");
	text("Epoch 1\n  Test:\n    acc: 0.5\nmean loss: 0.5\n"
	     "Epoch 2\n  Test:\n    acc: 0.75\nmean loss: 0.25\n",
	     "epoch=1 Test/acc=0.5\nepoch=2 Test/acc=0.75\n"
	     "epoch=1 mean loss=0.5\nepoch=2 mean loss=0.25\n");
	text("Epoch 1\ntrain:\n  loss: 0.5\nval:\n  loss: 0.75\nlr: 0.5\n"
	     "Epoch 2\ntrain:\n  loss: 0.25\nval:\n  loss: 0.5\nlr: 0.25\n",
	     "epoch=1 train/loss=0.5\nepoch=2 train/loss=0.25\nepoch=1 val/loss=0.75\n"
	     "epoch=2 val/loss=0.5\nepoch=1 lr=0.5\nepoch=2 lr=0.25\n");
	/* nor what a part does not have, nor what a training says once */
	text("Epoch 1\nEvaluating...\nacc: 0.5\nBest acc: 0.5\nLoss: 0.5, KL: 0.5\n"
	     "Epoch 2\nEvaluating...\nacc: 0.75\nBest acc: 0.75\nLoss: 0.25, KL: 0.25\n",
	     "epoch=1 Evaluating/acc=0.5\nepoch=2 Evaluating/acc=0.75\n"
	     "epoch=1 Best acc=0.5\nepoch=2 Best acc=0.75\n"
	     "epoch=1 Loss=0.5 KL=0.5\nepoch=2 Loss=0.25 KL=0.25\n");
	text("Training...\nloss: 0.5 acc: 0.5\nloss: 0.25 acc: 0.75\nloss: 0.125 acc: 1\n",
	     "row=0 loss=0.5 acc=0.5\nrow=1 loss=0.25 acc=0.75\nrow=2 loss=0.125 acc=1\n");
	/* who says it himself needs no other */
	text("Epoch 1\nEvaluation:\nval_loss: 0.5\nEpoch 2\nEvaluation:\nval_loss: 0.25\n",
	     "epoch=1 val_loss=0.5\nepoch=2 val_loss=0.25\n");
}

static void
a_step_that_is_rounded_is_the_one_that_is_due(void **state)
{
	(void)state;
	text("step:800 loss:2.0\nstep:900 loss:1.5\nstep:1K loss:1.25\nstep:1K loss:1.0\n"
	     "step:2K loss:0.5\n",
	     "step=800 loss=2\nstep=900 loss=1.5\nstep=1000 loss=1.25\nstep=1100 loss=1\n"
	     "step=2000 loss=0.5\n");
	/* how far apart they are has to be known, and is of exact ones */
	text("step:500 loss:2.0\nstep:1K loss:1.5\nstep:2K loss:1.25\nstep:2K loss:1.0\n",
	     "step=500 loss=2\nstep=1000 loss=1.5\nstep=2000 loss=1.25\nstep=2000 loss=1\n");
	text("step 600 | train_loss 2.5\nstep 800 | train_loss 2.0\nstep 1K | train_loss 1.5\n"
	     "step 1K | val_loss 1.0\nstep 1.2K | train_loss 0.5\n",
	     "step=600 train_loss=2.5\nstep=800 train_loss=2\nstep=1000 train_loss=1.5\n"
	     "step=1000 val_loss=1\nstep=1200 train_loss=0.5\n");
	text("step 1M loss 0.5\nstep 2M loss 0.25\n",
	     "step=1000000 loss=0.5\nstep=2000000 loss=0.25\n");
}

static void
a_number_may_be_part_of_a_name(void **state)
{
	(void)state;
	text("step 100 loss 0.5\n  Precision @ 1: 0.25\nstep 200 loss 0.25\n  Precision @ 1: 0.5\n",
	     "step=100 loss=0.5\nstep=200 loss=0.25\nstep=100 Precision @ 1=0.25\n"
	     "step=200 Precision @ 1=0.5\n");
	text("Epoch 6/50:\nClass 0 Accuracy: 80.5%\nClass 1 Accuracy: 99.5%\n"
	     "Epoch 7/50:\nClass 0 Accuracy: 81.5%\nClass 1 Accuracy: 99.75%\n",
	     "epoch=6 Class 0 Accuracy=80.5\nepoch=7 Class 0 Accuracy=81.5\n"
	     "epoch=6 Class 1 Accuracy=99.5\nepoch=7 Class 1 Accuracy=99.75\n");
	text("epoch 1 mIoU: 0.25\n  Class  1: IoU = 0.5\n  Class  2: IoU = 0.25\n"
	     "epoch 2 mIoU: 0.5\n  Class  1: IoU = 0.75\n  Class  2: IoU = 0.5\n",
	     "epoch=1 mIoU=0.25\nepoch=2 mIoU=0.5\nepoch=1 Class  1: IoU=0.5\n"
	     "epoch=2 Class  1: IoU=0.75\nepoch=1 Class  2: IoU=0.25\n"
	     "epoch=2 Class  2: IoU=0.5\n");
	/* what a class is told at is no class of its own */
	text("Task 1 Epoch 1 loss: 0.5\nTask 1 Epoch 2 loss: 0.25\n",
	     "epoch=1 loss=0.5\nepoch=2 loss=0.25\n");
	text("epoch 1 | loss: 0.5\nTop 1 acc: 50.5\nepoch 2 | loss: 0.25\nTop 1 acc: 60.5\n",
	     "epoch=1 loss=0.5\nepoch=2 loss=0.25\nepoch=1 Top 1 acc=50.5\n"
	     "epoch=2 Top 1 acc=60.5\n");
}

static void
counts_as_tutorials_print_them(void **state)
{
	(void)state;
	text("[1,  2000] loss: 2.25\n[1,  4000] loss: 1.75\n[2,  2000] loss: 1.5\n"
	     "Finished Training\nAccuracy of the network on the 10000 test images: 55 %\n"
	     "Accuracy of plane : 58 %\n",
	     "step=2000 loss=2.25\nstep=4000 loss=1.75\nstep=6000 loss=1.5\n"
	     "step=6000 Accuracy of the network on the 10000 test images=55\n");
	text("Epoch 1\n-------------------------------\n"
	     "loss: 2.5  [   64/60000]\nloss: 2.25  [ 6464/60000]\nTest Error: \n"
	     " Accuracy: 50.5%, Avg loss: 2.125 \n\nEpoch 2\n-------------------------------\n"
	     "loss: 2.0  [   64/60000]\nTest Error: \n Accuracy: 60.5%, Avg loss: 1.5 \n",
	     "step=64 loss=2.5\nstep=6464 loss=2.25\nstep=60064 loss=2\n"
	     "step=6464 Accuracy=50.5 Avg loss=2.125\nstep=60064 Accuracy=60.5 Avg loss=1.5\n");
	text("After 1 training step(s), loss on training batch is 3.25.\n"
	     "After 1001 training step(s), loss on training batch is 0.25.\n",
	     "step=1 loss on training batch=3.25\nstep=1001 loss on training batch=0.25\n");
	text("[ROUND 1]\nAfter 1 Round: loss = 0.5, accuracy: 0.75\n"
	     "[ROUND 2]\nAfter 2 Round: loss = 0.25, accuracy: 0.875\n",
	     "step=1 loss=0.5 accuracy=0.75\nstep=2 loss=0.25 accuracy=0.875\n");
	text("INFO: epoch 1-1, loss: 0.5 (demo)\nINFO: epoch 1-599, loss: 0.25 (demo)\n"
	     "INFO: epoch 2-1, loss: 0.125 (demo)\n",
	     "row=0 loss=0.5\nrow=1 loss=0.25\nrow=2 loss=0.125\n");
	text("epoch 1, phase train, step 10, loss_train, 0.5\n"
	     "epoch 1, phase train, step 20, loss_train, 0.25\n",
	     "step=10 loss_train=0.5 epoch=1\nstep=20 loss_train=0.25 epoch=1\n");
	text("Epoch 00000 | Step 00000 | Loss 6.5 | Speed (samples/sec) nan | GPU 296.5 MB\n"
	     "Epoch 00000 | Step 00020 | Loss 2.5 | Speed (samples/sec) 43672.5 | GPU 401.5 MB\n",
	     "step=0 Loss=6.5 Speed (samples/sec)=nan GPU=296.5 Epoch=0\n"
	     "step=20 Loss=2.5 Speed (samples/sec)=43672.5 GPU=401.5 Epoch=0\n");
}

static void
dates_and_arrows_in_a_line(void **state)
{
	(void)state;
	text("[ Mon Jan  6 10:00:00 2020 ] Training epoch: 1\n"
	     "[ Mon Jan  6 10:05:30 2020 ] \tMean training loss: 2.5.\n"
	     "[ Mon Jan  6 10:05:30 2020 ] Eval epoch: 1\n"
	     "[ Mon Jan  6 10:06:30 2020 ] \tMean test loss of 258 batches: 1.5.\n"
	     "[ Mon Jan  6 10:06:31 2020 ] Training epoch: 2\n"
	     "[ Mon Jan  6 10:09:30 2020 ] \tMean training loss: 1.5.\n"
	     "[ Mon Jan  6 10:09:30 2020 ] Eval epoch: 2\n"
	     "[ Tue Jan 07 10:10:30 2020 ] \tMean test loss of 258 batches: 1.25.\n",
	     "epoch=1 Mean training loss=2.5\nepoch=2 Mean training loss=1.5\n"
	     "epoch=1 Mean test loss of 258 batches=1.5\n"
	     "epoch=2 Mean test loss of 258 batches=1.25\n");
	check_stamps("[ Mon Jan  6 10:00:00 2020 ] epoch 1 loss 0.5\n"
		     "[ Mon Jan  6 10:00:10 2020 ] epoch 2 loss 0.25\n");
	check_stamps("[I 200106 10:00:00 main:110] epoch 1 loss 0.5\n"
		     "[I 200106 10:00:10 main:110] epoch 2 loss 0.25\n");
	check_stamps("INFO flwr 2020-01-06 10:00:00,000 | server.py:125 | epoch 1 loss 0.5\n"
		     "INFO flwr 2020-01-06 10:00:10,000 | server.py:125 | epoch 2 loss 0.25\n");
	text("Epoch 1 => train loss: 0.5 => val loss: 0.75\n"
	     "Epoch 2 => train loss: 0.25 -> val loss: 0.5\n",
	     "epoch=1 train loss=0.5 val loss=0.75\nepoch=2 train loss=0.25 val loss=0.5\n");
	text("Cost after iteration 0: 0.75\nCost after iteration 100: 0.5\n",
	     "step=0 Cost=0.75\nstep=100 Cost=0.5\n");
}

static void
what_chinese_programs_print(void **state)
{
	(void)state;
	text("--------第 1 轮训练开始--------\n训练次数：100，Loss：2.25\n训练次数：200，Loss：2.0\n"
	     "整体测试集上的正确率：0.25\n--------第 2 轮训练开始--------\n"
	     "训练次数：800，Loss：1.5\n整体测试集上的正确率：0.5\n",
	     "step=100 Loss=2.25\nstep=200 Loss=2\nstep=800 Loss=1.5\n"
	     "step=200 整体测试集上的正确率=0.25\nstep=800 整体测试集上的正确率=0.5\n");
	text("第1轮: 训练损失: 0.5, 验证准确率: 0.75\n第2轮: 训练损失: 0.25, 验证准确率: 0.875\n",
	     "epoch=1 训练损失=0.5 验证准确率=0.75\nepoch=2 训练损失=0.25 验证准确率=0.875\n");
	text("【train】 epoch：1 step:100/1000 loss：1.5\n"
	     "【train】 epoch：1 step:200/1000 loss：1.25\n",
	     "step=100 train/loss=1.5 train/epoch=1\nstep=200 train/loss=1.25 train/epoch=1\n");
	nothing("第3章：共 5 节\n第4章：共 6 节\n");
}

static void
prose_with_counts_in_it_is_prose(void **state)
{
	(void)state;
	nothing("epoch 1: lr 0.5 -> 0.25\nepoch 2: lr 0.25 -> 0.125\n");
	text("epoch 1 loss 0.5\nepoch 2 loss 0.25\nTest Accuracy of     0: 98% (970/980)\n"
	     "Test Accuracy of     1: 99% (1123/1135)\n",
	     "epoch=1 loss=0.5\nepoch=2 loss=0.25\n");
	nothing("After 3 steps you should see the loss go down to 0.5 or so\n"
		"After 4 steps you should see the loss go down to 0.25 or so\n");
	nothing("[1, 2] and [3, 4] are pairs\n[5, 6] and [7, 8] are pairs\n");
	text("Loss at epoch 1 = 0.5\nLoss at epoch 2 = 0.25\n",
	     "epoch=1 Loss=0.5\nepoch=2 Loss=0.25\n");
	text("Training loss for epoch 1 is 0.5\nTraining loss for epoch 2 is 0.25\n",
	     "epoch=1 Training loss=0.5\nepoch=2 Training loss=0.25\n");
	text("Epoch 1 loss=0.5\xC2\xB1"
	     "0.125 acc=50%\xC2\xB1"
	     "1%\n"
	     "Epoch 2 loss=0.25\xC2\xB1"
	     "0.125 acc=75%\xC2\xB1"
	     "1%\n",
	     "epoch=1 loss=0.5 acc=50\nepoch=2 loss=0.25 acc=75\n");
	nothing("Loss improvement for epoch 3 is 0.5\nLoss improvement for epoch 4 is 0.25\n"
		"No accuracy gain for epoch 5 was 0.5\nNo accuracy gain for epoch 6 was 0.25\n");
	text("Train loss @ 100: 0.5\nTrain loss @ 200: 0.25\n",
	     "step=100 Train loss @=0.5\nstep=200 Train loss @=0.25\n");
	nothing("The number of workers is 8\nThe number of workers is 9\n");
	nothing("Class 3 has 500 images\nClass 4 has 600 images\n");
	nothing("===== 12 passed =====\n===== 13 passed =====\n");
	nothing("loss, 0.5 and gain, 0.25 are words\nloss, 0.75 and gain, 0.5 are words\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_drawn_around_a_heading_is_none_of_it),
		cmocka_unit_test(a_number_in_what_a_library_prints_around_it),
		cmocka_unit_test(a_dict_is_of_what_stands_before_it),
		cmocka_unit_test(a_line_may_say_of_which_part_the_lines_below_are),
		cmocka_unit_test(a_step_that_is_rounded_is_the_one_that_is_due),
		cmocka_unit_test(a_number_may_be_part_of_a_name),
		cmocka_unit_test(counts_as_tutorials_print_them),
		cmocka_unit_test(dates_and_arrows_in_a_line),
		cmocka_unit_test(what_chinese_programs_print),
		cmocka_unit_test(prose_with_counts_in_it_is_prose),
	};
	return cmocka_run_group_tests_name("t_text_people", tests, NULL, NULL);
}

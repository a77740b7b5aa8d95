/* Lines and tables of frameworks, each as it prints them. What people print themselves is in
 * t_text.c. */
#include "tests/unit/feeder.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#define text(in, rows) check_feed("text", in, rows, NULL)

static void
tensorflow_and_jax(void **state)
{
	(void)state;
	text("INFO:tensorflow:loss = 3.25, step = 0\n"
	     "INFO:tensorflow:global_step/sec: 1.5\n"
	     "INFO:tensorflow:loss = 1.25, step = 100 (70.418 sec)\n"
	     "INFO:tensorflow:Saving dict for global step 100: P/mAP (large) = 0.25, accuracy = "
	     "0.5, global_step = 100, loss = 1.5\n",
	     "step=0 loss=3.25\nstep=100 loss=1.25\nstep=100 global_step/sec=1.5\n"
	     "step=100 P/mAP (large)=0.25 accuracy=0.5 eval/loss=1.5\n");
	/* the rate is of the step to come */
	text("INFO:tensorflow:loss = 3.25, step = 0\nINFO:tensorflow:loss = 2.25, step = 100\n"
	     "INFO:tensorflow:global_step/sec: 1.5\nINFO:tensorflow:examples/sec: 48.5\n"
	     "INFO:tensorflow:loss = 1.25, step = 200\n",
	     "step=0 loss=3.25\nstep=100 loss=2.25\nstep=200 loss=1.25\n"
	     "step=200 global_step/sec=1.5\nstep=200 examples/sec=48.5\n");
	text("I0501 10:01:00.123456 140123456789 metric_writer.py:101] [100] accuracy=0.125, "
	     "loss=6.5, shape=[1, 2]\n"
	     "I0501 10:02:00.123456 140123456789 metric_writer.py:101] [200] loss=5.5\n",
	     "step=100 accuracy=0.125 loss=6.5\nstep=200 loss=5.5\n");
}

static void
caffe_says_its_nets_outputs_below_an_iteration(void **state)
{
	(void)state;
	text("I0101 10:00:00.123458 12345 solver.cpp:338] Iteration 0, Testing net (#0)\n"
	     "I0101 10:00:01.123458 12345 solver.cpp:406]     Test net output #0: accuracy = 0.5\n"
	     "I0101 10:00:01.223459 12345 solver.cpp:229] Iteration 0, loss = 2.5\n"
	     "I0101 10:00:01.223460 12345 solver.cpp:245]     Train net output #0: loss = 2.5 (* 1 "
	     "= 2.5 loss)\n"
	     "I0101 10:00:05.223459 12345 solver.cpp:229] Iteration 100, loss = 1.5\n",
	     "step=0 Test/accuracy=0.5\nstep=0 loss=2.5\nstep=0 Train/loss=2.5\n"
	     "step=100 loss=1.5\n");
}

static void
deepspeed(void **state)
{
	(void)state;
	text("[2023-04-12 12:01:00,456] [INFO] [logging.py:96:log_dist] [Rank 0] step=10, "
	     "skipped=4, lr=[9e-06, 9e-06], mom=[[0.9, 0.95], [0.9, 0.95]]\n"
	     "[2023-04-12 12:01:00,457] [INFO] [timer.py:199:stop] epoch=0/micro_step=10/"
	     "global_step=10, RunningAvgSamplesPerSec=60.5, MemAllocated=4.25GB\n"
	     "[2023-04-12 12:02:00,456] [INFO] [logging.py:96:log_dist] [Rank 0] step=20, "
	     "skipped=4, lr=[9e-06, 8e-06], mom=[(0.9, 0.95)]\n",
	     "step=10 RunningAvgSamplesPerSec=60.5 MemAllocated=4.25\n"
	     "step=10 skipped=4 lr=9e-06\nstep=20 skipped=4 lr/0=9e-06 lr/1=8e-06\n");
}

static void
adversaries_and_scenes(void **state)
{
	(void)state;
	text("tick 1     kimg 140.5    lod 4.00  time 4m 38s        sec/tick 138.5   gpumem 3.5\n"
	     "network-snapshot-000140        time 4m 32s       fid50k 210.5\n"
	     "{\"results\": {\"fid50k_full\": 300.5, \"kid\": 0.25}, \"metric\": \"x\"}\n",
	     "step=1 kimg=140.5 lod=4 sec/tick=138.5 gpumem=3.5\nstep=1 fid50k=210.5\n"
	     "step=1 results/fid50k_full=300.5 results/kid=0.25\n");
	text("[ITER 7000] Evaluating test: L1 0.25 PSNR 24.5 [01/01 10:05:12]\n"
	     "[ITER 7000] Evaluating train: L1 0.125 PSNR 26.5 [01/01 10:05:13]\n",
	     "step=7000 test/L1=0.25 test/PSNR=24.5\nstep=7000 train/L1=0.125 train/PSNR=26.5\n");
}

static void
detectors_are_evaluated(void **state)
{
	(void)state;
	text("step 1 loss 0.5\nstep 2 loss 0.25\n"
	     "Evaluate annotation type *bbox*\n"
	     " Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 0.250\n"
	     "Evaluate annotation type *segm*\n"
	     " Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 0.125\n",
	     "step=1 loss=0.5\nstep=2 loss=0.25\n"
	     "step=2 Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ]=0.25\n"
	     "step=2 segm/Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 "
	     "]=0.125\n");
}

static void
wrappers_of_pytorch(void **state)
{
	(void)state;
	text("1/10 * Epoch 1 (train): accuracy01=0.5 | base/lr=0.25 | loss=0.5\n"
	     "1/10 * Epoch 1 (valid): accuracy01=0.75 | base/lr=0.25 | loss=0.25\n",
	     "epoch=1 train/accuracy01=0.5 train/base/lr=0.25 train/loss=0.5\n"
	     "epoch=1 valid/accuracy01=0.75 valid/base/lr=0.25 valid/loss=0.25\n");
	text("train (1/5) loss: 0.5 | lr: 0.25\nvalid (1/5) loss: 0.75 | lr: 0.25\n",
	     "epoch=1 train/loss=0.5 train/lr=0.25\nepoch=1 valid/loss=0.75 valid/lr=0.25\n");
	text("Epoch 1 | iter 8 step 1 (step) | loss train: 10.5, val: n/a | iter time: 47.5 ms\n",
	     "step=8 loss train=10.5 iter time=47.5 Epoch=1\n");
	text("fps step: 49 fps step and policy inference: 47 fps total: 38 epoch: 1/500 "
	     "frames: 9\n",
	     "epoch=1 fps step=49 fps step and policy inference=47 fps total=38 frames=9\n");
	text("Epoch #1: 101it [00:12, 812.22it/s, env_step=100, len=196, loss=0.5, rew=195.5]\n"
	     "Epoch #1: test_reward: 187.5 ± 20.5, best_reward: 187.5 ± 20.5 in #1\n"
	     "Epoch #2: test_reward: 197.5 ± 20.5, best_reward: 197.5 ± 20.5 in #2\n",
	     "epoch=1 env_step=100 len=196 loss=0.5 rew=195.5\n"
	     "epoch=1 test_reward=187.5 best_reward=187.5\n"
	     "epoch=2 test_reward=197.5 best_reward=197.5\n");
}

static void
agents(void **state)
{
	(void)state;
	text("Updates 10, num timesteps 640, FPS 512 \n"
	     " Last 10 training episodes: mean/median reward 21.5/20.5, min/max reward 9.5/45.5\n",
	     "step=640 Updates=10 FPS=512\n"
	     "step=640 mean reward=21.5 median reward=20.5 min reward=9.5 max reward=45.5\n");
	text(" Map 3m Algo a Exp b updates 5/1000 episodes, total num timesteps 320/3200, FPS 12.\n"
	     "average episode rewards is 2.5.\n"
	     " Map 3m Algo a Exp b updates 6/1000 episodes, total num timesteps 640/3200, FPS 13.\n"
	     "average episode rewards is 3.5.\n",
	     "step=320 updates=5 FPS=12\nstep=640 updates=6 FPS=13\n"
	     "step=320 average episode rewards=2.5\nstep=640 average episode rewards=3.5\n");
	text("[INFO 10:02:00] my_main Recent Stats | t_env:  10052 | Episode:   180\n"
	     "epsilon:   0.75\tloss:   0.5\treturn_mean:   2.5\n"
	     "[INFO 10:03:00] my_main Recent Stats | t_env:  20052 | Episode:   280\n"
	     "epsilon:   0.50\tloss:   0.25\treturn_mean:   3.5\n",
	     "step=10052 Episode=180\nstep=20052 Episode=280\n"
	     "step=10052 epsilon=0.75 loss=0.5 return_mean=2.5\n"
	     "step=20052 epsilon=0.5 loss=0.25 return_mean=3.5\n");
	text("| train | E: 1 | S: 1000 | R: 12.5 | D: 1.5 s | ALOSS: -0.5 | T: 0:01:12\n"
	     "| eval  | S: 1000 | E: 10 | R: 112.5 | T: 0:01:12\n",
	     "step=1000 train/E=1 train/R=12.5 train/D=1.5 train/ALOSS=-0.5\n"
	     "step=1000 eval/E=10 eval/R=112.5\n");
	text("[2460] model_loss 12.5 / kl 3.5 / train_return 21.5\n",
	     "step=2460 model_loss=12.5 kl=3.5 train_return=21.5\n");
	text("Episode : 73 \t\t Timestep : 1600 \t\t Average Reward : 21.5\n"
	     "Episode : 126 \t\t Timestep : 3200 \t\t Average Reward : 29.5\n",
	     "step=1600 Episode=73 Average Reward=21.5\n"
	     "step=3200 Episode=126 Average Reward=29.5\n");
	text("Episode   100\tAvg: -1000.00\tBest: -900.5\tSteps:  99900\n"
	     "Episode   200\tAvg: -500.00\tBest: -800.5\tSteps:  89900\n",
	     "step=100 Avg=-1000 Best=-900.5 Steps=99900\n"
	     "step=200 Avg=-500 Best=-800.5 Steps=89900\n");
}

static void
what_other_trainers_print(void **state)
{
	(void)state;
	/* of the training again */
	text("Epoch: [1][ 0/10]\tLoss 2.5 (2.5)\tAcc@1 12.5 (12.5)\n"
	     "Test: [9/10]\tLoss 2.5 (2.5)\tAcc@1 25.5 (25.5)\n * Acc@1 25.25\n"
	     "Epoch: [2][ 0/10]\tLoss 1.5 (1.5)\tAcc@1 22.5 (22.5)\n * Acc@1 22.25\n"
	     "Test: [9/10]\tLoss 2.5 (2.5)\tAcc@1 35.5 (35.5)\n * Acc@1 35.25\n",
	     "step=0 Loss=2.5 Acc@1=12.5\nstep=10 Loss=1.5 Acc@1=22.5\n"
	     "step=0 Test/Loss=2.5 Test/Acc@1=25.5\nstep=10 Test/Loss=2.5 Test/Acc@1=35.5\n"
	     "step=0 Test/Acc@1=25.25\nstep=10 Test/Acc@1=35.25\n");
	text("Epoch 1/9\n9/9 [====] - 1s 2ms/step - loss: 0.5 - val_loss: 0.75\n"
	     "Epoch 1: early stopping\n3/3 [====] - 1s 2ms/step - loss: 0.125\n"
	     "Epoch 1/9\n9/9 [====] - 1s 2ms/step - loss: 0.25 - val_loss: 0.5\n",
	     "epoch=1 loss=0.5 val_loss=0.75\nepoch=1 loss=0.25 val_loss=0.5\n");
	text("At iteration 100/110/120, Mean rms=2.5%, delta=10.5%, char train=79.5%, "
	     "skip ratio=0%,  New worst char error = 80.5 wrote checkpoint.\n",
	     "step=100 Mean rms=2.5 delta=10.5 char train=79.5 skip ratio=0 "
	     "New worst char error=80.5\n");
	text("2024-01-31 10:11:12.345 INFO: Epoch 1: head: default, loss=  0.5, "
	     "RMSE_E_per_atom=  12.5 meV, RMSE_F=   2.5 meV / A\n"
	     "2024-01-31 10:12:12.345 INFO: Epoch 2: head: default, loss=  0.25, "
	     "RMSE_E_per_atom=  11.5 meV, RMSE_F=   1.5 meV / A\n",
	     "epoch=1 loss=0.5 RMSE_E_per_atom=12.5 RMSE_F=2.5\n"
	     "epoch=2 loss=0.25 RMSE_E_per_atom=11.5 RMSE_F=1.5\n");
	text("INFO 2024-01-31 10:00:00,123 train_utils.py: 271: Train Epoch: [0][ 0/910] | "
	     "Batch Time: 1.5 (1.5) | Mem (GB): 30.0 (29.8/31.0) | Losses/all: 5.0e-01 (1e+00)\n"
	     "INFO 2024-01-31 10:00:00,123 train_utils.py: 271: Train Epoch: [0][10/910] | "
	     "Batch Time: 1.5 (1.5) | Mem (GB): 30.0 (29.8/31.0) | Losses/all: 2.5e-01 (1e+00)\n",
	     "step=0 Train/Batch Time=1.5 Train/Mem (GB)=30 Train/Losses/all=0.5\n"
	     "step=10 Train/Batch Time=1.5 Train/Mem (GB)=30 Train/Losses/all=0.25\n");
	text("opt_callback: iter=     1 sample=1/24 sched=0.5 loss=0.5 eta=01:02:11 |->\n"
	     "opt_callback: iter=     2 sample=9/24 sched=0.5 loss=0.25 eta=01:02:11 |->\n",
	     "step=1 sched=0.5 loss=0.5\nstep=2 sched=0.5 loss=0.25\n");
	text("  Iteration    Epoch    TimeElapsed    LearnRate    TrainingLoss    ValidationLoss\n"
	     "  _________    _____    ___________    _________    ____________    ______________\n"
	     "          0        0       00:00:03          0.5                               2.5\n"
	     "         50        1       00:01:03          0.5             1.5                  \n",
	     "step=0 LearnRate=0.5 ValidationLoss=2.5 Epoch=0\n"
	     "step=50 LearnRate=0.5 TrainingLoss=1.5 Epoch=1\n");
	text("2024-01-31 10:00:21,123 epoch 1 - iter 27/278 - loss 0.5 - lr: 0.25\n"
	     "2024-01-31 10:00:22,123 epoch 1 - iter 54/278 - loss 0.5 - lr: 0.25\n"
	     "2024-01-31 10:00:22,123 EPOCH 1 done: loss 0.5 - lr: 0.25\n"
	     "2024-01-31 10:00:28,123 DEV : loss 0.75 - f1-score (micro avg)  0.5\n"
	     "2024-01-31 10:01:21,123 epoch 2 - iter 27/278 - loss 0.25 - lr: 0.25\n"
	     "2024-01-31 10:01:22,123 EPOCH 2 done: loss 0.25 - lr: 0.25\n"
	     "2024-01-31 10:01:28,123 DEV : loss 0.5 - f1-score (micro avg)  0.75\n",
	     "step=27 loss=0.5 lr=0.25 epoch=1\nstep=54 loss=0.5 lr=0.25 epoch=1\n"
	     "epoch=1 epoch/loss=0.5 epoch/lr=0.25\nstep=305 loss=0.25 lr=0.25 epoch=2\n"
	     "epoch=2 epoch/loss=0.25 epoch/lr=0.25\n"
	     "epoch=1 DEV/loss=0.75 DEV/f1-score (micro avg)=0.5\n"
	     "epoch=2 DEV/loss=0.5 DEV/f1-score (micro avg)=0.75\n");
	text("Train loss 0 43.5 Grad Norm 21.5 3.12s/it\nValidation loss 1000: 0.5  \n"
	     "Train loss 1001 0.75 Grad Norm 1.5 1.25s/it\nValidation loss 2000: 0.25  \n",
	     "step=0 Train loss=43.5 Grad Norm=21.5 s/it=3.12\nstep=1000 Validation loss=0.5\n"
	     "step=1001 Train loss=0.75 Grad Norm=1.5 s/it=1.25\n"
	     "step=2000 Validation loss=0.25\n");
}

static void
speech_and_sentences(void **state)
{
	(void)state;
	text("Epoch 0 |   Training | Elapsed Time: 0:00:12 | Steps: 10 | Loss: 92.5\r"
	     "Epoch 0 |   Training | Elapsed Time: 0:01:12 | Steps: 100 | Loss: 82.5     \n"
	     "Epoch 0 | Validation | Elapsed Time: 0:00:12 | Steps: 10 | Loss: 72.5 | Dataset: d\n"
	     "Epoch 1 |   Training | Elapsed Time: 0:01:12 | Steps: 100 | Loss: 62.5     \n"
	     "Epoch 2 |   Training | Elapsed Time: 0:01:12 | Steps: 100 | Loss: 52.5     \n",
	     "epoch=0 Training/Steps=100 Training/Loss=82.5\n"
	     "epoch=0 Validation/Steps=10 Validation/Loss=72.5\n"
	     "epoch=1 Training/Steps=100 Training/Loss=62.5\n"
	     "epoch=2 Training/Steps=100 Training/Loss=52.5\n");
	text("2021-01-01 10:10:00 - Evaluator: Evaluating the model on sts-dev dataset after epoch "
	     "0:\n2021-01-01 10:10:05 - Cosine-Similarity :\tPearson: 0.75\tSpearman: 0.5\n"
	     "2021-01-01 10:10:05 - Manhattan-Distance:\tPearson: 0.25\tSpearman: 0.125\n",
	     "epoch=0 Cosine-Similarity/Pearson=0.75 Cosine-Similarity/Spearman=0.5\n"
	     "epoch=0 Manhattan-Distance/Pearson=0.25 Manhattan-Distance/Spearman=0.125\n");
	text("01/31/2024 10:10:00 - INFO - __main__ - epoch 0: {'accuracy': 0.5, 'f1': 0.25}\n"
	     "01/31/2024 10:20:00 - INFO - __main__ - epoch 1: {'accuracy': 0.75, 'f1': 0.5}\n",
	     "epoch=0 accuracy=0.5 f1=0.25\nepoch=1 accuracy=0.75 f1=0.5\n");
}

/* Where the step stands behind the name, or the epoch in a line above. */
static void
counts_in_other_places(void **state)
{
	(void)state;
	text("Training average loss at step 100: 0.5\nTraining average loss at step 200: 0.25\n"
	     "Valid MRR at step 200: 0.125\n",
	     "step=100 Training average loss=0.5\nstep=200 Training average loss=0.25\n"
	     "step=200 Valid MRR=0.125\n");
	text("epoch 1/100\n1/32, train_loss: 0.5\n32/32, train_loss: 0.25\n"
	     "epoch 2/100\n1/32, train_loss: 0.125\n",
	     "step=1 train_loss=0.5\nstep=32 train_loss=0.25\nstep=33 train_loss=0.125\n");
	text("Epoch 1 (1/200):\nTrain Accuracy: 0.5\nEpoch 2 (2/200):\nTrain Accuracy: 0.75\n",
	     "epoch=1 Train Accuracy=0.5\nepoch=2 Train Accuracy=0.75\n");
	text("Train 0, loss: 2.5, train acc: 0.5\nTrain 1, loss: 1.5, train acc: 0.75\n",
	     "step=0 Train/loss=2.5 Train/train acc=0.5\n"
	     "step=1 Train/loss=1.5 Train/train acc=0.75\n");
	text("[I 2021-01-01 10:01:00,123] Trial 3 finished with value: 0.5 and parameters: {'a': "
	     "1}. Best is trial 0 with value: 0.5.\n",
	     "step=3 value=0.5\n");
	text("Epoch: 0\n"
	     " [=>...]  Step: 1s1ms | Tot: 0ms | Loss: 2.5 | Acc: 10.5% (13/128) 1/391 \r"
	     " [=====>]  Step: 40ms | Tot: 15s | Loss: 1.5 | Acc: 44.5% (61/128) 391/391 \n"
	     " [=====>]  Step: 20ms | Tot: 1s | Loss: 1.25 | Acc: 56.5% (12/100) 100/100 \n",
	     "epoch=0 Loss=1.5 Acc=44.5\n");
}

static void
detectors_and_faces(void **state)
{
	(void)state;
	text("[07/01 10:00:00 fastreid.events]:  eta: 1:12:34  epoch/iter: 1/399  total_loss: "
	     "8.5  time: 0.25  max_mem: 9123M\n",
	     "step=399 total_loss=8.5 time=0.25 max_mem=9123 epoch=1\n");
	text("iter 10 || Loss: 18.5 || timer: 0.25 sec.\n"
	     "iter 20 || Loss: 14.5 || Saving state, iter: 20\n"
	     "iter 30 || Loss: 13.5 || timer: 0.25 sec.\n",
	     "step=20 Loss=14.5\nstep=10 Loss=18.5 timer=0.25\nstep=30 Loss=13.5 timer=0.25\n");
	text("Speed 2712.5 samples/sec   Loss 42.5   Epoch: 0   Global Step: 100   Required: 12 "
	     "hours\n"
	     "Speed 2722.5 samples/sec   Loss 41.5   Epoch: 0   Global Step: 150   Required: 12 "
	     "hours\n",
	     "step=100 Speed=2712.5 Loss=42.5 Epoch=0\nstep=150 Speed=2722.5 Loss=41.5 Epoch=0\n");
	/* boxes and masks have columns of the same names */
	text("      Epoch    GPU_mem   box_loss  Instances       Size\n"
	     "        1/2      2.2G      1.3       11        640: 100%|##| 2/2\n"
	     "Class  Images  Instances  Box(P  R  mAP50)  Mask(P  R  mAP50): 100%|###| 1/1\n"
	     "  all     128        929   0.64 0.537 0.605     0.54 0.437 0.505\n",
	     "epoch=1 GPU_mem=2.2 box_loss=1.3\n"
	     "epoch=1 P=0.64 R=0.537 mAP50=0.605 Mask/P=0.54 Mask/R=0.437 Mask/mAP50=0.505\n");
}

/* "Epoch: 1, Steps: 266" says how many there are. */
static void
forecasters(void **state)
{
	(void)state;
	text("\titers: 100, epoch: 1 | loss: 0.5\n\tspeed: 0.08s/iter; left time: 123.5s\n"
	     "\titers: 200, epoch: 1 | loss: 0.25\n\tspeed: 0.05s/iter; left time: 113.5s\n"
	     "Epoch: 1 cost time: 15.5\n"
	     "Epoch: 1, Steps: 266 | Train Loss: 0.5 Vali Loss: 0.75 Test Loss: 0.25\n",
	     "step=100 loss=0.5 epoch=1\nstep=200 loss=0.25 epoch=1\n"
	     "step=100 speed=0.08 left time=123.5\nstep=200 speed=0.05 left time=113.5\n"
	     "epoch=1 Train Loss=0.5 Vali Loss=0.75 Test Loss=0.25\n");
}

static void
coqui_evaluates_below_a_heading(void **state)
{
	(void)state;
	text("   --> TIME: 2024-01-01 10:00:00 -- STEP: 5/405 -- GLOBAL_STEP: 5\n"
	     "     | > loss_disc: 6.5  (6.25)\n     | > step_time: 5.25  (5.25)\n"
	     "> EVALUATION \n   --> STEP: 0\n     | > loss_disc: 3.5  (3.5)\n"
	     "   --> TIME: 2024-01-01 10:00:30 -- STEP: 25/405 -- GLOBAL_STEP: 25\n"
	     "     | > loss_disc: 3.25  (4.5)\n",
	     "step=5 loss_disc=6.5\nstep=5 step_time=5.25\nstep=5 eval/loss_disc=3.5\n"
	     "step=25 loss_disc=3.25\n");
}

static void
kaldi_and_fasttext(void **state)
{
	(void)state;
	text("LOG (nnet3-train[5.5]:PrintMinibatchStats():nnet-training.cc:340) Average objective "
	     "function for 'output' for minibatches 0-9 is -3.5 over 5120 frames.\n"
	     "LOG (nnet3-train[5.5]:PrintTotalStats():nnet-training.cc:356) Overall average "
	     "objective function for 'output' is -3.25 over 15360 frames.\n",
	     "step=9 Average objective function for 'output'=-3.5\n"
	     "step=9 Overall average objective function for 'output'=-3.25\n");
	text("2020-01-31 16:17:23,536 INFO [train.py:102] Process 100/3161(3.1%) global average "
	     "objf: -1.5 over 6400.0 frames, current batch average objf: -1.25 over 6400 frames, "
	     "epoch 0\n",
	     "step=100 global average objf=-1.5 current batch average objf=-1.25\n");
	text("Progress:   1.0% words/sec/thread:  1000 lr:  0.25 loss:  2.5 ETA:   0h 1m\r"
	     "Progress: 100.0% words/sec/thread:  1001 lr:  0.00 loss:  1.5 ETA:   0h 0m\n",
	     "row=0 words/sec/thread=1000 lr=0.25 loss=2.5\n"
	     "row=1 words/sec/thread=1001 lr=0 loss=1.5\n");
}

/* -- tables ------------------------------------------------------------------------------------ */

/* The number that is not there, and the mark that is none, shift nothing. */
static void
cells_may_be_empty(void **state)
{
	(void)state;
	text("  epoch    train_loss    valid_loss    cp     dur\n"
	     "-------  ------------  ------------  ----  ------\n"
	     "      1        0.5000        0.7500     +  0.0421\n"
	     "      2        0.2500        0.5000        0.0330\n",
	     "epoch=1 train_loss=0.5 valid_loss=0.75 dur=0.0421\n"
	     "epoch=2 train_loss=0.25 valid_loss=0.5 dur=0.033\n");
	text("epoch       iteration   main/loss   validation/main/loss  elapsed_time\n"
	     "\x1b[J     total [....]  0.50%\n"
	     "\x1b[4A\x1b[J0           100         3.5                               6.25        \n"
	     "\x1b[J1           200         2.5         1.5                   9.25        \n",
	     "step=100 main/loss=3.5 elapsed_time=6.25 epoch=0\n"
	     "step=200 epoch=1 main/loss=2.5 validation/main/loss=1.5 elapsed_time=9.25\n");
}

static void
parlai_says_its_step_in_a_column(void **state)
{
	(void)state;
	text("18:50:19 | time:10s total_exs:1224 total_steps:102 epochs:0.01\n"
	     "    clen  clip  ctrunc  loss    lr   ppl  token_acc  total_train_updates  ups\n"
	     "   101.5     1       0 3.5   1e-05 27.5       .4125                  102 10.5\n"
	     "\n18:51:10 | valid:\n"
	     "    accuracy  bleu-4  exs  loss  total_train_updates\n"
	     "       .0000 .002511 7801 2.5                    102\n",
	     "step=102 clen=101.5 clip=1 ctrunc=0 loss=3.5 lr=1e-05 ppl=27.5 token_acc=0.4125 "
	     "ups=10.5\n"
	     "step=102 valid/accuracy=0 valid/bleu-4=0.002511 valid/exs=7801 valid/loss=2.5\n");
}

static void
results_as_yaml(void **state)
{
	(void)state;
	text("Result for PPO_Env_8f1c0_00000:\n"
	     "  date: 2023-05-01_12-00-40\n  done: false\n  episode_reward_mean: 21.5\n  hist: []\n"
	     "  info:\n    learner:\n      cur_lr: 5.0e-05\n    num: 3\n  - 3\n"
	     "  training_iteration: 1\n\n"
	     "Result for PPO_Env_8f1c0_00001:\n  episode_reward_mean: 31.5\n"
	     "  training_iteration: 1\n== Status ==\n"
	     "Result for PPO_Env_8f1c0_00000:\n  episode_reward_mean: 41.5\n"
	     "  training_iteration: 2\n\n",
	     "step=1 episode_reward_mean=21.5 info/learner/cur_lr=5e-05 info/num=3\n"
	     "step=1 PPO_Env_8f1c0_00001/episode_reward_mean=31.5\n"
	     "step=2 episode_reward_mean=41.5\n");
	/* windows end lines otherwise */
	text("Result for A:\r\n  episode_reward_mean: 21.5\r\n  training_iteration: 1\r\n\r\n",
	     "step=1 episode_reward_mean=21.5\n");
}

static void
allennlps_two_columns(void **state)
{
	(void)state;
#define FRONT "2020-05-01 10:01:50,126 - INFO - allennlp.training.writer - "
	text(FRONT "Epoch 0/9\n"
		   "accuracy: 0.5, loss: 1.5 ||: 100%|####| 2/2 [01:40<00:00,  1.00it/s]\n" FRONT
		   "                    Training |  Validation\n" FRONT
		   "accuracy           |     0.500  |     0.250\n" FRONT
		   "gpu_0_memory_MB    |  1126.000  |       N/A\n" FRONT "Epoch 1/9\n",
	     "epoch=0 Training/accuracy=0.5 Validation/accuracy=0.25\n"
	     "epoch=0 Training/gpu_0_memory_MB=1126\n");
}

static void
recommendations_and_federations(void **state)
{
	(void)state;
	text("Epoch 9 [12.5s]: train==[0.5=0.25 + 0.25]\n"
	     "Epoch 10 [12.5s + 3.2s]: train==[0.25=0.125 + 0.125], recall=[0.25, 0.5], "
	     "ndcg=[0.125, 0.25]\n"
	     "Epoch 11 [12.5s]: train==[0.125=0.1 + 0.025\n",
	     "epoch=9 train=0.5\n"
	     "epoch=10 train=0.25 recall/0=0.25 recall/1=0.5 ndcg/0=0.125 ndcg/1=0.25\n"
	     "epoch=11 train=0.125\n");
	text("INFO flwr 2023-11-01 10:00:09,123 | server.py:125 | fit progress: (1, 2.25, "
	     "{'accuracy': 0.25}, 3.41)\n"
	     "INFO :      fit progress: (2, 1.25, {'accuracy': 0.5}, 6.52)\n",
	     "step=1 loss=2.25 accuracy=0.25\nstep=2 loss=1.25 accuracy=0.5\n");
}

static void
evaluations_count_batches_of_their_own(void **state)
{
	(void)state;
	/* of torchvision's references */
	text("step 1 loss 0.5\nstep 2 loss 0.25\nIoU metric: bbox\n"
	     " Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 0.250\n"
	     "IoU metric: segm\n"
	     " Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 0.125\n",
	     "step=1 loss=0.5\nstep=2 loss=0.25\n"
	     "step=2 Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ]=0.25\n"
	     "step=2 segm/Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 "
	     "]=0.125\n");
	/* PaddleDetection's */
	text("[05/12 10:20:40] ppdet.engine INFO: Epoch: [0] [  0/437] loss: 29.5 batch_cost: 1.5\n"
	     "[05/12 10:20:50] ppdet.engine INFO: Epoch: [1] [  0/437] loss: 15.5 batch_cost: 0.5\n"
	     "[05/12 10:26:55] ppdet.engine INFO: Eval iter: 900\n"
	     " Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 ] = 0.125\n",
	     "step=0 loss=29.5 batch_cost=1.5\nstep=437 loss=15.5 batch_cost=0.5\n"
	     "step=437 Average Precision  (AP) @[ IoU=0.50:0.95 | area=   all | maxDets=100 "
	     "]=0.125\n");
	/* mmcv's bar ends without a newline */
	text("[>>>>>>>>>>>>] 192/192, 440.4 task/s, elapsed: 0s, ETA:     0s2022-07-28 "
	     "17:51:50,587 - mmcls - INFO - Epoch(val) [3][12] accuracy_top-1: 77.5\n"
	     "2022-07-28 17:51:55,785 - mmcls - INFO - Epoch [4][100/200] lr: 1.0e-03, loss: 0.5\n"
	     "2022-07-28 17:51:58,906 - mmcls - INFO - Epoch [4][200/200] lr: 1.0e-03, "
	     "loss: 0.25\n",
	     "epoch=3 val/accuracy_top-1=77.5\nstep=700 lr=0.001 loss=0.5\n"
	     "step=800 lr=0.001 loss=0.25\n");
	/* OpenPCDet's */
	text("2021-01-01 10:05:00,123   INFO  epoch: 0/80, acc_iter=50, cur_iter=50/928, "
	     "time_cost(all): 00:25/10:12:12, loss=1.5, d_time=0.00(0.01), lr=0.0003\n"
	     "2021-01-01 10:06:00,123   INFO  epoch: 0/80, acc_iter=100, cur_iter=100/928, "
	     "time_cost(all): 00:50/10:02:12, loss=0.5, d_time=0.00(0.01), lr=0.0003\n",
	     "step=50 loss=1.5 d_time=0 lr=0.0003\nstep=100 loss=0.5 d_time=0 lr=0.0003\n");
	text("INFO  Train:    1/80 (  1%) [   0/464 (  0%)]  Loss: 3.5 (3.5)  LR: 3.0e-04  "
	     "Acc_iter 1           Data time: 0.5(0.5)\n"
	     "INFO  Train:    2/80 (  2%) [  49/464 ( 11%)]  Loss: 1.5 (2.5)  LR: 3.5e-04  "
	     "Acc_iter 514         Data time: 0.25(0.5)\n",
	     "step=0 Train/Loss=3.5 Train/LR=0.0003 Train/Acc_iter=1 Train/Data time=0.5\n"
	     "step=513 Train/Loss=1.5 Train/LR=0.00035 Train/Acc_iter=514 Train/Data time=0.25\n");
	/* Dopamine's */
	text("I0101 10:00:00.123456 140123 run_experiment.py:480] Starting iteration 0\n"
	     "I0101 10:20:00.123456 140123 run_experiment.py:395] Average undiscounted return per "
	     "training episode: 21.0\n"
	     "I0101 10:30:00.123456 140123 run_experiment.py:480] Starting iteration 1\n"
	     "I0101 10:50:00.123456 140123 run_experiment.py:395] Average undiscounted return per "
	     "training episode: 22.0\n",
	     "step=0 Average undiscounted return per training episode=21\n"
	     "step=1 Average undiscounted return per training episode=22\n");
	/* YOLO's classifiers */
	text("      Epoch    GPU_mem       loss  Instances       Size\n"
	     "       1/50      0.5G      2.5         16         64: 100%|##########| 12/12 "
	     "[00:03<00:00,  3.82it/s]\n"
	     "               classes   top1_acc   top5_acc: 100%|##########| 2/2 [00:00<00:00, "
	     "5.12it/s]\n"
	     "                   all      0.5          1\n",
	     "epoch=1 GPU_mem=0.5 loss=2.5\nepoch=1 top1_acc=0.5 top5_acc=1\n");
	/* a share of the epoch is no batch */
	text("Train Epoch: 1 [0%]\nloss_disc=4.5, loss_gen=3.5\n"
	     "Train Epoch: 2 [0%]\nloss_disc=3.5, loss_gen=2.5\n",
	     "epoch=1 loss_disc=4.5 loss_gen=3.5\nepoch=2 loss_disc=3.5 loss_gen=2.5\n");
}

static void
large_language_models(void **state)
{
	(void)state;
	/* Ray says whose line it is: verl's, slime's */
	text("(TaskRunner pid=1234) step:1 - actor/entropy:0.5 - actor/pg_loss:-0.25\n"
	     "(TaskRunner pid=1234, ip=10.0.0.1) step:2 - actor/entropy:0.25 - "
	     "actor/pg_loss:-0.5\n",
	     "step=1 actor/entropy=0.5 actor/pg_loss=-0.25\n"
	     "step=2 actor/entropy=0.25 actor/pg_loss=-0.5\n");
	text("(Train pid=22) [2025-08-01 10:00:10] rollout 1: {'reward': 0.5, 'step': 10}\n"
	     "(Train pid=22) [2025-08-01 10:00:20] rollout 2: {'reward': 0.75, 'step': 20}\n",
	     "step=10 reward=0.5\nstep=20 reward=0.75\n");
	/* OpenRLHF's: the only epoch is all there is */
	text("Train epoch [1/1]:  10%|# | 10/100 [00:10<01:30, 1.0s/it, gpt_loss=1.5, lr=0.5]\r"
	     "Train epoch [1/1]:  20%|##| 20/100 [00:20<01:20, 1.0s/it, gpt_loss=1.25, lr=0.5]\r",
	     "step=10 Train/gpt_loss=1.5 Train/lr=0.5\n"
	     "step=20 Train/gpt_loss=1.25 Train/lr=0.5\n");
	/* nanochat's: what nobody knows by its name, beside what everybody knows; and what a
	 * training says once, behind all else */
	text("step 00000/00040 (0.00%) | loss: 10.5 | dt: 80.00ms\n"
	     "step 00010/00040 (25.00%) | loss: 9.5 | dt: 80.00ms\n"
	     "Step 00010 | CORE metric: 0.0125\n"
	     "step 00020/00040 (50.00%) | loss: 8.5 | dt: 80.00ms\n"
	     "Step 00020 | CORE metric: 0.0250\n"
	     "step 00030/00040 (75.00%) | loss: 7.5 | dt: 80.00ms\n"
	     "Step 00030, worker 3\neval accuracy threshold: 0.5\nvalid_loss_patience: 7\n"
	     "---\nval_bpb:          0.875\n",
	     "step=0 loss=10.5 dt=80\nstep=10 loss=9.5 dt=80\nstep=20 loss=8.5 dt=80\n"
	     "step=10 CORE metric=0.0125\nstep=20 CORE metric=0.025\nstep=30 loss=7.5 dt=80\n"
	     "step=30 val_bpb=0.875\n");
	/* InternLM's */
	text("2024-01-01 12:00:00,123\tINFO training.py:123, in record -- tflops=1.5 "
	     "step=5 loss=11.5 tgs (tokens/gpu/second)=3456.5\n"
	     "2024-01-01 12:00:00,123\tINFO training.py:123, in record -- tflops=1.5 "
	     "step=6 loss=10.5 tgs (tokens/gpu/second)=3456.5\n",
	     "step=5 tflops=1.5 loss=11.5 tgs (tokens/gpu/second)=3456.5\n"
	     "step=6 tflops=1.5 loss=10.5 tgs (tokens/gpu/second)=3456.5\n");
	/* Levanter's */
	text("INFO :: Progress on:train 10it/100it rate:1.0it/s remaining:01:30 elapsed:00:10 "
	     "postfix:loss=3.5\n",
	     "step=10 loss=3.5\n");
}

static void
epochs_without_a_word(void **state)
{
	(void)state;
	/* DreamerV3's */
	text("──── Step 1000 ────\nepisode/score 12.5 / train/loss/image 34.5 / fps/train 10\n"
	     "──── Step 2000 ────\nepisode/score 13.5 / train/loss/image 30.5 / fps/train 10\n",
	     "step=1000 episode/score=12.5 train/loss/image=34.5 fps/train=10\n"
	     "step=2000 episode/score=13.5 train/loss/image=30.5 fps/train=10\n");
	text("[INFO] Epoch [1] finished. Train Loss: 0.5. Valid Loss: 0.75. Elapsed: 12.5s\n"
	     "[INFO] Epoch [2] finished. Train Loss: 0.25. Valid Loss: 0.5. Elapsed: 12.5s\n",
	     "epoch=1 Train Loss=0.5 Valid Loss=0.75 Elapsed=12.5\n"
	     "epoch=2 Train Loss=0.25 Valid Loss=0.5 Elapsed=12.5\n");
	text("Train: [1][10/20]\tBT 0.5 (0.6)\tDT 0.1 (0.2)\tloss 5.5 (5.2)\n"
	     "Train: [2][10/20]\tBT 0.5 (0.6)\tDT 0.1 (0.2)\tloss 4.5 (5.2)\n",
	     "step=10 Train/BT=0.5 Train/DT=0.1 Train/loss=5.5\n"
	     "step=30 Train/BT=0.5 Train/DT=0.1 Train/loss=4.5\n");
	text("[0: 10/20] train loss: 2.5 accuracy: 0.5\n"
	     "[1: 10/20] train loss: 1.5 accuracy: 0.75\n",
	     "step=10 train loss=2.5 train accuracy=0.5\n"
	     "step=30 train loss=1.5 train accuracy=0.75\n");
	text("mot/dla34| train: [1][0/10]|Tot: 0:00:10 |ETA: 0:10:00 |loss 12.5 |hm_loss 3.5 "
	     "|Data 0.1s(0.2s) |Net 0.5s\n"
	     "mot/dla34| train: [2][5/10]|Tot: 0:00:10 |ETA: 0:10:00 |loss 6.5 |hm_loss 2.5 "
	     "|Data 0.1s(0.2s) |Net 0.5s\n",
	     "step=0 train/loss=12.5 train/hm_loss=3.5 train/Data=0.1 train/Net=0.5\n"
	     "step=15 train/loss=6.5 train/hm_loss=2.5 train/Data=0.1 train/Net=0.5\n");
}

#define DLLL(time, step, data) \
	"DLLL {\"timestamp\": \"" time "\", \"elapsedtime\": \"1.5\", " \
	"\"type\": \"LOG\", \"step\": " step ", \"data\": {" data "}}\n"
#define MLLOG(rank, event, key, value, metadata) \
	rank ":::MLLOG {\"namespace\": \"\", \"time_ms\": 1592400000000, \"event_type\": \"" event \
	     "\", " \
	     "\"key\": \"" key "\", \"value\": " value ", \"metadata\": {\"lineno\": 9" metadata \
	     "}}\n"

static void
objects_behind_a_word(void **state)
{
	(void)state;
	/* clang-format off */
	static const char dlll[] =
		"DLLL {\"timestamp\": \"1585322450.1\", \"type\": \"METADATA\", "
		"\"metric\": \"loss\", \"metadata\": {\"scale\": 2}}\n"
		DLLL("1585322450.5", "\"PARAMETER\"", "\"lr\": 0.1, \"net\": \"a\\\"b\", "
		     "\"amp\": true")
		DLLL("1585322451.5", "[0, 0]", "\"loss\": 2.5, \"lr\": 0.1")
		DLLL("1585322452.5", "[0, 10]", "\"loss\": \"1.5\", \"lr\": 0.1")
		DLLL("1585322453.5", "[0, 3]", "\"val.loss\": 9.5")
		DLLL("1585322454.5", "[0]", "\"val.loss\": 1.25")
		DLLL("1585322455.5", "[1, 0]", "\"loss\": NaN")
		DLLL("1585322456.5", "[]", "\"best\": 1.25");
	/* clang-format on */
	text(dlll, "step=0 loss=2.5 lr=0.1\nstep=10 loss=1.5 lr=0.1\nepoch=0 val.loss=1.25\n"
		   "step=20 loss=nan\nstep=20 best=1.25\n");
	check_cuts("text", dlll, sizeof dlll - 1);
	char *timed = feed_rows("text", dlll, true);
	assert_non_null(strstr(timed, "step=10 @1585322452.500000 loss=1.5"));
	free(timed);
	/* NeMo's */
	text(DLLL("1727463426.5", "47", "\"loss\": 7.5, \"global_step\": 47, \"epoch\": 0")
		     DLLL("1727463427.5", "48", "\"loss\": 6.5, \"global_step\": 48, \"epoch\": 0"),
	     "step=47 loss=7.5 global_step=47 epoch=0\nstep=48 loss=6.5 global_step=48 epoch=0\n");
	/* torn */
	text(DLLL("1727463426.5", "47",
		  "\"loss\": 7.5") "DLLL {\"step\": 48, \"data\": {\"loss\": 6.\n",
	     "step=47 loss=7.5\n");
	text("DLL 2021-06-14 23:08:53.659718 - (0, 5) loss : 0.5 lr : 0.1 \n"
	     "DLL 2021-06-14 23:08:54.659718 - (0,) val_loss : 0.25 %\n"
	     "DLL 2021-06-14 23:08:55.659718 - Epoch: 1 Iteration: 5  loss : 0.125\n"
	     "DLL 2021-06-14 23:08:56.659718 - 15 loss : 0.5\n",
	     "step=5 loss=0.5 lr=0.1\nepoch=0 val_loss=0.25\nstep=10 loss=0.125 Epoch=1\n"
	     "step=15 loss=0.5\n");

	/* clang-format off */
	static const char mlperf[] =
		MLLOG("", "POINT_IN_TIME", "global_batch_size", "256", "")
		MLLOG("0: ", "POINT_IN_TIME", "submission_org", "\"we\"", "")
		MLLOG("", "INTERVAL_START", "epoch_start", "null", ", \"epoch_num\": 1")
		MLLOG("", "POINT_IN_TIME", "train_loss", "3.5",
		      ", \"samples_count\": 512, \"lr\": 0.25")
		MLLOG("0: ", "POINT_IN_TIME", "eval_accuracy", "0.5", ", \"epoch_num\": 1")
		MLLOG("1: ", "POINT_IN_TIME", "eval_accuracy", "0.75", ", \"epoch_num\": 1")
		MLLOG("0: ", "POINT_IN_TIME", "eval_accuracy", "0.625", ", \"epoch_num\": 2")
		MLLOG("", "POINT_IN_TIME", "tracked_stats", "{\"throughput\": 8.5}",
		      ", \"step\": 1024")
		MLLOG("", "INTERVAL_END", "run_stop", "null", ", \"status\": \"success\"");
	/* clang-format on */
	text(mlperf, "step=512 train_loss=3.5 lr=0.25\nepoch=1 eval_accuracy=0.5\n"
		     "epoch=2 eval_accuracy=0.625\n"
		     "step=1024 throughput=8.5\n");
	check_cuts("text", mlperf, sizeof mlperf - 1);
	/* somewhere within an epoch */
	text(MLLOG("", "POINT_IN_TIME", "eval_accuracy", "0.5", ", \"epoch_num\": 0.5")
		     MLLOG("", "POINT_IN_TIME", "eval_accuracy", "0.75", ", \"epoch_num\": 1.5"),
	     "row=0 eval_accuracy=0.5\nrow=1 eval_accuracy=0.75\n");
}

static void
what_toolkits_say_behind_an_epoch(void **state)
{
	(void)state;
	/* SpeechBrain's */
	text("Epoch loaded: 0\nepoch: 1, lr: 1.0 - train loss: 3.5 - valid loss: 1.5\n"
	     "epoch: 2, lr: 1.0 - train loss: 2.5 - valid loss: 1.25\n"
	     "Epoch loaded: 2 - test loss: 1.125, test CER: 18.5\n",
	     "epoch=1 lr=1 train loss=3.5 valid loss=1.5\n"
	     "epoch=2 lr=1 train loss=2.5 valid loss=1.25\n"
	     "epoch=2 test loss=1.125 test CER=18.5\n");
	/* fairseq's, before 0.9 */
	text("| epoch 001 | loss 9.25 | ppl 365.5 | num_updates 1106\n"
	     "| epoch 001 | valid on 'valid' subset | loss 7.75 | ppl 106.5 | num_updates 1106\n"
	     "| epoch 002 | loss 7.25 | ppl 95.5 | num_updates 2212\n"
	     "| epoch 002 | valid on 'valid' subset | loss 6.75 | ppl 56.5 | num_updates 2212\n",
	     "step=1106 valid/loss=7.75 valid/ppl=106.5 valid/epoch=1\n"
	     "step=1106 loss=9.25 ppl=365.5 epoch=1\n"
	     "step=2212 loss=7.25 ppl=95.5 epoch=2\n"
	     "step=2212 valid/loss=6.75 valid/ppl=56.5 valid/epoch=2\n");
	/* Lightning's */
	text("Epoch 0, val_loss 0.5\nEpoch 1, val_loss 0.25\n`Trainer.fit` stopped: "
	     "`max_epochs=2` reached.\n"
	     "┃        Test metric        ┃       DataLoader 0        ┃\n"
	     "│         test_acc          │           0.875           │\n"
	     "│         test_loss         │            0.5            │\n"
	     "│         hidden            │            64             │\n",
	     "epoch=0 val_loss=0.5\nepoch=1 val_loss=0.25\nepoch=1 test_acc=0.875\n"
	     "epoch=1 test_loss=0.5\n");
	/* nnU-Net's; ML-Agents' */
	text("Epoch 0\ntrain_loss -0.25\nYayy! New best EMA pseudo Dice: 0.5\n"
	     "This epoch took 12.5 s\nEpoch 1\ntrain_loss -0.5\n"
	     "Yayy! New best EMA pseudo Dice: 0.75\nThis epoch took 13.5 s\n",
	     "epoch=0 train_loss=-0.25\nepoch=1 train_loss=-0.5\n"
	     "epoch=0 New best EMA pseudo Dice=0.5\nepoch=1 New best EMA pseudo Dice=0.75\n");
	text("[INFO] 3DBall. Step: 12000. Time Elapsed: 22.5 s. Mean Reward: 1.5. Training.\n"
	     "[INFO] 3DBall. Step: 24000. Time Elapsed: 42.5 s. Mean Reward: 2.5. Training.\n",
	     "step=12000 Time Elapsed=22.5 Mean Reward=1.5\n"
	     "step=24000 Time Elapsed=42.5 Mean Reward=2.5\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tensorflow_and_jax),
		cmocka_unit_test(caffe_says_its_nets_outputs_below_an_iteration),
		cmocka_unit_test(deepspeed),
		cmocka_unit_test(adversaries_and_scenes),
		cmocka_unit_test(detectors_are_evaluated),
		cmocka_unit_test(wrappers_of_pytorch),
		cmocka_unit_test(agents),
		cmocka_unit_test(forecasters),
		cmocka_unit_test(what_other_trainers_print),
		cmocka_unit_test(speech_and_sentences),
		cmocka_unit_test(detectors_and_faces),
		cmocka_unit_test(counts_in_other_places),
		cmocka_unit_test(coqui_evaluates_below_a_heading),
		cmocka_unit_test(kaldi_and_fasttext),
		cmocka_unit_test(cells_may_be_empty),
		cmocka_unit_test(parlai_says_its_step_in_a_column),
		cmocka_unit_test(results_as_yaml),
		cmocka_unit_test(allennlps_two_columns),
		cmocka_unit_test(recommendations_and_federations),
		cmocka_unit_test(evaluations_count_batches_of_their_own),
		cmocka_unit_test(what_toolkits_say_behind_an_epoch),
		cmocka_unit_test(large_language_models),
		cmocka_unit_test(epochs_without_a_word),
		cmocka_unit_test(objects_behind_a_word),
	};
	return cmocka_run_group_tests_name("text_framework", tests, NULL, NULL);
}

#!/bin/bash
# A thousand files that are no logs: no run comes of them. @I@ is the copy's number, @N@ some other number.
. tests/cli/lib.sh
logs=$TMP/logs
awk -v root="$logs" '
	/^=== / { path[++n] = $2; next }
	{ text[n] = text[n] $0 "\n" }
	END {
		for (i = 1; i <= 25; i++)
			for (k = 1; k <= n; k++) {
				body = text[k]; p = path[k]
				gsub(/@I@/, i, body); gsub(/@N@/, (i * 7919 + k * 104729) % 1000, body)
				dir = root "/" i "/" k
				system_mkdir = system_mkdir " " dir
				if (sub(/\/[^\/]*$/, "", p)) system_mkdir = system_mkdir " " dir "/" p
				file[++m] = dir "/" path[k]; content[m] = body
			}
		print system_mkdir | "xargs -n 500 mkdir -p"
		close("xargs -n 500 mkdir -p")
		for (i = 1; i <= m; i++) { printf "%s", content[i] > file[i]; close(file[i]) }
	}' <<'EOF'
=== README.md
# project @I@

Train with `python train.py --lr 0.1`. After 10 epochs the loss should be 0.5 and accuracy: 91.@N@%.

| model | step | loss |
|-------|------|------|
| small | 1000 | 0.@N@ |
=== CHANGELOG.md
## 1.@I@.0

- epoch 3: the loss was wrong (#@N@)
- step 2 of the installation
=== package.json
{
  "name": "app-@I@",
  "version": "1.@I@.@N@",
  "scripts": {"test": "jest", "loss": "1"},
  "dependencies": {"left-pad": "^1.0.0"}
}
=== package-lock.json
{"name": "app", "lockfileVersion": 3, "packages": {"": {"version": "1.0.@N@"}}}
=== tsconfig.json
{
  // comments are allowed here
  "compilerOptions": {"target": "es2020", "strict": true, "lib": ["dom"]},
  "include": ["src"]
}
=== config.json
{
  "architectures": ["LlamaForCausalLM"],
  "hidden_size": @N@,
  "num_hidden_layers": 32,
  "rope_theta": 10000.0,
  "max_steps": 5
}
=== generation_config.json
{"bos_token_id": 1, "eos_token_id": 2, "temperature": 0.@N@, "max_length": 4096}
=== tokenizer.json
{"version": "1.0", "model": {"type": "BPE", "vocab": {"loss": 1, "step": 2, "epoch": @N@}, "merges": ["a b"]}}
=== tokenizer_config.json
{
  "added_tokens_decoder": {"0": {"content": "<unk>", "lstrip": false}},
  "model_max_length": 1000000000000000019884624838656
}
=== vocab.json
{"loss": 1, "accuracy": 2, "step": 3, "epoch": @N@}
=== model.safetensors.index.json
{"metadata": {"total_size": 13476835328}, "weight_map": {"a": "model-0000@I@-of-00002.safetensors"}}
=== adapter_config.json
{"peft_type": "LORA", "r": 16, "lora_alpha": 32, "lora_dropout": 0.05, "epoch": 1}
=== preprocessor_config.json
{"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5], "size": @N@}
=== annotations.json
{"images": [{"id": 1, "width": 640, "height": @N@}], "annotations": [{"id": 1, "bbox": [1, 2, 3, 4], "iscrowd": 0}], "categories": []}
=== results.json
[{"image_id": @N@, "category_id": 1, "bbox": [258.1, 41.2, 348.2, 243.7], "score": 0.236}]
=== dataset.json
[{"instruction": "Sort the list", "input": "3 1 2", "output": "1 2 3", "id": @N@},
 {"instruction": "Add", "input": "1 1", "output": "2", "id": 2}]
=== squad.json
{"version": "1.1", "data": [{"title": "x", "paragraphs": [{"context": "y", "qas": [{"answers": [{"answer_start": @N@}]}]}]}]}
=== notebook.ipynb
{"cells": [{"cell_type": "code", "execution_count": @I@, "outputs": [{"text": ["epoch 1 loss 0.5\n"]}], "source": ["x"]}], "nbformat": 4, "nbformat_minor": 5}
=== map.geojson
{"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": {"type": "Point", "coordinates": [1.5, 2.@N@]}}]}
=== settings.json
{
  "editor.tabSize": 8,
  "files.autoSave": "off",
  "editor.rulers": [100, @N@]
}
=== composer.json
{
    "require": {"php": ">=8.1"},
    "config": {"sort-packages": true, "process-timeout": @N@}
}
=== coverage/summary.json
{"total": {"lines": {"total": 10, "covered": 9, "skipped": 0, "pct": 9@I@}}}
=== test_results.json
{"numTotalTests": @N@, "numPassedTests": 5, "success": true, "startTime": 1700000000000}
=== lighthouse.json
{"categories": {"performance": {"score": 0.9}}, "audits": {"speed-index": {"numericValue": @N@}}}
=== numbers.json
[1, 2, 3, 4.5, @N@]
=== matrix.json
[[0.1, 0.2], [0.3, 0.@N@]]
=== train.csv
PassengerId,Survived,Pclass,Name,Sex,Age,Fare
1,0,3,"Braund, Mr. Owen",male,22,7.25
2,1,1,"Cumings, Mrs. John",female,38,71.@N@
=== iris.csv
sepal_length,sepal_width,petal_length,petal_width,species
5.1,3.5,1.4,0.2,setosa
4.9,3.0,1.4,0.@N@,setosa
=== labels.csv
filename,label
img_1.png,3
img_2.png,@N@
=== submission.csv
id,target
1,0.5
2,0.@N@
=== prices.csv
open;high;low;close;volume
1,0;2,0;0,5;1,5;1000
1,5;2,5;1,0;2,0;@N@
=== data.jsonl
{"text": "the loss of a friend, step by step", "label": 1}
{"text": "epoch", "label": @N@}
=== chat.jsonl
{"messages": [{"role": "user", "content": "What is accuracy?"}], "id": 1}
{"messages": [{"role": "assistant", "content": "0.5"}], "id": @N@}
=== config.yaml
model:
  hidden: @N@
trainer: {max_epochs: 10, lr: 0.001}
=== docker-compose.yml
services:
  web: {image: "nginx:1.@I@", ports: ["80:80"]}
=== recipe/meta.yaml
package:
  name: x
  version: 1.@I@
build: {number: @N@}
=== requirements.txt
numpy==1.26.@I@
torch>=2.0
# loss functions
scipy==1.@N@
=== setup.cfg
[metadata]
name = x
version = 1.@I@.@N@
=== pip.txt
Collecting torch==2.@I@.0
  Downloading torch-2.@I@.0-cp310-manylinux1_x86_64.whl (670.2 MB)
Installing collected packages: nvidia-cublas, torch
Successfully installed torch-2.@I@.0
=== notes.txt
Meeting of the @I@th: the loss of 3 members was discussed; accuracy of the minutes was approved.
EOF
is 'a thousand files' "$(find "$logs" -type f | wc -l)" 1000
exits 'nothing in them is a log' 0 "$MM" watch --once "$logs"
is 'no run' "$("$MM" runs --json --root "$logs")" ''
is 'no source' "$("$MM" sources --json --root "$logs")" ''
done_testing

#!/bin/bash
# mm inspect: a model on a page, as JSON, and two of them side by side.
. tests/cli/lib.sh
cd "$(dirname "$0")/../.." || exit 1
corpus=tests/fuzz/corpus

# le64 N: eight bytes
le64() {
	local n=$1 i out=
	for ((i = 0; i < 8; i++)); do
		out+=$(printf '\\x%02x' $((n & 255)))
		n=$((n >> 8))
	done
	printf '%b' "$out"
}

# safetensors FILE HEADER DATA: data as printf %b takes it
safetensors() {
	{
		le64 ${#2}
		printf '%s' "$2"
		printf '%b' "$3"
	} >"$1"
	touch -d 2020-01-01 "$1"
}

f32='"dtype":"F32"'
layers=
for i in 0 1 2; do
	layers+="\"net.h.$i.w\":{$f32,\"shape\":[1,2],\"data_offsets\":[$((8 * i)),$((8 * i + 8))]},"
done
one='\x00\x00\x80\x3f'
two='\x00\x00\x00\x40'
safetensors "$TMP/a.bin" "{\"__metadata__\":{\"format\":\"pt\"},$layers\"net.out\":{$f32,\"shape\":[],\"data_offsets\":[24,28]}}" \
	"$one$one$one$one$one$one$two"
safetensors "$TMP/b.bin" "{$layers\"net.in\":{$f32,\"shape\":[],\"data_offsets\":[24,28]}}" "$one$two$one$one$one$one$two"

exits 'a file' 0 "$MM" inspect "$TMP/a.bin"
has 'its format' "$out" 'format      safetensors'
has 'its badge' "$out" 'badge       SAFE'
has 'whether it is whole' "$out" 'state       whole'
has 'its size' "$out" 'parameters  7 in 4 tensors, 28 B, bits each: 32'
has 'layers are folded' "$out" '  h.{0..2}.w  [1, 2]     F32         6   24 B    32'
has 'metadata' "$out" 'format    pt'
hasnt 'no colours in a pipe' "$out" $'\033'
is 'fits the page' "$(printf '%s\n' "$out" | grep -v "$TMP" | awk 'length > 80')" ''
exits 'unfolded' 0 "$MM" inspect --unfold "$TMP/a.bin"
has 'each layer' "$out" '    1.w  [1, 2]'
exits 'not so deep' 0 "$MM" inspect --depth 1 "$TMP/a.bin"
hasnt 'no layers' "$out" 'h.{0..2}'
exits 'flat, and only some' 0 "$MM" inspect --tensors --only '*.h.1*' "$TMP/a.bin"
has 'the one' "$out" 'net.h.1.w'
hasnt 'not the other' "$out" 'net.h.2.w'
exits 'colours when asked for' 0 "$MM" inspect --color always "$TMP/a.bin"
has 'colours' "$out" $'\033[32mSAFE'

exits 'statistics' 0 "$MM" inspect --stats "$TMP/b.bin"
is 'of a layer' "$(printf '%s\n' "$out" | awk '/net.h.0.w/ { print $2, $3, $4, $5, $6 }')" '1.500 0.5000 1 2 0%'
exits 'JSON' 0 "$MM" inspect --json --tensors "$TMP/a.bin"
is 'one line and one a tensor' "$(printf '%s\n' "$out" | wc -l)" 5
has 'keys' "$(printf '%s\n' "$out" | head -1)" '"format": "safetensors", "version": null'
has 'parameters' "$(printf '%s\n' "$out" | head -1)" '"tensors": 4, "parameters": 7, "bytes": 28, "bits": 32'
has 'a tensor' "$out" '{"tensor": "net.h.0.w", "type": "F32", "shape": [1, 2], "count": 2, "bytes": 8'

head -c -5 "$TMP/a.bin" >"$TMP/cut.bin"
touch -d 2020-01-01 "$TMP/cut.bin"
exits 'half a file' 0 "$MM" inspect --json "$TMP/cut.bin"
has 'how much is missing' "$out" '"state": "truncated", "missing": 5'
exits 'said in words' 0 "$MM" inspect "$TMP/cut.bin"
has 'in words' "$out" 'state       truncated: 5 B missing'

exits 'two files' 0 "$MM" inspect --weights "$TMP/a.bin" "$TMP/b.bin"
has 'what came' "$out" 'net.in   added                scalar F32'
has 'what went' "$out" 'net.out  removed'
has 'what stayed' "$out" '3 tensors have the same name, shape and type in both.'
is 'what moved' "$(printf '%s\n' "$out" | awk '/net.h.0.w/ { print $2, $3, $4 }')" '0.7071 1 50%'
is 'what did not' "$(printf '%s\n' "$out" | awk '/net.h.1.w/ { print $2 }')" equal
has 'metadata' "$out" 'format    pt'
exits 'as JSON' 0 "$MM" inspect --json --weights "$TMP/a.bin" "$TMP/b.bin"
has 'the drift' "$out" '"tensor": "net.h.0.w", "change": "same"'
has 'in numbers' "$out" '"max_abs": 1,'

exits 'a pickle that would run something' 1 "$MM" inspect "$corpus/pickle/evil"
has 'the badge' "$out" 'badge   DANGER'
has 'the evidence' "$out" 'DANGER  posix.system'
has 'with what' "$out" "called with ('id',)"
exits 'and one that would not' 0 "$MM" inspect "$corpus/zip/torch.pt"
has 'the badge' "$out" 'badge       TENSORS-ONLY'
has 'how far' "$out" 'trained to  epoch 3'

exits 'no model' 1 "$MM" inspect README.md
has 'says so' "$err" 'no format of models'
exits 'no file' 1 "$MM" inspect "$TMP/nothing"
exits 'no argument' 2 "$MM" inspect
exits 'three' 2 "$MM" inspect a b c
exits 'options of two' 2 "$MM" inspect --weights "$TMP/a.bin"
exits 'options of one' 2 "$MM" inspect --stats "$TMP/a.bin" "$TMP/b.bin"
exits 'a depth that is none' 2 "$MM" inspect --depth x "$TMP/a.bin"
# what a file calls its tensors does not reach the terminal as it is
safetensors "$TMP/esc.bin" "{\"\\u001b[31mred\":{$f32,\"shape\":[],\"data_offsets\":[0,4]}}" "$one"
exits 'escapes' 0 "$MM" inspect "$TMP/esc.bin"
hasnt 'none of them' "$out" $'\033'
exits 'escapes in JSON' 0 "$MM" inspect --json --tensors "$TMP/esc.bin"
hasnt 'none either' "$out" $'\033'
# A directory of several checkpoints is no model; one of shards, or with an optimizer's state beside it, is.
mkdir -p "$TMP/several" "$TMP/shards" "$TMP/pair"
for step in 5 10 20; do cp "$TMP/a.bin" "$TMP/several/step=$step.safetensors"; done
cp "$TMP/b.bin" "$TMP/several/best.safetensors"
exits 'several' 1 "$MM" inspect "$TMP/several"
has 'asks for one' "$err" "4 checkpoints are in it: name one, like $TMP/several/best.safetensors"
is 'by step' "$(awk 'NR > 1 { print $1 }' <<<"$out" | tr '\n' ' ')" \
	'step=5.safetensors step=10.safetensors step=20.safetensors best.safetensors '
exits 'as JSON' 1 "$MM" inspect --json "$TMP/several"
has 'each' "$out" "{\"path\": \"$TMP/several/step=10.safetensors\", \"step\": null, \"bytes\": "
exits 'one of them' 0 "$MM" inspect "$TMP/several/step=5.safetensors"
exits 'two of them' 0 "$MM" inspect "$TMP/several/step=5.safetensors" "$TMP/several/best.safetensors"
cp "$TMP/a.bin" "$TMP/shards/model-00001-of-00002.safetensors"
cp "$TMP/b.bin" "$TMP/shards/model-00002-of-00002.safetensors"
exits 'shards' 0 "$MM" inspect "$TMP/shards"
has 'are one model' "$out" 'in 8 tensors'
cp "$TMP/a.bin" "$TMP/pair/model.safetensors"
cp "$TMP/b.bin" "$TMP/pair/rng_state_0.pth"
cp "$TMP/b.bin" "$TMP/pair/rng_state_1.pth"
exits 'what lies beside a model' 0 "$MM" inspect "$TMP/pair"
mv "$TMP/several" "$TMP/checkpoint-7"
exits 'a directory that is one checkpoint by its name' 0 "$MM" inspect "$TMP/checkpoint-7"
done_testing

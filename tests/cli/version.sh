#!/bin/bash
# Versions of models as a user would: find, save, mark, compare, deploy, roll back, prune, take back, break, verify.
. tests/cli/lib.sh
export XDG_DATA_HOME=$TMP/data
runs=$TMP/runs reg=$TMP/data/mm/registry
mkdir -p "$XDG_CONFIG_HOME/mm"
v() { "$MM" version "$@"; }

# A safetensors file with one tensor of four floats: ckpt FILE STEP BYTE
ckpt() {
	local header='{"__metadata__":{"step":"'$2'"},"w":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}'
	mkdir -p "$(dirname "$1")"
	while ((${#header} % 8)); do header+=' '; done
	printf "\\x$(printf %x ${#header})\\0\\0\\0\\0\\0\\0\\0%s" "$header" >"$1"
	printf "\\x$3%.0s" {1..16} >>"$1"
}
for r in a b; do run_csv "$runs/$r/metrics.csv" 50; done
printf 'lr: 0.1\n' >"$runs/a/config.yaml"
printf 'lr: 0.2\n' >"$runs/b/config.yaml"
ckpt "$runs/a/model-1.safetensors" 10 11
ckpt "$runs/b/checkpoint-40/model.safetensors" 40 22
printf '{"a": 1}' >"$runs/b/checkpoint-40/config.json"
head -c 5000 /dev/zero >"$runs/b/checkpoint-40/optimizer.pt"
cd "$runs" || exit 1

# what there is
exits 'nothing saved yet' 0 v list --json --root "$runs"
is 'both are seen' "$(grep -c '"version": null' <<<"$out")" 2
has 'with run and step' "$out" "\"run\": \"$runs/b\", \"step\": 40, \"step_from\": \"file\""
has 'the step inside, not that of the name' "$out" "\"run\": \"$runs/a\", \"step\": 10, \"step_from\": \"file\""
exits 'a verb that is none' 2 v sav
has 'is guessed' "$err" 'did you mean save?'
exits 'what is missing' 2 v save net
has 'is said' "$err" 'mm version save MODEL PATH'
exits 'no such version' 1 v show net
exits 'no such model' 1 v list net

# saving
exits 'save' 0 v save net a/model-1.safetensors --note 'the first'
is 'prints it' "$out" net@v1
exits 'again' 0 v save net a/model-1.safetensors
is 'is the same' "$out" net@v1
has 'and says so' "$err" 'unchanged'
exits 'the same, with another note' 0 v save net a/model-1.safetensors --note 'looked at again'
has 'keeps it' "$err" 'it is net@v1 already; the note was added to its note'
exits 'and' 0 v show net@v1 --json
has 'beside the first' "$out" '"note": "the first; looked at again"'
exits 'a note that it has' 0 v save net a/model-1.safetensors --note 'the first'
exits 'and' 0 v show net@v1 --json
has 'is not written twice' "$out" '"note": "the first; looked at again"'
exits 'a directory, without something' 0 v save net b/checkpoint-40 --exclude 'optimizer*'
is 'is the next' "$out" net@v2
exits 'show' 0 v show net@v2 --json
has 'metrics then' "$out" '"metrics": {"loss": 0.0244, "val/acc": 0.9762}'
has 'parameters' "$out" '"params": {"lr": "0.2"}'
has 'what was left out' "$out" '"excluded": "optimizer.pt"'
has 'what is in it' "$out" '"content": {"format": '
exits 'list' 0 v list net --json
is 'two' "$(wc -l <<<"$out")" 2
is 'an object is its hash' "$(cd "$reg/objects" && find . -type f | sed 's|[./]||g' | sort)" \
	"$(sha256sum "$runs"/a/*.safetensors "$runs"/b/*/model* "$runs"/b/*/config.json | cut -c1-64 | sort)"
exits 'a bad name' 2 v save 'no/name' a/model-1.safetensors
exits 'nothing there' 1 v save net a/nothing.pt
head -c 100 a/model-1.safetensors >"$TMP/cut.safetensors"
touch -d '1 hour ago' "$TMP/cut.safetensors"
exits 'half a file' 1 v save net "$TMP/cut.safetensors"
has 'is known as such' "$err" 'truncated'
exits 'adopt' 0 v adopt far a/model-1.safetensors
is 'its own model' "$out" far@v1

# marks
exits 'alias' 0 v alias net@v1 prod
exits 'tag' 0 v tag net@prod data=2024
exits 'note' 0 v note net@v2 'with more data'
exits 'a number is no alias' 2 v alias net v7
exits 'by alias' 0 v show net@prod --json
has 'tags' "$out" '"tags": {"data": "2024"}'
exits 'diff' 0 v diff net@v1 net@v2
has 'parameters' "$out" 'lr'
has 'structure' "$out" 'safetensors'
exits 'diff as JSON' 0 v diff net@v1 net@v2 --json
has 'has numbers' "$out" '{"kind": "metric", "name": "loss", "a": 0.0909, "b": 0.0244'
has 'and whole hashes' "$out" "\"a\": \"$(sha256sum <a/model-1.safetensors | cut -c1-64)\", \"bytes_a\": "
exits 'take an alias back' 0 v alias --remove net prod
exits 'it is gone' 1 v show net@prod

# restoring
exits 'restore' 0 v restore net@v2 "$TMP/out"
has 'what lacks' "$err" 'optimizer.pt'
is 'the same bytes' "$(cmp "$TMP/out/model.safetensors" b/checkpoint-40/model.safetensors && echo same)" same
exits 'again: all is there' 0 v restore net@v2 "$TMP/out"
echo mine >"$TMP/out/config.json"
exits 'nothing of mine is overwritten' 2 v restore net@v2 "$TMP/out"
is 'mine' "$(cat "$TMP/out/config.json")" mine
exits 'but by force' 0 v restore --force net@v2 "$TMP/out"
is 'theirs' "$(cat "$TMP/out/config.json")" '{"a": 1}'
ln -s "$TMP" "$TMP/out2"
exits 'export' 0 v export net@v2 "$TMP/net.tar"
has 'any tar reads it' "$(tar tf "$TMP/net.tar")" net-v2/files/model.safetensors
exits 'import elsewhere' 0 v --registry "$TMP/other" import "$TMP/net.tar"
is 'is a first version there' "$out" net@v1
exits 'whole' 0 v --registry "$TMP/other" verify
printf x | dd of="$TMP/net.tar" bs=1 seek=3100 conv=notrunc 2>/dev/null
exits 'a damaged one is refused' 1 v --registry "$TMP/third" import "$TMP/net.tar"

exits 'a metric that nobody has' 1 v prune net --keep 'best 2 val/accc' --yes
has 'is a slip' "$err" 'no version has a metric val/accc'

# deploying
cat >"$TMP/hook" <<'END'
#!/bin/sh
# What it was told: its argument is not spliced, its input is JSON.
printf '%s|%s|%s|%s\n' "$1" "$MM_ACTION" "$MM_VERSION" "$(cat)" >>"$TMP/told"
[ "$MM_VERSION" != net@v2 ] || [ "$MM_ACTION" != deploy ] || [ ! -e "$TMP/sick" ] || { echo 'it is sick' >&2; exit 3; }
END
chmod +x "$TMP/hook"
export TMP
cat >"$XDG_CONFIG_HOME/mm/mm.conf" <<END
[deploy prod]
path = $TMP/srv/model
health = $TMP/hook "one word; \$HOME"
timeout = 5s
[deploy slow]
health = sleep 30
timeout = 200ms
[deploy never]
before = false
END
exits 'deploy' 0 v deploy net@v1 prod
is 'a link to real files' "$(stat -c %F "$TMP/srv/model/model-1.safetensors")" 'regular file'
has 'the hook was told' "$(cat "$TMP/told")" 'one word; $HOME|deploy|net@v1|{"slot": "prod", "action": "deploy", "model": "net"'
exits 'list says where' 0 v list net --json
has 'where' "$out" '"deployed": ["prod"]'
touch "$TMP/sick"
exits 'a sick one' 1 v deploy net@v2 prod --reason 'looked better'
has 'says what the hook said' "$err" 'it is sick'
is 'the old one is back' "$(ls "$TMP/srv/model/")" model-1.safetensors
exits 'a sick one, for a script' 1 v deploy net@v2 prod --json
has 'says what it tried' "$out" '"outcome": "rolled back", "version": "net@v1", "tried": "net@v2"'
exits 'history' 0 v history prod --json
is 'five entries' "$(wc -l <<<"$out")" 5
has 'the newest is a rollback' "$(head -1 <<<"$out")" '"action": "rollback", "automatic": true'
rm "$TMP/sick"
exits 'now it works' 0 v deploy net@v2 prod
is 'the new one' "$(ls "$TMP/srv/model/")" $'config.json\nmodel.safetensors'
exits 'rollback asks' 2 v rollback prod </dev/null
exits 'rollback' 0 v rollback prod --yes --reason 'users complain'
has 'back' "$out" 'net@v1, was net@v2'
exits 'a slip' 1 v deploy net@v1 prdo
has 'is none' "$err" 'there is no [deploy prdo] in mm.conf'
exits 'too slow' 1 v deploy net@v1 slow
has 'says so' "$err" 'took longer than 0.2 s'
is 'nothing there, as before' "$(ls "$reg/deploy/slow/current" 2>&1 | grep -c .)" 1
exits 'refused before' 1 v deploy net@v1 never
has 'says so' "$err" 'before: false'
exits 'undeploy' 0 v undeploy prod --yes
is 'gone' "$(ls "$TMP/srv")" ''
exits 'deploy again' 0 v deploy net@v1 prod

# pruning
for i in 3 4 5 6; do
	ckpt "$runs/a/model-$i.safetensors" $((i * 5)) 3$i
	exits "save $i" 0 v save net "a/model-$i.safetensors"
done
exits 'no rules, no removal' 0 v prune net --yes
has 'and says so' "$err" 'nothing is removed without rules'
exits 'preview' 0 v prune net --keep 'best 1 val/acc' --dry-run --json
is 'who stays' "$(grep '"keep": true' <<<"$out" | sed 's/.*"version": "\([^"]*\)", .*"reason": "\([^"]*\)".*/\1 \2/' | tr '\n' ';')" \
	'net@v1 deployed in prod;net@v2 best by val/acc;net@v6 the newest;'
exits 'nobody to ask' 2 v prune net --keep 'last 1' </dev/null
exits 'no rule' 2 v prune net --keep 'lats 1'
has 'is guessed' "$err" "did you mean 'last'"
exits 'prune' 0 v prune net --keep 'best 1 val/acc' --yes
is 'three are left' "$(v list net --json | wc -l)" 3
exits 'undo' 0 v undo
is 'six again' "$(v list net --json | wc -l)" 6
exits 'prune again' 0 v prune net --keep 'best 1 val/acc' --yes
exits 'gc waits' 0 v gc --yes --json
has 'nothing yet' "$out" '"versions": 0, "objects": 0'
exits 'gc at once' 0 v gc --all --yes --json
has 'three' "$out" '"versions": 3, "objects": 3'
exits 'nothing to take back' 1 v undo
exits 'numbers go on' 0 v save net a/model-3.safetensors
is 'never again' "$out" net@v7

# removing what is named
exits 'what is deployed stays' 2 v remove net@v1 --yes
has 'and says why' "$err" 'net@v1 is deployed in prod; --force removes it all the same'
exits 'one that is not' 1 v remove net@v3 --yes
exits 'nobody to ask' 2 v remove net@v7 </dev/null
exits 'what would go' 0 v remove net@v7 --dry-run --json
is 'is said' "$out" '{"version": "net@v7", "bytes": 112, "although": null}'
is 'and stays' "$(v list net --json | wc -l)" 4
exits 'the newest, if it is named' 0 v remove net@v7 net@v2 --yes
has 'both' "$out" '2 versions'
is 'are gone' "$(v list net --json | wc -l)" 2
batch=${err##*mm version undo }
exits 'undo' 0 v undo "${batch%% *}"
is 'there again' "$(v list net --json | wc -l)" 4
exits 'by force' 0 v remove net@v1 --force --yes
has 'what speaks against it' "$out" 'deployed in prod'
is 'what is deployed goes on being read' "$(ls "$TMP/srv/model/")" model-1.safetensors
exits 'all is well' 0 v verify
exits 'undo' 0 v undo

# what can run code
printf 'cposix\nsystem\n(S'"'id'"'\ntR.' >"$runs/a/evil.pt"
exits 'save it' 0 v save evil a/evil.pt
has 'is warned of' "$err" 'can run commands'
exits 'list' 0 v list evil
has 'says so' "$out" 'DANGER: runs code'
exits 'list as JSON' 0 v list evil --json
has 'too' "$out" '"safety": "DANGER"'
exits 'show' 0 v show evil
has 'too' "$out" 'safety     DANGER'
exits 'the others' 0 v show net@v1 --json
has 'are fine' "$out" '"safety": "SAFE"'
exits 'a checkpoint that is not saved' 0 v list --json --root "$runs"
cp a/evil.pt b/evil.pt
echo >>b/evil.pt
exits 'list' 0 v list --json --root "$runs"
has 'is judged as well' "$(grep "b/evil.pt" <<<"$out")" '"safety": "DANGER"'
exits 'and gone' 0 v remove evil --yes

# integrity
exits 'all is well' 0 v verify
object=$(find "$reg/objects" -type f -size +100c | sort | head -1)
chmod u+w "$object"
printf X | dd of="$object" bs=1 seek=105 conv=notrunc 2>/dev/null
exits 'a changed byte' 1 v verify
has 'is named' "$out" "$object has other content than was saved"
rm -f "$object"
exits 'a missing one' 1 v verify
has 'is named' "$out" "$object is missing"
printf torn >"$TMP/torn"
mv -f "$TMP/torn" "$reg/models/net/v6"
exits 'a torn manifest' 1 v verify
has 'is named' "$out" 'net@v6: its manifest cannot be read: it is torn'
exits 'gc stops' 1 v gc --all --yes
has 'and says why' "$err" 'nothing was deleted'
exits 'the others are listed' 0 v list net --json
has 'with it' "$out" '"version": "net@v6", "model": "net", "number": 6, "wrong": "it is torn"'
echo 9 >>a/model-1.safetensors
exits 'an original that changed' 0 v list far
has 'says so' "$out" 'has changed'
exits 'and is not restored' 1 v restore far "$TMP/out3"
done_testing

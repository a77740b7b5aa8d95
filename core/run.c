/* Which run a log belongs to, from its path alone.
 *
 * Nothing is looked up, so the answer can't change when a sibling appears, a mount hangs or the
 * file is deleted. Layouts that a framework fixes are tried first, from the strictest; what is left
 * is decided by the file's name: known or generic names belong to their directory, a name that is a
 * split of the data to their directory with a prefix, every other name is a run of its own. Ranks
 * are cut out before, so that the eight logs of one training meet in one run. */
#include "core/run.h"

#include "core/run_path.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* -- names ------------------------------------------------------------------------------------- */

static const char *const fixed_names[] = {"results.csv",
					  "progress.csv",
					  "monitor.csv",
					  "metrics.json",
					  "log.csv",
					  "trainer_state.json",
					  "all_results.json",
					  "train_results.json",
					  "eval_results.json",
					  "test_results.json",
					  "predict_results.json",
					  "learn_error.tsv",
					  "test_error.tsv",
					  "time_left.tsv",
					  "catboost_training.json",
					  "wandb-summary.json",
					  "wandb-history.jsonl",
					  "meta.yaml",
					  "evaluations.npz",
					  "summary.csv",
					  "trainer_log.jsonl",
					  "logging.jsonl",
					  "training_metrics.json",
					  NULL};

static const char *const generic_stems[] = {"metrics",  "log",     "logs",     "train_log",
					    "training", "history", "progress", "scalars",
					    "stats",    "loss",    "losses",   "output",
					    "stdout",   "stderr",  "console",  "monitor",
					    "dllogger", NULL};

static const char *const split_stems[] = {"train", "val",  "valid", "validation",
					  "eval",  "test", "dev",   NULL};

static const char *const table_suffixes[] = {"csv", "tsv", "jsonl", "ndjson", "json", NULL};

const char *const run_companions[] = {"hparams.yaml",
				      "hparams.yml",
				      "args.yaml",
				      "args.yml",
				      "config.yaml",
				      "config.yml",
				      "params.yaml",
				      "opt.yaml",
				      "hyp.yaml",
				      "hparams.json",
				      "args.json",
				      "config.json",
				      "params.json",
				      "opt.json",
				      "cfg.yaml",
				      "cfg.json",
				      "hyperparams.yaml",
				      "hyperparams.json",
				      "hyperparameters.yaml",
				      "hyperparameters.json",
				      "train_config.yaml",
				      "train_config.json",
				      "training_config.yaml",
				      "training_config.json",
				      "train_args.json",
				      "training_args.json",
				      "options.json",
				      "variant.json",
				      ".hydra/config.yaml",
				      NULL};

bool
run_is_companion(const char *path)
{
	struct part p = {path, strlen(path)};

	return part_in(part_last(p), run_companions);
}

static bool
name_fixed(struct part name)
{
	if (part_in(name, fixed_names) || part_in(name, run_companions) ||
	    part_ends(name, ".wandb") || part_ends(name, ".monitor.csv"))
		return true;
	for (size_t i = 0; i + 8 <= name.n; i++)
		if (memcmp(name.p + i, "tfevents", 8) == 0)
			return true;
	return false;
}

/* NAME without its suffix, which is short and begins with a letter: the .001 of lr=0.001 is
 * none. */
static struct part
name_stem(struct part name, struct part *suffix)
{
	*suffix = (struct part){name.p + name.n, 0};
	for (size_t i = name.n; i-- > 1;) {
		if (name.p[i] == '.') {
			if (i + 1 == name.n || name.n - i > 9 ||
			    isdigit((unsigned char)name.p[i + 1]))
				break;
			*suffix = (struct part){name.p + i + 1, name.n - i - 1};
			return (struct part){name.p, i};
		}
		if (!isalnum((unsigned char)name.p[i]))
			break;
	}
	return name;
}

/* -- layouts ----------------------------------------------------------------------------------- */

static bool
dir_is_wandb_run(struct part dir)
{
	struct part name, up;
	struct part above = part_dir(dir, &name);

	if (part_shaped(name, "run-########_######-*") ||
	    part_shaped(name, "offline-run-########_######-*"))
		return true;
	up = part_last(above);
	return part_is(up, "wandb") &&
	       (part_begins(name, "run-") || part_begins(name, "offline-run-"));
}

static bool
dir_is_mlflow_run(struct part dir)
{
	struct part name, experiment;
	struct part above = part_dir(dir, &name);
	struct part store = part_dir(above, &experiment);

	/* A registered model, a trace: siblings of what they are not. */
	if (part_is(experiment, "models") || part_is(experiment, "traces") ||
	    part_is(name, "models") || part_is(name, "traces"))
		return false;
	return part_shaped(name, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx") ||
	       (part_is(part_last(store), "mlruns") && experiment.n > 0);
}

bool
run_mlflow_part(const char *path, enum mlflow_part *part, const char **name)
{
	static const char *const parts[] = {"metrics", "params", "tags"};
	size_t n = strlen(path);

	/* The outermost run: what lies below it under such names is its own. */
	for (size_t i = 1; i < n; i++) {
		struct part dir = {path, i}, next = {path + i + 1, 0};
		if (path[i] != '/' || !dir_is_mlflow_run(dir))
			continue;
		while (next.p + next.n < path + n && next.p[next.n] != '/')
			next.n++;
		*name = next.p + next.n + 1;
		if (next.p + next.n == path + n) {
			*part = MLFLOW_META;
			*name = next.p;
			return part_is(next, "meta.yaml");
		}
		for (int k = 0; k < 3; k++)
			if (part_is(next, parts[k])) {
				*part = (enum mlflow_part)k;
				return **name != '\0';
			}
	}
	return false;
}

/* The innermost directory above that is a run by its framework's layout. */
static bool
find_layout(struct part dir, struct part *run)
{
	struct part name, below = {"", 0};

	*run = (struct part){NULL, 0};
	while (dir.n > 1) {
		struct part above = part_dir(dir, &name);
		bool inside = part_is(below, "metrics") || part_is(below, "params") ||
			      part_is(below, "tags") || part_is(below, "artifacts");
		if (dir_is_wandb_run(dir) || (inside && dir_is_mlflow_run(dir))) {
			*run = dir;
			return true;
		}
		below = name;
		dir = above;
	}
	return false;
}

/* checkpoint-500, or tmp-checkpoint-500 while it is being written: its number, else -1. What is
 * pushed to a hub is called last-checkpoint. */
static int64_t
checkpoint_number(struct part s)
{
	int64_t n = 0;

	if (part_is(s, "last-checkpoint"))
		return INT64_MAX - 1;
	if (part_begins(s, "tmp-"))
		s = (struct part){s.p + 4, s.n - 4};
	if (!part_begins(s, "checkpoint-") || s.n == 11 || s.n > 11 + 18)
		return -1;
	for (size_t i = 11; i < s.n; i++) {
		if (!isdigit((unsigned char)s.p[i]))
			return -1;
		n = n * 10 + (s.p[i] - '0');
	}
	return n;
}

/* What a framework keeps below its run: a checkpoint's state, mmengine's
 * DIR/TIME/vis_data/TIME.json. */
static struct part
climb(struct part home)
{
	struct part last, above = part_dir(home, &last);

	if (above.n <= 1)
		return home;
	return part_is(last, "vis_data") || checkpoint_number(last) >= 0 ? above : home;
}

/* DVCLive keeps a file a metric: HOME/plots/metrics/train/loss.tsv (HOME/scalars/… before version
 * 1) has the column "loss". BELOW gets "train", or nothing. */
static bool
dir_of_dvclive(struct part dir, struct part *home, struct part *below)
{
	const char *end = dir.p + dir.n;

	while (dir.n > 1) {
		struct part last, up, above = part_dir(dir, &last);
		struct part root = part_dir(above, &up);
		bool plots = part_is(last, "metrics") && part_is(up, "plots") && root.n > 1;
		if (plots || (part_is(last, "scalars") && above.n > 1)) {
			const char *sub = dir.p + dir.n + (dir.p + dir.n < end);
			*home = plots ? root : above;
			*below = (struct part){sub, (size_t)(end - sub)};
			return true;
		}
		dir = above;
	}
	return false;
}

/* CatBoost keeps what it measures on its training and test data apart: HOME/learn_error.tsv and
 * event files in HOME/learn, HOME/test. In HOME/catboost_training.json it is called learn/NAME. */
static bool
file_of_catboost(struct part dir, struct part name, struct part *home, struct part *data)
{
	*home = dir;
	if (part_is(part_last(dir), "catboost_info")) {
		*data = (struct part){name.p, part_begins(name, "learn") ? 5 : 4};
		return part_is(name, "learn_error.tsv") || part_is(name, "test_error.tsv");
	}
	*home = part_dir(dir, data);
	return part_is(part_last(*home), "catboost_info") &&
	       (part_is(*data, "learn") || part_begins(*data, "test"));
}

/* What TensorBoard's page gives to be kept of one series: run-RUN-tag-NAME.csv or .json, with _ for
 * slashes. RUN "." is the directory itself. */
static bool
name_of_export(struct part name, struct part *run, struct part *tag)
{
	static const char mark[] = "-tag-";
	struct part suffix, stem = name_stem(name, &suffix);
	const char *at = memmem(stem.p, stem.n, mark, sizeof mark - 1);

	if (!at || !part_begins(stem, "run-") || at < stem.p + 5 ||
	    !(part_is(suffix, "csv") || part_is(suffix, "json")))
		return false;
	*run = (struct part){stem.p + 4, (size_t)(at - stem.p) - 4};
	at += sizeof mark - 1;
	*tag = (struct part){at, (size_t)(stem.p + stem.n - at)};
	return tag->n > 0;
}

const char *
run_export_tag(const char *path, size_t *n)
{
	struct part run, tag;

	if (!name_of_export(part_last((struct part){path, strlen(path)}), &run, &tag))
		return NULL;
	*n = tag.n;
	return tag.p;
}

bool
run_log_shared(const char *path, struct str *log, int64_t *order)
{
	struct part name, last, dir = part_dir((struct part){path, strlen(path)}, &name);
	struct part above = part_dir(dir, &last);

	str_reset(log);
	if (!part_is(name, "trainer_state.json"))
		return false;
	*order = above.n > 1 ? checkpoint_number(last) : -1;
	if (*order >= 0)
		dir = above;
	else
		*order = INT64_MAX;
	str_add(log, dir.p, dir.n);
	if (dir.n != 1)
		str_addc(log, '/');
	str_add(log, name.p, name.n);
	return true;
}

int
run_log_echo(const char *path)
{
	static const char *const parts[] = {"train_results.json",   "eval_results.json",
					    "predict_results.json", "test_results.json",
					    "wandb-summary.json",   NULL};
	struct part name, last, dir = part_dir((struct part){path, strlen(path)}, &name);
	struct part above = part_dir(dir, &last);

	if (part_is(name, "all_results.json") || part_is(name, "metrics.json") ||
	    (part_is(name, "scalars.json") && part_is(last, "vis_data") &&
	     part_shaped(part_last(above), "########_######")))
		return 1;
	return part_in(name, parts) ? 2 : 0;
}

/* DIR is the file's directory, NAME its name without the rank, of which STEM is the beginning. */
static bool
belongs_to_dir(struct part dir, struct part name, struct part stem)
{
	struct part last = part_last(dir);

	return !stem.n || name_fixed(name) || part_in(stem, generic_stems) ||
	       part_in(stem, split_stems) || part_is(last, "vis_data") ||
	       (part_shaped(stem, "########_######") && last.n == stem.n &&
		memcmp(last.p, stem.p, stem.n) == 0);
}

void
run_of_log(const char *path, struct str *run, struct str *prefix)
{
	struct str folded = STR_INIT, bare = STR_INIT;
	struct part name, suffix, home;
	struct part above = part_dir((struct part){path, strlen(path)}, &name);

	/* Where Hydra keeps what it told the run whose directory this is in. */
	if (part_is(part_last(above), ".hydra"))
		above = part_dir(above, &home);
	run_fold_ranks(&folded, above);
	struct part dir = {str_c(&folded), folded.len};

	struct part stem = name_stem(name, &suffix);
	size_t from, to;
	if (run_find_rank(suffix, &from, &to) && to - from == suffix.n) /* stdout.rank3 */
		stem = name_stem(stem, &suffix);
	if (part_ends(stem, ".log") && stem.n > 4) /* 20240101_120000.log.json */
		stem.n -= 4;
	run_add_without_ranks(&bare, stem);
	size_t nstem = bare.len;
	if (suffix.n) {
		str_addc(&bare, '.');
		str_add(&bare, suffix.p, suffix.n);
	}
	name = (struct part){str_c(&bare), bare.len};
	stem = (struct part){name.p, nstem};

	str_reset(run);
	str_reset(prefix);
	struct part below = {"", 0}, tag;
	if (part_is(suffix, "tsv") && dir_of_dvclive(dir, &home, &below)) {
		str_add(run, home.p, home.n);
		str_add(prefix, below.p, below.n);
		if (below.n)
			str_addc(prefix, '/');
		stem.n = 0; /* "train.tsv" is no part of the data here */
	} else if (file_of_catboost(dir, name, &home, &below)) {
		str_add(run, home.p, home.n);
		str_add(prefix, below.p, below.n);
		str_addc(prefix, '/');
		stem.n = 0;
	} else if (name_of_export(name, &below, &tag)) {
		str_add(run, dir.p, dir.n);
		if (!part_is(below, ".")) {
			if (dir.n != 1)
				str_addc(run, '/');
			str_add(run, below.p, below.n);
		}
	} else if (find_layout(dir, &home) || belongs_to_dir(dir, name, stem)) {
		home = home.n ? home : climb(dir);
		str_add(run, home.p, home.n);
	} else {
		str_add(run, dir.p, dir.n);
		if (dir.n != 1)
			str_addc(run, '/');
		str_add(run, stem.p, stem.n);
	}
	str_add(prefix, "", 0);
	if (part_in(stem, split_stems) && part_in(suffix, table_suffixes)) {
		for (size_t i = 0; i < stem.n; i++)
			str_addc(prefix, (char)tolower((unsigned char)stem.p[i]));
		str_addc(prefix, '/');
	}
	str_release(&bare);
	str_release(&folded);
}

/* Copies of what a `.wandb` file says, W&B's own logs, and what a program gave it, or MLflow, to
 * keep. Before W&B's version 0.10 the histories themselves were files: those are no copies. */
bool
run_is_copy(const char *path)
{
	static const char *const dirs[] = {"files", "logs", "tmp", NULL};
	static const char *const texts[] = {"output.log", "wandb-history.jsonl",
					    "wandb-events.jsonl", NULL};
	struct part name, below;
	struct part dir = part_dir((struct part){path, strlen(path)}, &name);

	/* Where the links called debug-core.log lead. */
	if (part_shaped(name, "core-debug-########_######*") && part_is(part_last(dir), "logs"))
		return true;
	while (dir.n > 1) {
		struct part above = part_dir(dir, &below);
		if (part_in(below, dirs) && dir_is_wandb_run(above))
			return !(part_in(name, texts) || part_ends(name, ".wandb"));
		if (part_is(below, "artifacts") && dir_is_mlflow_run(above))
			return true;
		dir = above;
	}
	return false;
}

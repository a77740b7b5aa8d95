/* A thousand texts that are no training's log, made up anew from a seed: what package managers,
 * compilers and servers print, documents, programs, configurations, tables. Many are called like
 * logs. None may be taken for one, and no number in them may become a metric. */
#include "tests/unit/feeder.h"

#include "core/xalloc.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

static uint64_t seed;

static unsigned
roll(unsigned below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % below;
}

static const char *
word(void)
{
	static const char *const words[] = {"model",    "data",    "loss",     "training",
					    "accuracy", "step",    "epoch",    "server",
					    "cache",    "batch",   "learning", "rate",
					    "network",  "the",     "of",       "a",
					    "with",     "value",   "results",  "baseline",
					    "layer",    "package", "module",   "evaluate",
					    "metric",   "file",    "build",    "reward",
					    "we",       "is",      "for",      "attention"};
	return words[roll(sizeof words / sizeof *words)];
}

static void
add_sentence(struct str *s)
{
	unsigned n = 5 + roll(15);
	for (unsigned i = 0; i < n; i++) {
		if (roll(9) == 0)
			str_addf(s, "%u%s ", roll(1000), roll(3) ? "" : ".5");
		str_addf(s, "%s%s", word(), i + 1 < n ? (roll(12) ? " " : ", ") : ".");
	}
}

/* -- what programs print ----------------------------------------------------------------------- */

static void
pip(struct str *s)
{
	for (unsigned i = 0; i < 5 + roll(20); i++) {
		str_addf(s, "Collecting %s-%s>=%u.%u\n", word(), word(), roll(9), roll(20));
		str_addf(s, "  Downloading %s-%u.%u.%u-py3-none-any.whl (%u.%u MB)\n", word(),
			 roll(9), roll(9), roll(9), roll(90), roll(9));
		str_addf(s,
			 "     \xE2\x94\x81\xE2\x94\x81\xE2\x94\x81 %u.%u/%u.%u MB %u.1 MB/s eta "
			 "0:00:0%u\r",
			 roll(9), roll(9), 9 + roll(9), roll(9), roll(30), roll(9));
		str_addf(s, "Requirement already satisfied: %s in /usr/lib/python3 (%u.%u)\n",
			 word(), roll(9), roll(9));
	}
}

static void
npm(struct str *s)
{
	for (unsigned i = 0; i < 3 + roll(9); i++)
		str_addf(s, "npm WARN deprecated %s@%u.%u.%u: use %s instead\n", word(), roll(9),
			 roll(9), roll(9), word());
	str_addf(s, "\nadded %u packages, and audited %u packages in %us\n\n%u vulnerabilities\n",
		 roll(900), roll(900), roll(90), roll(20));
}

static void
cargo(struct str *s)
{
	for (unsigned i = 0; i < 5 + roll(20); i++)
		str_addf(s, "   Compiling %s-%s v%u.%u.%u\n", word(), word(), roll(9), roll(9),
			 roll(90));
	str_addf(s, "    Finished dev [unoptimized] target(s) in %u.%02us\n", roll(90), roll(99));
	for (unsigned i = 0; i < roll(9); i++)
		str_addf(s,
			 "test %s::%s ... ok\ntest result: ok. %u passed; %u failed; 0 ignored; "
			 "finished in %u.0%us\n",
			 word(), word(), roll(99), roll(2), roll(9), roll(9));
}

static void
apt(struct str *s)
{
	for (unsigned i = 1; i < 5 + roll(20); i++)
		str_addf(s,
			 "Get:%u http://deb.debian.org/debian bookworm/main amd64 lib%s%u amd64 "
			 "%u.%u-%u [%u kB]\n",
			 i, word(), roll(9), roll(9), roll(9), roll(9), 10 + roll(900));
	str_addf(s, "%u upgraded, %u newly installed, 0 to remove.\nNeed to get %u kB/%u kB.\n",
		 roll(9), roll(99), roll(900), 900 + roll(900));
	for (unsigned i = 1; i < 9; i++)
		str_addf(s, "\rReading database ... %u%%", i * 5);
}

static void
compiler(struct str *s)
{
	for (unsigned i = 0; i < 5 + roll(20); i++)
		str_addf(
			s,
			"[%3u%%] Building CXX object src/%s.cc.o\nsrc/%s.cc:%u:%u: warning: unused "
			"variable '%s' [-Wunused]\n  %u |   float %s = %u.5;\n",
			roll(100), word(), word(), roll(900), roll(80), word(), roll(900), word(),
			roll(9));
}

static void
test_runner(struct str *s)
{
	for (unsigned i = 0; i < 5 + roll(20); i++)
		str_addf(s, "tests/test_%s.py::test_%s PASSED [ %u%%]\n", word(), word(),
			 roll(100));
	str_addf(s, "===== %u passed, %u warnings in %u.%02us =====\n", roll(99), roll(9), roll(99),
		 roll(99));
}

static void
web_server(struct str *s)
{
	for (unsigned i = 0; i < 10 + roll(40); i++)
		str_addf(s,
			 "10.0.%u.%u - - [0%u/Jan/2024:12:%02u:%02u +0000] \"GET /%s HTTP/1.1\" "
			 "%u %u "
			 "\"-\" rt=0.%03u\n",
			 roll(255), roll(255), 1 + roll(9), roll(60), roll(60), word(),
			 200 + roll(300), roll(90000), roll(999));
}

static void
service(struct str *s)
{
	for (unsigned i = 0; i < 10 + roll(40); i++)
		str_addf(s,
			 "2024-01-0%u 12:%02u:%02u,%03u - %s.%s - INFO - request id=%u status=%u "
			 "duration=%ums error=%u queue: %u\n",
			 1 + roll(9), roll(60), roll(60), roll(999), word(), word(), roll(9999),
			 200 + roll(300), roll(900), roll(2), roll(50));
}

static void
kernel(struct str *s)
{
	for (unsigned i = 0; i < 10 + roll(40); i++)
		str_addf(s, "[%5u.%06u] %s %02x:00.0: BAR %u: [mem 0x%08x-0x%08x] %s\n", roll(999),
			 roll(999999), word(), roll(255), roll(6), roll(99999999), roll(99999999),
			 word());
}

static void
ping(struct str *s)
{
	for (unsigned i = 1; i < 10 + roll(40); i++)
		str_addf(s, "64 bytes from 1.1.1.1: icmp_seq=%u ttl=57 time=%u.%u ms\n", i,
			 roll(99), roll(9));
}

static void
transcoder(struct str *s)
{
	for (unsigned i = 1; i < 10 + roll(40); i++)
		str_addf(
			s,
			"frame=%5u fps=%u q=28.0 size=%8ukB time=00:00:%02u.00 bitrate=%u.5kbits/s "
			"speed=%u.1x    \r",
			i * 25, roll(90), i * 256, i % 60, roll(900), roll(9));
}

static void
copier(struct str *s)
{
	for (unsigned i = 1; i < 20 + roll(40); i++)
		str_addf(s, "\r%12u %3u%%   %u.%02uMB/s    0:00:%02u (xfr#%u, to-chk=%u/%u)",
			 i * 32768, i, roll(99), roll(99), roll(60), i, roll(90), 100);
	for (unsigned i = 1; i < 20; i++)
		str_addf(s, "\rDownloading %s: %u%%|####    | %uM/100M [00:%02u<00:%02u, %u.5MB/s]",
			 word(), i * 5, i * 5, i, 20 - i, roll(50));
	str_addc(s, '\n');
}

static void
git_log(struct str *s)
{
	for (unsigned i = 0; i < 5 + roll(20); i++) {
		str_addf(s,
			 "commit %08x%08x\nAuthor: A B <a@b.c>\nDate:   Mon Jan %u 12:00:00 2024 "
			 "+0100\n\n    ",
			 roll(UINT32_MAX), roll(UINT32_MAX), 1 + roll(28));
		add_sentence(s);
		str_addf(s, "\n\n src/%s.py | %u +++--\n %u files changed, %u insertions(+)\n\n",
			 word(), roll(99), roll(9), roll(99));
	}
}

static void
gpu_table(struct str *s)
{
	for (unsigned i = 0; i < 1 + roll(8); i++)
		str_addf(s,
			 "+-------------------------------+----------------------+\n"
			 "| N/A   %uC    P0    %uW / 300W |  %5uMiB / 16160MiB |     %u%%      "
			 "Default |\n",
			 roll(90), roll(300), roll(16000), roll(100));
}

static void
listing(struct str *s)
{
	for (unsigned i = 0; i < 10 + roll(40); i++)
		str_addf(s,
			 "-rw-r--r-- 1 root root %6u Jan %2u 12:%02u "
			 "%s_epoch=%u-val_loss=0.%u.ckpt\n",
			 roll(999999), 1 + roll(28), roll(60), word(), roll(90), roll(999));
}

/* -- what people and programs write ------------------------------------------------------------ */

static void
readme(struct str *s)
{
	str_addf(s, "# %s %s\n\n", word(), word());
	for (unsigned i = 0; i < 3 + roll(5); i++) {
		add_sentence(s);
		str_addf(s, "\n\n## Step %u\n\n1. ", i);
		add_sentence(s);
		str_addf(
			s,
			"\n\n```\n$ python train.py --lr 0.%u --epochs %u\nstep 1: loss "
			"3.%u\nstep 2: "
			"loss 2.%u\nstep 3: loss 1.%u\n```\n\n| %s | accuracy |\n|---|---|\n| %s | "
			"0.%u |\n",
			roll(9), roll(90), roll(9), roll(9), roll(9), word(), word(), roll(99));
	}
}

static void
essay(struct str *s)
{
	for (unsigned i = 0; i < 20 + roll(60); i++) {
		add_sentence(s);
		str_adds(s, roll(4) ? " " : "\n");
	}
	str_addc(s, '\n');
}

static void
tutorial(struct str *s)
{
	for (unsigned i = 1; i < 4 + roll(6); i++) {
		str_addf(s, "Step %u: set the %s %s to %u and the loss weight to 0.%u, then ", i,
			 word(), word(), roll(99), roll(99));
		add_sentence(s);
		str_addf(s, "\nStep %u.1 - ", i);
		add_sentence(s);
		str_addc(s, '\n');
	}
}

static void
python(struct str *s)
{
	for (unsigned i = 0; i < 5 + roll(20); i++)
		str_addf(s,
			 "def %s_%u(x, lr=0.%u, step=%u):\n    loss = %u.5\n    for epoch in "
			 "range(%u):\n"
			 "        print(f\"epoch {epoch}: loss {loss}\")\n    return {'loss': "
			 "loss}\n\n",
			 word(), i, roll(99), roll(9), roll(9), roll(99));
}

static void
c_code(struct str *s)
{
	for (unsigned i = 0; i < 5 + roll(20); i++)
		str_addf(s,
			 "static const double %s_%u = %u.5; /* step %u, loss 0.%u */\nint "
			 "f%u(void) { "
			 "return step == %u ? loss : 0; }\n",
			 word(), i, roll(9), i, roll(99), i, roll(9));
}

static void
makefile(struct str *s)
{
	for (unsigned i = 0; i < 5 + roll(20); i++)
		str_addf(s, "LOSS_%u := %u.5\n%s%u.o: %s.c\n\t$(CC) -O%u -DEPOCH=%u -o $@ $<\n", i,
			 roll(9), word(), i, word(), roll(4), roll(99));
}

static void
settings(struct str *s)
{
	static const char *const keys[] = {"lr",          "loss",     "epochs",    "batch_size",
					   "loss_weight", "momentum", "step_size", "acc_threshold",
					   "max_steps",   "seed",     "dropout",   "warmup_steps"};
	const char *form = roll(2) ? ": " : roll(2) ? " = " : " ............... ";
	for (unsigned again = 0; again < 1 + roll(4); again++)
		for (unsigned i = 0; i < 12; i++)
			str_addf(s, "%s%s%s%u%s\n", roll(2) ? "  " : "", keys[i], form, i,
				 roll(2) ? "" : ".5");
	str_addf(s, "Namespace(lr=0.%u, epochs=%u, step=%u, loss=%u)\n", roll(99), roll(99),
		 roll(9), roll(9));
}

static void
comma_prose(struct str *s)
{
	for (unsigned i = 0; i < 20 + roll(20); i++)
		str_addf(s, "%s, %u, %s %s, 0.%u, accuracy\n", word(), roll(99), word(), word(),
			 roll(99));
}

static void
report(struct str *s)
{
	for (unsigned i = 0; i < 1 + roll(5); i++)
		str_addf(s,
			 "              precision    recall  f1-score   support\n\n           0  "
			 "     "
			 "0.%02u      0.%02u      0.%02u       %u\n\n    accuracy                "
			 "      "
			 "     0.%02u      %u\n   macro avg       0.%02u      0.%02u      0.%02u "
			 "     "
			 "%u\n\n",
			 roll(99), roll(99), roll(99), roll(999), roll(99), roll(999), roll(99),
			 roll(99), roll(99), roll(999));
}

static void
trace(struct str *s)
{
	for (unsigned i = 0; i < 1 + roll(4); i++)
		str_addf(s,
			 "Traceback (most recent call last):\n  File \"%s.py\", line %u, in %s\n "
			 "   loss "
			 "= %s(step=%u)\nValueError: step %u: loss must be below %u.5\n",
			 word(), roll(999), word(), word(), roll(9), roll(9), roll(9));
}

static void
numbers(struct str *s)
{
	for (unsigned i = 0; i < 20 + roll(60); i++)
		str_addf(s, "%u 0.%u 0.%u 0.%u 0.%u\n", roll(80), roll(999999), roll(999999),
			 roll(999999), roll(999999));
}

static void
docker(struct str *s)
{
	unsigned n = 5 + roll(9);
	for (unsigned i = 1; i <= n; i++)
		str_addf(s,
			 "Step %u/%u : RUN pip install %s==%u.%u\n ---> Running in %08x\n"
			 " ---> %08x\n",
			 i, n, word(), roll(9), roll(20), roll(UINT32_MAX), roll(UINT32_MAX));
	for (unsigned i = 1; i <= n; i++)
		str_addf(s, "#%u [%u/%u] COPY %s /app\n#%u DONE %u.%us\n#%u CACHED\n", i, i, n,
			 word(), i, roll(9), roll(9), i);
}

static void
ninja(struct str *s)
{
	unsigned n = 50 + roll(90);
	for (unsigned i = 1; i <= n; i++)
		str_addf(s, "[%u/%u] Building CXX object %s/%s.cpp.o\n", i, n, word(), word());
	str_addf(s,
		 "%u%% tests passed, %u tests failed out of %u\n\nTotal Test time (real) = %u.%02u "
		 "sec\n",
		 roll(100), roll(9), n, roll(90), roll(99));
}

/* Who is better, in a table. */
static void
comparison(struct str *s)
{
	str_adds(s, "| Model | Params | Accuracy | F1 | Latency (ms) |\n|---|---|---|---|---|\n");
	for (unsigned i = 0; i < 10 + roll(20); i++)
		str_addf(s, "| %s-%u | %uM | %u.%u | 0.%u | %u |\n", word(), roll(99), roll(900),
			 roll(100), roll(9), roll(999), roll(400));
	str_adds(
		s,
		"\n+------+-------+-------+\n| Rank | Team  | Score |\n+------+-------+-------+\n");
	for (unsigned i = 1; i < 10; i++)
		str_addf(s, "| %4u | %s | %5u |\n", i, word(), roll(900));
}

/* What was measured of a data set, a name a line, over and over. */
static void
counts(struct str *s)
{
	for (unsigned i = 0; i < 10 + roll(40); i++)
		str_addf(s,
			 "2024-01-0%u 12:%02u:%02u,%03u - DEBUG - Num %s: %u, max %s length: %u\n"
			 "2024-01-0%u 12:%02u:%02u,%03u - INFO - Loaded %u samples\n",
			 1 + roll(9), roll(60), roll(60), roll(999), word(), roll(2000), word(),
			 roll(200), 1 + roll(9), roll(60), roll(60), roll(999), roll(99999));
}

/* A recipe: steps, and numbers below them. */
static void
recipe(struct str *s)
{
	for (unsigned i = 1; i < 5 + roll(20); i++) {
		str_addf(s, "Step %u\n", i);
		add_sentence(s);
		str_addf(s, "\nTemperature: %u\nTime: %u min\n", 100 + roll(100), roll(90));
	}
}

static void
episodes(struct str *s)
{
	str_adds(s, "episode,season,title,score\n");
	for (unsigned k = 1; k < 5; k++)
		for (unsigned i = 1; i < 10; i++)
			str_addf(s, "%u,%u,%s,%u.%u\n", i, k, word(), roll(9), roll(9));
}

static void
columns_of_data(struct str *s)
{
	static const char *const names[] = {"age", "f1", "height", "price", "recall"};
	str_addc(s, '{');
	for (unsigned k = 0; k < 5; k++) {
		str_addf(s, "%s\"%s\": [", k ? ", " : "", names[k]);
		for (unsigned i = 0; i < 20; i++)
			str_addf(s, "%s%u", i ? ", " : "", roll(90));
		str_addc(s, ']');
	}
	str_adds(s, "}\n");
}

static const struct {
	void (*write)(struct str *s);
	const char *names[3];
} kinds[] = {
	{pip, {"install.log", "pip.txt", "setup.out"}},
	{npm, {"npm-debug.log", "npm.txt", "ci.out"}},
	{cargo, {"cargo.log", "build.out", "build.log"}},
	{apt, {"apt.log", "term.log", "docker-build.out"}},
	{compiler, {"make.log", "build.err", "nohup.out"}},
	{test_runner, {"pytest.log", "test.out", "report.txt"}},
	{web_server, {"access.log", "nginx.log", "access"}},
	{service, {"service.log", "stdout", "slurm-4711.out"}},
	{kernel, {"dmesg", "kern.log", "boot.log"}},
	{ping, {"ping.log", "net.txt", "a.out"}},
	{transcoder, {"ffmpeg.log", "stderr", "encode.err"}},
	{copier, {"rsync.log", "download.log", "slurm-1.err"}},
	{git_log, {"ChangeLog", "git.log", "history.txt"}},
	{gpu_table, {"nvidia.log", "gpu.txt", "smi.out"}},
	{listing, {"files.txt", "ls.log", "manifest.txt"}},
	{readme, {"README.md", "README", "docs/train.md"}},
	{essay, {"notes.txt", "paper.txt", "LICENSE"}},
	{tutorial, {"howto.txt", "INSTALL", "tutorial.rst"}},
	{python, {"train.py", "model.py", "loss.py"}},
	{c_code, {"train.c", "train.cu", "step.h"}},
	{makefile, {"Makefile", "rules.mk", "GNUmakefile"}},
	{settings, {"settings.yaml", "args.txt", "settings.log"}},
	{comma_prose, {"list.txt", "labels.log", "words"}},
	{report, {"report.txt", "metrics.txt", "eval.log"}},
	{trace, {"error.log", "nohup.out", "slurm-2.err"}},
	{numbers, {"000123.txt", "boxes.txt", "points.log"}},
	{docker, {"docker.log", "build.txt", "ci.log"}},
	{ninja, {"ninja.log", "ctest.out", "build.log"}},
	{comparison, {"results.txt", "README.md", "table.log"}},
	{counts, {"prepare.log", "data.out", "train.log"}},
	{recipe, {"recipe.txt", "steps.log", "INSTALL.txt"}},
	{episodes, {"episodes.csv", "series.csv", "tv.csv"}},
	{columns_of_data, {"data.json", "train.json", "people.json"}},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static void
check_none(const char *name, const struct str *text)
{
	struct str path = STR_INIT;
	const struct source_ops *ops;
	str_addf(&path, "/data/%s", name);
	struct probe p = {
		.path = str_c(&path),
		.head = str_c(text),
		.nhead = text->len < SOURCE_HEAD ? text->len : SOURCE_HEAD,
		.whole = text->len <= SOURCE_HEAD,
	};
	/* A companion makes no run. */
	if (source_probe(&p, &ops) == PROBE_YES && !ops->companion)
		fail_msg("%s is taken for a log, %s: %s\n%.2000s", name, ops->name,
			 str_c(&p.reason), str_c(text));
	str_release(&p.reason);
	str_release(&path);
}

static void
a_thousand_texts_are_no_logs(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 1320; i++) {
		struct str text = STR_INIT;
		seed = 1 + i;
		kinds[i % KINDS].write(&text);
		check_none(kinds[i % KINDS].names[i / KINDS % 3], &text);
		/* whatever its name */
		if (kinds[i % KINDS].write != readme) {
			char *rows = feed_rows("text", str_c(&text), false);
			if (*rows)
				fail_msg("%s gives %s\n%.2000s", kinds[i % KINDS].names[0], rows,
					 str_c(&text));
			free(rows);
		}
		str_release(&text);
	}
}

/* One behind the other, as a job's output has them, and a training in the end: only that counts. */
static void
among_them_a_training_is_found(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		struct str text = STR_INIT;
		seed = 1000 + i;
		for (unsigned k = 0; k < 3; k++) {
			unsigned kind = roll(KINDS);
			if (kinds[kind].write != readme)
				kinds[kind].write(&text);
		}
		str_adds(&text, "\nstep 1/3 | loss 0.5 | 12 ms\nstep 2/3 | loss 0.4 | 11 ms\n"
				"step 3/3 | loss 0.3 | 11 ms\n");
		char *rows = feed_rows("text", str_c(&text), false);
		if (strcmp(rows,
			   "step=1 loss=0.5 ms=12\nstep=2 loss=0.4 ms=11\nstep=3 loss=0.3 ms=11\n"))
			fail_msg("%s\n%s", rows, str_c(&text));
		free(rows);
		str_release(&text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thousand_texts_are_no_logs),
		cmocka_unit_test(among_them_a_training_is_found),
	};
	return cmocka_run_group_tests_name("nolog", tests, NULL, NULL);
}

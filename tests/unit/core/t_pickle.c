/* What a pickle would do is told without doing it, whatever way it takes. */
#include "core/pickle.h"

#include "core/pickle_judge.h"
#include "core/xalloc.h"
#include "tests/unit/model_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define WITNESS "/tmp/mm-pickle-witness"

/* Opcodes as a literal, NULs and all. */
#define BYTES(s, z) str_add(s, z, sizeof(z) - 1)

struct sample {
	const char *name;
	const char *bytes;
	size_t n;
	enum model_safety level;
	const char *what; /* in the evidence's name; "" for none */
};
#define SAMPLE(name, z, level, what) \
	{ \
		name, z, sizeof(z) - 1, level, what \
	}

static const struct sample samples[] = {
	SAMPLE("REDUCE of a global", "\x80\2cposix\nsystem\nX\2\0\0\0id\x85R.", MODEL_DANGER,
	       "posix.system"),
	SAMPLE("protocol 0", "cos\nsystem\n(S'id'\ntR.", MODEL_DANGER, "os.system"),
	SAMPLE("INST", "(S'id'\nios\nsystem\n.", MODEL_DANGER, "os.system"),
	SAMPLE("OBJ", "\x80\2(cos\nsystem\nX\2\0\0\0ido.", MODEL_DANGER, "os.system"),
	SAMPLE("NEWOBJ", "\x80\2csubprocess\nPopen\nX\2\0\0\0id\x85\x81.", MODEL_DANGER,
	       "subprocess.Popen"),
	SAMPLE("NEWOBJ_EX", "\x80\4\x8c\x0asubprocess\x8c\5Popen\x93\x8c\2id\x85}\x92.",
	       MODEL_DANGER, "subprocess.Popen"),
	SAMPLE("STACK_GLOBAL", "\x80\4\x8c\5posix\x8c\6system\x93\x8c\2id\x85R.", MODEL_DANGER,
	       "posix.system"),
	SAMPLE("operands from the memo",
	       "\x80\4\x8c\6system\x94\x8c\5posix\x94\x30\x30h\1h\0\x93\x8c\2id\x85R.",
	       MODEL_DANGER, "posix.system"),
	SAMPLE("operands from the memo, other strings in between",
	       "\x80\4\x8c\5posix\x94\x30\x8c\6system\x94\x30h\0\x8c\5numpy\x30h\1\x8c\5array\x30"
	       "\x93\x8c\2id\x85R.",
	       MODEL_DANGER, "posix.system"),
	SAMPLE("operands by DUP and POP", "\x80\4\x8c\2os\x32\x30\x8c\6system\x93)R.", MODEL_DANGER,
	       "os.system"),
	SAMPLE("a memo of far numbers", "\x80\2cposix\nsystem\nr\0\1\0\0\x30j\0\1\0\0)R.",
	       MODEL_DANGER, "posix.system"),
	SAMPLE("a computed name",
	       "\x80\4\x8c\2os\x8c\x08"
	       "builtins\x8c\3str\x93\x8c\6system\x85R\x93)R.",
	       MODEL_DANGER, "system"),
	SAMPLE("getattr", "\x80\2c__builtin__\ngetattr\n.", MODEL_DANGER, "__builtin__.getattr"),
	SAMPLE("named and never called", "\x80\2cos\nsystem\n0N.", MODEL_DANGER, "os.system"),
	SAMPLE("nested in a list in a dict",
	       "\x80\2}X\1\0\0\0a](K\1cposix\nsystem\nX\2\0\0\0id\x85Res.", MODEL_DANGER,
	       "posix.system"),
	SAMPLE("behind the dots of a name", "\x80\4\x8c\5numpy\x8c\x09os.system\x93)R.",
	       MODEL_DANGER, "numpy.os.system"),
	SAMPLE("a way out of any class",
	       "\x80\4\x8c\x0b"
	       "collections\x8c\x17OrderedDict.__globals__"
	       "\x93.",
	       MODEL_DANGER, "__globals__"),
	SAMPLE("a call of what a call has made", "\x80\2cfoo\nmake\n)R)R.", MODEL_DANGER,
	       "foo.make()"),
	SAMPLE("BUILD of a class itself",
	       "\x80\2ctorch\nTensor\n}X\1\0\0\0ak\x30"
	       "b.",
	       MODEL_UNJUDGED, ""),
	SAMPLE("BUILD of a class", "\x80\2ctorch\nTensor\n}b.", MODEL_DANGER, "torch.Tensor"),
	SAMPLE("extension code", "\x80\2\x82\5.", MODEL_DANGER, "extension code 5"),
	SAMPLE("extension code of four bytes", "\x80\2\x84\1\0\1\0)R.", MODEL_DANGER,
	       "extension code 65537"),
	SAMPLE("an escaped name", "\x80\4S'\\x6fs'\nS'system'\n\x93.", MODEL_DANGER, "\\x6fs"),
	SAMPLE("harm before it breaks off", "\x80\2cos\nsystem\n(S'id'\ntR\xff\xff", MODEL_DANGER,
	       "os.system"),
	SAMPLE("harm before it is cut", "cos\nsystem\n(S'id'\ntR(", MODEL_DANGER, "os.system"),
	SAMPLE("in a second pickle", "\x80\2N.\x80\2cos\nsystem\n)R.", MODEL_DANGER, "os.system"),
	SAMPLE("an argument that is a class",
	       "\x80\2ccollections\ndefaultdict\ncos\nsystem\n\x85R.", MODEL_DANGER, "os.system"),
	SAMPLE("kept in a persistent id", "\x80\2cos\nsystem\n)RQ.", MODEL_DANGER, "os.system"),
	SAMPLE("a name with a blank", "\x80\2cos \nsystem\n.", MODEL_DANGER, "os .system"),
	SAMPLE("joblib's array hides opcodes from joblib alone",
	       "\x80\4\x8c\x13joblib.numpy_pickle\x8c\x11NumpyArrayWrapper\x93)\x81}(\x8c\5shape"
	       "K\x10\x85\x8c\5"
	       "dtype\x8c\5numpy\x8c\5"
	       "dtype\x93\x8c\2u1\x85R\x8c\5orderK\0ub"
	       "\x30"
	       "cposix\nsystem\n)RN.",
	       MODEL_DANGER, "posix.system"),
	SAMPLE("a class of one's own", "\x80\2c__main__\nNet\n)\x81}b.", MODEL_CODE,
	       "__main__.Net"),
	SAMPLE("an unknown function", "\x80\2cmylib.helpers\nmake\n)R.", MODEL_CODE,
	       "mylib.helpers.make"),
	SAMPLE("a module that begins like a harmless one", "\x80\2ctorch.intrusion.x\nrun\n)R.",
	       MODEL_CODE, "torch.intrusion.x.run"),
	SAMPLE("plain values", "\x80\2}X\1\0\0\0aK\1s.", MODEL_TENSORS_ONLY, ""),
	SAMPLE("an ordered dictionary", "\x80\2ccollections\nOrderedDict\n)R.", MODEL_TENSORS_ONLY,
	       ""),
	SAMPLE("cut, no harm so far", "\x80\2}X\1\0\0\0aK\1", MODEL_UNJUDGED, ""),
	SAMPLE("damaged, no harm so far", "\x80\2}\xffN.", MODEL_UNJUDGED, ""),
	SAMPLE("below a mark there is nothing",
	       "\x80\2N(0"
	       "0cos\nsystem\n.",
	       MODEL_DANGER, "os.system"),
};

static void
check(const struct model *m, const struct sample *x)
{
	if (m->safety != x->level)
		fail_msg("%s: %s", x->name, model_safety_name(m->safety));
	if (!*x->what) {
		assert_int_equal(m->nevidence, 0);
		return;
	}
	for (size_t i = 0; i < m->nevidence; i++)
		if (strstr(m->evidence[i].what, x->what))
			return;
	fail_msg("%s: %s is not in the evidence", x->name, x->what);
}

static void
each_way_of_naming_code_is_seen(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		union {
			const char *c;
			char *p;
		} u = {samples[i].bytes};
		struct str s = {u.p, samples[i].n, 0};
		struct model *m = opened(&s, "renamed.safetensors");
		check(m, &samples[i]);
		model_close(m);
	}
	assert_int_equal(access(WITNESS, F_OK), -1);
}

/* The same within a file of PyTorch's, with flags that make other readers look away. */
static void
archives_hide_nothing(void **state)
{
	(void)state;
	static const struct {
		uint16_t flags;
		int level;
		bool behind, wide;
		unsigned align;
	} how[] = {{0, 0, false, false, 0}, {1, 0, false, false, 0}, {0x41, 9, false, false, 0},
		   {0, 9, false, true, 0},  {0, 0, true, false, 64}, {0x2000, 0, true, false, 64}};
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
		for (size_t k = 0; k < sizeof how / sizeof *how; k++) {
			/* joblib is nobody's loader of archives, and one pickle is read */
			if (strstr(samples[i].name, "joblib") || strstr(samples[i].name, "second"))
				continue;
			struct zipper z = {.flags = how[k].flags,
					   .sizes_behind = how[k].behind,
					   .wide = how[k].wide,
					   .align = how[k].align};
			zipper_add(&z, "x/data.pkl", samples[i].bytes, samples[i].n, how[k].level);
			zipper_add(&z, "x/version", "3\n", 2, 0);
			zipper_end(&z);
			struct model *m = opened(&z.out, "x.bin");
			assert_string_equal(m->format, "pytorch");
			check(m, &samples[i]);
			model_close(m);
			zipper_release(&z);
		}
}

static void
other_members_that_are_pickles_count(void **state)
{
	(void)state;
	static const char good[] = "\x80\2}.", evil[] = "\x80\2cos\nsystem\n)R.";
	static const char *const name[] = {"x/other.pkl", "x/data/0.pkl/../y", "readme.txt",
					   "y/DATA.PKL"};
	for (size_t i = 0; i < 4; i++) {
		struct zipper z = {0};
		zipper_add(&z, "x/data.pkl", good, sizeof good - 1, 0);
		zipper_add(&z, name[i], evil, sizeof evil - 1, 0);
		zipper_end(&z);
		struct model *m = opened(&z.out, "x.pt");
		/* Storages are never loaded as pickles. */
		assert_int_equal(m->safety, i == 1 ? MODEL_TENSORS_ONLY : MODEL_DANGER);
		model_close(m);
		zipper_release(&z);
	}
}

/* A header of safetensors that is a text to a pickle, up to the first newline. */
static void
what_is_also_a_pickle_is_both(void **state)
{
	(void)state;
	struct str s = STR_INIT, header = STR_INIT;
	str_adds(&header, "{\"__metadata__\":{\"a\":\"\ncos\nsystem\n(S'id'\ntR.\"}}");
	while (header.len < 0x156)
		str_addc(&header, ' ');
	BYTES(&s, "V\1\0\0\0\0\0\0");
	str_add(&s, header.buf, header.len);
	struct model *m = opened(&s, "x");
	assert_string_equal(m->format, "safetensors");
	assert_int_equal(m->safety, MODEL_DANGER);
	assert_string_equal(m->evidence[0].what, "os.system");
	model_close(m);
	str_release(&s);
	str_release(&header);
}

/* The end record points at one directory, another stands in front of it. */
static void
two_directories_are_one_too_many(void **state)
{
	(void)state;
	static const char good[] = "\x80\2}.", evil[] = "\x80\2cos\nsystem\n)R.";
	struct zipper a = {0}, b = {0};
	zipper_add(&a, "x/data.pkl", evil, sizeof evil - 1, 0);
	size_t at = a.out.len;
	str_add(&a.out, a.directory.buf, a.directory.len);
	/* of the same length, and of another member */
	b.out = a.out;
	zipper_add(&b, "x/data.pkl", good, sizeof good - 1, 0);
	zipper_end(&b);
	for (int i = 0; i < 4; i++)
		b.out.buf[b.out.len - 6 + (size_t)i] = (char)(at >> 8 * i);
	struct model *m = opened(&b.out, "x.pt");
	assert_int_equal(m->safety, MODEL_DANGER);
	bool two = false, named = false;
	for (size_t i = 0; i < m->nevidence; i++) {
		two |= strcmp(m->evidence[i].what, "two directories") == 0;
		named |= strcmp(m->evidence[i].what, "os.system") == 0;
	}
	assert_true(two && named);
	model_close(m);
	str_release(&a.directory);
	zipper_release(&b);
}

static void
the_evidence_says_where_and_with_what(void **state)
{
	(void)state;
	struct str s = STR_INIT;
	BYTES(&s, "\x80\2N0cposix\nsystem\nX\2\0\0\0id\x85R.");
	struct model *m = opened(&s, "x.pkl");
	assert_int_equal(m->nevidence, 1);
	assert_string_equal(m->evidence[0].where, "byte 26");
	assert_non_null(strstr(m->evidence[0].how, "called with ('id',)"));
	model_close(m);
	str_release(&s);
}

static void
names_are_judged(void **state)
{
	(void)state;
	const char *why;
	assert_int_equal(pickle_judge("torch", "FloatStorage", &why), MODEL_TENSORS_ONLY);
	assert_int_equal(pickle_judge("torch.x", "FloatStorage", &why), MODEL_CODE);
	assert_int_equal(pickle_judge("torch._utils", "_rebuild_tensor_v2", &why),
			 MODEL_TENSORS_ONLY);
	assert_int_equal(pickle_judge("os.path", "join", &why), MODEL_DANGER);
	assert_int_equal(pickle_judge("osmium", "join", &why), MODEL_CODE);
	assert_int_equal(pickle_judge("builtins", "eval", &why), MODEL_DANGER);
	assert_int_equal(pickle_judge("builtins", "map", &why), MODEL_CODE);
	assert_int_equal(pickle_judge("", "", &why), MODEL_DANGER);
	assert_int_equal(pickle_judge("numpy", "float32", &why), MODEL_TENSORS_ONLY);
	assert_int_equal(pickle_judge("numpy", "float32.tofile", &why), MODEL_CODE);
}

/* -- values ------------------------------------------------------------------------------------ */

static char *
shown(const char *z, size_t n, enum pickle_end want)
{
	struct pickle p;
	struct scan *s = xmalloc(sizeof *s);
	char *exact = xmemdup(z, n);
	struct blob b = {.fd = -1, .mem = (const unsigned char *)exact, .size = n};
	struct str out = STR_INIT;
	pickle_id root;
	pickle_init(&p);
	scan_init(s, &b, 0);
	enum pickle_end end = pickle_run(&p, s, &root);
	assert_int_equal(end, want);
	if (end == PICKLE_STOP)
		pickle_show(&p, root, &out, 1000);
	pickle_release(&p);
	free(s);
	free(exact);
	return str_steal(&out);
}

static void
values_are_what_python_would_make(void **state)
{
	(void)state;
	static const struct {
		const char *z;
		size_t n;
		const char *want;
	} is[] = {
#define IS(z, want) {z, sizeof(z) - 1, want}
		IS("K\5.", "5"),
		IS("M\1\2.", "513"),
		IS("J\xff\xff\xff\xff.", "-1"),
		IS("\x8a\0.", "0"),
		IS("\x8a\2\xff\x7f.", "32767"),
		IS("\x8a\1\x80.", "-128"),
		IS("\x8a\x09\0\0\0\0\0\0\0\0\1.", "1.844674407e+19"),
		IS("I01\n.", "True"),
		IS("I12\n.", "12"),
		IS("L-12L\n.", "-12"),
		IS("F0.5\n.", "0.5"),
		IS("G?\xe0\0\0\0\0\0\0.", "0.5"),
		IS("N.", "None"),
		IS("\x88\x89\x86.", "(True, False)"),
		IS("(K\1K\2t.", "(1, 2)"),
		IS("(K\1l.", "[1]"),
		IS("](K\1K\2e.", "[1, 2]"),
		IS("]K\1aK\2a.", "[1, 2]"),
		IS("}K\1K\2s.", "{1: 2}"),
		IS("}(K\1K\2K\3K\4u.", "{1: 2, 3: 4}"),
		IS("(K\1K\2d.", "{1: 2}"),
		IS("\x8f(K\1\x90.", "{1}"),
		IS("(K\1\x91.", "{1}"),
		IS("U\2ab.", "'ab'"),
		IS("Vab\n.", "'ab'"),
		IS("S'ab'\n.", "'ab'"),
		IS("C\2ab.", "b'ab'"),
		IS("K\1q\7"
		   "0K\2h\7\x86.",
		   "(2, 1)"),
		IS("K\1p7\n0g7\n.", "1"),
		IS("K\1\x94"
		   "0h\0.",
		   "1"),
		IS("K\1\x32\x86.", "(1, 1)"),
		IS("(K\1K\2"
		   "1K\3.",
		   "3"),
		IS("]q\0h\0a.", "[[[[[[[[[…]]]]]]]]]"),
		IS("ca\nb\n)R}X\1\0\0\0kK\1sb.", "a.b()"),
		IS("\x80\2X\3\0\0\0a\0b.", "'a\xEF\xBF\xBD"
					   "b'"),
#undef IS
	};
	for (size_t i = 0; i < sizeof is / sizeof *is; i++) {
		char *got = shown(is[i].z, is[i].n, PICKLE_STOP);
		assert_string_equal(got, is[i].want);
		free(got);
	}
}

static void
what_makes_no_sense_is_bad(void **state)
{
	(void)state;
	static const char *const bad[] = {".",      "0.",    "a.",        "K\1a.",
					  "N(Na.",  "h\5.",  "t.",        "(K\1d.",
					  "}K\1a.", "\x93.", "Ixyz\n.",   "\xff.",
					  "R.",     "b.",    "\x80\x09.", "K\1rzzzz."};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		free(shown(bad[i], strlen(bad[i]), PICKLE_BAD));
}

static void
cut_anywhere_it_is_cut(void **state)
{
	(void)state;
	struct str s = STR_INIT;
	static const int shape[] = {2, 3, -1}, stride[] = {3, 1, -1};
	pk_begin(&s);
	pk_ops(&s, "}");
	pk_text(&s, "w");
	pk_tensor(&s, "FloatStorage", "0", 6, 0, shape, stride);
	pk_ops(&s, "s.");
	for (size_t n = 0; n < s.len; n++)
		free(shown(s.buf, n, PICKLE_CUT));
	free(shown(s.buf, s.len, PICKLE_STOP));
	str_release(&s);
}

/* Eight levels of lists of ten, each ten times the one below: 10^8 values if they were counted
 * out. */
static void
what_refers_to_itself_ends(void **state)
{
	(void)state;
	struct str s = STR_INIT;
	pk_begin(&s);
	pk_ops(&s, "}q");
	str_addc(&s, 0);
	pk_text(&s, "lr");
	pk_ops(&s, "G?\xe0");
	put_zeros(&s, 6);
	pk_ops(&s, "s");
	for (int level = 1; level <= 8; level++) {
		pk_ops(&s, "0](");
		for (int i = 0; i < 10; i++) {
			str_addc(&s, 'h');
			str_addc(&s, (char)(level - 1));
		}
		pk_ops(&s, "eq");
		str_addc(&s, (char)level);
	}
	pk_ops(&s, ".");
	struct model *m = opened(&s, "x.pkl");
	assert_int_equal(m->safety, MODEL_TENSORS_ONLY);
	model_close(m);
	str_release(&s);
}

static int
clean(void **state)
{
	(void)state;
	file_remove();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_way_of_naming_code_is_seen),
		cmocka_unit_test(archives_hide_nothing),
		cmocka_unit_test(other_members_that_are_pickles_count),
		cmocka_unit_test(what_is_also_a_pickle_is_both),
		cmocka_unit_test(two_directories_are_one_too_many),
		cmocka_unit_test(the_evidence_says_where_and_with_what),
		cmocka_unit_test(names_are_judged),
		cmocka_unit_test(values_are_what_python_would_make),
		cmocka_unit_test(what_makes_no_sense_is_bad),
		cmocka_unit_test(cut_anywhere_it_is_cut),
		cmocka_unit_test(what_refers_to_itself_ends),
	};
	return cmocka_run_group_tests(tests, NULL, clean);
}

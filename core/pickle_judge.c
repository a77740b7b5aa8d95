/* Two lists, and what is on neither counts as code. A list of dangerous names alone is never
 * complete: any of ten thousand packages has a function that runs what it is given. So the badge
 * TENSORS-ONLY comes from the list of harmless ones alone; the other one only tells what is surely
 * meant to hurt from what is merely somebody's class.
 *
 * A name with a dot in it walks through attributes ("numpy", "os.system"): each of its parts is
 * looked at as a module too. */
#include "core/pickle_judge.h"

#include "core/glob.h"

#include <string.h>

/* "module.name", as patterns: * stands for any characters. */
static const char *const harmless[] = {
	"collections.OrderedDict",
	"collections.defaultdict",
	"collections.deque",
	"collections.Counter",
	"builtins.set",
	"builtins.frozenset",
	"builtins.list",
	"builtins.dict",
	"builtins.tuple",
	"builtins.int",
	"builtins.float",
	"builtins.complex",
	"builtins.bool",
	"builtins.str",
	"builtins.bytes",
	"builtins.bytearray",
	"builtins.slice",
	"builtins.range",
	"builtins.object",
	"builtins.Ellipsis",
	"__builtin__.set",
	"__builtin__.frozenset",
	"__builtin__.list",
	"__builtin__.dict",
	"__builtin__.tuple",
	"__builtin__.int",
	"__builtin__.long",
	"__builtin__.float",
	"__builtin__.complex",
	"__builtin__.bool",
	"__builtin__.str",
	"__builtin__.unicode",
	"__builtin__.bytes",
	"__builtin__.bytearray",
	"__builtin__.slice",
	"__builtin__.xrange",
	"__builtin__.object",
	"copyreg._reconstructor",
	"copy_reg._reconstructor",
	"_codecs.encode",
	"argparse.Namespace",
	"datetime.date",
	"datetime.datetime",
	"datetime.time",
	"datetime.timedelta",
	"datetime.timezone",
	"decimal.Decimal",
	"fractions.Fraction",
	"uuid.UUID",
	"pathlib.Path",
	"pathlib.PosixPath",
	"pathlib.PurePath",
	"pathlib.PurePosixPath",
	"pathlib.WindowsPath",
	"pathlib.PureWindowsPath",
	"numpy.core.multiarray._reconstruct",
	"numpy.core.multiarray.scalar",
	"numpy._core.multiarray._reconstruct",
	"numpy._core.multiarray.scalar",
	"numpy.core.numeric._frombuffer",
	"numpy._core.numeric._frombuffer",
	"numpy.ndarray",
	"numpy.dtype",
	"numpy.dtypes.*DType",
	"numpy.bool_",
	"numpy.float16",
	"numpy.float32",
	"numpy.float64",
	"numpy.int8",
	"numpy.int16",
	"numpy.int32",
	"numpy.int64",
	"numpy.uint8",
	"numpy.uint16",
	"numpy.uint32",
	"numpy.uint64",
	"numpy.complex64",
	"numpy.complex128",
	"numpy.str_",
	"numpy.bytes_",
	"numpy.random._pickle.__randomstate_ctor",
	"numpy.random._pickle.__bit_generator_ctor",
	"numpy.random._pickle.__generator_ctor",
	"numpy.random._mt19937.MT19937",
	"numpy.random._pcg64.PCG64",
	"joblib.numpy_pickle.NumpyArrayWrapper",
	"ml_dtypes.*float*",
	"torch.*Storage",
	"torch.cuda.*Storage",
	"torch.storage.TypedStorage",
	"torch.storage.UntypedStorage",
	"torch.storage._LegacyStorage",
	"torch.Tensor",
	"torch._utils._rebuild_tensor",
	"torch._utils._rebuild_tensor_v2",
	"torch._utils._rebuild_tensor_v3",
	"torch._utils._rebuild_parameter",
	"torch._utils._rebuild_parameter_with_state",
	"torch._utils._rebuild_qtensor",
	"torch._utils._rebuild_sparse_tensor",
	"torch._utils._rebuild_sparse_csr_tensor",
	"torch._utils._rebuild_nested_tensor",
	"torch._utils._rebuild_device_tensor_from_numpy",
	"torch._utils._rebuild_meta_tensor_no_storage",
	"torch._utils._rebuild_wrapper_subclass",
	"torch._utils._get_layout",
	"torch._tensor._rebuild_from_type_v2",
	"torch.nn.parameter.Parameter",
	"torch.nn.parameter.Buffer",
	"torch.nn.parameter.UninitializedParameter",
	"torch.serialization._get_layout",
	"torch.Size",
	"torch.device",
	"torch.layout",
	"torch.per_tensor_affine",
	"torch.per_channel_affine",
	"torch.float*",
	"torch.bfloat16",
	"torch.half",
	"torch.double",
	"torch.int*",
	"torch.uint*",
	"torch.long",
	"torch.short",
	"torch.bool",
	"torch.complex*",
	"torch.qint*",
	"torch.quint*",
};

/* Modules with all that is in them, "name"; or one name, "module.name". */
static const char *const dangerous[] = {
	"os",
	"posix",
	"nt",
	"posixpath",
	"ntpath",
	"subprocess",
	"_posixsubprocess",
	"sys",
	"socket",
	"_socket",
	"ssl",
	"shutil",
	"runpy",
	"pty",
	"pdb",
	"bdb",
	"pickle",
	"_pickle",
	"cPickle",
	"dill",
	"cloudpickle",
	"shelve",
	"marshal",
	"asyncio",
	"ctypes",
	"_ctypes",
	"cffi",
	"code",
	"codeop",
	"cProfile",
	"profile",
	"_lsprof",
	"timeit",
	"trace",
	"doctest",
	"webbrowser",
	"antigravity",
	"requests",
	"urllib",
	"urllib2",
	"http",
	"httplib",
	"httpx",
	"aiohttp",
	"ftplib",
	"smtplib",
	"telnetlib",
	"poplib",
	"imaplib",
	"nntplib",
	"xmlrpc",
	"socketserver",
	"pip",
	"ensurepip",
	"setuptools",
	"distutils",
	"venv",
	"importlib",
	"_frozen_importlib",
	"_frozen_importlib_external",
	"imp",
	"_imp",
	"zipimport",
	"pkgutil",
	"site",
	"pydoc",
	"commands",
	"popen2",
	"multiprocessing",
	"concurrent",
	"_thread",
	"tempfile",
	"mmap",
	"fcntl",
	"sqlite3",
	"operator.attrgetter",
	"operator.itemgetter",
	"operator.methodcaller",
	"_operator.attrgetter",
	"_operator.itemgetter",
	"_operator.methodcaller",
	"types.CodeType",
	"types.FunctionType",
	"types.LambdaType",
	"types.MethodType",
	"types.ModuleType",
	"threading.Thread",
	"threading.Timer",
	"inspect.getattr_static",
	"functools.partial",
	"functools.partialmethod",
	"functools.reduce",
	"_functools.partial",
	"_functools.reduce",
	"atexit",
	"logging.config",
	"io.open",
	"io.FileIO",
	"io.open_code",
	"_io.open",
	"_io.FileIO",
	"_io.open_code",
	"codecs.open",
	"pathlib.Path.*",
	"builtins.eval",
	"builtins.exec",
	"builtins.compile",
	"builtins.open",
	"builtins.getattr",
	"builtins.setattr",
	"builtins.delattr",
	"builtins.__import__",
	"builtins.input",
	"builtins.breakpoint",
	"builtins.globals",
	"builtins.locals",
	"builtins.vars",
	"builtins.help",
	"builtins.apply",
	"builtins.memoryview",
	"__builtin__.eval",
	"__builtin__.exec",
	"__builtin__.execfile",
	"__builtin__.compile",
	"__builtin__.open",
	"__builtin__.file",
	"__builtin__.getattr",
	"__builtin__.setattr",
	"__builtin__.delattr",
	"__builtin__.__import__",
	"__builtin__.input",
	"__builtin__.raw_input",
	"__builtin__.globals",
	"__builtin__.locals",
	"__builtin__.vars",
	"__builtin__.apply",
	"__builtin__.reload",
	"numpy.testing",
	"numpy.f2py",
	"numpy.distutils",
	"numpy.load",
	"numpy.fromfile",
	"numpy.memmap",
	"numpy.core.multiarray.fromfile",
	"joblib.load",
	"joblib.numpy_pickle.load",
	"joblib.numpy_pickle.load_temporary_memmap",
	"pandas.read_pickle",
	"pandas.eval",
	"pandas.io.pickle",
	"torch.load",
	"torch.save",
	"torch.hub",
	"torch.package",
	"torch.compile",
	"torch.serialization.load",
	"torch.serialization._load",
	"torch.serialization._legacy_load",
	"torch.utils.cpp_extension",
	"torch.utils.model_zoo",
	"torch.utils.collect_env",
	"torch.utils.data.datapipes",
	"torch.utils.bottleneck",
	"torch.jit",
	"torch._C",
	"torch._inductor",
	"torch._dynamo",
	"torch.fx",
	"torch.testing",
	"torch.distributed.rpc",
	"torch.distributed.run",
	"torch.multiprocessing",
	"tensorflow.io",
	"tensorflow.python",
	"keras.models.load_model",
	"transformers.pipeline",
	"IPython",
	"jupyter_client",
	"pexpect",
	"paramiko",
	"plumbum",
	"numexpr",
	"execnet",
};

/* ENTRY is PATH, a module that PATH is in, or a pattern of it. */
static bool
covers(const char *entry, const char *path)
{
	size_t n = strlen(entry);
	if (strncmp(entry, path, n) == 0 && (path[n] == '\0' || path[n] == '.'))
		return true;
	return strchr(entry, '*') && glob_match(entry, path);
}

/* ENTRY without crossing from one module into another: equally many dots. */
static bool
equals(const char *entry, const char *path)
{
	size_t dots = 0;
	for (const char *p = entry; *p; p++)
		dots += *p == '.';
	for (const char *p = path; *p; p++)
		dots -= *p == '.';
	return dots == 0 && glob_match(entry, path);
}

static bool
is_dangerous(const char *path)
{
	for (size_t i = 0; i < sizeof dangerous / sizeof *dangerous; i++)
		if (covers(dangerous[i], path))
			return true;
	return false;
}

static bool
is_module(const char *z, size_t n)
{
	for (size_t i = 0; i < sizeof dangerous / sizeof *dangerous; i++)
		if (strlen(dangerous[i]) == n && memcmp(dangerous[i], z, n) == 0)
			return true;
	return false;
}

/* A part of a dotted name, or the whole of it, is one of the modules: a module that has imported it
 * gives it away. Attributes that lead out of any object count too. */
static bool
leads_out(const char *name)
{
	static const char *const way[] = {"__globals__", "__builtins__",  "__subclasses__",
					  "__class__",   "__mro__",       "__bases__",
					  "__dict__",    "__init__",      "__getattribute__",
					  "__reduce__",  "__reduce_ex__", "__import__",
					  "__loader__",  "__code__",      "__call__"};
	bool dotted = strchr(name, '.') != NULL;
	for (const char *p = name; *p;) {
		size_t n = strcspn(p, ".");
		/* Classes may be called Py or Test; a bare name only counts for the plainest. */
		if (dotted && is_module(p, n))
			return true;
		if (!dotted && n == strlen(name) &&
		    (is_module(p, n) &&
		     (strcmp(p, "os") == 0 || strcmp(p, "sys") == 0 ||
		      strcmp(p, "subprocess") == 0 || strcmp(p, "posix") == 0 ||
		      strcmp(p, "builtins") == 0 || strcmp(p, "importlib") == 0)))
			return true;
		for (size_t i = 0; i < sizeof way / sizeof *way; i++)
			if (strlen(way[i]) == n && memcmp(way[i], p, n) == 0)
				return true;
		p += n + (p[n] == '.');
	}
	return false;
}

static bool
plain(const char *z)
{
	for (; *z; z++)
		if (!((*z >= 'a' && *z <= 'z') || (*z >= 'A' && *z <= 'Z') ||
		      (*z >= '0' && *z <= '9') || *z == '_' || *z == '.' ||
		      (unsigned char)*z >= 0x80))
			return false;
	return true;
}

enum model_safety
pickle_judge(const char *module, const char *name, const char **why)
{
	char path[512];
	size_t nm = strlen(module), nn = strlen(name);
	*why = "";
	if (nm + nn + 2 > sizeof path) {
		*why = "a name of absurd length";
		return MODEL_DANGER;
	}
	memcpy(path, module, nm);
	path[nm] = '.';
	memcpy(path + nm + 1, name, nn + 1);
	if (is_dangerous(path) || leads_out(name)) {
		*why = "can run commands, read or write files, or load code";
		return MODEL_DANGER;
	}
	if (!plain(path) || !nm || !nn) {
		*why = "no name that Python has";
		return MODEL_DANGER;
	}
	if (!strchr(name, '.'))
		for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
			if (equals(harmless[i], path))
				return MODEL_TENSORS_ONLY;
	*why = strncmp(module, "torch.", 6) == 0           ? "part of PyTorch, more than tensors"
	       : strncmp(module, "sklearn.", 8) == 0       ? "part of scikit-learn"
	       : strncmp(module, "transformers.", 13) == 0 ? "part of transformers"
	       : strcmp(module, "__main__") == 0           ? "a class of the training script itself"
							   : "not known to be harmless";
	return MODEL_CODE;
}

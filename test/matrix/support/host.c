/*
 * A server that runs Python inside of itself, as uWSGI and mod_wsgi do.
 *
 * usage: host LIBRARY ARGUMENT…: Python's arguments; LIBRARY has CPython in it and
 * may have any name, or is "" where CPython is linked into this program.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

/* Py_BytesMain() came with 3.8; before it Py_Main() took wide characters, and in 2.7 bytes. */
static int run(void *python, int argc, char **argv)
{
	int (*bytes_main)(int, char **) = dlsym(python, "Py_BytesMain");
	wchar_t *(*decode)(const char *, size_t *) = dlsym(python, "Py_DecodeLocale");
	void *any_main = dlsym(python, "Py_Main");
	wchar_t **wide = calloc(argc + 1, sizeof(*wide));

	if (bytes_main)
		return bytes_main(argc, argv);
	if (!decode)
		return ((int (*)(int, char **))any_main)(argc, argv);
	for (int i = 0; i < argc; i++)
		wide[i] = decode(argv[i], NULL);
	return ((int (*)(int, wchar_t **))any_main)(argc, wide);
}

int main(int argc, char **argv)
{
	/* Its extension modules take symbols from it by name. */
	void *python = dlopen(*argv[1] ? argv[1] : NULL, RTLD_NOW | RTLD_GLOBAL);

	if (!python) {
		fprintf(stderr, "%s\n", dlerror());
		return 1;
	}
	argv[1] = argv[0];
	return run(python, argc - 1, argv + 1);
}

/*
 * What a free-threaded build carries as its debug offsets, and where its headers say
 * that the same members are: compiled against the headers of a build with a GIL, of
 * which -DPy_GIL_DISABLED=1 makes those of one without.
 */
#define Py_BUILD_CORE 1
#include <Python.h>
#include <stddef.h>
#include <stdio.h>

#include <pycore_runtime.h>
#include <pycore_interp.h>
#include <pycore_interpframe.h>
#include <pycore_code.h>
#include <pycore_debug_offsets.h>

static const _Py_DebugOffsets offsets = _Py_DebugOffsets_INIT("xdebugpy");

#define MEMBER(name, type, member) printf(",\n  \"%s\": %zu", #name, offsetof(type, member))

int main(void)
{
	PyASCIIObject text = {0};

	printf("{\n  \"version\": %lu,\n  \"debugOffsets\": \"", PY_VERSION_HEX + 0UL);
	for (size_t i = 0; i < sizeof(offsets); i++)
		printf("%02x", ((const unsigned char *)&offsets)[i]);
	printf("\"");
	MEMBER(RuntimeInterpretersHead, _PyRuntimeState, interpreters.head);
#if PY_VERSION_HEX < 0x030f0000
	MEMBER(RuntimeTSSKey, _PyRuntimeState, autoTSSkey);
#endif
	MEMBER(InterpreterNext, PyInterpreterState, next);
	MEMBER(InterpreterThreadsHead, PyInterpreterState, threads.head);
	MEMBER(TStateNext, PyThreadState, next);
	MEMBER(TStateThreadID, PyThreadState, thread_id);
	MEMBER(TStateFrame, PyThreadState, current_frame);
	MEMBER(FramePrevious, _PyInterpreterFrame, previous);
	MEMBER(FrameCode, _PyInterpreterFrame, f_executable);
	MEMBER(FrameInstr, _PyInterpreterFrame, instr_ptr);
	MEMBER(FrameOwner, _PyInterpreterFrame, owner);
	MEMBER(FrameTLBCIndex, _PyInterpreterFrame, tlbc_index);
	MEMBER(CodeFilename, PyCodeObject, co_filename);
	MEMBER(CodeName, PyCodeObject, co_name);
	MEMBER(CodeQualname, PyCodeObject, co_qualname);
	MEMBER(CodeLineTable, PyCodeObject, co_linetable);
	MEMBER(CodeFirstLine, PyCodeObject, co_firstlineno);
	MEMBER(CodeAdaptive, PyCodeObject, co_code_adaptive);
	MEMBER(CodeTLBC, PyCodeObject, co_tlbc);
	MEMBER(UnicodeLength, PyASCIIObject, length);
	MEMBER(UnicodeState, PyASCIIObject, state);
	printf(",\n  \"UnicodeASCII\": %zu", sizeof(PyASCIIObject));
	printf(",\n  \"UnicodeCompact\": %zu", sizeof(PyCompactUnicodeObject));
	MEMBER(BytesSize, PyVarObject, ob_size);
	MEMBER(BytesData, PyBytesObject, ob_sval);
	MEMBER(ObjectType, PyObject, ob_type);
	MEMBER(TypeName, PyTypeObject, tp_name);
	text.state.kind = 1;
	printf(",\n  \"kindOne\": %u", *(unsigned *)&text.state);
	text.state.kind = 0;
	text.state.compact = 1;
	printf(",\n  \"UnicodeCompactMask\": %u", *(unsigned *)&text.state);
	text.state.compact = 0;
	text.state.ascii = 1;
	printf(",\n  \"UnicodeASCIIMask\": %u\n}\n", *(unsigned *)&text.state);
	return 0;
}

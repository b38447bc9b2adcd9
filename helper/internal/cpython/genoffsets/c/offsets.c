/* SPDX-License-Identifier: MIT */
/*
 * Prints where one CPython, 2.7 to 3.12, keeps what a sampler reads: one
 * "Member value" a line, as the compiler of this machine lays the structs out
 * from that version's own headers. What a version lacks is not printed.
 */
#define Py_BUILD_CORE 1
#include "Python.h"
#include "frameobject.h"
#if PY_VERSION_HEX < 0x030b0000
#include "longintrepr.h"
#endif
#include <stddef.h>
#include <stdio.h>

#if PY_VERSION_HEX >= 0x03080000
#include "internal/pycore_pystate.h"
#elif PY_VERSION_HEX >= 0x03070000
#include "internal/pystate.h"
#endif
#if PY_VERSION_HEX >= 0x03090000
#include "internal/pycore_runtime.h"
#include "internal/pycore_interp.h"
#endif
#if PY_VERSION_HEX >= 0x030b0000
#include "internal/pycore_frame.h"
#endif

#define SHOW(name, type, member) printf(#name " %zu\n", offsetof(type, member))

int main(void)
{
#if PY_VERSION_HEX >= 0x03070000
	SHOW(RuntimeInterpretersHead, _PyRuntimeState, interpreters.head);
#if PY_VERSION_HEX >= 0x030c0000
	SHOW(RuntimeTSSKey, _PyRuntimeState, autoTSSkey);
#else
	SHOW(RuntimeTSSKey, _PyRuntimeState, gilstate.autoTSSkey);
#endif
#endif
#if PY_VERSION_HEX >= 0x030b0000
	SHOW(InterpreterThreadsHead, PyInterpreterState, threads.head);
#else
	SHOW(InterpreterThreadsHead, PyInterpreterState, tstate_head);
#endif
	SHOW(InterpreterNext, PyInterpreterState, next);
	SHOW(TStateNext, PyThreadState, next);
	SHOW(TStateThreadID, PyThreadState, thread_id);
#if PY_VERSION_HEX >= 0x030b0000
	SHOW(TStateNativeThreadID, PyThreadState, native_thread_id);
	SHOW(TStateFrame, PyThreadState, cframe);
	SHOW(CFrameCurrentFrame, _PyCFrame, current_frame);
	SHOW(CFramePrevious, _PyCFrame, previous);
	SHOW(FramePrevious, _PyInterpreterFrame, previous);
	SHOW(FrameInstr, _PyInterpreterFrame, prev_instr);
	SHOW(FrameOwner, _PyInterpreterFrame, owner);
	SHOW(FrameCode, _PyInterpreterFrame, f_code);
#if PY_VERSION_HEX < 0x030c0000
	SHOW(FrameIsEntry, _PyInterpreterFrame, is_entry);
#endif
	SHOW(CodeQualname, PyCodeObject, co_qualname);
	SHOW(CodeAdaptive, PyCodeObject, co_code_adaptive);
#else
	SHOW(TStateFrame, PyThreadState, frame);
	SHOW(FramePrevious, PyFrameObject, f_back);
	SHOW(FrameCode, PyFrameObject, f_code);
	SHOW(FrameInstr, PyFrameObject, f_lasti);
	SHOW(FrameLocals, PyFrameObject, f_localsplus);
	SHOW(CodeVarnames, PyCodeObject, co_varnames);
#endif
	SHOW(CodeFilename, PyCodeObject, co_filename);
	SHOW(CodeName, PyCodeObject, co_name);
	SHOW(CodeArgcount, PyCodeObject, co_argcount);
	SHOW(CodeFirstLine, PyCodeObject, co_firstlineno);
#if PY_VERSION_HEX >= 0x030a0000
	SHOW(CodeLineTable, PyCodeObject, co_linetable);
#else
	SHOW(CodeLineTable, PyCodeObject, co_lnotab);
#endif
#if PY_MAJOR_VERSION >= 3
	SHOW(UnicodeLength, PyASCIIObject, length);
	SHOW(UnicodeState, PyASCIIObject, state);
	printf("UnicodeASCII %zu\n", sizeof(PyASCIIObject));
	printf("UnicodeCompact %zu\n", sizeof(PyCompactUnicodeObject));
#endif
	SHOW(BytesSize, PyVarObject, ob_size);
	SHOW(BytesData, PyBytesObject, ob_sval);
	SHOW(ObjectType, PyObject, ob_type);
	SHOW(TypeName, PyTypeObject, tp_name);
	SHOW(TypeFlags, PyTypeObject, tp_flags);
	SHOW(TypeBasicSize, PyTypeObject, tp_basicsize);
	SHOW(TypeDictOffset, PyTypeObject, tp_dictoffset);
	SHOW(TupleItems, PyTupleObject, ob_item);
#if PY_VERSION_HEX >= 0x030c0000
	SHOW(InterpreterModules, PyInterpreterState, imports.modules);
	SHOW(LongSize, PyLongObject, long_value.lv_tag);
	SHOW(LongDigits, PyLongObject, long_value.ob_digit);
#else
	SHOW(InterpreterModules, PyInterpreterState, modules);
#if PY_MAJOR_VERSION >= 3
	SHOW(LongSize, PyVarObject, ob_size);
	SHOW(LongDigits, PyLongObject, ob_digit);
#else
	SHOW(LongDigits, PyIntObject, ob_ival);
#endif
#endif
#if PY_MAJOR_VERSION >= 3
	SHOW(DictKeys, PyDictObject, ma_keys);
	SHOW(DictValues, PyDictObject, ma_values);
	SHOW(HeapTypeCachedKeys, PyHeapTypeObject, ht_cached_keys);
#else
	SHOW(DictKeys, PyDictObject, ma_table);
	SHOW(DictMask, PyDictObject, ma_mask);
#endif
	printf("ObjectBytes %zu\n", sizeof(PyObject));
	return 0;
}

import type { TextStack } from "../../support/profileText";

const PYTHON = "n:/usr/bin/python3.12";
const LIBC = "n:/usr/lib/x86_64-linux-gnu/libc.so.6";
const JSON_SPEEDUPS = "n:/usr/lib/python3.12/lib-dynload/_json.cpython-312-x86_64-linux-gnu.so";
const EVAL = `_PyEval_EvalFrameDefault[${PYTHON}]`;

/**
 * A program with native frames, `levels` of them between two Python frames: a
 * tenth in the bytecode loop, the rest in C functions, libc and a page fault.
 */
export function nativeStacks(levels: number): TextStack[] {
  const start = ["encode.py[p:4711]", "MainThread[t:4711]", `_start[${PYTHON}]`];
  const run = [`Py_RunMain[${PYTHON}]`, `PyEval_EvalCode[${PYTHON}]`, EVAL];
  const main = [...start, ...run, "<module>[encode.py:40]", EVAL, "main[encode.py:31]"];
  const calls = Array.from({ length: levels }, (_, i) =>
    i % 3 === 0 ? `_PyObject_Call_${i}[${PYTHON}]` : `encoder_listencode_${i}[${JSON_SPEEDUPS}]`,
  );
  const line = [...main, ...calls, EVAL, "default[encode.py:12]", EVAL];
  const concat = [...line, `PyNumber_InPlaceAdd[${PYTHON}]`, `PyUnicode_Append[${PYTHON}]`];
  const fault = ["asm_exc_page_fault[k]", "exc_page_fault[k]", "handle_mm_fault[k]"];
  return [
    { cells: line, samples: 10 },
    { cells: concat, samples: 34 },
    { cells: [...concat, `__memmove_avx_unaligned_erms[${LIBC}]`], samples: 27 },
    { cells: [...concat, `__memmove_avx_unaligned_erms[${LIBC}]`, ...fault], samples: 12 },
    { cells: [...line, `unicode_dealloc[${PYTHON}]`, `cfree[${LIBC}]`], samples: 17 },
  ];
}

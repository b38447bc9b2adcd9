import { expect, test } from "vitest";
import {
  profileFromDeltas,
  profileFromText,
  ProfileTextBuilder,
} from "../../test/support/profileText";
import { nativeBreakdown } from "./nativeBreakdown";
import { StackIndex } from "./stackIndex";

const PY = "n:/usr/bin/python3.12";
const LIBC = "n:/lib/libc.so.6";

/** Costs of a line as "kind name samples < callers". */
function costsOf(text: string, line = 10): string[] {
  const index = new StackIndex(profileFromText(text));
  const self = index.profile.nodes.self.view().slice();
  const isLine = (id: number) => id >= 0 && index.lineNumber.at(id) === line;
  return nativeBreakdown(index, self, isLine).map(({ kind, name, samples, callers }) =>
    [kind, name, samples, ...(callers.length > 0 ? ["<", ...callers] : [])]
      .filter(Boolean)
      .join(" "),
  );
}

test("a sample counts for its innermost native function, with who called that", () => {
  const text = `
    x5                               x3                               x2
    main[app.py:10]                  main[app.py:10]                  main[app.py:10]
    _PyEval_EvalFrameDefault[${PY}]  _PyEval_EvalFrameDefault[${PY}]  _PyEval_EvalFrameDefault[${PY}]
    PyUnicode_Append[${PY}]          PyUnicode_Append[${PY}]          resize_compact[${PY}]
    memmove[${LIBC}]                                                  memmove[${LIBC}]
  `;
  expect(costsOf(text)).toEqual([
    "native memmove 7 < PyUnicode_Append resize_compact",
    "native PyUnicode_Append 3",
  ]);
});

test("only the line's self counts: what it called in Python is that line's", () => {
  const text = `
    x1               x4               x8
    main[app.py:10]  main[app.py:10]  main[app.py:11]
    sort[${PY}]      sort[${PY}]      sort[${PY}]
                     key[app.py:20]
                     add[${PY}]
  `;
  expect(costsOf(text)).toEqual(["native sort 1"]);
  expect(costsOf(text, 20)).toEqual(["native add 4"]);
});

test("the kernel counts for how it was entered: behind the gate of system calls, or the fault", () => {
  const text = `
    x4                                     x2                          x1
    main[app.py:10]                        main[app.py:10]             main[app.py:10]
    write[${LIBC}]                         PyUnicode_New[${PY}]        send[${LIBC}]
    entry_SYSCALL_64_after_hwframe[k]      asm_exc_page_fault[k]       entry_SYSCALL_64[k]
    do_syscall_64[k]                       exc_page_fault[k]           do_syscall_64[k]
    x64_sys_call[k]                        handle_mm_fault[k]
    __x64_sys_write[k]
    vfs_write[k]
  `;
  expect(costsOf(text)).toEqual([
    "kernel __x64_sys_write 4 < write",
    "kernel asm_exc_page_fault 2 < PyUnicode_New",
    "kernel entry_SYSCALL_64 1 < send",
  ]);
});

test("without a native frame below it is Python itself, if there are native frames at all", () => {
  const withNative = `
    x3               x1
    main[app.py:10]  main[app.py:10]
                     add[${PY}]
  `;
  expect(costsOf(withNative)).toEqual(["python 3", "native add 1"]);
  const withoutNative = `
    x3               x1
    main[app.py:10]  main[app.py:10]
                     asm_exc_page_fault[k]
  `;
  expect(costsOf(withoutNative)).toEqual(["kernel asm_exc_page_fault 1"]);
  expect(costsOf("x3\nmain[app.py:10]")).toEqual([]);
});

test("what could not be read is no Python, and code without symbols is its file", () => {
  const text = `
    x4                  x2                      x1                      x1
    main[app.py:10]     main[app.py:10]         main[app.py:10]         main[app.py:10]
    no unwind table[e]  blas_gemm[n:/lib/b.so]  blas_gemm[n:/lib/b.so]  0x55d0[n:/lib/b.so]
                        0x7f10[n:/lib/b.so]     b.so+0x18[n:/lib/b.so]  ssl3_read[n:/lib/s.so]
                                                0x7f20[n:/lib/b.so]
  `;
  expect(costsOf(text)).toEqual([
    "unread no unwind table 4",
    "native b.so 3 < blas_gemm",
    "native ssl3_read 1",
  ]);
});

test("a profile of 100,000 nodes is read in one pass", () => {
  const stacks = Array.from({ length: 1000 }, (_, i) => [
    `main[app.py:${10 + (i % 40)}]`,
    ...Array.from({ length: 100 }, (_, d) => `f${i}_${d}[${PY}]`),
  ]);
  const { index, self } = indexOf(stacks);
  expect(index.profile.nodes.parent.length).toBeGreaterThan(100_000);
  const startMs = performance.now();
  const costs = nativeBreakdown(index, self, (id) => id >= 0 && index.lineNumber.at(id) === 10);
  expect(performance.now() - startMs).toBeLessThan(500);
  expect(costs).toHaveLength(25);
});

function indexOf(stacks: readonly (readonly string[])[]) {
  const builder = new ProfileTextBuilder();
  const delta = builder.deltaOfStacks(stacks.map((cells) => ({ cells, samples: 1 })));
  const index = new StackIndex(profileFromDeltas([delta]));
  return { index, self: index.profile.nodes.self.view().slice() };
}

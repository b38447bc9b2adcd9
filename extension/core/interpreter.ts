import { FrameKind } from "./frameKind";
import type { Profile } from "./profile";

/**
 * CPython's executable or library by its file's name: "python3.12", "python2.7d",
 * "libpython3.13t.so.1.0". The letters are `sys.abiflags` (PEP 3149 and 703). An
 * extension module ("_json.cpython-312-x86_64-linux-gnu.so") is none of it.
 */
const INTERPRETER_FILE = /^(?:lib)?python[0-9.]*[dmut]*(?:\.so.*)?$/;

/** The function that executes bytecode: since 3.6, and before. */
const EVALUATORS: readonly string[] = ["_PyEval_EvalFrameDefault", "PyEval_EvalFrameEx"];

/**
 * function -> 1 when it is CPython's own native code: it lives in CPython's
 * executable or library, or, where CPython is linked into another program, in the
 * file that executes bytecode. A function's answer changes from 0 to 1 when the
 * evaluator of its file is first seen. Costs one pass over the functions.
 */
export function interpreterFunctions(profile: Profile): Uint8Array {
  const { kind, module } = profile.functions;
  const isInterpreter = new Uint8Array(kind.length);
  const isInterpreterModule = new Map<number, boolean>();
  for (let f = 0; f < kind.length; f++) {
    if (kind.data[f] !== FrameKind.native || module.data[f]! < 0) continue;
    if (isEvaluatorName(profile.functionName(f))) isInterpreterModule.set(module.data[f]!, true);
  }
  for (let f = 0; f < kind.length; f++) {
    const file = module.data[f]!;
    if (kind.data[f] !== FrameKind.native || file < 0) continue;
    let found = isInterpreterModule.get(file);
    if (found === undefined) {
      found = isInterpreterFile(profile.strings[file] ?? "");
      isInterpreterModule.set(file, found);
    }
    if (found) isInterpreter[f] = 1;
  }
  return isInterpreter;
}

/** Whether a symbol is the function that executes bytecode, or a part the compiler split off. */
export function isEvaluatorName(symbol: string): boolean {
  const [name = ""] = symbol.split(".", 1);
  return EVALUATORS.includes(name);
}

/** Whether a path on the host is CPython's executable or library. */
export function isInterpreterFile(path: string): boolean {
  // How /proc/PID/maps names a file that was replaced while it was in use.
  const file = path.replace(/ \(deleted\)$/, "");
  return INTERPRETER_FILE.test(file.slice(file.lastIndexOf("/") + 1));
}

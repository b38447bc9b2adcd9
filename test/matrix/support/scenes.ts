import type { Interpreter } from "../../sampler/support/machine";
import { isFrom } from "./matrix";

/** Scenes of test/matrix/programs by what they are about: one test each. */
export const groups: readonly (readonly [string, readonly string[]])[] = [
  ["calls", ["plain", "decorated", "handlers", "finaliser", "traced", "far_line"]],
  [
    "methods",
    [
      "methods",
      "methods_of_class",
      "methods_in_closure",
      "attribute_property",
      "attribute_missing",
      "instance_called",
      "class_called",
      "class_body",
    ],
  ],
  ["generators", ["generator", "generator_next", "generator_expression", "delegation"]],
  ["comprehensions", ["comprehension", "comprehension_dict"]],
  ["C callbacks", ["callback_sorted", "callback_re", "callback_reduce", "callback_ctypes"]],
  ["eval and exec", ["evaluated", "executed"]],
  ["coroutines", ["coroutine", "coroutine_tasks", "comprehension_async", "executor"]],
  ["recursion", ["recursion", "recursion_too_deep"]],
  ["imports", ["importing", "zipped"]],
  [
    "names",
    ["long_names", "names_latin", "names_two_bytes", "names_four_bytes", "names_long_two_bytes"],
  ],
  ["subinterpreters", ["subinterpreter"]],
];

/** Scenes that Python 2 has no syntax for. */
const isPython3 = /^(delegation|coroutine|comprehension_async|executor|names_|subinterpreter)/;

export function scenesOf(interpreter: Interpreter, names: readonly string[]): string[] {
  return names.filter((name) => {
    // 3.8 is the first version whose subinterpreters Python itself can make.
    if (name === "subinterpreter") return isFrom(interpreter, 8);
    return interpreter.version.startsWith("3.") || !isPython3.test(name);
  });
}

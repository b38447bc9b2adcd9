import { describe, inject, test } from "vitest";

/** One CPython of scripts/lib/interpreters.mjs. */
export interface Interpreter {
  readonly label: string;
  /** "3.13.5" */
  readonly version: string;
  readonly origin: "machine" | "pyenv" | "suite";
  readonly command: readonly [string, ...string[]];
  /** Where "/" is for its programs, or "" for the machine's own. */
  readonly root: string;
  /** Whether it compiles what runs often to machine code. */
  readonly isJitOn?: boolean;
}

declare module "vitest" {
  interface ProvidedContext {
    sampler: {
      readonly interpreters: readonly Interpreter[];
      /** Why BPF cannot sample on this machine; "" when it can. */
      readonly impossible: string;
    };
  }
}

const provided = inject("sampler");

export function minorOf(interpreter: Interpreter): number {
  return Number(interpreter.version.split(".")[1]);
}

/** Every interpreter that the sampler walks: CPython 3.11 to 3.14. */
export const interpreters = provided.interpreters.filter(
  (one) => one.version.startsWith("3.") && minorOf(one) >= 11,
);

/** Interpreters that it recognises and refuses. */
export const unsupported = provided.interpreters.filter((one) => !interpreters.includes(one));

/** One interpreter of each minor version, for what does not depend on how it was built. */
export const oneOfEachMinor = interpreters.filter(
  (one, index) => interpreters.findIndex((other) => minorOf(other) === minorOf(one)) === index,
);

/** The newest that runs without a chroot, for what does not depend on the version either. */
export const newest: Interpreter =
  interpreters.findLast((one) => one.root === "") ?? fail("no interpreter");

function fail(why: string): never {
  throw new Error(why);
}

/** `describe` for tests that need BPF; the name of a skipped one says why it is. */
export function sampled(name: string, define: () => void): void {
  if (provided.impossible === "") describe(name, define);
  else describe.skip(`${name} (BPF cannot run here: ${provided.impossible})`, define);
}

/** One test for each of the interpreters, named after it. */
export function testEach(
  list: readonly Interpreter[],
  run: (interpreter: Interpreter) => Promise<void>,
): void {
  for (const interpreter of list) test(interpreter.label, () => run(interpreter));
}

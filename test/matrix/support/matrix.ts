import { describe, inject } from "vitest";
import type { Grammar } from "../../sampler/support/grammar";
import type { Interpreter } from "../../sampler/support/machine";

/** An interpreter in one of the circumstances of places.mjs. */
export interface Place extends Interpreter {
  /** A file of it that an update replaces while it runs, and what it is a copy of. */
  readonly replaced?: { readonly original: string; readonly file: string };
}

/** A program that poses as an interpreter, and the stacks that its threads can have. */
interface LaidOut {
  readonly file: string;
  readonly truth: Grammar & { readonly path: string };
}

declare module "vitest" {
  interface ProvidedContext {
    matrix: {
      /** What scripts/lib/freeThreaded.mjs measures, by minor version. */
      readonly measured: Readonly<Record<string, Readonly<Record<string, number | string>>>>;
      /** Programs that pose as free-threaded interpreters, by minor version. */
      readonly laidOut: Readonly<Record<string, LaidOut>>;
      /** Whether every cell is asked for, or a short cut. */
      readonly isWhole: boolean;
      /** Every one of them runs every program. */
      readonly interpreters: readonly Interpreter[];
      /** Some once more in other circumstances, for the scenes only. */
      readonly places: readonly Place[];
      /** Builds that could not be made. */
      readonly absent: readonly { readonly name: string; readonly why: string }[];
    };
  }
}

export const { interpreters, places, isWhole, absent } = inject("matrix");
const { impossible } = inject("sampler");

export const samplers = ["bpf", "procmem"] as const;
export type Sampler = (typeof samplers)[number];

/**
 * Tests of each interpreter with each sampler: the rows and columns of the printed
 * table. The short cut has procmem with every other interpreter.
 */
export function cells(
  list: readonly Place[],
  define: (interpreter: Place, sampler: Sampler) => void,
): void {
  for (const [index, interpreter] of list.entries()) {
    describe(interpreter.label, () => {
      for (const sampler of isWhole || index % 2 === 0 ? samplers : samplers.slice(0, 1)) {
        const isRefused = sampler === "bpf" && impossible !== "";
        const name = isRefused ? `bpf (cannot run here: ${impossible})` : sampler;
        describe.skipIf(isRefused)(name, () => define(interpreter, sampler));
      }
    });
  }
}

/** "3.13.5 (suite)" → [3, 13] */
export function minorOf(interpreter: Interpreter): [number, number] {
  const [major = 0, minor = 0] = interpreter.version.split(".").map((part) => Number(part));
  return [major, minor];
}

/** Whether it is this minor version of CPython 3 or a later one. */
export function isFrom(interpreter: Interpreter, minor: number): boolean {
  const [major, own] = minorOf(interpreter);
  return major === 3 && own >= minor;
}

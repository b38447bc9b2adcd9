import { expect } from "vitest";
import type { Stats } from "../../../extension/wire/protocol.gen";
import { minorOf, type Interpreter } from "./machine";
import type { Recording } from "./record";
import { broken, countOf, pythonOf, type Stack } from "./stacks";
import { countError } from "./statistics";

/**
 * That every stack is whole.
 *
 * CPython 3.11 and 3.12 have no readable stack for some instructions at the
 * start of an evaluation ("tstate->cframe = &cframe" comes before cframe is filled
 * in, Python/ceval.c): up to one stack in 1,000 may say so there, and must then
 * show nothing else.
 */
export function expectWholeStacks(interpreter: Interpreter, stacks: readonly Stack[]): void {
  const parts = broken(stacks);
  if (minorOf(interpreter) > 12) expect(parts).toEqual([]);
  expect(countOf(parts)).toBeLessThanOrEqual(countError(countOf(stacks) / 1_000));
  expect(parts.filter((stack) => pythonOf(stack).length > 0)).toEqual([]);
}

/** That every stack is whole, that none was lost, and that the account agrees with the profile. */
export function expectWhole(interpreter: Interpreter, { stacks, stats }: Recording): void {
  expectWholeStacks(interpreter, stacks);
  const account: Partial<Stats> = {
    samples: countOf(stacks),
    error_stacks: countOf(broken(stacks)),
    truncated_stacks: 0,
    lost: 0,
  };
  expect(stats).toMatchObject(account);
}

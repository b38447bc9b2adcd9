import { expect } from "vitest";
import { impossible, unmetChains, type Grammar } from "../../sampler/support/grammar";
import { countOf, type Stack as Collapsed } from "../../sampler/support/stacks";
import type { Stack } from "./gecko";
import type { Recording } from "./program";

/** Of all stacks so few may have a part that could not be read; nothing else may be wrong. */
const ERRORS_MOST = 0.001;

/** As the reader of collapsed stacks has them. */
const collapsed = ({ pid, tid, frames, samples }: Stack): Collapsed => ({
  process: { name: "", pid },
  thread: { name: "", tid },
  frames,
  samples,
});

const isBroken = (stack: Collapsed) => stack.frames.some((frame) => frame.kind === "error");

/** Holds what was recorded of a program against the closed grammar of its calls. */
export function expectClosed({ stacks, stats }: Recording, truth: Grammar, script: string): void {
  const all = stacks.map(collapsed);
  const wrong = all.flatMap((stack) => impossible(stack, truth, script) ?? []);
  expect(wrong.join("\n")).toBe("");
  expect(countOf(all, isBroken)).toBeLessThanOrEqual(Math.ceil(ERRORS_MOST * stats.samples));
  expect(stats).toMatchObject({ lost: 0, truncated_stacks: 0 });
  // Each was met down to its last frame, so that none was checked in vain.
  expect(unmetChains(all, truth)).toEqual([]);
}

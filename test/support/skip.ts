/** Tests that some machines cannot run; the name of a skipped one says why. */
import { describe, test } from "vitest";

/** `describe`, or its skipped form when there is a reason. */
export function describeUnless(reason: string | undefined, name: string, define: () => void): void {
  if (reason === undefined) describe(name, define);
  else describe.skip(`${name} (${reason})`, define);
}

/** `test`, or its skipped form when there is a reason. */
export function testUnless(
  reason: string | undefined,
  name: string,
  run: () => Promise<void>,
): void {
  if (reason === undefined) test(name, run);
  else test.skip(`${name} (${reason})`, run);
}

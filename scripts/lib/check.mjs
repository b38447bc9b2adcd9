import { CommandError } from "./run.mjs";

/** A lane's outcome. `notes` are shown below the table when the lane failed or skipped. */
export const tally = (passed = 0, failed = 0, skipped = 0, notes = []) => ({
  passed,
  failed,
  skipped,
  notes,
});

export const sum = (tallies) =>
  tallies.reduce(
    (a, b) =>
      tally(a.passed + b.passed, a.failed + b.failed, a.skipped + b.skipped, [
        ...a.notes,
        ...b.notes,
      ]),
    tally(),
  );

/** One static check: passes when the work ends, fails with the command's output. */
export async function check(name, work) {
  try {
    await work();
    return tally(1);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return tally(0, 1, 0, [`${name}: ${error.message}`]);
  }
}

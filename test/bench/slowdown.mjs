import { setTimeout as sleep } from "node:timers/promises";
import { atLeast, median, round } from "./support/figures.mjs";
import { record } from "./support/recording.mjs";
import { withTarget } from "./support/target.mjs";

export const description =
  "Work that the target does in a second of its own CPU time, sampled against not";

const SECONDS = 4;
const TIMES = 5;

export async function run({ helper, python }) {
  const rows = [];
  for (const [threads, how] of [
    [1, "idle"],
    [200, "turns"],
  ]) {
    for (const frequencyHz of [99, 999, 4999]) {
      const ratios = await withTarget(python.command, "busy.py", [30, threads, how], (target) =>
        compare(helper, target, frequencyHz),
      );
      rows.push({
        threads,
        Hz: frequencyHz,
        "speed when sampled": round(median(ratios), 4),
        least: round(Math.min(...ratios), 4),
        most: round(Math.max(...ratios), 4),
      });
    }
  }
  const at999 = rows.filter((row) => row.Hz === 999).map((row) => row["speed when sampled"]);
  return {
    rows,
    figures: [atLeast("times the speed without the sampler, at 999 Hz", Math.min(...at999), 0.98)],
  };
}

/** A-B-A-B-…-A: each sampled stretch against the mean of its two neighbours. */
async function compare(helper, target, frequencyHz) {
  const plain = async () => {
    await target.account();
    await sleep(SECONDS * 1_000);
    return pace(await target.account());
  };
  const ratios = [];
  let before = await plain();
  while (ratios.length < TIMES) {
    await target.account();
    await record(helper, { pid: target.pid, seconds: SECONDS, frequencyHz });
    const sampled = pace(await target.account());
    const after = await plain();
    ratios.push(sampled / ((before + after) / 2));
    before = after;
  }
  return ratios;
}

const pace = (account) => account.work / (account.cpu_ns / 1e9);

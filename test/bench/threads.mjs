import {
  atLeast,
  atMost,
  badPercent,
  bpfUs,
  deliveredPercent,
  median,
  round,
  steadyPercent,
} from "./support/figures.mjs";
import { record } from "./support/recording.mjs";
import { withTarget } from "./support/target.mjs";

export const description = "Cost and yield at 999 Hz, by number of threads";

const THREADS = [1, 50, 200, 500];
const TIMES = 3;
/** One working thread among waiting ones, and all working by turns. */
const ways = ["idle", "turns"];

export async function run({ helper, python }) {
  const rows = [];
  for (const how of ways) {
    const recordings = new Map(THREADS.map((threads) => [threads, []]));
    // Number by number and again, so that a busy moment of the machine meets all alike.
    for (let time = 0; time < TIMES; time++) {
      for (const threads of THREADS) {
        const one = await withTarget(python.command, "busy.py", [20, threads, how], ({ pid }) =>
          record(helper, { pid, seconds: 6, frequencyHz: 999 }),
        );
        recordings.get(threads).push(one);
      }
    }
    // The target is not alone on the CPUs, so the cost is that of a delivered sample.
    const perSample = (one) => steadyPercent(one) / (one.samples / (one.duration_ns / 1e9));
    const alone = median(recordings.get(1).map(perSample));
    for (const [threads, list] of recordings) {
      rows.push({
        "other threads": how === "idle" ? "wait" : "take turns",
        threads,
        samples: list.reduce((sum, one) => sum + one.samples, 0),
        "delivered %": round(median(list.map(deliveredPercent))),
        lost: list.reduce((sum, one) => sum + one.lost, 0),
        "bad %": round(Math.max(...list.map(badPercent)), 3),
        "µs/sample": round(median(list.map(bpfUs))),
        "% of a core": round(median(list.map(steadyPercent))),
        "cost of a sample": round(median(list.map(perSample)) / alone),
      });
    }
  }
  const column = (name) => rows.map((row) => row[name]);
  return {
    rows,
    figures: [
      atMost(
        "times the cost of a sample with 1 thread",
        Math.max(...column("cost of a sample")),
        1.1,
      ),
      atLeast("% of the expected stacks delivered", Math.min(...column("delivered %")), 99.5),
      atMost(
        "stacks lost",
        column("lost").reduce((a, b) => a + b, 0),
        0,
      ),
    ],
  };
}

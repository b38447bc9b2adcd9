import { atLeast, atMost, bpfUs, median, round } from "./support/figures.mjs";
import { record } from "./support/recording.mjs";
import { withTarget } from "./support/target.mjs";

export const description =
  "BPF time for a sample of some 30 Python and 30 native frames, and how many reach the thread's first";

/** The middle one counts. */
const TIMES = 3;

export async function run({ helper, interpreters }) {
  const rows = [];
  for (const { version, command } of interpreters) {
    for (const native of [true, false]) {
      const recordings = await withTarget(command, "through.py", [], async ({ pid }) => {
        const list = [];
        const extra = native ? [] : ["--no-native"];
        while (list.length < TIMES)
          list.push(await record(helper, { pid, seconds: 3, frequencyHz: 999, extra }));
        return list;
      });
      const whole = ({ samples, counters }) => ((counters.native_whole ?? 0) / samples) * 100;
      rows.push({
        Python: version,
        native: native ? "yes" : "no",
        samples: recordings.reduce((sum, { samples }) => sum + samples, 0),
        "µs/sample": round(median(recordings.map(bpfUs))),
        "whole %": native ? round(Math.min(...recordings.map(whole)), 2) : "",
      });
    }
  }
  const mixed = rows.filter((row) => row.native === "yes");
  return {
    rows,
    figures: [
      atMost(
        "µs of BPF for a sample of 30 + 30 frames",
        Math.max(...mixed.map((r) => r["µs/sample"])),
        20,
      ),
      atLeast(
        "% of the native stacks reach the thread's first frame",
        Math.min(...mixed.map((r) => r["whole %"])),
        99,
      ),
    ],
  };
}

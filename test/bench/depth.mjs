import { atMost, badPercent, bpfUs, median, round } from "./support/figures.mjs";
import { record } from "./support/recording.mjs";
import { withTarget } from "./support/target.mjs";

export const description =
  "BPF time for a sample without native frames, by depth of the Python stack";

/** Each depth is measured so often; the middle one counts. */
const TIMES = 3;

export async function run({ helper, interpreters }) {
  const rows = [];
  for (const { version, command } of interpreters) {
    for (const depth of [1, 30, 120, 500]) {
      const recordings = await withTarget(
        command,
        "busy.py",
        [depth, 1, "idle"],
        async ({ pid }) => {
          const list = [];
          while (list.length < TIMES)
            list.push(
              await record(helper, { pid, seconds: 3, frequencyHz: 999, extra: ["--no-native"] }),
            );
          return list;
        },
      );
      rows.push({
        Python: version,
        depth,
        samples: recordings.reduce((sum, { samples }) => sum + samples, 0),
        "µs/sample": round(median(recordings.map(bpfUs))),
        least: round(Math.min(...recordings.map(bpfUs))),
        "bad %": round(Math.max(...recordings.map(badPercent)), 3),
      });
    }
  }
  const at30 = rows.filter((row) => row.depth === 30).map((row) => row["µs/sample"]);
  return { rows, figures: [atMost("µs of BPF for a sample at depth 30", Math.max(...at30), 6)] };
}

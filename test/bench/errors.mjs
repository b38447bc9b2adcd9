import { atMost, badPercent, deliveredPercent, round } from "./support/figures.mjs";
import { record } from "./support/recording.mjs";
import { withTarget } from "./support/target.mjs";

export const description =
  "Stacks with an error or cut, of a program that uses much of the standard library";

export async function run({ helper, interpreters }) {
  const rows = [];
  for (const { version, command } of interpreters) {
    const recording = await withTarget(command, "mixed.py", [], ({ pid }) =>
      record(helper, { pid, seconds: 10, frequencyHz: 4999 }),
    );
    const early = Object.entries(recording.counters).filter(
      ([name, count]) => count > 0 && !["samples", "delivered"].includes(name),
    );
    rows.push({
      Python: version,
      samples: recording.samples,
      "delivered %": round(deliveredPercent(recording)),
      errors: recording.error_stacks,
      cut: recording.truncated_stacks,
      "bad %": round(badPercent(recording), 4),
      counters: early.map(([name, count]) => `${name} ${count}`).join(", "),
    });
  }
  const worst = Math.max(...rows.map((row) => row["bad %"]));
  return { rows, figures: [atMost("% of the stacks with an error or cut", worst, 0.1)] };
}

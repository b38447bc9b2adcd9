import { atMost, median, round, steadyPercent } from "./support/figures.mjs";
import { record } from "./support/recording.mjs";
import { withTarget } from "./support/target.mjs";

export const description =
  "CPU of the helper and its BPF programs for one busy process, in percent of a core";

const TIMES = 3;
const limits = { 99: 0.5, 999: 3 };

export async function run({ helper, interpreters }) {
  const rows = [];
  for (const { version, command } of interpreters) {
    for (const name of ["busy.py", "mixed.py"]) {
      const args = name === "busy.py" ? [30, 1, "idle"] : [];
      for (const frequencyHz of [99, 999]) {
        const recordings = await withTarget(command, name, args, async ({ pid }) => {
          const list = [];
          while (list.length < TIMES)
            list.push(await record(helper, { pid, seconds: 8, frequencyHz }));
          return list;
        });
        const part = (key) =>
          median(recordings.map(({ steady }) => (steady[key] / 1e9 / steady.seconds) * 100));
        rows.push({
          Python: version,
          target: name,
          Hz: frequencyHz,
          "helper %": round(part("helperNs"), 3),
          "BPF %": round(part("bpfNs"), 3),
          "both %": round(median(recordings.map(steadyPercent)), 3),
          "start-up ms": round(median(recordings.map((one) => one.startUpMs)), 0),
          "peak MiB": round(
            median(recordings.map((one) => one.helper_peak_rss_bytes)) / 2 ** 20,
            0,
          ),
        });
      }
    }
  }
  const worst = (frequencyHz) =>
    Math.max(...rows.filter((row) => row.Hz === frequencyHz).map((row) => row["both %"]));
  return {
    rows,
    figures: Object.entries(limits).map(([hz, limit]) =>
      atMost(`% of a core at ${hz} Hz, in the steady state`, worst(Number(hz)), limit),
    ),
  };
}

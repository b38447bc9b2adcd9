/** A session in words, for the status bar, the view and the details page: pure. */
import { formatCount, formatDurationNs, formatPercent, formatPlural } from "../core/format";
import type { Results, SessionState, Target } from "../session/state";
import type { Stats } from "../wire/protocol.gen";
import * as texts from "./texts";

export function targetName(target: Target): string {
  return target.kind === "local" ? "this machine" : target.destination;
}

/** "web1 · 4242 server.py" */
export function resultsTitle(results: Results): string {
  return `${targetName(results.target)} · ${results.selection.label}`;
}

/** Text of the status bar item, with its icon; undefined when there is nothing to say. */
export function statusText(state: SessionState): string | undefined {
  switch (state.kind) {
    case "idle":
    case "stopped":
    case "failed":
      return undefined;
    case "choosingHost":
      return "$(flame) Choosing a host";
    case "connecting":
    case "deploying":
    case "elevating":
      return `$(loading~spin) ${targetName(state.target)}: ${phaseText(state.kind)}`;
    case "listing":
    case "picking":
      return `$(flame) ${targetName(state.target)}: choosing processes`;
    case "starting":
      return `$(loading~spin) ${targetName(state.target)}: ${texts.phaseStarting}`;
    case "sampling":
    case "stopping": {
      const icon = state.kind === "sampling" ? "$(flame)" : "$(loading~spin)";
      const { stats, target } = state.results;
      const samples = formatPlural(stats?.samples ?? 0, "sample");
      const lost = (stats?.lost ?? 0) > 0 ? ` · ${formatCount(stats?.lost ?? 0)} lost` : "";
      return `${icon} ${targetName(target)} · ${samples}${lost}`;
    }
  }
}

export function phaseText(phase: "connecting" | "deploying" | "elevating"): string {
  switch (phase) {
    case "connecting":
      return texts.phaseConnecting;
    case "deploying":
      return texts.phaseDeploying;
    case "elevating":
      return texts.phaseElevating;
  }
}

/** One line about the quality of what was sampled: "12,345 samples in 12.0 s, none lost". */
export function qualityText(stats: Stats): string {
  const parts = [
    `${formatPlural(stats.samples, "sample")} in ${formatDurationNs(stats.duration_ns)}`,
    stats.lost === 0 ? "none lost" : `${formatCount(stats.lost)} lost`,
  ];
  const broken = stats.error_stacks + stats.truncated_stacks;
  if (broken > 0 && stats.samples > 0) {
    parts.push(`${formatPercent(broken / stats.samples)} with an unreadable or cut stack`);
  }
  return parts.join(", ");
}

/** What the person does without because BPF is not to be had; undefined with BPF. */
export function limitsText({ run, helper }: Results): string | undefined {
  return run.sampler === "bpf" ? undefined : texts.withoutBpf(run.whyNotBpf, helper.uid === 0);
}

/** The details page in Markdown: every counter the helper has, so that no loss is silent. */
export function detailsMarkdown(results: Results | undefined): string {
  if (results === undefined) return `# Session details\n\n${texts.noResults}\n`;
  const { helper, run, selection, stats, target, ended } = results;
  const started = new Date(run.startedAtUnixMs).toISOString();
  const limits = limitsText(results);
  const sections = [
    "# Session details",
    table(
      ["", ""],
      [
        [
          "Host",
          `${targetName(target)} (${helper.hostname}, Linux ${helper.kernel}, ${helper.architecture})`,
        ],
        ["Sampled", selection.label],
        ["Started", started],
        ["Sampler", `${run.sampler}, ${run.event} at ${formatCount(run.frequencyHz)} Hz`],
        ...(limits === undefined ? [] : [["Without BPF", limits] as const]),
        [
          "Helper",
          `${helper.version} (${helper.buildHash.slice(0, 12)}), pid ${helper.pid}, user id ${helper.uid}`,
        ],
        ...(ended === undefined ? [] : [["Ended", `${ended.message} ${ended.nextStep}`] as const]),
      ],
    ),
  ];
  if (stats === undefined) return `${sections.join("\n\n")}\n`;
  sections.push(
    "## Samples",
    table(
      ["", "", ""],
      [
        [
          "Delivered",
          formatCount(stats.samples),
          `${share(stats.samples, stats.expected)} of expected`,
        ],
        ["Expected", formatCount(stats.expected), "on-CPU time of the targets × frequency"],
        ["Lost", formatCount(stats.lost), "taken and never delivered"],
        [
          "Stacks with an error",
          formatCount(stats.error_stacks),
          share(stats.error_stacks, stats.samples),
        ],
        [
          "Cut stacks",
          formatCount(stats.truncated_stacks),
          share(stats.truncated_stacks, stats.samples),
        ],
        ...wholeNatives(stats),
      ],
    ),
    "## Cost on the host",
    table(
      ["", "", ""],
      [
        ...(limits === undefined ? kernelCost(stats) : []),
        [
          "Helper",
          formatDurationNs(stats.helper_cpu_ns),
          share(stats.helper_cpu_ns, stats.duration_ns) + " of one core",
        ],
        ["Helper's memory", `${formatCount(stats.helper_peak_rss_bytes / 2 ** 20)} MiB`, "peak"],
      ],
    ),
  );
  if (stats.processes.length > 0) {
    sections.push(
      "## Processes",
      table(
        ["Process", "Python", "Samples", "CPU time"],
        stats.processes.map((process) => [
          String(process.pid),
          process.version || "?",
          formatCount(process.samples),
          formatDurationNs(process.task_cpu_ns),
        ]),
      ),
    );
  }
  const counters = Object.entries(stats.counters).toSorted(([, a], [, b]) => b - a);
  if (counters.length > 0) {
    sections.push(
      "## Counters",
      table(
        ["Counter", "Count", ""],
        counters.map(([name, count]) => [
          name,
          formatCount(count),
          helper.counterMeanings[name] ?? "",
        ]),
      ),
    );
  }
  return `${sections.join("\n\n")}\n`;
}

/** How many native stacks reach the thread's first frame; nothing where none were walked. */
function wholeNatives({ counters, samples }: Stats): readonly (readonly string[])[] {
  const whole = counters["native_whole"];
  if (whole === undefined || whole === 0) return [];
  return [["Whole native stacks", formatCount(whole), share(whole, samples)]];
}

function kernelCost(stats: Stats): readonly (readonly string[])[] {
  return [
    [
      "Sampling in the kernel",
      formatDurationNs(stats.bpf_ns),
      share(stats.bpf_ns, stats.duration_ns) + " of one core",
    ],
    [
      "A sample",
      stats.bpf_runs > 0 ? formatDurationNs(stats.bpf_ns / stats.bpf_runs) : "-",
      `over ${formatCount(stats.bpf_runs)} runs`,
    ],
  ];
}

function share(part: number, whole: number): string {
  return whole > 0 ? formatPercent(part / whole) : "-";
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escapeCell).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

// Command lines and counter names come from the host; a table cell must stay a table cell.
function escapeCell(text: string): string {
  return text
    .replaceAll(/\s+/g, " ")
    .replaceAll(/[\\|`<>[\]*_]/g, (c) => (/^-+$/.test(text) ? c : `\\${c}`));
}

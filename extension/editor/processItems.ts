/** What the process picker lists, as data: pure, so that order and words are tested without an editor. */
import type { ProcessInfo } from "../wire/protocol.gen";
import type { Selection } from "../session/state";

/** A process as a row: label, description and detail are the row's three texts. */
export interface ProcessRow {
  readonly pid: number;
  readonly label: string;
  readonly description: string;
  readonly detail: string;
  readonly profilable: boolean;
}

/** Longest command line shown, in characters; the picker cuts at its own width anyway. */
const COMMAND_MAX = 240;

/**
 * Order of pids for a refresh: those shown before keep their place, so a row
 * does not move under the cursor when CPU shares change; newcomers follow,
 * busiest first.
 */
export function stableOrder(
  shown: readonly number[],
  processes: readonly ProcessInfo[],
): readonly ProcessInfo[] {
  const place = new Map(shown.map((pid, index) => [pid, index]));
  return processes.toSorted((a, b) => {
    const placeA = place.get(a.pid) ?? Infinity;
    const placeB = place.get(b.pid) ?? Infinity;
    if (placeA !== placeB) return placeA - placeB;
    return b.cpu_percent - a.cpu_percent || a.pid - b.pid;
  });
}

export function processRow(process: ProcessInfo): ProcessRow {
  const facts = [
    process.user,
    `${Math.round(process.cpu_percent)} % CPU`,
    `Python ${process.version || "?"}${process.free_threaded ? " free-threaded" : ""}`,
    process.threads === 1 ? "1 thread" : `${process.threads} threads`,
    ...(process.container === null ? [] : [`container ${process.container}`]),
  ];
  const command = oneLine(process.command);
  return {
    pid: process.pid,
    label: processLabel(process),
    description: facts.join(" · "),
    detail: process.profilable ? command : `${process.why_not} — ${command}`,
    profilable: process.profilable,
  };
}

/** "4242 server.py": the pid and the shortest name that tells programs apart. */
export function processLabel(process: Pick<ProcessInfo, "pid" | "command">): string {
  return `${process.pid} ${programName(process.command)}`;
}

/**
 * The script's or module's name out of a command line whose words are joined by
 * spaces (so a path with spaces gives its last part, which is still a help).
 */
export function programName(command: string): string {
  const words = command.trim().split(/\s+/);
  const interpreter = baseName(words[0] ?? "");
  for (let i = 1; i < words.length; i++) {
    const word = words[i] ?? "";
    if (word === "-m") return `-m ${words[i + 1] ?? ""}`.trim();
    if (word === "-c") return `${interpreter} -c`;
    if (word === "-W" || word === "-X") i++;
    else if (word !== "-" && !word.startsWith("-")) return baseName(word);
  }
  return interpreter;
}

/** The selection for chosen pids; an empty choice is every Python on the host. */
export function selectionOf(chosen: readonly ProcessRow[]): Selection {
  const [first] = chosen;
  if (first === undefined) return { pids: [], label: "all Python processes" };
  return {
    pids: chosen.map((row) => row.pid),
    label: chosen.length === 1 ? first.label : `${chosen.length} processes`,
  };
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function oneLine(command: string): string {
  const line = command.replaceAll(/\s+/g, " ").trim();
  return line.length > COMMAND_MAX ? `${line.slice(0, COMMAND_MAX - 1)}…` : line;
}

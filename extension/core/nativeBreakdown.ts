import { FrameKind } from "./frameKind";
import { isEvaluatorName } from "./interpreter";
import type { Profile } from "./profile";
import type { StackIndex } from "./stackIndex";

/** What a part of a line's self samples was spent in. */
export interface NativeCost {
  /** "python": nothing is below the line. "unread": what is below could not be read. */
  readonly kind: "native" | "kernel" | "python" | "unread";
  /** Symbol; the file's name for code without one; the reason for "unread"; "" for "python". */
  readonly name: string;
  /** The ELF file of native code; null for the kernel, Python, or when it is not known. */
  readonly module: string | null;
  readonly samples: number;
  /**
   * Symbols of the native functions that called it, most samples first; for the
   * kernel, that entered it. The bytecode loop calls everything, so it is left out.
   */
  readonly callers: readonly string[];
  /** It is the loop that executes bytecode. */
  readonly isEvaluator: boolean;
}

/**
 * How a system call gets from the gate to the function that was asked for, on
 * x86-64 (arch/x86/entry): every call passes here, so these names tell nothing.
 */
const SYSTEM_CALL_GATE =
  /^(?:entry_SYSCALL|entry_INT80|do_syscall_64|do_int80|do_fast_syscall|x64_sys_call|ia32_sys_call|syscall_enter|syscall_exit)/;

/** What stands for code without a symbol: an address, a file and an address, or nothing. */
const NO_SYMBOL = /^(?:(?:.*\+)?0x[0-9a-f]+|\?*|\[unknown\])$/i;

/**
 * Which C functions the samples of a line were in, most samples first: those
 * whose deepest Python frame is on the line, the line's self. A sample counts for
 * its innermost native function. One that was in the kernel counts for how the
 * kernel was entered: the outermost kernel frame behind the gate of system calls,
 * so `__x64_sys_write` or `asm_exc_page_fault`.
 *
 * Where the profile has no native frames at all, only the kernel's part is told:
 * nothing is known of the rest. `self` gives per node the samples that ended
 * there, as a selection counts them. One pass over the nodes, and up each stack
 * that ended on the line as far as the line.
 */
export function nativeBreakdown(
  index: StackIndex,
  self: Float64Array,
  isLine: (lineId: number) => boolean,
): NativeCost[] {
  const { profile } = index;
  const frameOf = profile.nodes.frame.data;
  const costs = new Map<string, Cost>();
  const hasNative = hasNativeCode(profile);
  const length = Math.min(self.length, index.deepestPython.length);
  for (let node = 0; node < length; node++) {
    const samples = self[node]!;
    const line = samples === 0 ? -1 : index.deepestPython.data[node]!;
    if (line < 0 || !isLine(index.lineOfFrame.data[frameOf[line]!]!)) continue;
    const spent = spentBelow(profile, line, node);
    if (spent.kind !== "kernel" && !hasNative) continue;
    const key = `${spent.kind} ${spent.name} ${spent.module}`;
    let cost = costs.get(key);
    if (cost === undefined) costs.set(key, (cost = { ...spent, samples: 0, callers: new Map() }));
    cost.samples += samples;
    if (spent.caller === null) continue;
    cost.callers.set(spent.caller, (cost.callers.get(spent.caller) ?? 0) + samples);
  }
  return [...costs.values()]
    .map(({ kind, name, module, samples, callers }) => ({
      kind,
      name,
      module,
      samples,
      isEvaluator: kind === "native" && isEvaluatorName(name),
      callers: [...callers].toSorted(bySamplesThenName).map(([caller]) => caller),
    }))
    .toSorted((a, b) => b.samples - a.samples || compareText(a.name, b.name));
}

interface Spent {
  readonly kind: NativeCost["kind"];
  readonly name: string;
  readonly module: string | null;
  readonly caller: string | null;
}

interface Cost extends Omit<Spent, "caller"> {
  samples: number;
  readonly callers: Map<string, number>;
}

/** What the sample that ended at `node` was in, below the Python frame at `line`. */
function spentBelow(profile: Profile, line: number, node: number): Spent {
  const parents = profile.nodes.parent.data;
  const none = { module: null, caller: null };
  let gate = "";
  let entry = "";
  let unread = "";
  let leaf: Spent | null = null;
  for (let up = node; up !== line; up = parents[up]!) {
    const functionIndex = profile.nodeFunction(up);
    const kind = profile.functionKind(functionIndex);
    const name = profile.functionName(functionIndex);
    if (kind === FrameKind.kernel) {
      if (SYSTEM_CALL_GATE.test(name)) gate = name;
      else entry = name;
      continue;
    }
    if (kind === FrameKind.error) unread = name;
    if (kind !== FrameKind.native) continue;
    if (entry !== "" || gate !== "") leaf ??= { ...none, kind: "kernel", name: entry || gate };
    if (leaf === null) leaf = nativeLeaf(profile, functionIndex);
    else if (!NO_SYMBOL.test(name)) return { ...leaf, caller: isEvaluatorName(name) ? null : name };
  }
  if (leaf !== null) return leaf;
  if (entry !== "" || gate !== "") return { ...none, kind: "kernel", name: entry || gate };
  if (unread !== "") return { ...none, kind: "unread", name: unread };
  return { ...none, kind: "python", name: "" };
}

/** Code without symbols counts as one per file: its addresses tell a reader nothing. */
function nativeLeaf(profile: Profile, functionIndex: number): Spent {
  const name = profile.functionName(functionIndex);
  const module = profile.functionModule(functionIndex);
  const hasName = !NO_SYMBOL.test(name) || module === null;
  const shown = hasName ? name : module.slice(module.lastIndexOf("/") + 1);
  return { kind: "native", name: shown, module, caller: null };
}

function hasNativeCode(profile: Profile): boolean {
  return profile.functions.kind.view().includes(FrameKind.native);
}

function bySamplesThenName(a: readonly [string, number], b: readonly [string, number]): number {
  return b[1] - a[1] || compareText(a[0], b[0]);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

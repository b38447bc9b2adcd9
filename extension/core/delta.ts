import { FRAME_KIND_COUNT } from "./frameKind";

/**
 * The part of the wire's Delta that a profile is made of. Core may not import
 * the wire, so the type is declared again; `protocol.Delta` is assignable to it
 * and the compiler checks that where the two meet.
 */
export interface ProfileDelta {
  /** Counts from 1 without a gap. */
  readonly sequence: number;
  readonly elapsedNs: number;
  readonly strings: readonly string[];
  readonly sources: {
    readonly remotePath: readonly number[];
    readonly sha256: readonly string[];
    readonly pid: readonly number[];
  };
  readonly functions: {
    readonly kind: readonly number[];
    readonly name: readonly number[];
    readonly source: readonly number[];
    readonly module: readonly number[];
    readonly firstLine: readonly number[];
  };
  readonly frames: {
    readonly function: readonly number[];
    readonly line: readonly number[];
    readonly endLine: readonly number[];
    readonly column: readonly number[];
    readonly endColumn: readonly number[];
  };
  readonly nodes: { readonly parent: readonly number[]; readonly frame: readonly number[] };
  readonly counts: { readonly node: readonly number[]; readonly count: readonly number[] };
}

/** Table sizes of the profile that a delta is to be appended to. */
export interface TableSizes {
  readonly strings: number;
  readonly sources: number;
  readonly functions: number;
  readonly frames: number;
  readonly nodes: number;
}

/**
 * Says what is wrong with a delta, or null when every index in it points to
 * something that exists before it or in it. Costs one pass over the delta.
 */
export function findDeltaFault(delta: ProfileDelta, sizes: TableSizes): string | null {
  const { sources, functions, frames, nodes, counts } = delta;
  const lengths =
    differingColumns("sources", [sources.remotePath, sources.sha256, sources.pid]) ??
    differingColumns("functions", [
      functions.kind,
      functions.name,
      functions.source,
      functions.module,
      functions.firstLine,
    ]) ??
    differingColumns("frames", [
      frames.function,
      frames.line,
      frames.endLine,
      frames.column,
      frames.endColumn,
    ]) ??
    differingColumns("nodes", [nodes.parent, nodes.frame]) ??
    differingColumns("counts", [counts.node, counts.count]);
  if (lengths !== null) return lengths;

  const strings = sizes.strings + delta.strings.length;
  const sourceCount = sizes.sources + sources.pid.length;
  const functionCount = sizes.functions + functions.kind.length;
  const frameCount = sizes.frames + frames.function.length;
  const nodeCount = sizes.nodes + nodes.parent.length;
  return (
    outside("sources.remotePath", sources.remotePath, 0, strings) ??
    outside("functions.kind", functions.kind, 0, FRAME_KIND_COUNT) ??
    outside("functions.name", functions.name, 0, strings) ??
    outside("functions.source", functions.source, -1, sourceCount) ??
    outside("functions.module", functions.module, -1, strings) ??
    outside("functions.firstLine", functions.firstLine, 0, MAX_INT32) ??
    outside("frames.function", frames.function, 0, functionCount) ??
    outside("frames.line", frames.line, 0, MAX_INT32) ??
    outside("nodes.frame", nodes.frame, 0, frameCount) ??
    lateParent(nodes.parent, sizes.nodes) ??
    outside("counts.node", counts.node, 0, nodeCount) ??
    outside("counts.count", counts.count, 1, Number.MAX_SAFE_INTEGER)
  );
}

const MAX_INT32 = 2 ** 31 - 1;

function differingColumns(table: string, columns: readonly (readonly unknown[])[]): string | null {
  const length = columns[0]?.length ?? 0;
  return columns.every((column) => column.length === length)
    ? null
    : `${table}: columns of different lengths`;
}

function outside(
  column: string,
  values: readonly number[],
  least: number,
  end: number,
): string | null {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isInteger(value) || value < least || value >= end) {
      return `${column}[${i}] is ${value}, not in [${least}, ${end})`;
    }
  }
  return null;
}

function lateParent(parents: readonly number[], firstNode: number): string | null {
  for (let i = 0; i < parents.length; i++) {
    const parent = parents[i]!;
    if (!Number.isInteger(parent) || parent < -1 || parent >= firstNode + i) {
      return `nodes.parent[${i}] is ${parent}, but a parent precedes its child ${firstNode + i}`;
    }
  }
  return null;
}

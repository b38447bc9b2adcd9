import { countColumn, intColumn } from "./column";
import { findDeltaFault, type ProfileDelta } from "./delta";
import { err, ok, type Result } from "./result";

export type { ProfileDelta } from "./delta";

/** Why a delta was not applied. The profile is as it was before. */
export interface DeltaRefusal {
  /** "sequence": a delta is missing or came twice. "malformed": an index points nowhere. */
  readonly kind: "sequence" | "malformed";
  readonly detail: string;
}

/**
 * Everything sampled in a session, column-wise and append-only: row i of a table
 * never changes once written, except a node's `self` count, which only grows.
 * Derived structures therefore remember how far they have read and extend.
 *
 * Names: a *function* is what was called, a *frame* is a function at a line, a
 * *node* is a frame below a chain of parents, so a node stands for one stack.
 */
export class Profile {
  readonly strings: string[] = [];
  readonly sources = {
    /** String index of the path as the interpreter names it. */
    remotePath: intColumn(),
    /** Lower-case hex of the file's bytes on the host; "" when it is not known what ran. */
    sha256: [] as string[],
    /** A process through whose root the file can be read. */
    pid: intColumn(),
  };
  readonly functions = {
    kind: intColumn(),
    name: intColumn(),
    source: intColumn(),
    module: intColumn(),
    firstLine: intColumn(),
  };
  readonly frames = {
    function: intColumn(),
    line: intColumn(),
    endLine: intColumn(),
    column: intColumn(),
    endColumn: intColumn(),
  };
  readonly nodes = {
    /** -1 for a root; otherwise less than the node's own index. */
    parent: intColumn(),
    frame: intColumn(),
    /** Samples whose stack ended exactly here. */
    self: countColumn(),
  };

  /** Samples in the profile: the sum of all nodes' self counts. */
  totalSamples = 0;
  elapsedNs = 0;
  /** Number of the last delta applied; 0 before the first. */
  sequence = 0;

  /**
   * Appends a delta whole, or refuses it whole. Costs time in proportion to the
   * delta, whatever the profile already holds.
   */
  apply(delta: ProfileDelta): Result<void, DeltaRefusal> {
    if (delta.sequence !== this.sequence + 1) {
      const detail = `delta ${delta.sequence} after ${this.sequence}`;
      return err({ kind: "sequence", detail });
    }
    const fault = findDeltaFault(delta, {
      strings: this.strings.length,
      sources: this.sources.pid.length,
      functions: this.functions.kind.length,
      frames: this.frames.function.length,
      nodes: this.nodes.parent.length,
    });
    if (fault !== null) return err({ kind: "malformed", detail: fault });
    this.#append(delta);
    return ok(undefined);
  }

  #append(delta: ProfileDelta): void {
    const { sources, functions, frames, nodes, counts } = delta;
    for (const text of delta.strings) this.strings.push(text);
    for (const hash of sources.sha256) this.sources.sha256.push(hash);
    pushAll(this.sources.remotePath, sources.remotePath);
    pushAll(this.sources.pid, sources.pid);
    pushAll(this.functions.kind, functions.kind);
    pushAll(this.functions.name, functions.name);
    pushAll(this.functions.source, functions.source);
    pushAll(this.functions.module, functions.module);
    pushAll(this.functions.firstLine, functions.firstLine);
    pushAll(this.frames.function, frames.function);
    pushAll(this.frames.line, frames.line);
    pushAll(this.frames.endLine, frames.endLine);
    pushAll(this.frames.column, frames.column);
    pushAll(this.frames.endColumn, frames.endColumn);
    pushAll(this.nodes.parent, nodes.parent);
    pushAll(this.nodes.frame, nodes.frame);
    this.nodes.self.extendTo(this.nodes.parent.length);
    const self = this.nodes.self.data;
    for (let i = 0; i < counts.node.length; i++) {
      const count = counts.count[i]!;
      self[counts.node[i]!]! += count;
      this.totalSamples += count;
    }
    this.elapsedNs = delta.elapsedNs;
    this.sequence = delta.sequence;
  }

  /**
   * The whole profile as one delta, for a reader that joins late;
   * `Profile.fromSnapshot` takes it and then follows from the same sequence.
   */
  snapshot(): ProfileDelta {
    const { sources, functions, frames, nodes } = this;
    const node: number[] = [];
    const count: number[] = [];
    for (let i = 0; i < nodes.self.length; i++) {
      const self = nodes.self.data[i]!;
      if (self > 0) {
        node.push(i);
        count.push(self);
      }
    }
    return {
      sequence: this.sequence,
      elapsedNs: this.elapsedNs,
      strings: [...this.strings],
      sources: {
        remotePath: [...sources.remotePath.view()],
        sha256: [...sources.sha256],
        pid: [...sources.pid.view()],
      },
      functions: {
        kind: [...functions.kind.view()],
        name: [...functions.name.view()],
        source: [...functions.source.view()],
        module: [...functions.module.view()],
        firstLine: [...functions.firstLine.view()],
      },
      frames: {
        function: [...frames.function.view()],
        line: [...frames.line.view()],
        endLine: [...frames.endLine.view()],
        column: [...frames.column.view()],
        endColumn: [...frames.endColumn.view()],
      },
      nodes: { parent: [...nodes.parent.view()], frame: [...nodes.frame.view()] },
      counts: { node, count },
    };
  }

  /** A profile that starts where a snapshot was taken. */
  static fromSnapshot(snapshot: ProfileDelta): Result<Profile, DeltaRefusal> {
    const profile = new Profile();
    profile.sequence = snapshot.sequence - 1;
    const applied = profile.apply(snapshot);
    return applied.ok ? ok(profile) : applied;
  }

  /** Qualified name, symbol, "NAME [PID]" or "THREAD [TID]". */
  functionName(functionIndex: number): string {
    return this.strings[this.functions.name.at(functionIndex)] ?? "";
  }

  functionKind(functionIndex: number): number {
    return this.functions.kind.at(functionIndex);
  }

  /** Remote path of the file a Python function is in; null for every other kind. */
  functionPath(functionIndex: number): string | null {
    const source = this.functions.source.at(functionIndex);
    return source < 0 ? null : this.remotePath(source);
  }

  /** The ELF file of a native function; null when it has none. */
  functionModule(functionIndex: number): string | null {
    const module = this.functions.module.at(functionIndex);
    return module < 0 ? null : (this.strings[module] ?? null);
  }

  remotePath(sourceIndex: number): string {
    return this.strings[this.sources.remotePath.at(sourceIndex)] ?? "";
  }

  /** The function a node's frame belongs to. */
  nodeFunction(nodeIndex: number): number {
    return this.frames.function.at(this.nodes.frame.at(nodeIndex));
  }
}

function pushAll(column: { push(value: number): void }, values: readonly number[]): void {
  for (let i = 0; i < values.length; i++) column.push(values[i]!);
}

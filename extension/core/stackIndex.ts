import { flagColumn, intColumn } from "./column";
import { FrameKind } from "./frameKind";
import type { Profile } from "./profile";

/**
 * Facts about stacks that never change once a node exists, so each is computed
 * once, when the node arrives. With them every question about heat is a single
 * pass over the nodes.
 */
export class StackIndex {
  /** frame -> line id, -1 for a frame that is not Python or whose line is unknown. */
  readonly lineOfFrame = intColumn();
  /** line id -> source. */
  readonly lineSource = intColumn();
  /** line id -> line, from 1. */
  readonly lineNumber = intColumn();
  /** line id -> the function it was first seen in. */
  readonly lineFunction = intColumn();
  /**
   * node -> 1 when no node above it is on the same line. Only such a node adds
   * to its line's total, so recursion counts a line once a stack.
   */
  readonly outermostLine = flagColumn();
  /** node -> 1 when no node above it is in the same function. */
  readonly outermostFunction = flagColumn();
  /** node -> 1 when its frame has a line and no node above it has the same frame. */
  readonly outermostFrame = flagColumn();
  /** node -> the deepest node at or above it that is Python, -1 for none. */
  readonly deepestPython = intColumn();
  /** node -> function index of its process, -1 when the stack has no process frame. */
  readonly processOf = intColumn();
  /** node -> function index of its thread, -1 when the stack has no thread frame. */
  readonly threadOf = intColumn();

  readonly profile: Profile;
  readonly #lineIds: Map<number, number>[] = [];
  readonly #linesOfSource: number[][] = [];
  /** line id -> its frames */
  readonly #framesOfLine: number[][] = [];

  constructor(profile: Profile) {
    this.profile = profile;
    this.extend();
  }

  /** Takes in what the profile gained: new nodes times the depth of their stacks. */
  extend(): void {
    this.#extendLines();
    this.#extendNodes();
  }

  /** Line ids seen in a source, in order of first sight. */
  linesOfSource(source: number): readonly number[] {
    return this.#linesOfSource[source] ?? [];
  }

  /** The id of a source's line, -1 when it was not seen. */
  lineAt(source: number, line: number): number {
    return this.#lineIds[source]?.get(line) ?? -1;
  }

  /** Frames seen on a line, by line id: one for each function and range of columns. */
  framesOfLine(line: number): readonly number[] {
    return this.#framesOfLine[line] ?? [];
  }

  #extendLines(): void {
    const { frames, functions, sources } = this.profile;
    while (this.#lineIds.length < sources.pid.length) {
      this.#lineIds.push(new Map());
      this.#linesOfSource.push([]);
    }
    for (let frame = this.lineOfFrame.length; frame < frames.function.length; frame++) {
      const functionIndex = frames.function.at(frame);
      const source = functions.source.at(functionIndex);
      const line = frames.line.at(frame);
      const isPython = functions.kind.at(functionIndex) === FrameKind.python;
      const isKnown = isPython && source >= 0 && line > 0;
      const id = isKnown ? this.#lineId(source, line, functionIndex) : -1;
      this.lineOfFrame.push(id);
      this.#framesOfLine[id]?.push(frame);
    }
  }

  #lineId(source: number, line: number, functionIndex: number): number {
    const ids = this.#lineIds[source]!;
    const known = ids.get(line);
    if (known !== undefined) return known;
    const id = this.lineNumber.length;
    ids.set(line, id);
    this.#linesOfSource[source]!.push(id);
    this.#framesOfLine.push([]);
    this.lineSource.push(source);
    this.lineNumber.push(line);
    this.lineFunction.push(functionIndex);
    return id;
  }

  #extendNodes(): void {
    const { nodes, frames, functions } = this.profile;
    const parents = nodes.parent.data;
    const frameOf = nodes.frame.data;
    const functionOf = frames.function.data;
    const lineOf = this.lineOfFrame.data;
    for (let node = this.deepestPython.length; node < nodes.parent.length; node++) {
      const frame = frameOf[node]!;
      const functionIndex = functionOf[frame]!;
      const line = lineOf[frame]!;
      let lineIsNew = line >= 0;
      let functionIsNew = true;
      let frameIsNew = line >= 0;
      // The line is compared apart from the function: two lambdas share a line.
      for (
        let up = parents[node]!;
        up >= 0 && (lineIsNew || functionIsNew || frameIsNew);
        up = parents[up]!
      ) {
        const upFrame = frameOf[up]!;
        if (functionOf[upFrame] === functionIndex) functionIsNew = false;
        if (lineOf[upFrame] === line) lineIsNew = false;
        if (upFrame === frame) frameIsNew = false;
      }
      const kind = functions.kind.data[functionIndex]!;
      const parent = parents[node]!;
      this.outermostLine.push(lineIsNew ? 1 : 0);
      this.outermostFunction.push(functionIsNew ? 1 : 0);
      this.outermostFrame.push(frameIsNew ? 1 : 0);
      this.deepestPython.push(
        kind === FrameKind.python ? node : parent < 0 ? -1 : this.deepestPython.at(parent),
      );
      this.processOf.push(
        kind === FrameKind.process ? functionIndex : parent < 0 ? -1 : this.processOf.at(parent),
      );
      this.threadOf.push(
        kind === FrameKind.thread ? functionIndex : parent < 0 ? -1 : this.threadOf.at(parent),
      );
    }
  }
}

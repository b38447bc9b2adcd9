import type { Frame, Stack } from "./gecko";

/** One frame as spinning.py tells it. */
interface ToldFrame {
  readonly name: string;
  readonly qualname: string | null;
  readonly class?: string | null;
  readonly path: string;
  readonly first: number;
  readonly line: number;
  /** From 0; the frame is at one of them. Empty where Python does not know. */
  readonly columns: readonly number[];
}

export interface Scene {
  /** In the program's own namespace; null before 3.8. */
  readonly tid: number | null;
  readonly frames: readonly ToldFrame[];
  /** Of a subinterpreter: the frames that called into it. */
  readonly outer?: readonly ToldFrame[];
}

/** What stacks.py tells. */
export interface Told {
  readonly scenes: Readonly<Record<string, Scene>>;
  readonly missing: Readonly<Record<string, string>>;
}

/** bpf/types.h, MAX_PYTHON_FRAMES; Fewer frames than this are never cut. */
const DEEPEST = 512;

const pythonOf = (stack: Stack) => stack.frames.filter((frame) => frame.kind === "python");

/** What _interpreters names code that it is given; in 3.14 and later "<script>". */
const isInner = (frames: readonly Frame[]) => /^<(string|script)>$/.test(frames[0]?.path ?? "");

/** The function that a scene's thread was given, which is named after the scene. */
export function sceneOf(stack: Stack): string | undefined {
  const frames = pythonOf(stack);
  const [root] = stack.frames;
  if (root?.kind === "error" && root.name === "truncated") return "recursion_too_deep";
  const isSubinterpreter = (frame: Frame) => frame.path.endsWith("/subinterpreter.py");
  if (isInner(frames) || frames.some(isSubinterpreter)) return "subinterpreter";
  return frames.find((frame) => /\/scenes3?\.py$/.test(frame.path))?.name;
}

/** How the stacks of a scene differ from what Python says; empty when they do not. */
export function differences(
  stacks: readonly Stack[],
  scene: Scene,
  name: string,
  isQualified: boolean,
): string[] {
  return [...new Set(stacks.flatMap((stack) => difference(stack, scene, name, isQualified) ?? []))];
}

function difference(
  stack: Stack,
  scene: Scene,
  name: string,
  isQualified: boolean,
): string | undefined {
  const found = pythonOf(stack);
  const errors = stack.frames.filter((frame) => frame.kind === "error");
  // Up to 3.11 a thread's own slot holds the state that called into the subinterpreter.
  const isOuter = name === "subinterpreter" && !isInner(found);
  let expected = isOuter ? (scene.outer ?? []) : scene.frames;
  if (name === "recursion_too_deep") {
    if (found.length < DEEPEST - 8) return `cut at ${found.length} frames`;
    expected = expected.slice(-found.length);
  } else if (errors.length > 0) {
    return `error frames ${errors.map((frame) => frame.name).join()}`;
  }
  if (found.length !== expected.length) {
    return `${found.length} frames for ${expected.length}: ${spelledStack(stack)}`;
  }
  for (const [index, frame] of found.entries()) {
    const told = expected[index];
    if (told !== undefined && !isSame(frame, told, isQualified)) {
      return `${spelled(frame)} for ${JSON.stringify(told)}`;
    }
  }
  return undefined;
}

function isSame(frame: Frame, told: ToldFrame, isQualified: boolean): boolean {
  const name = told.qualname ?? (told.class ? `${told.class}.${told.name}` : told.name);
  const isColumn = frame.column === null ? !isQualified : told.columns.includes(frame.column - 1);
  return (
    frame.name === name &&
    frame.path === told.path &&
    frame.line === told.line &&
    frame.first === Math.max(told.first, 1) &&
    (told.columns.length === 0 || isColumn)
  );
}

const spelled = (frame: Frame) =>
  `${frame.name} (${frame.path}:${frame.first}) at ${frame.line}:${frame.column}`;

export const spelledStack = (stack: Stack) =>
  `${stack.tid}: ${stack.frames.map(spelled).join(" > ")}`;

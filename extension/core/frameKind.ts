/** Where a function lives. The numbers are the wire's (helper/protocol, FrameKind). */
export const FrameKind = {
  process: 0,
  thread: 1,
  python: 2,
  native: 3,
  kernel: 4,
  error: 5,
} as const;

export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

/** One past the greatest kind the wire knows. */
export const FRAME_KIND_COUNT = 6;

/** A set of kinds as a bit mask; 0 is the empty set. */
export type KindSet = number;

export function kindSet(...kinds: readonly FrameKind[]): KindSet {
  return kinds.reduce<KindSet>((set, kind) => set | (1 << kind), 0);
}

export function hasKind(set: KindSet, kind: number): boolean {
  return ((set >> kind) & 1) === 1;
}

const KIND_NAMES = ["process", "thread", "Python", "native", "kernel", "unreadable"] as const;

/** The kind in a word for people. */
export function kindName(kind: number): string {
  return KIND_NAMES[kind] ?? "unknown";
}

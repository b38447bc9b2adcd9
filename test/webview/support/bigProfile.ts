import type { TextStack } from "../../support/profileText";

/**
 * A call tree of about so many nodes: wide and deep, with a long tail of frames
 * narrower than a pixel. The same on every run.
 */
export function bigStacks(nodes: number): TextStack[] {
  const random = seeded(7);
  const stacks: TextStack[] = [];
  let path: string[] = ["shop[p:1]", "MainThread[t:1]"];
  for (let made = 0; made < nodes;) {
    // Goes back some way and down again: neighbouring stacks share callers, as real ones do.
    path = path.slice(0, 2 + Math.floor(random() * (path.length - 1)));
    const down = 1 + Math.floor(random() * 12);
    for (let i = 0; i < down && path.length < 60; i++, made++) {
      const f = Math.floor(random() * 4000);
      path.push(`Service${f % 97}.method_${f}[/srv/app/module_${f % 211}.py:${1 + (f % 900)}]`);
    }
    stacks.push({ cells: path, samples: 1 + Math.floor(1 / (0.002 + random() ** 2)) });
  }
  return stacks;
}

/** Numbers from 0 to 1 (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

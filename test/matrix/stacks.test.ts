import { describe, expect, test } from "vitest";
import type { Place } from "./support/matrix";
import { cells, interpreters, isFrom, places, type Sampler } from "./support/matrix";
import { Program, Recorder } from "./support/program";
import { replace, restore } from "./support/replaced";
import { groups, scenesOf } from "./support/scenes";
import { differences, sceneOf, spelledStack, type Told } from "./support/truth";

/** At 999 Hz some 70 samples of each scene on one CPU: enough that each is met. */
const SECONDS = 3;

async function play(interpreter: Place, sampler: Sampler) {
  restore(interpreter);
  const { program } = Program.start(interpreter, "stacks.py", ["FOLDER"]);
  const told = await program.answer<Told>();
  replace(interpreter);
  const { stacks, stats } = await new Recorder(program.pid, sampler, SECONDS).finished();
  // The main thread only waits for the end.
  return { told, stats, stacks: stacks.filter((stack) => stack.tid !== stack.pid) };
}

cells([...interpreters, ...places], (interpreter, sampler) => {
  describe("scenes", () => {
    let played: ReturnType<typeof play> | undefined;
    for (const [group, names] of groups) {
      const expected = scenesOf(interpreter, names);
      if (expected.length === 0) continue;
      test(group, async (context) => {
        played ??= play(interpreter, sampler);
        const { told, stacks } = await played;
        const there = expected.filter((name) => told.scenes[name] !== undefined);
        for (const name of expected) {
          // What a build was made without, it says itself.
          if (!there.includes(name)) expect(told.missing[name]).toMatch(/No module named/);
        }
        if (there.length === 0) context.skip(expected.map((one) => told.missing[one]).join());
        for (const name of there) {
          const own = stacks.filter((stack) => sceneOf(stack) === name);
          expect(own.length, `samples of ${name}`).toBeGreaterThan(0);
          const scene = told.scenes[name];
          if (scene === undefined) throw new Error(name);
          const isQualified = isFrom(interpreter, 11);
          expect(differences(own, scene, name, isQualified).join("\n"), name).toBe("");
        }
      });
    }

    test("nothing else", async () => {
      played ??= play(interpreter, sampler);
      const { told, stacks, stats } = await played;
      const elsewhere = stacks.filter((one) => told.scenes[sceneOf(one) ?? ""] === undefined);
      expect(elsewhere.map(spelledStack).join("\n")).toBe("");
      expect(stats).toMatchObject({ lost: 0, error_stacks: 0 });
      if (isFrom(interpreter, 8)) expect(stats.samples).toBeGreaterThan(300);
    });
  });
});

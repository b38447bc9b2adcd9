import { readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import type { Stack } from "./support/gecko";
import { cells, interpreters, isFrom } from "./support/matrix";
import { Program, Recorder } from "./support/program";
import { swap } from "./support/swap";
import { differences, type Scene } from "./support/truth";

const withoutSwap = swap();

/** Why a program has not even begun: a build without the module `ctypes` says so itself. */
const isMissing = (error: unknown) => error instanceof Error && /has ended/.test(error.message);

cells(interpreters, (interpreter, sampler) => {
  const name = "memory that is paged out";
  test.skipIf(withoutSwap !== "")(
    withoutSwap === "" ? name : `${name} (${withoutSwap})`,
    async (context) => {
      const { program, script } = Program.start(interpreter, "paged.py", ["FOLDER"]);
      let scene: Scene;
      try {
        scene = await program.answer<Scene>();
      } catch (error) {
        const asked = Program.start(interpreter, "has_ctypes.py", []).program;
        const { has_ctypes } = await asked.answer<{ has_ctypes: boolean }>();
        if (isMissing(error) && !has_ctypes) context.skip("it was built without ctypes");
        throw error;
      }
      const copy = path.join(interpreter.root, path.dirname(script), "maps.partial");
      writeFileSync(copy, readFileSync(`/proc/${program.pid}/maps`));
      renameSync(copy, copy.replace(".partial", ""));
      const { stacks, stats } = await new Recorder(program.pid, sampler, 3).finished();
      program.tell();
      const { calls } = await program.answer<{ calls: number }>();
      expect(calls).toBeGreaterThan(5);

      scene = { ...scene, frames: scene.frames.map((frame) => ({ ...frame, class: null })) };
      const spinning = stacks.filter((stack) => stack.tid !== stack.pid);
      const own = isFrom(interpreter, 11) ? spinning : spinning.map(classless);
      const isWhole = (stack: (typeof own)[number]) =>
        stack.frames.every((frame) => frame.kind !== "error");
      const whole = own.filter(isWhole);
      expect(differences(whole, scene, name, isFrom(interpreter, 11)).join("\n")).toBe("");
      expect(whole.length).toBeGreaterThan(0);
      // What could be read is told: an error frame at the root says why there is no more,
      // others stand for one frame each whose code could not be read.
      for (const { frames } of own.filter((stack) => !isWhole(stack))) {
        const [first, ...rest] = frames.filter((frame) => frame.kind !== "kernel");
        expect(first?.kind).toBe("error");
        const expected = scene.frames.slice(scene.frames.length - rest.length);
        const wrong = rest.filter(
          ({ kind, name: found }, index) =>
            kind !== "error" && found !== (expected[index]?.qualname ?? expected[index]?.name),
        );
        expect(wrong).toEqual([]);
      }
      if (sampler === "bpf") {
        const missed = stats.error_stacks + (stats.counters["retried"] ?? 0);
        expect(missed, "stacks that were met paged out").toBeGreaterThan(0);
      }
    },
  );
});

/** Before 3.11 a class is read from the frame; where that is paged out the method has none. */
const classless = (stack: Stack): Stack => ({
  ...stack,
  frames: stack.frames.map((frame) => ({ ...frame, name: frame.name.replace(/^Scene\./, "") })),
});

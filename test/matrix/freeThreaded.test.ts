import { readFileSync } from "node:fs";
import { expect, inject, test } from "vitest";
import type { Interpreter } from "../sampler/support/machine";
import { expectClosed } from "./support/closed";
import { cells } from "./support/matrix";
import { Program, Recorder } from "./support/program";

/**
 * Free-threaded 3.14 and 3.15 cannot be had as programs. Their debug offsets are held
 * against their headers, and a program that lays its memory out as these say is sampled.
 */
const { measured, laidOut } = inject("matrix");
const told = JSON.parse(
  readFileSync("helper/internal/cpython/testdata/freethreaded.json", "utf8"),
) as typeof measured;

/** All but the number of the release, which a later one changes. */
const members = (build: (typeof measured)[string] = {}) =>
  Object.entries(build).filter(([name]) => name !== "version" && name !== "debugOffsets");

for (const [minor, build] of Object.entries(measured)) {
  test(`the offsets of ${minor}t are those of its headers`, () => {
    expect(members(build).length).toBeGreaterThan(25);
    expect(members(build)).toEqual(members(told[minor]));
  });
}

const posing = Object.entries(laidOut).map(([minor, { file }]): Interpreter => ({
  label: `${minor}.0t (headers)`,
  version: minor,
  origin: "suite",
  command: [file],
  root: "",
}));

cells(posing, ({ version, ...interpreter }, sampler) => {
  test("laid out by its headers, never run", async () => {
    const truth = laidOut[version]?.truth;
    if (truth === undefined) throw new Error(version);
    const { program } = Program.start({ ...interpreter, version }, "laid_out.py", []);
    await program.answer<{ pid: number }>();
    const recorder = new Recorder(program.pid, sampler, 4, 1999);
    const recording = await recorder.finished();
    expectClosed(recording, truth, truth.path);
    // Many threads, each with a copy of the bytecode of its own.
    expect(new Set(recording.stacks.map((stack) => stack.tid)).size).toBeGreaterThan(20);
  });
});

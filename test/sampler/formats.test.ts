import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { newest, sampled } from "./support/machine";
import { Recorder } from "./support/record";
import { countOf, parseStacks } from "./support/stacks";
import { folderFor, Workload } from "./support/workload";

const HZ = 499;

/** What a format's text says: samples in all, and names with their places. */
interface Said {
  readonly samples: number;
  readonly frames: readonly string[];
}

interface Speedscope {
  readonly $schema: string;
  readonly shared: { readonly frames: readonly { name: string; file?: string; line?: number }[] };
  readonly profiles: readonly {
    readonly type: string;
    readonly unit: string;
    readonly startValue: number;
    readonly endValue: number;
    readonly samples: readonly (readonly number[])[];
    readonly weights: readonly number[];
  }[];
}

interface GeckoTable {
  readonly schema: Readonly<Record<string, number>>;
  readonly data: readonly (readonly (number | null)[])[];
}

interface Gecko {
  readonly meta: { readonly version: number; readonly interval: number };
  readonly threads: readonly {
    readonly pid: number;
    readonly samples: GeckoTable;
    readonly stackTable: GeckoTable;
    readonly frameTable: GeckoTable;
    readonly stringTable: readonly string[];
  }[];
}

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

const readers: Readonly<Record<string, (file: string, text: string) => Said>> = {
  collapsed: (_, text) => {
    const stacks = parseStacks(text);
    const frames = stacks.flatMap((stack) => stack.frames);
    const places = frames.map((f) => (f.kind === "python" ? `${f.name} ${f.path}:${f.line}` : ""));
    return { samples: countOf(stacks), frames: places };
  },
  pprof: (file) => {
    const raw = execFileSync("go", ["tool", "pprof", "-raw", file], { encoding: "utf8" });
    const samples = [...raw.matchAll(/^ +(\d+) +(\d+): /gm)];
    const periodNs = Number(/^Period: (\d+)$/m.exec(raw)?.[1]);
    for (const [, count, ns] of samples) expect(Number(ns)).toBe(Number(count) * periodNs);
    expect(Math.round(1e9 / periodNs)).toBe(HZ);
    // "     3: 0x0 M=1 seventy /srv/shares.py:19:9 s=15"
    const places = [...raw.matchAll(/^ +\d+: 0x0 M=\d+ (.+) (\S+:\d+):\d+ s=\d+/gm)];
    return {
      samples: sum(samples.map(([, count]) => Number(count))),
      frames: places.map(([, name, place]) => `${name} ${place}`),
    };
  },
  speedscope: (_, text) => {
    const file = JSON.parse(text) as Speedscope;
    expect(file.$schema).toBe("https://www.speedscope.app/file-format-schema.json");
    for (const profile of file.profiles) {
      expect(profile).toMatchObject({ type: "sampled", unit: "nanoseconds" });
      expect(profile.weights).toHaveLength(profile.samples.length);
      expect(sum(profile.weights)).toBe(profile.endValue - profile.startValue);
      const isKnown = (index: number) => file.shared.frames[index] !== undefined;
      expect(profile.samples.flat().every(isKnown)).toBe(true);
    }
    return {
      samples: Math.round((sum(file.profiles.flatMap((p) => p.weights)) / 1e9) * HZ),
      frames: file.shared.frames.map((frame) => `${frame.name} ${frame.file}:${frame.line}`),
    };
  },
  gecko: (_, text) => {
    const file = JSON.parse(text) as Gecko;
    expect(file.meta.interval).toBeCloseTo(1000 / HZ, 6);
    // Where a function begins is in its name, where it was in the frame.
    const frames = file.threads.flatMap(({ frameTable, stringTable }) =>
      frameTable.data.map((row) => {
        const { location = -1, line = -1 } = frameTable.schema;
        const callee = stringTable[row[location] ?? -1] ?? "";
        return `${callee.replace(/ \((.*):\d+\)$/, " $1")}:${row[line]}`;
      }),
    );
    for (const { samples, stackTable, frameTable } of file.threads) {
      const { prefix = -1, frame = -1 } = stackTable.schema;
      for (const [index, row] of stackTable.data.entries()) {
        expect(row[prefix] ?? -1).toBeLessThan(index);
        expect(frameTable.data[row[frame] ?? -1]).toBeDefined();
      }
      const { stack = -1 } = samples.schema;
      expect(samples.data.every((row) => stackTable.data[row[stack] ?? -1] !== undefined)).toBe(
        true,
      );
    }
    return {
      samples: sum(file.threads.map((thread) => thread.samples.data.length)),
      frames,
    };
  },
};

sampled("a profile in each format", () => {
  for (const [format, read] of Object.entries(readers)) {
    test(format, async () => {
      const workload = await Workload.start(newest, "hot_line.py");
      const options = { pids: [workload.pid], seconds: 1, frequencyHz: HZ };
      const recorder = new Recorder({ ...options, extra: ["--format", format] });
      const { code, stderr } = await recorder.ended;
      expect(`${code} ${stderr}`).toBe("0 ");
      const truth = await workload.end<{ function: string; line: number }>();
      const file = path.join(folderFor(newest).here, format);
      writeFileSync(file, recorder.bytes("stacks"));
      const said = read(file, recorder.bytes("stacks").toString());
      expect(said.samples).toBe(recorder.stats().samples);
      expect(said.frames).toContain(`${truth.function} ${workload.script}:${truth.line}`);
    });
  }
});

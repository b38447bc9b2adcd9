import { appendFileSync, chownSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { toHelperError } from "../../extension/wire/errors";
import { sourceRequest, textDocumentContentRequest } from "../../extension/wire/methods";
import { asNobody, Helper } from "./support/helper";
import { burn, busy, folder, program, script } from "./support/programs";

const outcome = (answer: Promise<{ readonly text: string }>) =>
  answer.then(
    ({ text }) => ({ text }),
    (error: unknown) => ({ refused: toHelperError(error)?.code }),
  );

const refused = { refused: "source-unreadable" };

/** A helper that samples a process until all the files have been named. */
async function sampling(pid: number, ...files: string[]) {
  const helper = await Helper.open();
  onTestFinished(async () => {
    await helper.close();
    expect(helper.faults).toEqual([]);
  });
  await helper.start({ pids: [pid], frequencyHz: 499 });
  const rows = () => {
    const strings = helper.deltas.flatMap((delta) => delta.strings);
    const sources = helper.deltas.flatMap(({ sources: { remotePath, pid: pids, sha256 } }) =>
      remotePath.map((index, i) => ({ path: strings[index], pid: pids[i], sha256: sha256[i] })),
    );
    return files.map((file) => sources.find((row) => row.path === file));
  };
  await helper.until(() => rows().every((row) => row !== undefined));
  return {
    rows: rows(),
    read: (remotePath: string, from: number | undefined) =>
      outcome(helper.connection.sendRequest(sourceRequest, { remotePath, pid: from ?? 0 })),
    content: (uri: string) =>
      outcome(helper.connection.sendRequest(textDocumentContentRequest, { uri })),
  };
}

/** A program that burns in code which claims to come from other files. */
const claiming = (...names: string[]) =>
  [
    "text = 'def f():\\n    for i in range(20000): i * i\\n'",
    `names = ${JSON.stringify(names)}`,
    "fs = []",
    "for name in names:",
    "    scope = {}",
    "    exec(compile(text, name, 'exec'), scope)",
    "    fs.append(scope['f'])",
    "while True:",
    "    for f in fs: f()",
  ].join("\n");

describe("a source that the program has run", () => {
  test("is read as the program sees it, by path and by address", async () => {
    const file = script(burn, "é b.py");
    const worker = await busy(file);
    const helper = await sampling(worker.pid, file);
    const [row] = helper.rows;
    expect(row?.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(await helper.read(file, row?.pid)).toEqual({ text: burn });
    const escaped = file.split("/").map(encodeURIComponent).join("/");
    expect(await helper.content(`emberline-source:${escaped}?pid=${row?.pid}`)).toEqual({
      text: burn,
    });
    rmSync(file);
    expect(await helper.read(file, row?.pid)).toEqual(refused);
  });

  test("has no hash when it was changed after the program had started", async () => {
    const file = script(burn);
    const worker = await busy(file);
    await new Promise((resolve) => setTimeout(resolve, 200));
    appendFileSync(file, "# changed\n");
    const helper = await sampling(worker.pid, file);
    expect(helper.rows[0]?.sha256).toBe("");
    expect(await helper.read(file, helper.rows[0]?.pid)).toEqual({ text: `${burn}# changed\n` });
  });
});

describe("what else the helper could read", () => {
  test("is nothing that no sampled program has named", async () => {
    const file = script(burn);
    const worker = await busy(file);
    const helper = await sampling(worker.pid, file);
    const pid = helper.rows[0]?.pid;
    for (const other of [
      "/etc/passwd",
      `${file}/../app.py`,
      `${path.dirname(file)}/./app.py`,
      `/${file}`,
      "app.py",
      `/proc/${worker.pid}/root${file}`,
      "/proc/self/environ",
      "",
    ]) {
      expect(await helper.read(other, pid), other).toEqual(refused);
    }
    for (const from of [1, 0, -1, worker.pid, 2 ** 31, process.pid]) {
      expect(await helper.read(file, from), `through ${from}`).toEqual(refused);
    }
    expect(await helper.content(`emberline-source:/etc/passwd?pid=${pid}`)).toEqual(refused);
    const usage = { refused: "usage" };
    expect(await helper.content(`file://${file}`)).toEqual(usage);
    expect(await helper.content(`emberline-source:${file}`)).toEqual(usage);
  });

  test("is nothing that the program itself may not read, whatever it names", async () => {
    const at = folder();
    const secret = path.join(at, "secret.py");
    const link = path.join(at, "link.py");
    const own = path.join(at, "own.py");
    const fifo = path.join(at, "fifo.py");
    writeFileSync(secret, "root's own\n", { mode: 0o600 });
    writeFileSync(own, "nobody's own\n", { mode: 0o600 });
    chownSync(own, 65534, 65534);
    symlinkSync(secret, link);
    const made = await program("mkfifo", "-m", "666", fifo);
    await new Promise((resolve) => made.once("close", resolve));
    const named = ["/etc/shadow", secret, link, fifo, "/dev/zero", "/proc/self/environ", own];
    const file = script(claiming(...named));
    const worker = await busy(file, ...asNobody());
    const helper = await sampling(worker.pid, ...named);
    const texts = [];
    for (const row of helper.rows) texts.push(await helper.read(row?.path ?? "", row?.pid));
    expect(texts).toEqual([
      refused,
      refused,
      refused,
      refused,
      refused,
      refused,
      { text: "nobody's own\n" },
    ]);
    const hashes = helper.rows.map((row) => row?.sha256 !== "");
    expect(hashes).toEqual([false, false, false, false, false, false, true]);
  });
});

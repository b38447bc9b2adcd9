/** What `npm run package` packed: the file itself, unpacked again. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../", import.meta.url));
const read = (...parts: string[]): Buffer => readFileSync(path.join(...parts));
const { version } = JSON.parse(read(root, "package.json").toString()) as { version: string };

let unpacked = "";

beforeAll(() => {
  unpacked = mkdtempSync(path.join(tmpdir(), "emberline-vsix-"));
  const vsix = path.join(root, `dist/emberline-${version}.vsix`);
  execFileSync("python3", ["-m", "zipfile", "-e", vsix, unpacked]);
});

afterAll(() => rmSync(unpacked, { recursive: true, force: true }));

/** Files below the unpacked folder, relative to it, in alphabetical order. */
function packedFiles(): string[] {
  return readdirSync(unpacked, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(unpacked, path.join(entry.parentPath, entry.name)))
    .toSorted();
}

test("the package holds exactly what the extension needs", () => {
  expect(packedFiles()).toEqual([
    "[Content_Types].xml",
    "extension.vsixmanifest",
    "extension/LICENSE.txt",
    "extension/changelog.md",
    "extension/dist/NOTICES.txt",
    "extension/dist/extension.js",
    "extension/dist/helper/linux-arm64/emberline-helper",
    "extension/dist/helper/linux-x64/emberline-helper",
    "extension/dist/webview/flame.js",
    "extension/media/emberline.svg",
    "extension/media/flame.css",
    "extension/media/flame.svg",
    "extension/media/icon.png",
    "extension/package.json",
    "extension/readme.md",
  ]);
});

/** e_machine of the ELF specification. */
const machines = { "linux-x64": 62, "linux-arm64": 183 } as const;
/** Segment type that names a dynamic loader; a static program has none. */
const PT_INTERP = 3;

test.each(Object.entries(machines))(
  "the helper of %s is a static program for it",
  (name, machine) => {
    const elf = read(unpacked, "extension/dist/helper", name, "emberline-helper");
    expect(elf.subarray(0, 5).toString("latin1"), "64-bit ELF").toBe("\x7fELF\x02");
    expect(elf.readUInt16LE(18)).toBe(machine);
    const [offset, size, count] = [
      Number(elf.readBigUInt64LE(32)),
      elf.readUInt16LE(54),
      elf.readUInt16LE(56),
    ];
    const segments = Array.from({ length: count }, (_, i) => elf.readUInt32LE(offset + i * size));
    expect(segments.length).toBeGreaterThan(2);
    expect(segments).not.toContain(PT_INTERP);
  },
);

test("the helper of this machine says the package's version", () => {
  const helper = path.join(root, `dist/helper/linux-${process.arch}/emberline-helper`);
  const packed = read(unpacked, `extension/dist/helper/linux-${process.arch}/emberline-helper`);
  expect(packed.equals(read(helper))).toBe(true);
  const said = execFileSync(helper, ["version", "--json"], { encoding: "utf8" });
  expect(JSON.parse(said)).toMatchObject({ version });
});

test("nothing packed knows where it was built", () => {
  const home = process.env["HOME"] ?? "/root";
  for (const file of packedFiles()) {
    const content = read(unpacked, file);
    expect(content.includes(root), `${file} contains ${root}`).toBe(false);
    expect(content.includes(`${home}/`), `${file} contains ${home}/`).toBe(false);
  }
});

test("the bundle asks for nothing that is not packed", () => {
  const script = read(unpacked, "extension/dist/extension.js").toString();
  const asked = new Set(
    [...script.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name = ""]) => name),
  );
  const builtIn = new Set(builtinModules);
  const foreign = [...asked].filter((name) => !builtIn.has(name.replace(/^node:/, "")));
  // The host gives vscode; ssh2 tries the other two and does without them.
  expect(foreign.toSorted()).toEqual([
    "./crypto/build/Release/sshcrypto.node",
    "cpu-features",
    "vscode",
  ]);
});

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const lock = readFileSync(new URL("../package-lock.json", import.meta.url), "utf8");

test("the lock file pins by content and names no registry", () => {
  const { packages } = JSON.parse(lock) as {
    packages: Record<string, { integrity?: string; resolved?: string; link?: boolean }>;
  };
  const installed = Object.entries(packages).filter(([path]) => path !== "");
  expect(installed.length).toBeGreaterThan(100);
  for (const [path, entry] of installed) {
    expect(entry.resolved, path).toBeUndefined();
    expect(entry.integrity, path).toMatch(/^sha512-/);
  }
});

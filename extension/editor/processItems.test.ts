import { describe, expect, test } from "vitest";
import type { ProcessInfo } from "../wire/protocol.gen";
import { processRow, programName, selectionOf, stableOrder } from "./processItems";

function info(pid: number, more: Partial<ProcessInfo> = {}): ProcessInfo {
  return {
    pid,
    user: "app",
    cpu_percent: 0,
    version: "3.12.1",
    free_threaded: false,
    build: "static",
    libc: "glibc",
    command: "python3 /srv/app/server.py --port 80",
    container: null,
    threads: 4,
    profilable: true,
    why_not: "",
    ...more,
  };
}

test.for<[string, string]>([
  ["/usr/bin/python3 /srv/app/server.py --port 80", "server.py"],
  ["python -u -X dev worker.py", "worker.py"],
  ["python3 -m http.server 8000", "-m http.server"],
  ["python3.12 -c import time", "python3.12 -c"],
  ["/opt/venv/bin/gunicorn", "gunicorn"],
  ["python3 -", "python3"],
  ["", ""],
])("%s is called %s", ([command, name]) => {
  expect(programName(command)).toBe(name);
});

describe("a row", () => {
  test("says who, how busy, which Python and where", () => {
    expect(processRow(info(7, { cpu_percent: 99.6, container: "3f2a" }))).toEqual({
      pid: 7,
      label: "7 server.py",
      description: "app · 100 % CPU · Python 3.12.1 · 4 threads · container 3f2a",
      detail: "python3 /srv/app/server.py --port 80",
      profilable: true,
    });
  });

  test("that cannot be profiled says why first", () => {
    const row = processRow(info(7, { profilable: false, why_not: "Python 2 is too old" }));
    expect(row.detail).toMatch(/^Python 2 is too old — /);
  });

  test("never holds a line break or an endless command", () => {
    const { detail } = processRow(info(7, { command: `python -c a\nb ${"x".repeat(9999)}` }));
    expect(detail).not.toContain("\n");
    expect(detail.length).toBeLessThan(300);
  });
});

test("rows keep their place while shares change; newcomers follow, busiest first", () => {
  const first = stableOrder([], [info(1, { cpu_percent: 5 }), info(2, { cpu_percent: 50 })]);
  expect(first.map((p) => p.pid)).toEqual([2, 1]);
  const later = [
    info(1, { cpu_percent: 90 }),
    info(2),
    info(3, { cpu_percent: 1 }),
    info(4, { cpu_percent: 80 }),
  ];
  const shown = first.map((p) => p.pid);
  expect(stableOrder(shown, later).map((p) => p.pid)).toEqual([2, 1, 4, 3]);
});

test.for<[number[], string]>([
  [[], "all Python processes"],
  [[7], "7 server.py"],
  [[7, 8], "2 processes"],
])("the selection %o is called %s", ([pids, label]) => {
  const rows = pids.map((pid) => processRow(info(pid)));
  expect(selectionOf(rows)).toEqual({ pids, label });
});
